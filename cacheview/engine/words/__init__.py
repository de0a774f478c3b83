"""All the sentences of the matching engine for people, in one module for each subject.

The engine decides, and calls functions of this package with typed values; they return plain English and decide nothing.
Texts can therefore be improved without knowing the rules. The modules import the types that they describe (checks,
verdicts, traces, rule sets), but nothing that creates them.

Elsewhere in ``cacheview.engine`` there are only:

- the daemon's own messages, character for character, which belong to the rules: ``known_cache.py``, ``restore.py``,
  and fields of rule sets;
- texts in rows of data: the releases, source and notes of a rule set (``rulesets``), and in another package the
  title and source of a platform rule (``platforms/rules.py``);
- names that JSON and suites contain too: those of checks (``check.py``), and the values of enumerations.
"""
