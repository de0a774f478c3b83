"""The cache of one store under one rule set, with every value as the store reports it: fast, and blind to doubts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cacheview.engine.bits import bits_of
from cacheview.engine.candidate import membership
from cacheview.engine.compared import Certainty
from cacheview.engine.continuations import Continuations
from cacheview.engine.doubts import doubts_about
from cacheview.engine.earlier import is_restored
from cacheview.engine.history import IsParent, descends, prefix_values
from cacheview.engine.index import CandidateIndex, newest_of
from cacheview.engine.layers import child_doubts, children_by_layers
from cacheview.engine.lineage import Lineage, ancestors, lineages
from cacheview.engine.restore import LayerContent, RestoreError, RestorePanic, identity, restored_config
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome, Why
from cacheview.model import SCRATCH, Aspect, Doubt, Image, ImageConfig, ImageStore, Probe
from cacheview.model.effort import go_on, paced

__all__ = ["NEW", "KnownCache", "Past"]

NEW = "new"
"""The id of an image that the cache creates. What id the daemon gives it depends on what is not known here."""


@dataclass(frozen=True)
class Past:
    """What a cache object keeps from one probe of a build to the next, beside the store.

    Attributes:
        sources: the images that ``--cache-from`` brought in; None: still to be looked up.
        restored: by what makes them the same, the ids of images that were created before.
        layers: for diff ids whose layer content is not as it should be, what is there.
    """

    sources: tuple[Image, ...] | None = None
    restored: Mapping[Hashable, str] = field(default_factory=dict)
    layers: LayerContent = field(default_factory=dict)


class KnownCache:
    """Answers probes as the daemon would if the store reported everything. It keeps indexes, made when first needed.

    `cacheview.engine.cache.ImageCache` weighs what is not known.
    """

    def __init__(self, store: ImageStore, rules: RuleSet, past: Past | None = None) -> None:
        self.store = store
        self.rules = rules
        self.past = past or Past()
        self._candidates: dict[str, CandidateIndex] = {}
        self._asked: set[str] = set()
        self._children: dict[str, Sequence[Image]] = {}
        self._strays: dict[tuple[Aspect, ...], CandidateIndex] = {}
        self._elsewhere: tuple[str, int] | None = None
        self._lineages: tuple[tuple[str, ...], tuple[Lineage, ...]] = ((), ())
        self._sources: tuple[tuple[str, ...], tuple[Image, ...], tuple[Image, ...]] = ((), (), ())
        self._maybe_children: tuple[Image, Sequence[Image]] | None = None
        self._ancestry: tuple[tuple[Image, ...], frozenset[str | None]] | None = None
        self._continuations: dict[tuple[str, bool], Continuations] = {}

    def candidates(self, parent: str) -> CandidateIndex:
        """The images that the local cache considers for a parent, or for `SCRATCH`."""
        index = self._candidates.get(parent)
        if index is None:
            index = self._candidates[parent] = CandidateIndex(self.children(parent), self.rules)
        return index

    def children(self, parent: str) -> Sequence[Image]:
        """The same in store order."""
        results = self._children.get(parent)
        if results is None:
            if self.rules.by_layers:
                results = children_by_layers(self.store, parent)
            elif self.rules.marks_first_steps and parent == SCRATCH:
                results = tuple(image for image in self.store.images if image.from_scratch)
            else:
                results = self.store.children.get(parent, ())
            self._children[parent] = results
        return results

    @cached_property
    def everything(self) -> CandidateIndex:
        """All images of the store as if they were candidates: to find what would match under another parent."""
        return CandidateIndex(self.store.images, self.rules)

    @cached_property
    def by_history(self) -> Mapping[int, Sequence[Image]]:
        """The images by `prefix_values` of their whole history."""
        results: dict[int, list[Image]] = {}
        for image in paced(self.store.images):
            results.setdefault(prefix_values(image, self.rules)[-1], []).append(image)
        return results

    @cached_property
    def on_named_parents(self) -> int:
        """The images on a parent with a name, or on none, as bits of `everything`."""
        by_id = self.store.by_id
        results = [
            self.everything.position(image)
            for image in paced(self.store.images)
            if image.parent is None or ((parent := by_id.get(image.parent)) is not None and parent.names)
        ]
        return bits_of(sorted(results))

    def elsewhere(self, parent: str) -> int:
        """The images that are no candidates for a parent, as bits of `everything`. The last question is remembered."""
        known = self._elsewhere
        if known is None or known[0] != parent:
            here = [self.everything.position(image) for image in self.children(parent)]
            known = self._elsewhere = (parent, self.everything.all & ~bits_of(sorted(here)))
        return known[1]

    @cached_property
    def has_doubts(self) -> bool:
        """Whether anything of any image is not known exactly: if not, every answer is certain."""
        return any(image.doubts for image in self.store.images)

    @cached_property
    def naming(self) -> tuple[Doubt, ...]:
        """The doubts about the names of images."""
        if not self.has_doubts:
            return ()
        return tuple(dict.fromkeys(d for image in self.store.images for d in doubts_about(image, "names")))

    def strays(self, parent: str) -> CandidateIndex:
        """The images of which it is not known whether they are candidates for a parent."""
        aspects = membership(self.rules, parent)
        result = self._strays.get(aspects)
        if result is None:
            doubtful = (
                [image for image in self.store.images if doubts_about(image, *aspects)] if self.has_doubts else []
            )
            result = self._strays[aspects] = CandidateIndex(doubtful, self.rules)
        return result

    def lineages(self, cache_from: tuple[str, ...]) -> tuple[Lineage, ...]:
        """What each ``--cache-from`` reference brings in. The last question is remembered."""
        known = self._lineages
        if cache_from and known[0] != cache_from:
            known = self._lineages = (cache_from, lineages(self.store, cache_from, self.rules, self.naming))
        return known[1] if cache_from else ()

    def sources(self, cache_from: tuple[str, ...]) -> tuple[tuple[Image, ...], tuple[Image, ...]]:
        """All sources in order, and each once: an image may be one many times over, and asking once is enough."""
        known = self._sources
        if known[0] != cache_from:
            sources = self.past.sources
            if sources is None:
                sources = tuple(source for lineage in self.lineages(cache_from) for source in lineage.sources)
            distinct = tuple({source.id: source for source in sources}.values())
            known = self._sources = (cache_from, sources, distinct)
        return known[1:]

    def continuations(self, probe: Probe, *, explained: bool = False) -> Continuations:
        """How the sources of a probe go on from its parent.

        ``explained``: remembered until another probe is explained, whatever is tried meanwhile.
        """
        return self._remembered("sources", self.sources(probe.cache_from)[1], self.parent(probe), explained)

    def next_children(self, probe: Probe, *, explained: bool = False) -> Continuations:
        """The same of the candidates, for rules that compare their history."""
        parent = self.store.by_id.get(probe.parent)
        return self._remembered("children", self.children(probe.parent), parent, explained)

    def next_sources(self, probe: Probe, *, explained: bool = False) -> Continuations:
        """The same of the sources, for rules that look at them as at children."""
        parent = self.store.by_id.get(probe.parent)
        return self._remembered("sources", self.sources(probe.cache_from)[1], parent, explained)

    def maybe_children(self, probe: Probe, parent: Image) -> Continuations:
        """The same of these candidates and of all images that may be one."""
        known = self._maybe_children
        if known is None or known[0] is not parent:
            children = {child.id for child in self.children(probe.parent)}
            images = [
                image for image in paced(self.store.images) if image.id in children or child_doubts(image, parent)
            ]
            known = self._maybe_children = (parent, images)
        return self._remembered("maybe children", known[1], parent, False)

    def without_parent(self, probe: Probe) -> Continuations:
        """How the images without a recorded parent go on from the probe's."""
        images = self.store.children.get(SCRATCH, ())
        return self._remembered("without parent", images, self.store.by_id.get(probe.parent), True)

    def without_their_parent(self, probe: Probe) -> Continuations:
        """The same of the images whose recorded parent the store lacks."""
        return self._remembered("lost parent", self._orphans, self.store.by_id.get(probe.parent), True)

    @cached_property
    def _orphans(self) -> Sequence[Image]:
        known = self.store.by_id
        lost = (images for parent, images in self.store.children.items() if parent != SCRATCH and parent not in known)
        return [image for images in lost for image in images]

    @cached_property
    def unmarked_first_steps(self) -> CandidateIndex:
        """The images without a parent that look like first steps, whether or not they are recorded as such."""
        old = [image for image in self.store.children.get(SCRATCH, ()) if image.is_first_step]
        return CandidateIndex(old, self.rules)

    def _remembered(self, what: str, images: Sequence[Image], parent: Image | None, explained: bool) -> Continuations:
        known = next(
            (
                known
                for slot in (True, False)
                if (known := self._continuations.get((what, slot))) is not None
                and known.images is images
                and known.parent is parent
            ),
            None,
        )
        if known is None:
            known = self._continuations[what, explained] = Continuations(images, parent, self.rules)
        elif explained:
            self._continuations[what, True] = known
        return known

    def counting_parents(self, cache_from: tuple[str, ...]) -> frozenset[str | None]:
        """The parents of the sources, and of those theirs where the rules follow them. The last are remembered.

        A local match counts only if it is one of them; None: a source has no parent.
        """
        sources = self.sources(cache_from)[1]
        known = self._ancestry
        if known is None or known[0] is not sources:
            parents: set[str | None] = {source.parent for source in sources}
            if self.rules.follows_ancestors:
                parents |= ancestors(self.store, sources)
            known = self._ancestry = (sources, frozenset(parents))
        return known[1]

    def as_known(self, probe: Probe) -> Verdict:
        """The answer: ``MakeImageCache`` and ``GetCache`` of moby's ``image/cache`` and ``daemon/containerd``."""
        if self.rules.sources_must_exist:
            lost = next((line for line in self.lineages(probe.cache_from) if line.image is None), None)
            if lost is not None:
                return Verdict(
                    VerdictOutcome.ERROR, None, StageKind.CACHE_FROM, error=lost.reason, why=Why.REFERENCE_NOT_FOUND
                )
        if self.rules.by_layers:
            return self._verdict_by_layers(probe)
        local = self._newest(probe)
        if not probe.cache_from:
            if local is None:
                return Verdict(VerdictOutcome.MISS)
            return Verdict(VerdictOutcome.HIT, local, StageKind.LOCAL, local)
        sources, distinct = self.sources(probe.cache_from)
        if local is not None:
            not_below: set[str] = set()
            for source in paced(distinct):
                match descends(source, local, self.store, self.rules, not_below):
                    case IsParent.YES:
                        return Verdict(VerdictOutcome.HIT, local, StageKind.LOCAL, local, sources)
                    case IsParent.NEVER:
                        asks_itself = self.rules.reads_one_parent
                        why = Why.ASKS_ITSELF if asks_itself else Why.PARENT_CYCLE
                        return Verdict(VerdictOutcome.DIVERGES, None, StageKind.DESCENT, local, sources, why=why)
                    case IsParent.NO:
                        pass
        return self._verdict_by_history(probe, local, sources)

    def _newest(self, probe: Probe) -> Image | None:
        """The local cache's answer. An index is made for the second question on a parent: a build asks each once."""
        parent = probe.parent
        if parent in self._candidates or parent in self._asked:
            return self.candidates(parent).newest(probe)
        self._asked.add(parent)
        return newest_of(self.children(parent), probe, self.rules)

    def parent(self, probe: Probe) -> Image | None:
        """The probe's parent as the history check finds it; None: there is none, or it is not found."""
        image = self.store.by_id.get(probe.parent)
        if image is None or not self.rules.parent_platform.matches(probe.platform, image.config.platform):
            return None
        return image

    def _verdict_by_history(self, probe: Probe, local: Image | None, sources: tuple[Image, ...]) -> Verdict:
        parent = self.parent(probe)
        if parent is None and probe.parent != SCRATCH:
            error = self.rules.lost_parent.error(probe.parent)
            is_there = probe.parent in self.store.by_id
            why = Why.PARENT_OF_OTHER_PLATFORM if is_there else Why.PARENT_NOT_FOUND
            return Verdict(VerdictOutcome.ERROR, None, StageKind.HISTORY, local, sources, error, why=why)
        source = next(self.continuations(probe).matching(probe.config), None)
        if source is None:
            return Verdict(VerdictOutcome.MISS, None, None, local, sources)
        if not self.rules.may_restore:
            return Verdict(VerdictOutcome.HIT, source, StageKind.HISTORY, local, sources, source=source)
        return self.source_hit(probe, parent, source, local, sources)

    def source_hit(
        self, probe: Probe, parent: Image | None, source: Image, local: Image | None, sources: tuple[Image, ...]
    ) -> Verdict:
        """The answer where the history of a source continues with the step."""
        step = len(parent.history) if parent is not None else 0
        if step == len(source.history) - 1:
            moved = self._moves(source.id, parent)
            return Verdict(
                VerdictOutcome.HIT, source, StageKind.HISTORY, local, sources, set_parent=moved, source=source
            )
        try:
            config = restored_config(self.rules, parent, source, step, probe.config, self.past.layers)
        except RestorePanic as fault:
            return Verdict(
                VerdictOutcome.PANIC,
                None,
                StageKind.HISTORY,
                local,
                sources,
                str(fault),
                why=Why.TOO_FEW_LAYERS,
                source=source,
            )
        except RestoreError as error:
            return self._failed_restore(probe, source, local, sources, f"failed to {error}", Why.RESTORE_FAILED)
        same, perhaps = self._restored_before(config, source)
        # A restored image is created as one without a name, and a record of that name ends the build, whatever other
        # names the image has by now (`createOrReplaceImage` of daemon/containerd/image_tag.go, v28.0 to 29).
        if same is not None and same.is_dangling and self.rules.restoring.fails_again:
            text = f"failed to created cached image: creating image moby-dangling@{same.id} failed because it already "
            text += "exists, but failed to resolve"
            return self._failed_restore(probe, source, local, sources, text, Why.RESTORED_BEFORE)
        image = same if same is not None else self._created(config, parent)
        moved = {} if same is None and self.rules.records_parent else self._moves(image.id, parent)
        return Verdict(
            VerdictOutcome.HIT,
            image,
            StageKind.HISTORY,
            local,
            sources,
            is_new=same is None,
            perhaps=perhaps,
            set_parent=moved,
            narrowed=source,
            source=source,
        )

    def _restored_before(self, config: ImageConfig, source: Image) -> tuple[Image | None, Image | None]:
        """The image of a restored image's config, from this build or an earlier one; and one of which that is unknown.

        The second is None where there is the first.
        """
        same = identity(self.rules, config)
        if same in self.past.restored:
            return self.store.by_id[self.past.restored[same]], None
        perhaps = None
        for image in self.like_restored(config):
            match is_restored(self.rules, self.store, config, source, image)[0]:
                case Certainty.YES:
                    return image, None
                case Certainty.MAYBE:
                    perhaps = perhaps or image
                case Certainty.NO:
                    pass
        return None, perhaps

    def like_restored(self, config: ImageConfig) -> Iterator[Image]:
        """The images with the layers of a restored image's config, and with as many history entries."""
        entries, layers = len(config.history or ()), config.rootfs.diff_ids if config.rootfs is not None else ()
        go_on()
        for image in self.store.images:
            if len(image.history) == entries and image.diff_ids == layers and not image.variants:
                yield image

    def _created(self, config: ImageConfig, parent: Image | None) -> Image:
        records = self.rules.records_parent  # else it is set afterwards, see `Verdict.set_parent`
        return Image(
            id=NEW,
            parent=parent.id if parent is not None and records else None,
            from_scratch=records and parent is None,
            built_locally=self.rules.restoring.built_locally,
            config=config,
        )

    def _moves(self, image_id: str, parent: Image | None) -> dict[str, str]:
        """The parent that gets recorded, where it is another than before."""
        if parent is None:
            return {}
        known = self.store.by_id.get(image_id)
        return {} if known is not None and known.parent == parent.id else {image_id: parent.id}

    def _failed_restore(
        self, probe: Probe, source: Image, local: Image | None, sources: tuple[Image, ...], words: str, why: Why
    ) -> Verdict:
        restoring = f'failed to restore cached image from "{probe.parent}" to {source.id}'
        error = f"{restoring}: failed to create cache image: {words}"
        return Verdict(
            VerdictOutcome.ERROR,
            None,
            StageKind.HISTORY,
            local,
            sources,
            error,
            why=why,
            source=source,
        )

    def _verdict_by_layers(self, probe: Probe) -> Verdict:
        """``GetCache`` of ``daemon/containerd/cache.go`` at v24.0: the sources first, then the children."""
        sources, _ = self.sources(probe.cache_from)
        if probe.parent == SCRATCH:
            return Verdict(VerdictOutcome.MISS, sources=sources, why=Why.SCRATCH_NOT_LOOKED_UP)
        parent = self.store.by_id.get(probe.parent)
        if parent is None:
            if self.rules.lost_parent.is_miss:
                return Verdict(VerdictOutcome.MISS, sources=sources, why=Why.PARENT_NOT_FOUND)
            error = self.rules.lost_parent.error(probe.parent)
            return Verdict(
                VerdictOutcome.ERROR, None, StageKind.HISTORY, None, sources, error, why=Why.PARENT_NOT_FOUND
            )
        source = next(self.next_sources(probe).matching(probe.config), None)
        if source is not None:
            return Verdict(VerdictOutcome.HIT, source, StageKind.HISTORY, None, sources, source=source)
        local = next(self.next_children(probe).matching(probe.config), None)
        if local is not None:
            return Verdict(VerdictOutcome.HIT, local, StageKind.LOCAL, local, sources)
        return Verdict(VerdictOutcome.MISS, sources=sources)
