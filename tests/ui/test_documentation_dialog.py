"""The documentation dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from pytestqt.qtbot import QtBot

from cacheview.bundled import PAGES
from cacheview.ui.documentation import DocumentationDialog


def test_each_page_is_shown_and_links_lead_to_pages(qtbot: QtBot) -> None:
    dialog = DocumentationDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    for row, title in enumerate(PAGES.values()):
        dialog.pages.setCurrentRow(row)
        assert dialog.text.toPlainText().startswith(title)
    dialog.text.anchorClicked.emit(QUrl("glossary.md"))
    assert dialog.pages.currentItem().text() == "Glossary"
    dialog.text.anchorClicked.emit(QUrl("https://example.com/"))
    assert dialog.pages.currentItem().text() == "Glossary"


def test_the_documentation_search_wraps_around(qtbot: QtBot) -> None:
    dialog = DocumentationDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.pages.setCurrentRow(list(PAGES).index("glossary.md"))
    qtbot.keyClicks(dialog.search, "image")
    first = dialog.text.textCursor().selectionStart()
    assert dialog.text.textCursor().selectedText().lower() == "image"
    places = [first]
    for _ in range(40):
        qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
        places.append(dialog.text.textCursor().selectionStart())
        if places[-1] == first:
            break
    assert places[-1] == first
    assert len(set(places)) > 1
    assert places[:-1] == sorted(places[:-1])
