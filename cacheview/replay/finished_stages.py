"""What the stages of one build share, and the results of the finished ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cacheview.dockerfile.dispatch import Dispatched
from cacheview.dockerfile.refused import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.state import StageState
from cacheview.engine.build_cache import BuildCache, BuildEffects
from cacheview.engine.host import builder_platform
from cacheview.engine.restore import identity
from cacheview.engine.ruleset import RuleSet
from cacheview.model import ContainerConfig, DataError, Doubt, Image, ImageStore, Platform, StoreKind, Timestamp
from cacheview.replay.bases import has_platform, is_for
from cacheview.replay.checksums import StepChecksums
from cacheview.replay.image_files import ImageFiles
from cacheview.replay.new_images import NewImage, NewImages, new_id, platform_of, reported_id, stored_config
from cacheview.replay.options import BuildOptions
from cacheview.replay.refusals import parsed_platform
from cacheview.replay.result import Step

__all__ = ["FinishedStages", "StageResult"]

_MOST_CHOICES: Final = 16
_MOST_CHARACTERS: Final = 64 << 20
_MOST_KEPT: Final = 400 << 20  # bytes, about, of the configs of what all stages but the last make
_OF_LISTS: Final = ("Env", "OnBuild", "Cmd", "Entrypoint")  # 8 bytes an element; their words are counted elsewhere
_OF_MAPS: Final = ("Labels", "Volumes", "ExposedPorts")  # 40 bytes an entry
_GROWING: Final = ("Env", "OnBuild", *_OF_MAPS)  # copied by each step that adds to them
_MOST_STEPS: Final = 100_000
_MOST_CARRIED: Final = 200_000_000
_MOST_COPIED: Final = 20_000_000
_OF_ADDED: Final = 16  # an image that the build adds takes so much more than one that was there: it is indexed again


@dataclass(frozen=True, slots=True)
class StageResult:
    """A finished stage.

    Attributes:
        images: where it may have ended; empty: it is not known at all.
        history: as in `Replay`; None: its base is not known, and so neither is how many entries came with it.
        is_past_miss: a step of it, or of the stage below, missed, and the replay went on with an image in its place
            (see `replay_past_misses`): its files are not those that a build would make.
    """

    name: str
    images: tuple[str, ...]
    history: tuple[str | None, ...] | None
    is_past_miss: bool = False


@dataclass
class FinishedStages:
    """What the stages of a build share.

    Attributes:
        store, rules: what the cache is.
        release: of the builder.
        options: of the build.
        checksums: what sums files of the context.
        image_files: what sums files of images.
        now: when it is.
        progress: called with the number of each step before it is taken.
        assumed: by the number of a step that misses, the image that later steps build on anyway.
        steps: taken so far.
        made: the images that this build has made, see `is_last`.
        restored: by id, those that the cache has made for it from sources of ``--cache-from``.
        possible_effects: what the finished stages have changed in the store; several where that is not known.
        without_checksum: see `StageProber`.
        results: of the stages before.
        mounted: the images that the builder holds by now, whatever their platform.
        characters: of the commands of all steps so far.
        kept: bytes, about, that the configs in ``made`` take.
        taken: how many steps, triggers among them.
        carried: values that the steps took over from those before them.
        copied: images in the stores that are kept because this build has changed them.
        taking: the number of the step that is taken, and of its trigger.
        forgets: what the last stage makes is not kept: no step can find it.
        is_last: that stage is being built, and so only what the next step is built on is kept.
    """

    store: ImageStore
    rules: RuleSet
    release: BuilderRelease
    options: BuildOptions
    checksums: StepChecksums
    image_files: ImageFiles
    now: Timestamp
    progress: Callable[[int], object]
    assumed: Mapping[int, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    made: NewImages = field(default_factory=NewImages)
    restored: dict[str, Image] = field(default_factory=dict)
    possible_effects: tuple[BuildEffects, ...] = (BuildEffects(),)
    without_checksum: dict[tuple[str, str], str] = field(default_factory=dict)
    results: list[StageResult] = field(default_factory=list)
    mounted: set[str] = field(default_factory=set)
    characters: int = 0
    kept: int = 0
    taken: int = 0
    carried: int = 0
    copied: int = 0
    taking: tuple[int, int] = (0, 0)
    forgets: bool = True
    is_last: bool = False
    _by_name: dict[str, StageResult] = field(default_factory=dict)
    _last_kept: ImageStore | None = None

    def count(self, text: str) -> None:
        """A step has looked up such a command. Raises `DataError` if all together are more than any real build's."""
        self.characters += len(text)
        if self.characters > _MOST_CHARACTERS:
            raise DataError(f"the commands of all steps have more than {_MOST_CHARACTERS:,} characters")

    def carry(self, before: StageState, after: StageState, name: str) -> None:
        """A step took over what those before it set. Raises `DataError` if that is more than in any real build."""
        self.taken += 1
        if self.taken > _MOST_STEPS:
            what = f"there are more than {_MOST_STEPS:,} steps, counting the triggers of base images"
            raise DataError(f"{what}, so it is not replayed")
        old, new = before.config, after.config
        for name_of_field in _GROWING:
            value = getattr(new, name_of_field)
            if value is not None and value is not getattr(old, name_of_field):
                self.carried += len(value)
        if name == "RUN" or after.args is not before.args:
            self.carried += len(after.args.declared)
        if self.carried > _MOST_CARRIED:
            what = f"all steps together have more than {_MOST_CARRIED:,} variables, labels and arguments"
            raise DataError(f"{what}, so it is not replayed")

    def keep(self, store: ImageStore) -> None:
        """A step keeps a store that this build has changed. Raises `DataError` if all have too many images."""
        if store is self._last_kept:
            return
        self._last_kept = store
        added = len(store.images) - len(self.store.images)
        self.copied += len(self.store.images) + _OF_ADDED * added
        if self.copied > _MOST_COPIED:
            what = f"the steps are looked up on more than {_MOST_COPIED:,} images in total"
            raise DataError(f"{what}, so it is not replayed. Replay a single stage with --target")

    @cached_property
    def daemon(self) -> Platform:
        """The platform that the daemon runs on."""
        return self.options.daemon or builder_platform(self.store)

    @cached_property
    def platform(self) -> Platform | None:
        """That of the build's ``--platform``. Raises `BuildRefusedError`."""
        return parsed_platform(self.options.platform, self.daemon, self.release) if self.options.platform else None

    @property
    def is_containerd(self) -> bool:
        """Whether the engine has a containerd store."""
        return self.rules.store is StoreKind.CONTAINERD

    def build_caches(self) -> Sequence[BuildCache]:
        """A fresh look at what ``--cache-from`` brings in; several if the store does not report, none for too many."""
        given = self.options.cache_from
        ways = [((one,), ()) if self._may_be_passed_over(one) else ((one,),) for one in given]
        if len(self.possible_effects) * math.prod(map(len, ways)) > _MOST_CHOICES:
            return ()
        choices = dict.fromkeys(tuple(itertools.chain(*choice)) for choice in itertools.product(*ways))
        return [
            BuildCache(self.store, self.rules, result, effects=effects)
            for effects in self.possible_effects
            for result in choices
        ]

    def restored_id(self, image: Image) -> str:
        """The stand-in for the id of an image that the cache makes for the step that is taken: the same for the same
        image."""
        same = identity(self.rules, image.config)
        for known in self.restored.values():
            if identity(self.rules, known.config) == same:
                return known.id
        name = self.new_id(*self.taking)
        self.restored[name] = image.model_copy(update={"id": name})
        return name

    def new_id(self, number: int, trigger: int = 0) -> str:
        """A stand-in for the id of an image of a step that no other image has."""
        names = (new_id(number, trigger, version) for version in itertools.count(1))
        return next(name for name in names if self.find(name) is None)

    def make(
        self,
        number: int,
        trigger: int,
        done: Dispatched,
        config: ContainerConfig,
        base: str,
        merged: bool,
        doubt: Doubt | None,
    ) -> str:
        """An image that a step of this build makes on another, from here on in the store; its id.

        Args:
            config, merged: as of `NewImage`.
            base: what it is made on, or `SCRATCH`.
            doubt: why it may not be made; None: it is, if what it is made on is there.
        """
        parent = self.find(base)
        if doubt is None and parent is not None:
            doubt = parent.doubt("existence")
        made = NewImage(
            self.new_id(number, trigger),
            done,
            config,
            parent,
            self.daemon,
            self.rules,
            merged=merged,
            now=self.now,
            doubt=doubt,
        )
        if not self.is_last:
            self._count_kept(made.stored, stored_config(parent))
        self.made.add(made, findable=not self.is_last)
        return made.id

    def _count_kept(self, config: ContainerConfig, before: ContainerConfig | None) -> None:
        """A config is kept that was another before. Raises `DataError` if there is more than any real build has."""
        for fields, size in ((_OF_LISTS, 8), (_OF_MAPS, 40)):
            for name in fields:
                value = getattr(config, name)
                if value is not None and (before is None or value is not getattr(before, name)):
                    self.kept += size * len(value)
        if self.kept > _MOST_KEPT:
            what = f"the configs of all steps so far take more than {_MOST_KEPT:,} bytes"
            raise DataError(f"{what}, so it is not replayed")

    def _may_be_passed_over(self, reference: str) -> bool:
        """Whether the daemon may lack the unpacked layers of a reference, without which 71ebfc7 passes it over.

        An image that came by ``docker load`` there is not unpacked (``ImageHistory`` of ``daemon/containerd``), and few
        stores distinguish a pulled one from it.
        """
        if not self.rules.sources_with_ancestors:
            return False
        try:
            image = self.store.resolve(reference)
        except DataError:
            return False
        is_alone = image.parent is None and len(image.history) > 1 and image.id not in self.store.children
        return is_alone and not image.unpacked

    def image(self, image_id: str) -> Image | None:
        """An image of the store or of this build; None for scratch."""
        result = self.find(image_id)
        return result.image if isinstance(result, NewImage) else result

    def find(self, image_id: str) -> Image | NewImage | None:
        """The same, without looking at all of one that this build makes."""
        return self.made.get(image_id) or self.restored.get(image_id) or self.store.by_id.get(image_id)

    def mount(self, image_id: str, platform: Platform | None, message: str = "{}") -> None:
        """Take hold of an image that is known to be there (``imageSources.Get`` of ``imagecontext.go``, local only).

        One of another platform than requested is refused: a graph-driver store took it as a base anyway, and
        what is built on scratch gets the daemon's platform.

        Raises:
            BuildRefusedError: ``message`` words it, with ``{}`` for the daemon's reason.
        """
        image = self.find(image_id)
        if image is None or image_id in self.mounted:
            return
        image_platform = platform_of(image)
        if platform is not None and not self._is_for(platform, image_platform):
            words = self.release.no_platform_message if self.is_containerd else self.release.other_platform_message
            why = words.format(id=reported_id(image_id), wanted=platform, actual=image_platform)
            raise BuildRefusedError(
                f"the image is for {image_platform}, but the step is for {platform}", message=message.format(why)
            )
        self.mounted.add(image_id)

    def _is_for(self, platform: Platform, image_platform: Platform) -> bool:
        return (
            has_platform(platform, image_platform, self.release)
            if self.is_containerd
            else is_for(platform, image_platform)
        )

    def stage(self, name: str) -> StageResult | None:
        """A finished stage by its name, whatever the case."""
        return self._by_name.get(name.lower()) if name else None

    def end_stage(self, result: StageResult) -> None:
        """A stage is finished."""
        self.results.append(result)
        self._by_name.setdefault(result.name.lower(), result)
