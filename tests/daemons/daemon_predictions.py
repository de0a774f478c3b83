"""cacheview's prediction for a build, compared with what the builder did."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from daemon_builds import Builder
from daemon_client import DockerCli, Outcome
from daemon_engines import INSTALLED
from daemon_scenarios import Build, arguments_of
from daemon_start import EngineDaemon
from daemon_stores import opened
from daemon_unprivileged import NOBODY, Unprivileged

from cacheview.cases import daemon_of
from cacheview.dockerfile.context.folder import FolderContext
from cacheview.layers.files import LayerFiles
from cacheview.layers.opening import open_layers
from cacheview.model import Release
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.dockerfiles import find_dockerfile
from cacheview.replay.image_files import StoreImageFiles, unpacked_in
from cacheview.replay.new_images import is_same_message
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, Step

__all__ = ["NOT_BUILT", "built", "differences", "predicted", "predicted_for", "unlike", "wrong_of"]

NOT_BUILT = "part of which has to be built"
"""Why files of a stage may be unknown in any store."""

_LATER = "the answer depends on the result of the previous step, which is unknown"


def predicted(
    location: str, context: Path, build: Build, client: DockerCli, rules: str = "", puller: Release | None = None
) -> Replay:
    """Return cacheview's prediction for a build in the store as it is now.

    Args:
        rules: the rules as a user specifies them.
        puller: the engine that would pull images from a registry.
    """
    case = opened(location, puller)
    daemon = daemon_of(case, rules)
    release = daemon.builder
    dockerfile = find_dockerfile(context, context / build.file if build.file else "")
    return replay(
        dockerfile.read(),
        ContextChecksums(FolderContext(context), dockerfile.name, release, client.sends_as),
        case.store,
        daemon.rules,
        release,
        build.options,
        name=dockerfile.name,
        image_files=StoreImageFiles(
            lambda: LayerFiles(open_layers(case.store)), release, unpacked_in(case.store, daemon.rules)
        ),
    )


def predicted_for(
    user: Unprivileged, engine: EngineDaemon, context: Path, build: Build, client: DockerCli
) -> dict[str, Any]:
    """Return what ``cacheview replay --json`` prints for another user, who becomes the owner of the context's files."""
    file = ["--file", str(context / build.file)] if build.file else []
    store = ["--store", f"engine:{engine.url}", "--client", client.sends_as.name, "--json"]
    for folder, _, names in os.walk(context):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    status, out, err = user.run("replay", str(context), *store, *file, *arguments_of(build.options))
    assert status in (0, 1, 2, 3), err
    assert out, err
    document: dict[str, Any] = json.loads(out)
    assert {None: 3, True: 0, False: 1}[document["all_cached"]] == status or document["refused"]
    return document


def wrong_of(reported: dict[str, Any], truth: Outcome) -> Iterator[str]:
    """Yield what `predicted_for` got wrong, and unknown steps without a reason."""
    for step, fact in zip(reported["steps"], truth.steps, strict=False):
        if step["status"] in ("hit", "miss", "not asked") and (step["status"] == "hit") != fact.cached:
            yield f"{step['text']}: {step['status']}, the builder: {fact}"
        if step["status"] == "unknown" and not step["reason"]:
            yield f"{step['text']}: unknown without a reason"
    if reported["refused"] is not None and reported["refused"]["said"].casefold() != truth.error.casefold():
        yield f"refused with {reported['refused']['said']!r}, the builder: {truth.error!r}"


def built(context: Path, name: str, build: Build, client: DockerCli, *, seconds: float = 60) -> Outcome:
    """Run the build. Raises `subprocess.TimeoutExpired` if it does not end in time."""
    file = ["--file", str(context / build.file)] if build.file else []
    arguments = [*arguments_of(build.options), *file, "--tag", build.tag or f"live/{name}"]
    return client.build(context, arguments, seconds=seconds)


def differences(reported: Replay, truth: Outcome, builder: Builder, *, unknown: Collection[str] = ()) -> Iterator[str]:
    """Yield the differences between the replay and the build.

    ``unknown``: parts of the reasons for which a step that copies from a stage or an image may be unknown.
    """
    if truth.error and truth.steps and reported.refused is None and is_pulled(reported, truth):
        return
    if [step.text for step in reported.steps] != [step.text for step in truth.steps]:
        yield f"steps {[step.text for step in reported.steps]}, the builder had {[step.text for step in truth.steps]}"
        return
    if truth.total not in (0, reported.total):
        yield f"{reported.total} steps in all, the builder counted {truth.total}"
    for step, fact in zip(reported.steps, truth.steps, strict=True):
        if step.cached is None:
            is_excused = "--from=" in step.text and any(reason in step.reason for reason in unknown)
            if not is_excused and step.reason != _LATER:
                yield f"{step.text}: not known: {step.reason}"
            if fact.cached and fact.image not in possible_images(step, truth):
                yield f"{step.text}: {fact.image} is not among what it may hit: {step.possible}"
            continue
        if step.cached != fact.cached:
            yield f"{step.text}: {step.status.value}, the builder {'used' if fact.cached else 'did not use'} the cache"
        if tuple(trigger.cached for trigger in step.triggers) != fact.triggers:
            yield f"{step.text}: triggers {step.triggers}, the builder {fact.triggers}"
        image = truth.steps[step.made_by - 1].image if step.made_by else step.image.removeprefix("sha256:")[:12]
        if (step.cached or image) and image != fact.image:
            yield f"{step.text}: {image}, the builder had {fact.image}"
    if (reported.refused is not None) != bool(truth.error):
        yield f"refused: {reported.refused}, the builder: {truth.error!r}"
    elif reported.refused is not None and not is_same_message(
        reported.refused.message.casefold(), truth.error.casefold()
    ):
        # Debian builds its engines with different library versions from moby's, which capitalize some words.
        yield f"refused with {reported.refused.message!r}, the builder: {truth.error!r}"
    if not truth.error:
        entries = builder.client.history(truth.steps[-1].image)
        created_by = [entry["CreatedBy"] for entry in reversed(entries)]
        ours = list(reported.history or ())
        if len(ours) != len(created_by) or any(
            mine not in (None, other) for mine, other in zip(ours, created_by, strict=True)
        ):
            yield f"history {ours}, the builder's {created_by}"


def is_pulled(reported: Replay, truth: Outcome) -> bool:
    """Whether the build ends at a base that has to be pulled, and the replay reports that and nothing after it."""
    begun = reported.steps[: len(truth.steps)]
    later = [step for step in reported.looked_up if step.number >= len(truth.steps)]
    is_base = [step.text for step in begun] == [step.text for step in truth.steps] and begun[-1].text.startswith(
        "FROM "
    )
    return is_base and "pull" in begun[-1].reason and all(step.cached is None for step in later)


def unlike(build: Build, truth: Outcome, engine: EngineDaemon) -> Iterator[str]:
    """Yield where the build did not do what the scenario expects.

    Only the installed engine is checked: the scenarios were written for a graph driver of 20.10.
    """
    if engine.kind is not INSTALLED:
        return
    cached = sum(fact.cached + sum(fact.triggers) for fact in truth.steps)
    if cached != build.cached:
        yield f"{cached} steps were cached, and {build.cached} should have been"
    if bool(truth.error) != bool(build.refused) or build.refused not in truth.error:
        yield f"the builder said {truth.error!r}"


def possible_images(step: Step, truth: Outcome) -> set[str]:
    """Return the images that an unknown step may hit: those the replay lists, and those the build itself created."""
    made = {fact.image for fact in truth.steps[: step.number - 1]}
    return {image.removeprefix("sha256:")[:12] for image in step.possible} | made
