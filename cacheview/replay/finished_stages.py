"""The state that the stages of one build share, and the results of the finished ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.dispatch import DispatchResult
from cacheview.dockerfile.refusal import BuildRefusedError
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

_MAX_CHOICES: Final = 16
_MAX_CHARACTERS: Final = 64 << 20
_MAX_CONFIG_BYTES: Final = 400 << 20  # approximate, of the configs that all stages but the last create
_LIST_FIELDS: Final = ("Env", "OnBuild", "Cmd", "Entrypoint")  # 8 bytes an element; their words are counted elsewhere
_MAP_FIELDS: Final = ("Labels", "Volumes", "ExposedPorts")  # 40 bytes an entry
_GROWING_FIELDS: Final = ("Env", "OnBuild", *_MAP_FIELDS)  # copied by each step that adds to them
_MAX_STEPS: Final = 100_000
_MAX_CARRIED_VALUES: Final = 200_000_000
_MAX_COPIED_IMAGES: Final = 20_000_000
# an image that the build adds costs this many times as much as one in the store, since it is indexed again
_WEIGHT_OF_ADDED: Final = 16


@dataclass(frozen=True, slots=True)
class StageResult:
    """A finished stage.

    Attributes:
        images: the images that it may have ended with; empty: unknown.
        history: as in `Replay`; None: its base is not known, nor how many entries it has.
        is_past_miss: whether a step of it or of its base stage missed and the replay continued with an image in its
            place (see `replay_past_misses`), so that its files are not those of a build.
    """

    name: str
    images: tuple[str, ...]
    history: tuple[str | None, ...] | None
    is_past_miss: bool = False


@dataclass
class FinishedStages:
    """The state that the stages of a build share.

    Attributes:
        store, rules: the cache.
        release: the builder's release.
        options: options of the build.
        checksums: checksums of the files of the context.
        image_files: checksums of the files of images.
        now: the current time.
        progress: called with the number of each step before it is replayed.
        assumed: by the number of a step that misses, the image that later steps build on anyway.
        steps: the steps replayed so far.
        new_images: the images that this build has created; see `is_last`.
        restored: by id, the images that the cache created from sources of ``--cache-from``.
        possible_effects: the changes of finished stages to the store; several if these are not known.
        without_checksum: see `StageProber`.
        results: the results of the finished stages.
        mounted: the images that the builder has mounted, whatever their platform.
        characters: characters of the commands of all steps so far.
        config_bytes: approximate bytes of the configs in ``new_images``.
        step_count: the number of steps so far, including triggers.
        carried_values: the number of values that steps copied from earlier steps.
        copied_images: the number of images in the stores that are kept because this build changed them.
        current_step: the number of the current step, and of its trigger.
        drops_last_stage: whether images of the last stage are dropped, since no step can find them.
        is_last: whether the last stage is being built and its images are dropped, except the base of the next step.
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
    new_images: NewImages = field(default_factory=NewImages)
    restored: dict[str, Image] = field(default_factory=dict)
    possible_effects: tuple[BuildEffects, ...] = (BuildEffects(),)
    without_checksum: dict[tuple[str, str], str] = field(default_factory=dict)
    results: list[StageResult] = field(default_factory=list)
    mounted: set[str] = field(default_factory=set)
    characters: int = 0
    config_bytes: int = 0
    step_count: int = 0
    carried_values: int = 0
    copied_images: int = 0
    current_step: tuple[int, int] = (0, 0)
    drops_last_stage: bool = True
    is_last: bool = False
    _by_name: dict[str, StageResult] = field(default_factory=dict)
    _last_kept: ImageStore | None = None

    def count(self, text: str) -> None:
        """Count the command of a step. Raises `DataError` if the total is larger than in any real build."""
        self.characters += len(text)
        if self.characters > _MAX_CHARACTERS:
            raise DataError(f"the commands of all steps have more than {_MAX_CHARACTERS:,} characters in total")

    def carry(self, before: StageState, after: StageState, name: str) -> None:
        """Count the values that a step copied from earlier steps.

        Raises `DataError` if the total is larger than in any real build.
        """
        self.step_count += 1
        if self.step_count > _MAX_STEPS:
            what = f"there are more than {_MAX_STEPS:,} steps, including base image triggers"
            raise DataError(f"{what}, so the build is not replayed")
        old, new = before.config, after.config
        for name_of_field in _GROWING_FIELDS:
            value = getattr(new, name_of_field)
            if value is not None and value is not getattr(old, name_of_field):
                self.carried_values += len(value)
        if name == "RUN" or after.args is not before.args:
            self.carried_values += len(after.args.declared)
        if self.carried_values > _MAX_CARRIED_VALUES:
            what = f"all steps together have more than {_MAX_CARRIED_VALUES:,} variables, labels and arguments"
            raise DataError(f"{what}, so the build is not replayed")

    def keep(self, store: ImageStore) -> None:
        """Count a store that a step keeps because this build changed it.

        Raises `DataError` if there are too many images.
        """
        if store is self._last_kept:
            return
        self._last_kept = store
        added = len(store.images) - len(self.store.images)
        self.copied_images += len(self.store.images) + _WEIGHT_OF_ADDED * added
        if self.copied_images > _MAX_COPIED_IMAGES:
            what = f"the lookups for all steps involve more than {_MAX_COPIED_IMAGES:,} images in total"
            raise DataError(f"{what}, so the build is not replayed. Replay a single stage with --target")

    @cached_property
    def daemon(self) -> Platform:
        """The platform that the daemon runs on."""
        return self.options.daemon or builder_platform(self.store)

    @cached_property
    def platform(self) -> Platform | None:
        """The platform of the build's ``--platform``. Raises `BuildRefusedError`."""
        return parsed_platform(self.options.platform, self.daemon, self.release) if self.options.platform else None

    @property
    def is_containerd(self) -> bool:
        """Whether the engine has a containerd store."""
        return self.rules.store is StoreKind.CONTAINERD

    def build_caches(self) -> Sequence[BuildCache]:
        """Return new caches with the sources of ``--cache-from``: several if unknown, none if there are too many."""
        references = self.options.cache_from
        alternatives = [((one,), ()) if self._may_be_skipped(one) else ((one,),) for one in references]
        if len(self.possible_effects) * math.prod(map(len, alternatives)) > _MAX_CHOICES:
            return ()
        choices = dict.fromkeys(tuple(itertools.chain(*choice)) for choice in itertools.product(*alternatives))
        return [
            BuildCache(self.store, self.rules, result, effects=effects)
            for effects in self.possible_effects
            for result in choices
        ]

    def restored_id(self, image: Image) -> str:
        """Return the stand-in id of an image that the cache creates for the current step. Equal images share one id."""
        same = identity(self.rules, image.config)
        for restored in self.restored.values():
            if identity(self.rules, restored.config) == same:
                return restored.id
        name = self.new_id(*self.current_step)
        self.restored[name] = image.model_copy(update={"id": name})
        return name

    def new_id(self, number: int, trigger: int = 0) -> str:
        """Return a stand-in id that no other step's image has."""
        names = (new_id(number, trigger, version) for version in itertools.count(1))
        return next(name for name in names if self.find(name) is None)

    def create_image(
        self,
        number: int,
        trigger: int,
        dispatched: DispatchResult,
        config: ContainerConfig,
        base: str,
        merged: bool,
        doubt: Doubt | None,
    ) -> str:
        """Add the image that a step of this build creates on another, and return its id.

        Args:
            config, merged: see `NewImage`.
            base: id of the image it is created on, or `SCRATCH`.
            doubt: the reason that it may not be created; None: it is, if its base is.
        """
        parent = self.find(base)
        if doubt is None and parent is not None:
            doubt = parent.doubt("existence")
        if merged and self.release.cleans_absolute_workdir and config.WorkingDir:
            # The daemon does so when it creates the container (``translateWorkingDir`` in ``daemon/container.go``).
            config = config.model_copy(update={"WorkingDir": clean(config.WorkingDir)})
        image = NewImage(
            self.new_id(number, trigger),
            dispatched,
            config,
            parent,
            self.daemon,
            self.rules,
            merged=merged,
            now=self.now,
            doubt=doubt,
        )
        if not self.is_last:
            self._count_config(image.stored, stored_config(parent))
        self.new_images.add(image, findable=not self.is_last)
        return image.id

    def _count_config(self, config: ContainerConfig, before: ContainerConfig | None) -> None:
        """Count a config that differs from the one before it.

        Raises `DataError` if there is more than in any real build.
        """
        for fields, size in ((_LIST_FIELDS, 8), (_MAP_FIELDS, 40)):
            for name in fields:
                value = getattr(config, name)
                if value is not None and (before is None or value is not getattr(before, name)):
                    self.config_bytes += size * len(value)
        if self.config_bytes > _MAX_CONFIG_BYTES:
            what = f"the configs of all steps so far take up more than {_MAX_CONFIG_BYTES:,} bytes"
            raise DataError(f"{what}, so the build is not replayed")

    def _may_be_skipped(self, reference: str) -> bool:
        """Whether the daemon may lack the unpacked layers of a reference, without which 71ebfc7 skips it.

        An image that came through ``docker load`` is not unpacked there (``ImageHistory`` of ``daemon/containerd``),
        and few stores distinguish it from a pulled one.
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
        """Return an image of the store or of this build; None for scratch."""
        result = self.find(image_id)
        return result.image if isinstance(result, NewImage) else result

    def find(self, image_id: str) -> Image | NewImage | None:
        """Return an image as `image` does, but do not complete one that this build creates."""
        return self.new_images.get(image_id) or self.restored.get(image_id) or self.store.by_id.get(image_id)

    def mount(self, image_id: str, platform: Platform | None, message: str = "{}") -> None:
        """Mount an image that is known to exist (``imageSources.Get`` in ``imagecontext.go``, local only).

        An image for a different platform than requested is refused. A build may have one, because a graph-driver store
        accepts such a base anyway, and images built on scratch get the daemon's platform.

        Raises:
            BuildRefusedError: with ``message``, whose ``{}`` is replaced by the daemon's reason.
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
        """Return a finished stage by its name, in any case."""
        return self._by_name.get(name.lower()) if name else None

    def end_stage(self, result: StageResult) -> None:
        """Add the result of a finished stage."""
        self.results.append(result)
        self._by_name.setdefault(result.name.lower(), result)
