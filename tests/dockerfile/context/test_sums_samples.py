"""Checksums that real daemons stored, compared with those computed from the contexts that they received."""

from __future__ import annotations

import pytest

from cacheview.dockerfile.context import ContextSums, MemoryContext

SITE = {
    "Dockerfile": {"mode": "0644", "type": "file", "content_b64": "RlJPTSBzY3JhdGNoCg=="},
    "css": {"mode": "0755", "type": "dir"},
    "css/print.css": {"mode": "0644", "type": "file", "content_b64": "cHtjb2xvcjpibGFja30K"},
    "css/site.css": {"mode": "0644", "type": "file", "content_b64": "cHt9Cg=="},
    "notes.md": {"mode": "0644", "type": "file", "content_b64": "bgo="},
    "page.html": {"mode": "0644", "type": "file", "content_b64": "PHA+aGVsbG88L3A+Cg=="},
}


@pytest.mark.parametrize("source", ["page.html", "/page.html", "./page.html", "css/../page.html", "pag[a-e].html"])
def test_file(source: str) -> None:
    found = ContextSums(MemoryContext.from_sample(SITE)).of_sources([source], add=False, destination=".")
    assert found.text == "file:01019546abd88c216c0be925f617af6ea14c4e324f36124b7556d2cbd6898959"


@pytest.mark.parametrize("source", ["css", "css/", "/css/", "cs?"])
def test_folder(source: str) -> None:
    found = ContextSums(MemoryContext.from_sample(SITE)).of_sources([source], add=False, destination="css/")
    assert found.text == "dir:60c0743b928d365168e273a30e02a5d8e64e4f44bb2cdc4547ffa0743270fd79"
    assert [path for path, _ in found.files] == ["css", "css/print.css", "css/site.css"]


def test_an_added_byte_changes_the_checksum_of_the_folder() -> None:
    changed = {**SITE, "css/site.css": {"mode": "0644", "type": "file", "content_b64": "cHttYXJnaW46MH0K"}}
    found = ContextSums(MemoryContext.from_sample(changed)).of_sources(["css/"], add=False, destination="css/")
    assert found.text == "dir:7239886f63c9dbc7cdc95e233d56d8af95e661e0d5d80b40f19fa00abb2ecedf"
