"""The cache of one store under one rule set, with every value as the store reports it: fast, but ignoring doubts."""

from __future__ import annotations

from collections.abc import Iterator

from cacheview.engine.earlier import is_restored
from cacheview.engine.history import IsParent, descends
from cacheview.engine.index import newest_of
from cacheview.engine.layers import with_content
from cacheview.engine.lookups import CarriedState, Lookups
from cacheview.engine.restore import RestoreError, RestorePanic, identity, restored_config
from cacheview.engine.stage_check import Certainty
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome, VerdictReason
from cacheview.model import SCRATCH, Image, ImageConfig, Probe
from cacheview.model.effort import paced

__all__ = ["NEW_ID", "CarriedState", "KnownCache"]

NEW_ID = "new"
"""The id of an image that the cache creates. The daemon's id for it depends on unknown facts."""


class KnownCache(Lookups):
    """Answers probes as the daemon would if everything were as the store reports it.

    `cacheview.engine.cache.ImageCache` takes unknown facts into account.
    """

    def as_known(self, probe: Probe) -> Verdict:
        """Return the answer, like ``MakeImageCache`` and ``GetCache`` of ``image/cache`` and ``daemon/containerd``."""
        if self.rules.sources_must_exist:
            missing = next((line for line in self.lineages(probe.cache_from) if line.image is None), None)
            if missing is not None:
                return Verdict(
                    VerdictOutcome.ERROR,
                    None,
                    StageKind.CACHE_FROM,
                    error=missing.reason(),
                    why=VerdictReason.REFERENCE_NOT_FOUND,
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
                        why = VerdictReason.ASKS_ITSELF if asks_itself else VerdictReason.PARENT_CYCLE
                        return Verdict(VerdictOutcome.DIVERGES, None, StageKind.DESCENT, local, sources, why=why)
                    case IsParent.NO:
                        pass
        return self._verdict_by_history(probe, local, sources)

    def _newest(self, probe: Probe) -> Image | None:
        """Return the local cache's answer.

        Only the second lookup on a parent creates an index: a build makes just one.
        """
        parent = probe.parent
        if self.is_prepared or parent in self._candidates or parent in self._looked_up_once:
            return self.candidates(parent).newest(probe)
        self._looked_up_once.add(parent)
        return newest_of(self.children(parent), probe, self.rules)

    def _verdict_by_history(self, probe: Probe, local: Image | None, sources: tuple[Image, ...]) -> Verdict:
        parent = self.parent(probe)
        if parent is None and probe.parent != SCRATCH:
            error = self.rules.lost_parent.error(probe.parent)
            is_in_store = probe.parent in self.store.by_id
            why = VerdictReason.PARENT_OF_OTHER_PLATFORM if is_in_store else VerdictReason.PARENT_NOT_FOUND
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
        """Return the answer for a source whose history continues with the step."""
        step = len(parent.history) if parent is not None else 0
        if step == len(source.history) - 1:
            new_parents = self._parents_to_record(source.id, parent)
            return Verdict(
                VerdictOutcome.HIT, source, StageKind.HISTORY, local, sources, set_parent=new_parents, source=source
            )
        try:
            config = restored_config(self.rules, parent, source, step, probe.config, self.store.layer_content)
        except RestorePanic as panic:
            return Verdict(
                VerdictOutcome.PANIC,
                None,
                StageKind.HISTORY,
                local,
                sources,
                str(panic),
                why=VerdictReason.TOO_FEW_LAYERS,
                source=source,
            )
        except RestoreError as error:
            return self._failed_restore(
                probe, source, local, sources, f"failed to {error}", VerdictReason.RESTORE_FAILED
            )
        existing, possible = self._restored_before(config, source)
        # A restored image is created without a name, as moby-dangling@ID. If that record exists, the build fails,
        # whatever other names the image has (`createOrReplaceImage` of daemon/containerd/image_tag.go, v28.0 to 29).
        if existing is not None and existing.is_dangling and self.rules.restoring.fails_again:
            text = (
                f"failed to created cached image: creating image moby-dangling@{existing.id} failed because it already "
                "exists, but failed to resolve"
            )
            return self._failed_restore(probe, source, local, sources, text, VerdictReason.RESTORED_BEFORE)
        image = existing if existing is not None else self._created(config, parent)
        new_parents = (
            {} if existing is None and self.rules.records_parent else self._parents_to_record(image.id, parent)
        )
        return Verdict(
            VerdictOutcome.HIT,
            image,
            StageKind.HISTORY,
            local,
            sources,
            is_new=existing is None,
            perhaps=possible,
            set_parent=new_parents,
            only_source=source,
            source=source,
        )

    def _restored_before(self, config: ImageConfig, source: Image) -> tuple[Image | None, Image | None]:
        """Return the existing image that has a restored image's config, or else one that may have it.

        At most one of the two is not None. The image comes from this build or an earlier one.
        """
        key = identity(self.rules, config)
        if key in self.carried.restored:
            return self.store.by_id[self.carried.restored[key]], None
        possible = None
        for image in self.like_restored(config):
            match is_restored(self.rules, self.store, config, source, image)[0]:
                case Certainty.YES:
                    return image, None
                case Certainty.MAYBE:
                    possible = possible or image
                case Certainty.NO:
                    pass
        return None, possible

    def like_restored(self, config: ImageConfig) -> Iterator[Image]:
        """Yield the images with the same layers and as many history entries as the config of a restored image."""
        entries, layers = len(config.history or ()), config.rootfs.diff_ids if config.rootfs is not None else ()
        yield from with_content(self.store, entries, layers or ())

    def _created(self, config: ImageConfig, parent: Image | None) -> Image:
        records = self.rules.records_parent  # otherwise the parent is recorded afterwards, see `Verdict.set_parent`
        return Image(
            id=NEW_ID,
            parent=parent.id if parent is not None and records else None,
            from_scratch=records and parent is None,
            built_locally=self.rules.restoring.marks_built_locally,
            config=config,
        )

    def _parents_to_record(self, image_id: str, parent: Image | None) -> dict[str, str]:
        """Return the parent to be recorded, by image id, if it differs from the current one."""
        if parent is None:
            return {}
        image = self.store.by_id.get(image_id)
        return {} if image is not None and image.parent == parent.id else {image_id: parent.id}

    def _failed_restore(
        self,
        probe: Probe,
        source: Image,
        local: Image | None,
        sources: tuple[Image, ...],
        words: str,
        why: VerdictReason,
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
            return Verdict(VerdictOutcome.MISS, sources=sources, why=VerdictReason.SCRATCH_NOT_LOOKED_UP)
        parent = self.store.by_id.get(probe.parent)
        if parent is None:
            if self.rules.lost_parent.is_miss:
                return Verdict(VerdictOutcome.MISS, sources=sources, why=VerdictReason.PARENT_NOT_FOUND)
            error = self.rules.lost_parent.error(probe.parent)
            return Verdict(
                VerdictOutcome.ERROR, None, StageKind.HISTORY, None, sources, error, why=VerdictReason.PARENT_NOT_FOUND
            )
        source = next(self.continuations(probe).matching(probe.config), None)
        if source is not None:
            return Verdict(VerdictOutcome.HIT, source, StageKind.HISTORY, None, sources, source=source)
        local = next(self.next_children(probe).matching(probe.config), None)
        if local is not None:
            return Verdict(VerdictOutcome.HIT, local, StageKind.LOCAL, local, sources)
        return Verdict(VerdictOutcome.MISS, sources=sources)
