"""Every sentence that the matching engine makes for people: one module for each thing that is explained.

It decides, and calls functions of this package with typed values; they return plain English and decide
nothing. So a text can be improved here without a look at the rules. The modules know what they describe (checks,
verdicts, traces, rule sets) and nothing that makes it.

Elsewhere in ``cacheview.engine`` there are only:

- the daemon's own words, letter by letter, which are rules: ``known.py``, ``restore.py``, and fields of rule sets;
- texts that are data of a row: the releases, source and notes of a rule set (``rulesets``); below it, the title
  and source of a platform rule (``platforms/rules.py``);
- names that JSON and suites write too: those of checks (``check.py``), and the values of enumerations.
"""
