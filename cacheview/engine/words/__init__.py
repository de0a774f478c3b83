"""Every sentence that the engine makes for people: one module for each thing that is explained.

The engine decides and calls functions of this package with typed values; the functions return plain English and decide
nothing. So a text can be improved here without a look at the rules, and the rules can change without a look at the
texts. `tests/test_sentences_stay_in_words.py` holds it.

Elsewhere in the engine stand only:

- the daemon's own words, letter by letter: they are rules (``known.py``, ``restore.py``, ``LostParent`` and
  ``Restoring`` in ``rulesets``);
- texts that are data of a row or a member: a rule set's releases, source and notes (``rulesets``), and the values of
  enumerations, which JSON and suites write (`Why`, `HazardKind`, `CheckKind`, …);
- how a comparison or a platform step is described (``comparison.py``, ``requirement.py``, ``platforms``): a rule
  and its description stand in one class, below this package.
"""
