"""The table models of hazards and images."""

from __future__ import annotations

from audit_kit import RULES, make_image, unmarked
from PySide6.QtCore import Qt

from cacheview.engine import RULE_SETS
from cacheview.engine.audit import audit
from cacheview.model import ImageStore
from cacheview.ui.audit.models import HazardsColumn, HazardsModel, ImagesModel


def test_hazards(qtmodeltester: object) -> None:
    model = HazardsModel()
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    found = audit(ImageStore((*unmarked(3), make_image(9, 8))), RULE_SETS[RULES])
    model.set_hazards(found)
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    assert [hazard.kind.value for hazard in found] == ["parent missing", "mark missing"]
    row = [model.index(1, column).data() for column in HazardsColumn]
    assert row == ["not recorded as built here", "3", found[1].sentence, found[1].advice]
    assert not model.index(1, HazardsColumn.KIND).data(Qt.ItemDataRole.DecorationRole).isNull()
    model.set_hazards(())
    qtmodeltester.check(model)  # type: ignore[attr-defined]


def test_images(qtmodeltester: object) -> None:
    model = ImagesModel()
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    images = tuple(unmarked(3))
    model.set_images(images)
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    assert model.index(0, 0).data() == "base:1 RUN 1.1"
    assert model.row_of(images[2].id) == 2
    assert model.row_of("sha256:none") == -1
    assert images[0].id in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
