"""Strategies for platforms that often match each other, including unusual ones."""

from __future__ import annotations

from hypothesis import strategies as st

from cacheview.model import Platform

systems = st.sampled_from(
    ["linux", "linux", "windows", "windows", "Windows", "WINDOWS", "", "macos", "darwin", " linux"]
)
architectures = st.sampled_from(
    ["amd64", "x86_64", "AMD64", "386", "i386", "arm", "armhf", "armel", "arm64", "aarch64", "", "riscv64", "arm "]
)
variants = st.sampled_from(
    ["", "v1", "v2", "v3", "3", "03", "+3", "5", "v5", "v6", "7", "v7", "8", "v8"]
) | st.sampled_from(
    ["v8.0", "8.0", "v8.1", "V8.2", "v8.10", "v9", "9.0", "v9.1", "v10", "v", "vv7", "v\u0663", "v" + "9" * 30]
)
versions = st.sampled_from(
    ["", "10", "10.0", "10.0.17763", "10.0.17763.1", "10.0.20348.1", "10.0.25398", "10.0.26100.1"]
) | (
    st.sampled_from(
        ["10.0.26200", "11.1.17763.1", "10.1.17763", "..", "10..1", "10.0.x", "300.0.1", "0.0.0", "0.0.5", "a"]
    )
)
features = st.none() | st.lists(st.sampled_from(["win32k", "f", "g", ""]), max_size=3).map(tuple)

platforms = st.builds(
    Platform, os=systems, architecture=architectures, variant=variants, os_version=versions, os_features=features
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Platform, Platform]:
    """Two platforms with few differences, so that they often match."""
    first, other = draw(platforms), draw(platforms)
    taken = draw(st.sets(st.sampled_from(sorted(Platform.model_fields)), max_size=3))
    return first, first.model_copy(update={field: getattr(other, field) for field in taken})
