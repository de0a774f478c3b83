"""Removes secrets from a store without changing the cache's answers.

Every value is replaced by a placeholder: equal values by the same one, different values by different ones. So
everything that was equal stays equal, and everything that differed still differs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, Probe
from cacheview.model.config import CONFIG_FIELDS, FieldKind, field_kind
from cacheview.model.effort import paced
from cacheview.stores.secrets import argument_values, history_values, label_values, pieces

__all__ = ["PLACEHOLDER", "Redaction", "has_placeholder"]

_PLACEHOLDER_NAME: Final = "redacted"
_PLACEHOLDER_START: Final = re.compile(rf"\{{{_PLACEHOLDER_NAME}(x*)-")


PLACEHOLDER: Final = re.compile(rf"\{{{_PLACEHOLDER_NAME}x*(?:-[0-9]+)?\}}")
"""The placeholder for a removed value, with or without its number."""


def has_placeholder(text: str) -> bool:
    """Whether a value was removed from a text. Two such texts may be equal although the values differed."""
    return PLACEHOLDER.search(text) is not None


class Redaction:
    """The redaction of a store and its probes: `image` and `probe` return them without the values.

    These stay: ids, digests, times and platforms, names of images, names of variables and labels, and, in text, pieces
    of values that are shorter than `secrets.MIN_PIECE_CHARACTERS`. An empty value stays empty, because the rules
    treat a missing label as an empty one.

    The time is proportional to the length of all texts and values.

    Args:
        env: values of environment variables and build arguments.
        labels: values of labels.
        kept: values that stay, such as those that a builder sets itself.
        more: values that occur in neither the store nor the probes.
    """

    def __init__(
        self,
        images: Iterable[Image],
        probes: Iterable[Probe],
        *,
        env: bool,
        labels: bool,
        kept: Collection[str] = (),
        more: Iterable[str] = (),
    ) -> None:
        self._env = env
        self._labels = labels
        self._kept = frozenset(kept)
        self._numbers: dict[str, str] = {}
        images, probes = tuple(images), tuple(probes)
        # A text that already contains the mark would look redacted.
        texts = (*(image.model_dump_json() for image in images), *(probe.model_dump_json() for probe in probes))
        lengths = [len(result[1]) for text in texts for result in _PLACEHOLDER_START.finditer(text)]
        self._mark = _PLACEHOLDER_NAME + "x" * (max(lengths) + 1 if lengths else 0)
        for value in dict.fromkeys(filter(None, (*self._values(images, probes), *more))):
            if value not in self._kept:
                self._placeholder(value)
        self._pieces = list(dict.fromkeys(piece for value in list(self._numbers) for piece in pieces(value)))
        # The implementation that the library would choose for a few pieces takes quadratic time to build for long ones.
        self._search = AhoCorasick(
            self._pieces, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        )

    def image(self, image: Image) -> Image:
        """Return the image without the values."""
        return image.model_copy(
            update={
                "config": self._image_config(image.config),
                "container_config": self._config(image.container_config),
                "variants": tuple(
                    variant.model_copy(update={"config": self._image_config(variant.config)})
                    if variant.config is not None
                    else variant
                    for variant in image.variants
                ),
                "doubts": tuple(
                    doubt.model_copy(update={"reason": self.text(doubt.reason), "remedy": self.text(doubt.remedy)})
                    for doubt in image.doubts
                ),
            }
        )

    def probe(self, probe: Probe) -> Probe:
        """Return the probe without the values."""
        return probe.model_copy(update={"config": self._config(probe.config)})

    def text(self, text: str) -> str:
        """Return a command, a comment or any other text with each piece of a value replaced, wherever it occurs.

        A piece never contains a space, so a command is redacted the same as a list of words and as their joined text,
        which is what the history check compares.
        """
        done, kept = 0, []
        for number, start, end in self._search.find_matches_as_indexes(text):
            kept += [text[done:start], self._placeholder(self._pieces[number])]
            done = end
        return "".join((*kept, text[done:])) if kept else text

    def _placeholder(self, value: str) -> str:
        if value not in self._numbers:
            self._numbers[value] = f"{{{self._mark}-{len(self._numbers) + 1}}}"
        return self._numbers[value]

    def _values(self, images: Iterable[Image], probes: Iterable[Probe]) -> Iterator[str]:
        for image in paced(images):
            for image_config in _image_configs(image):
                yield from history_values(image_config, env=self._env, labels=self._labels)
        configs = [config for image in images for config in _configs(image)]
        for config in (*configs, *(probe.config for probe in probes)):
            if self._env:
                yield from argument_values(config)
            if self._labels:
                yield from label_values(config)

    def _config(self, config: ContainerConfig | None) -> ContainerConfig | None:
        if config is None:
            return None
        changed = {name: self._field(name, value) for name in CONFIG_FIELDS if (value := getattr(config, name))}
        return config.model_copy(update=changed)

    def _field(self, name: str, value: Any) -> object:
        match field_kind(name):
            case FieldKind.TEXT:
                return self.text(value)
            case FieldKind.LIST:
                return tuple(map(self._entry if name == "Env" else self.text, paced(value)))
            case FieldKind.MAP:
                return {self.text(key): self.value(one, whole=self._labels) for key, one in paced(value.items())}
            case FieldKind.SET:
                return {self.text(key): {} for key in paced(value)}
            case FieldKind.HEALTHCHECK if value.Test is not None:
                return value.model_copy(update={"Test": tuple(map(self.text, value.Test))})
            case _:
                return value

    def _entry(self, entry: str) -> str:
        name, equals, value = entry.partition("=")
        return f"{self.text(name)}{equals}{self.value(value, whole=self._env)}"

    def value(self, value: str, *, whole: bool) -> str:
        """Return a placeholder for a value, or with ``whole=False`` the redacted `text`. An empty value stays empty."""
        return self._placeholder(value) if whole and value and value not in self._kept else self.text(value)

    def _image_config(self, config: ImageConfig) -> ImageConfig:
        by_key = {
            name: self.text(getattr(config, name)) for name in ("author", "comment", "container", "docker_version")
        }
        return config.model_copy(
            update={
                **by_key,
                "config": self._config(config.config),
                "container_config": self._config(config.container_config),
                "history": tuple(map(self._history, paced(config.history))) if config.history is not None else None,
            }
        )

    def _history(self, entry: HistoryEntry) -> HistoryEntry:
        return entry.model_copy(
            update={name: self.text(getattr(entry, name)) for name in ("created_by", "author", "comment")}
        )


def _image_configs(image: Image) -> Iterator[ImageConfig]:
    yield image.config
    yield from (variant.config for variant in image.variants if variant.config is not None)


def _configs(image: Image) -> Iterator[ContainerConfig]:
    if image.container_config is not None:
        yield image.container_config
    for config in _image_configs(image):
        yield from filter(None, (config.config, config.container_config))
