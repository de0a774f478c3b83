"""Taking secrets out of a store without changing what the cache answers.

Every value becomes a placeholder, the same for the same value and another for another one, so that all that was equal
stays equal and all that differed still differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, Probe
from cacheview.model.config import HealthConfig

__all__ = ["SHORTEST", "Redaction"]

SHORTEST: Final = 4
"""Values, and words of values, of fewer characters stay in commands: there is no telling them from other text."""

_MARK: Final = "redacted"


class Redaction:
    """Made for a store and a probe; then `image` and `probe` give them without the values.

    Args:
        env: values of environment variables; ``labels``: values of labels. Names stay, and so does an empty value: the
            rules read a label that is missing as an empty one.
    """

    def __init__(self, images: Iterable[Image], probes: Iterable[Probe], *, env: bool, labels: bool) -> None:
        self._env = env
        self._labels = labels
        self._numbers: dict[str, str] = {}
        self._by_head: dict[str, list[str]] = {}
        self._told: dict[str, str] = {}
        configs = [config for image in images for config in _configs(image)]
        configs += [probe.config for probe in probes]
        values = dict.fromkeys(value for config in configs for value in self._values(config))
        # A text that holds the mark already would look like one that was replaced.
        texts = "\n".join(
            {text for image in images for text in _texts(image)} | {t for c in configs for t in _words(c)}
        )
        self._mark = _MARK
        while f"{{{self._mark}-" in texts:
            self._mark += "x"
        for value in values:
            self._placeholder(value)
            for word in value.split(" "):
                if len(word) >= SHORTEST and word not in self._by_head.setdefault(word[:SHORTEST], []):
                    self._placeholder(word)
                    self._by_head[word[:SHORTEST]].append(word)
        for words in self._by_head.values():
            words.sort(key=len, reverse=True)

    def image(self, image: Image) -> Image:
        """The image without the values."""
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
            }
        )

    def probe(self, probe: Probe) -> Probe:
        """The probe without the values."""
        return probe.model_copy(update={"config": self._config(probe.config)})

    def text(self, text: str) -> str:
        """A command or comment with each word that stands in a value replaced, wherever it stands.

        No word holds a space, so a command is redacted alike as a list of words and as their joined text, which is
        what the history check compares.
        """
        found = self._told.get(text)
        if found is None:
            found = self._told[text] = "".join(self._pieces(text))
        return found

    def _pieces(self, text: str) -> Iterator[str]:
        kept = place = 0
        while place <= len(text) - SHORTEST:
            words = self._by_head.get(text[place : place + SHORTEST], ())
            word = next((word for word in words if text.startswith(word, place)), "")
            if word:
                yield text[kept:place]
                yield self._placeholder(word)
                kept = place = place + len(word)
            else:
                place += 1
        yield text[kept:]

    def _placeholder(self, value: str) -> str:
        if value not in self._numbers:
            self._numbers[value] = f"{{{self._mark}-{len(self._numbers) + 1}}}"
        return self._numbers[value]

    def _values(self, config: ContainerConfig) -> Iterator[str]:
        if self._env:
            yield from filter(None, (entry.partition("=")[2] for entry in config.Env or ()))
        if self._labels:
            yield from filter(None, (config.Labels or {}).values())

    def _config(self, config: ContainerConfig | None) -> ContainerConfig | None:
        if config is None:
            return None
        changed: dict[str, object] = {
            name: tuple(map(self.text, words))
            for name in ("Cmd", "Entrypoint", "OnBuild", "Shell")
            if (words := getattr(config, name)) is not None
        }
        if self._env and config.Env is not None:
            changed["Env"] = tuple(map(self._entry, config.Env))
        if self._labels and config.Labels is not None:
            changed["Labels"] = {key: value and self._placeholder(value) for key, value in config.Labels.items()}
        check: HealthConfig | None = config.Healthcheck
        if check is not None and check.Test is not None:
            changed["Healthcheck"] = check.model_copy(update={"Test": tuple(map(self.text, check.Test))})
        return config.model_copy(update=changed)

    def _entry(self, entry: str) -> str:
        name, equals, value = entry.partition("=")
        return f"{name}{equals}{value and self._placeholder(value)}"

    def _image_config(self, config: ImageConfig) -> ImageConfig:
        return config.model_copy(
            update={
                "config": self._config(config.config),
                "container_config": self._config(config.container_config),
                "comment": self.text(config.comment),
                "history": tuple(map(self._history, config.history)) if config.history is not None else None,
            }
        )

    def _history(self, entry: HistoryEntry) -> HistoryEntry:
        told = {"created_by": self.text(entry.created_by), "comment": self.text(entry.comment)}
        return entry.model_copy(update=told)


def _image_configs(image: Image) -> Iterator[ImageConfig]:
    yield image.config
    yield from (variant.config for variant in image.variants if variant.config is not None)


def _configs(image: Image) -> Iterator[ContainerConfig]:
    if image.container_config is not None:
        yield image.container_config
    for config in _image_configs(image):
        yield from filter(None, (config.config, config.container_config))


def _texts(image: Image) -> Iterator[str]:
    for config in _image_configs(image):
        yield config.comment
        for entry in config.history or ():
            yield entry.created_by
            yield entry.comment


def _words(config: ContainerConfig) -> Iterator[str]:
    for words in (config.Cmd, config.Entrypoint, config.OnBuild, config.Shell, config.Env):
        yield from words or ()
    yield from (config.Labels or {}).values()
    if config.Healthcheck is not None:
        yield from config.Healthcheck.Test or ()
