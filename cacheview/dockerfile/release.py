"""The differences between the classic builders of Docker's releases: one table, with one row per release.

If a rule of this package depends on the release, it reads a field here; nothing else compares versions. Each row is
based on moby's source at the tag that it names, and on the parser in it
(``vendor/github.com/moby/buildkit/frontend/dockerfile``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cacheview.dockerfile.args import PREDEFINED_ARGS
from cacheview.dockerfile.gotext import format_go_duration, quote, quote_all, quote_rune
from cacheview.dockerfile.unpacking import IN_CHROOT, IN_ROOT, IN_ROOT_29_7_0, IN_ROOT_29_7_1, Unpacking
from cacheview.model import DockerVersion, HealthConfig
from cacheview.model.release import COMMIT_71EBFC7

__all__ = ["MOBY_71EBFC7", "NEWEST_RELEASE", "RELEASES", "BuilderRelease", "builder_release"]


def _quoted(check: HealthConfig, *durations: int) -> str:
    """Return Go's ``%q`` of a pointer to the struct: durations as text, and retries, an integer, as a character."""
    texts = " ".join(quote(format_go_duration(duration)) for duration in durations)
    return f"&{{{quote_all(check.Test or ())} {texts} {quote_rune(check.Retries)}}}"


def _healthcheck_four_fields(check: HealthConfig) -> str:
    return _quoted(check, check.Interval, check.Timeout, check.StartPeriod)


def _healthcheck_five_fields(check: HealthConfig) -> str:
    return _quoted(check, check.Interval, check.Timeout, check.StartPeriod, check.StartInterval)


def _healthcheck_plain(check: HealthConfig) -> str:
    """Return Go's ``%v`` of a pointer to the struct."""
    durations = (check.Interval, check.Timeout, check.StartPeriod, check.StartInterval)
    texts = " ".join(map(format_go_duration, durations))
    return f"&{{[{' '.join(check.Test or ())}] {texts} {check.Retries}}}"


def _healthcheck_named(check: HealthConfig) -> str:
    """Return Go's ``%+v`` of a pointer to the struct."""
    named = {
        "Interval": check.Interval,
        "Timeout": check.Timeout,
        "StartPeriod": check.StartPeriod,
        "StartInterval": check.StartInterval,
    }
    texts = " ".join(f"{name}:{format_go_duration(duration)}" for name, duration in named.items())
    return f"&{{Test:[{' '.join(check.Test or ())}] {texts} Retries:{check.Retries}}}"


@dataclass(frozen=True, slots=True)
class BuilderRelease:
    """The classic builder of a release: how it reads, hashes and writes, as far as releases differ.

    Attributes:
        release: its name, for display.
        healthcheck: returns the text after ``HEALTHCHECK``.
        chown: the text that ``--chown`` adds before the checksum, with ``{}`` for the owner.
        cleans_absolute_workdir: ``WORKDIR /a/`` is written without the last slash, and the daemon cleans the working
            directory of each container that it creates.

        predefined_args: build arguments that need no ``ARG``.
        flags: the names that each instruction accepts after ``--``, by the instruction's name.
        directives: the names of parser directives; any other name ends the directives.
        allows_unicode_space_in_directives: white space beyond ASCII is allowed between ``#`` and a directive's name.
        keeps_carriage_returns: of several carriage returns at the end of a line, all but one are kept.
        reads_heredocs: a heredoc is read as part of its instruction.
        allows_heredoc_spaces: spaces are allowed between ``<<`` and its name, and ``<<`` is a separate word for the
            shell lexer.
        requires_json_to_end: nothing may follow a JSON form; if text follows, all of it is read as a shell form.
        flags_use_escape: the escape character in flags is that of the Dockerfile; otherwise, always a backslash.
        allows_zero_intervals: ``0s`` and ``--retries=0`` are valid in ``HEALTHCHECK``.
        checks_mounts_at_dispatch: most of ``RUN --mount`` is checked at its step, not before the first.
        knows_mount_env, knows_mount_size: ``RUN --mount`` has these keys.
        suggests_mount_types, suggests_sharing_modes: a similar word is suggested for an unknown one in ``RUN --mount``.
        expands_chmod: variables in ``--chmod`` are resolved.
        refuses_buildkit_flags: a flag that only BuildKit supports is refused at its step; otherwise, it is ignored.

        expands_defaults_without_colon: ``${V-x}`` and ``${V+x}`` are supported.
        expands_patterns: ``${V#x}``, ``${V%x}`` and ``${V/x/y}`` are supported.
        expands_colon_patterns: ``${V:#x}`` and ``${V:%x}`` are supported with the same meaning.
        allows_empty_patterns: ``${V#}`` and ``${V%}`` do not end the connection.
        words_share_buffer: when a text is split into words, an operator inside a word drops the part of the word before
            it.

        reads_ports_itself: the builder itself reads the ports of ``EXPOSE``, instead of ``docker/go-connections``.

        suggests_similar: a similar word is suggested for an unknown instruction or flag.
        capitalizes_instructions: an unknown instruction is shown in capitals.
        capitalizes_signals, capitalizes_ports: errors about signals and ports begin with a capital letter.
        capitalizes_flags: errors about flags begin with a capital letter.
        names_flags_with_dashes: errors about flags contain the dashes.
        names_line_with_on: ``dockerfile parse error on line 1`` instead of ``line 1``.
        ends_destination_with_stop: a period ends the error about a missing destination.
        missing_target_message: the message for an unknown target; ``{}`` is its name, ``{quoted}`` the name in quotes.
        platform_part_pattern, platform_os_pattern: the patterns in the errors about a malformed part of ``--platform``,
            and about its first part; if the latter is empty, both are the same.
        other_platform_message: the message for an image for another platform; it contains ``{id}``, ``{wanted}`` and
            ``{actual}``.
        no_platform_message: the same for a containerd store.
        no_command_message: the message for a container without a command.
        not_unpacked_message: the message for a context that cannot be unpacked; ``{}`` is the reason
            (``pkg/chrootarchive``).
        unpacking: how the context is unpacked.
        names_repository: the error about a repository that is not in lowercase contains its name.
        warns_in_two_lines: the instruction is on a separate line of a warning.

        sends_platform: the platform of the build is passed to the cache.
        takes_any_platform_graph_driver, takes_any_platform_containerd: a base in the store is used whatever the
            ``--platform``; otherwise, a base for another platform would be pulled.
        copies_by_platform: the destination of ``COPY`` and ``ADD`` uses the path separators of the build's platform
            instead of the daemon's (``createCopyInstruction`` of ``copy.go``).
        ignores_by_old_rules: ``pkg/fileutils`` reads ``.dockerignore``, instead of ``moby/patternmatcher``.
        sums_type_bits: the checksum of ``COPY --from`` includes the bits of the file type in modes.
        sums_owner_names: the checksum includes the names of owners, from the users and groups of the engine's host.
        trims_groups: in ``/etc/group``, spaces around a line and comments are ignored, and lines may have any length.
    """

    release: str
    healthcheck: Callable[[HealthConfig], str]
    chown: str
    cleans_absolute_workdir: bool

    flags: Mapping[str, tuple[str, ...]] = field(hash=False)
    predefined_args: frozenset[str] = PREDEFINED_ARGS
    directives: frozenset[str] = frozenset(("escape", "syntax"))
    allows_unicode_space_in_directives: bool = False
    keeps_carriage_returns: bool = False
    reads_heredocs: bool = True
    allows_heredoc_spaces: bool = False
    requires_json_to_end: bool = False
    flags_use_escape: bool = False
    allows_zero_intervals: bool = True
    checks_mounts_at_dispatch: bool = True
    knows_mount_env: bool = False
    knows_mount_size: bool = True
    suggests_mount_types: bool = True
    suggests_sharing_modes: bool = True
    expands_chmod: bool = False
    refuses_buildkit_flags: bool = True

    expands_defaults_without_colon: bool = True
    expands_patterns: bool = False
    expands_colon_patterns: bool = False
    allows_empty_patterns: bool = True
    words_share_buffer: bool = False

    reads_ports_itself: bool = False

    suggests_similar: bool = True
    capitalizes_instructions: bool = False
    capitalizes_signals: bool = False
    capitalizes_ports: bool = False
    capitalizes_flags: bool = False
    names_flags_with_dashes: bool = False
    names_line_with_on: bool = True
    ends_destination_with_stop: bool = False
    missing_target_message: str = "target stage {quoted} could not be found"
    platform_part_pattern: str = "^[A-Za-z0-9_-]+$"
    platform_os_pattern: str = ""
    other_platform_message: str = (
        "image with reference {id} was found but does not match the specified platform: "
        "wanted {wanted}, actual: {actual}"
    )
    no_platform_message: str = "No such image: {id}"
    no_command_message: str = "no command specified"
    not_unpacked_message: str = "{}"
    unpacking: Unpacking = IN_CHROOT
    names_repository: bool = True
    warns_in_two_lines: bool = False

    sends_platform: bool = True
    takes_any_platform_graph_driver: bool = True
    takes_any_platform_containerd: bool = False
    copies_by_platform: bool = False
    ignores_by_old_rules: bool = False
    sums_type_bits: bool = False
    sums_owner_names: bool = False
    trims_groups: bool = True


def _more(flags: Mapping[str, tuple[str, ...]], **added: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {**flags, **{name: (*flags.get(name, ()), *names) for name, names in added.items()}}


_FLAGS_20_10: Final[Mapping[str, tuple[str, ...]]] = {
    "ADD": ("chown", "chmod"),
    "COPY": ("chown", "from", "chmod"),
    "FROM": ("platform",),
    "HEALTHCHECK": ("interval", "timeout", "start-period", "retries"),
    "RUN": ("mount",),
}
_FLAGS_23: Final = _more(_FLAGS_20_10, ADD=("link",), COPY=("link",), RUN=("network",))
_FLAGS_24: Final = _more(_FLAGS_23, ADD=("keep-git-dir", "checksum"))
_FLAGS_25: Final = _more(_FLAGS_24, HEALTHCHECK=("start-interval",))
_FLAGS_28: Final = _more(_FLAGS_25, RUN=("device",))
_FLAGS_28_3: Final = _more(_FLAGS_28, ADD=("unpack",))
_FLAGS_28_5: Final = _more(_FLAGS_28_3, ADD=("exclude",), COPY=("exclude",))
_FLAGS_29_1: Final = _more(_FLAGS_28_5, COPY=("parents",), RUN=("security",))

_OTHER_PLATFORM: Final = (
    "image with reference {id} was found but its platform ({actual}) does not match the specified platform ({wanted})"
)
_OS_AND_VERSION: Final = r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$"
_OS_VERSION_FEATURES: Final = r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$"

_V20_10_0: Final = BuilderRelease(
    release="20.10.0",
    healthcheck=_healthcheck_four_fields,
    chown="--chown={}",
    cleans_absolute_workdir=False,
    flags=_FLAGS_20_10,
    predefined_args=PREDEFINED_ARGS - {"all_proxy", "ALL_PROXY"},
    keeps_carriage_returns=True,
    reads_heredocs=False,
    allows_zero_intervals=False,
    checks_mounts_at_dispatch=False,
    knows_mount_size=False,
    suggests_mount_types=False,
    suggests_sharing_modes=False,
    refuses_buildkit_flags=False,
    expands_defaults_without_colon=False,
    suggests_similar=False,
    capitalizes_instructions=True,
    capitalizes_signals=True,
    capitalizes_ports=True,
    capitalizes_flags=True,
    names_line_with_on=False,
    ends_destination_with_stop=True,
    missing_target_message="failed to reach build target {} in Dockerfile",
    no_command_message="No command specified",
    not_unpacked_message="Error processing tar file(exit status 1): {}",
    names_repository=False,
    warns_in_two_lines=True,
    sends_platform=False,
    takes_any_platform_containerd=True,
    copies_by_platform=True,
    ignores_by_old_rules=True,
    sums_type_bits=True,
    sums_owner_names=True,
    trims_groups=False,
)
_V20_10_6: Final = replace(_V20_10_0, release="20.10.6", refuses_buildkit_flags=True)
_V20_10_19: Final = replace(_V20_10_6, release="20.10.19", ends_destination_with_stop=False)
_V20_10_27: Final = replace(_V20_10_19, release="20.10.27", sums_owner_names=False)
_V23: Final = replace(
    _V20_10_27,
    release="23.0",
    flags=_FLAGS_23,
    predefined_args=PREDEFINED_ARGS,
    keeps_carriage_returns=False,
    reads_heredocs=True,
    checks_mounts_at_dispatch=True,
    knows_mount_size=True,
    suggests_mount_types=True,
    suggests_similar=True,
    capitalizes_instructions=False,
    capitalizes_signals=False,
    capitalizes_flags=False,
    names_line_with_on=True,
    ends_destination_with_stop=True,
    warns_in_two_lines=False,
    copies_by_platform=False,
    ignores_by_old_rules=False,
    trims_groups=True,
)
_V23_0_10: Final = replace(_V23, release="23.0.10", sends_platform=True)
_V24: Final = replace(
    _V23,
    release="24.0",
    flags=_FLAGS_24,
    allows_zero_intervals=True,
    ends_destination_with_stop=False,
    not_unpacked_message="{}",
    takes_any_platform_graph_driver=False,
    sums_type_bits=False,
)
_V24_0_9: Final = replace(_V24, release="24.0.9", sends_platform=True)
_V25: Final = replace(
    _V24,
    release="25.0",
    healthcheck=_healthcheck_five_fields,
    chown="--chown={} ",
    capitalizes_ports=False,
    no_command_message="no command specified",
    names_repository=True,
    flags=_FLAGS_25,
    suggests_sharing_modes=True,
    expands_defaults_without_colon=True,
    missing_target_message="target stage {quoted} could not be found",
)
MOBY_71EBFC7: Final = replace(_V25, release="25.0 development (71ebfc7)")
_V25_0_2: Final = replace(_V25, release="25.0.2", sends_platform=True)
_V25_0_3: Final = replace(_V25_0_2, release="25.0.3", takes_any_platform_containerd=False)
_V25_0_17: Final = replace(
    _V25_0_3, release="25.0.17", healthcheck=_healthcheck_plain, platform_os_pattern=_OS_AND_VERSION
)
_V26: Final = replace(
    _V25_0_3, release="26.0", expands_patterns=True, expands_colon_patterns=True, allows_empty_patterns=False
)
_V26_1: Final = replace(_V26, release="26.1", cleans_absolute_workdir=True)
_V27: Final = replace(_V26_1, release="27.0", directives=_V26_1.directives | {"check"}, allows_empty_patterns=True)
_V27_1: Final = replace(
    _V27,
    release="27.1",
    requires_json_to_end=True,
    words_share_buffer=True,
    platform_os_pattern=_OS_AND_VERSION,
)
_V27_3: Final = replace(_V27_1, release="27.3", expands_colon_patterns=False, knows_mount_env=True, expands_chmod=True)
_V27_4: Final = replace(_V27_3, release="27.4", names_flags_with_dashes=True, other_platform_message=_OTHER_PLATFORM)
_V28: Final = replace(
    _V27_4,
    release="28.0",
    flags=_FLAGS_28,
    takes_any_platform_graph_driver=True,
    platform_part_pattern="^[A-Za-z0-9_.-]+$",
    no_platform_message="image with reference {id} was found but does not provide the specified platform ({wanted})",
)
_V28_1: Final = replace(_V28, release="28.1", flags_use_escape=True)
_V28_2: Final = replace(_V28_1, release="28.2", allows_heredoc_spaces=True)
_V28_3: Final = replace(_V28_2, release="28.3", flags=_FLAGS_28_3)
_V28_5: Final = replace(_V28_3, release="28.5", flags=_FLAGS_28_5)
_V29: Final = replace(_V28_5, release="29.0", reads_ports_itself=True)
_V29_1: Final = replace(_V29, release="29.1", flags=_FLAGS_29_1)
_V29_2: Final = replace(_V29_1, release="29.2", allows_unicode_space_in_directives=True)
_V29_5: Final = replace(_V29_2, release="29.5", healthcheck=_healthcheck_named)
_V29_6: Final = replace(_V29_5, release="29.6", platform_os_pattern=_OS_VERSION_FEATURES)
_V29_7: Final = replace(_V29_6, release="29.7.0", unpacking=IN_ROOT_29_7_0)
_V29_7_1: Final = replace(_V29_7, release="29.7.1", unpacking=IN_ROOT_29_7_1)
_V29_7_2: Final = replace(_V29_7, release="29.7.2", unpacking=IN_ROOT)

RELEASES: Final[tuple[tuple[tuple[int, int, int], BuilderRelease], ...]] = (
    ((0, 0, 0), _V20_10_0),
    ((20, 10, 6), _V20_10_6),
    ((20, 10, 19), _V20_10_19),
    ((20, 10, 27), _V20_10_27),
    ((22, 6, 0), _V23),
    ((23, 0, 10), _V23_0_10),
    ((24, 0, 0), _V24),
    ((24, 0, 9), _V24_0_9),
    ((25, 0, 0), _V25),
    ((25, 0, 2), _V25_0_2),
    ((25, 0, 3), _V25_0_3),
    ((25, 0, 17), _V25_0_17),
    ((26, 0, 0), _V26),
    ((26, 1, 0), _V26_1),
    ((27, 0, 0), _V27),
    ((27, 1, 0), _V27_1),
    ((27, 3, 0), _V27_3),
    ((27, 4, 0), _V27_4),
    ((28, 0, 0), _V28),
    ((28, 1, 0), _V28_1),
    ((28, 2, 0), _V28_2),
    ((28, 3, 0), _V28_3),
    ((28, 5, 0), _V28_5),
    ((29, 0, 0), _V29),
    ((29, 1, 0), _V29_1),
    ((29, 2, 0), _V29_2),
    ((29, 5, 0), _V29_5),
    ((29, 6, 0), _V29_6),
    ((29, 7, 0), _V29_7),
    ((29, 7, 1), _V29_7_1),
    ((29, 7, 2), _V29_7_2),
)
"""The rows, each with the first release that it applies to; it applies until the next row does."""

NEWEST_RELEASE: Final = RELEASES[-1][1]
"""The row of the newest release."""

DEVELOPMENT_RELEASES: Final[tuple[tuple[str, BuilderRelease], ...]] = ((COMMIT_71EBFC7, MOBY_71EBFC7),)
"""The rows for commits that are not in a release, each with the beginning of the commit."""


def builder_release(version: str, commit: str = "") -> BuilderRelease:
    """Return the row of a release.

    Args:
        version: as ``docker version`` shows it, or a tag: see `DockerVersion.parse`. A prerelease counts as its
            release. If it contains no version (such as ``dev``), the newest row is returned.
        commit: the git commit that the engine was built from, if known.
    """
    for beginning, row in DEVELOPMENT_RELEASES:
        if commit.startswith(beginning):
            return row
    parsed = DockerVersion.parse(version)
    if parsed is None:
        return NEWEST_RELEASE
    return next(row for first, row in reversed(RELEASES) if first <= parsed.number)
