"""Secret values, and how daemons and people write them."""

from __future__ import annotations

import json
import re
from urllib.parse import quote as url_quote

from hypothesis import strategies as st

from cacheview.dockerfile.gotext import quote, quote_all
from cacheview.stores.secrets import MIN_PIECE_CHARACTERS

__all__ = ["ODD", "SECRETS", "demand_none", "written"]

ODD = "\"'\\`$<>&\t\n\r\x01\x7fä\u2028\u200b\U0001f600 "

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=6, max_size=12).map("zq".__add__)
PARTS = st.lists(LETTERS | st.text(ODD, min_size=1, max_size=2), max_size=4)
SECRETS = st.tuples(PARTS, LETTERS, PARTS).map(lambda parts: "".join((*parts[0], parts[1], *parts[2])))
"""Letters that occur nowhere else, with characters that need quoting between them."""


def written(secret: str) -> list[str]:
    """The ways to write a value in a command or in history."""
    in_json = json.dumps(secret, ensure_ascii=False)
    return [
        secret,
        quote(secret),
        quote_all(["login", secret]),
        in_json,
        json.dumps(secret),
        json.dumps({"key": secret}),
        quote(in_json),
        in_json.translate({ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}),
        f"https://user:{url_quote(secret, safe='')}@host/",
        re.sub("%..", lambda found: found[0].lower(), f"https://{url_quote(secret, safe='')}@host/"),
        f"--password={secret}",
        f"'{secret}'",
        *secret.splitlines(),
    ]


def demand_none(secret: str, line: str) -> None:
    """Check that a line of JSON contains neither the value in any notation nor a word of it."""
    for form in written(secret)[:8]:
        assert json.dumps(form, ensure_ascii=False)[1:-1] not in line
    for word in secret.split():
        run = "".join(character for character in word if character not in ODD)
        if run == word and len(word) >= MIN_PIECE_CHARACTERS:
            assert word not in line
