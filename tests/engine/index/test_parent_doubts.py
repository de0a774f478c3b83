"""Images are grouped by their doubts about their parents."""

from __future__ import annotations

from itertools import product

from cacheview.engine import RULE_SETS
from cacheview.engine.index import CandidateIndex
from cacheview.model import Doubt, Image, ImageConfig

NAMES = Doubt(aspect="names", reason="No name is told.", remedy="Open the other store.")
PARENT = Doubt(aspect="parent", reason="It is not told.", remedy="Open the other store.")
OTHER_PARENT = Doubt(aspect="parent", reason="It is not told either.", remedy="Open the other store.")


def test_a_group_has_the_same_doubts_about_parents_and_all_or_none_have_a_parent() -> None:
    kinds = [*product((None, f"sha256:{0:064x}"), ((), (PARENT,), (OTHER_PARENT,), (NAMES,)))]
    images = [
        Image(id=f"sha256:{number:064x}", parent=parent, doubts=doubts, config=ImageConfig())
        for number, (parent, doubts) in enumerate((*kinds, *kinds))
    ]
    index = CandidateIndex(images, RULE_SETS["containerd-29"])
    for left_out in images:
        bits = index.all & ~(1 << index.position(left_out))
        expected: dict[object, set[str]] = {}
        for image in images:
            if image is not left_out:
                expected.setdefault((image.parent, image.doubt("parent")), set()).add(image.id)
        groups = [{image.id for image in index.images(group)} for group in index.grouped_by_parent_doubts(bits)]
        assert sorted(map(sorted, groups)) == sorted(map(sorted, expected.values()))
