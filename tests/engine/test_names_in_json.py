"""The names of checks in JSON: programs read them, so they must not change with the wording of sentences."""

from cacheview.engine import CheckKind

NAMES = {
    CheckKind.FIELD: "field",
    CheckKind.LENGTH: "length",
    CheckKind.NOT_SET: "not set",
    CheckKind.ELEMENT: "element",
    CheckKind.BUILT_LOCALLY: "built locally",
    CheckKind.PLATFORM: "platform",
    CheckKind.PLATFORM_PART: "part of a platform",
    CheckKind.CREATED: "created",
    CheckKind.NEWEST: "newest",
    CheckKind.REFERENCE: "reference",
    CheckKind.SOURCE: "source",
    CheckKind.PARENT: "parent",
    CheckKind.PARENT_OF_ANSWER: "parent of the local answer",
    CheckKind.ANCESTOR: "ancestor",
    CheckKind.PARENT_OF: "parent of",
    CheckKind.PARENT_IN_STORE: "parent in store",
    CheckKind.NOT_EMPTY: "history not empty",
    CheckKind.ENTRY_COUNT: "len(history)",
    CheckKind.LAYER_COUNT: "len(diff_ids)",
    CheckKind.HISTORY: "history",
    CheckKind.ENTRY: "entry",
    CheckKind.ENTRY_FIELD: "field of an entry",
    CheckKind.LAYERS: "diff_ids",
    CheckKind.LAYER: "layer",
    CheckKind.COMMAND: "created_by",
}


def test_the_names_of_checks_in_json_stay() -> None:
    assert {kind: kind.value for kind in CheckKind} == NAMES
