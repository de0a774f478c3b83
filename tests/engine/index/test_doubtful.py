"""Images are counted by their doubts, whether few or many have the same ones."""

from __future__ import annotations

from cacheview.engine.index.bits import iterate_bits
from cacheview.engine.index.doubtful import DoubtfulImages
from cacheview.model import Aspect, Doubt, Image, ImageConfig

ASPECTS: tuple[Aspect, ...] = ("parent", "names", "dangling")
DOUBTS = {aspect: Doubt(aspect=aspect, reason="It is not told.", remedy="Open the other store.") for aspect in ASPECTS}


def test_every_doubt_has_all_its_images_whether_these_share_their_other_doubts_or_not() -> None:
    parent, names, dangling = DOUBTS.values()
    few: dict[int, tuple[Aspect, ...]] = {3: ("parent", "names"), 400: ("dangling", "parent"), 401: ("dangling",)}
    images = [
        Image(
            id=f"sha256:{number:064x}",
            doubts=tuple(DOUBTS[each] for each in few.get(number, ("parent",) if number % 2 else ())),
            config=ImageConfig(),
        )
        for number in range(600)
    ]
    doubtful = DoubtfulImages(images)
    found = {
        doubt: list(iterate_bits(positions)) if isinstance(positions, int) else list(positions)
        for doubt, positions in doubtful.doubts(lambda image: image.doubts)
    }
    assert found == {
        doubt: [place for place, image in enumerate(images) if doubt in image.doubts]
        for doubt in (parent, names, dangling)
    }
    (on_parent,) = doubtful.by_parent
    assert list(iterate_bits(on_parent)) == found[parent]
    assert list(iterate_bits(doubtful.where(lambda image: names in image.doubts))) == [3]
