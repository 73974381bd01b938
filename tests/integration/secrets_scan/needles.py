"""Known values, and the forms in which they may have been written."""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, quote_plus

Text = Callable[[str], str]


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _repr(text: str) -> str:
    return repr(text)[1:-1]


_FORMS: tuple[Text, ...] = (
    str,
    _json,
    lambda text: _json(_json(text)),
    _repr,
    lambda text: _repr(_json(text)),
    lambda text: quote(text, safe=""),
    quote,
    quote_plus,
    lambda text: quote(quote(text, safe=""), safe=""),
    html.escape,
    shlex.quote,
    lambda text: text.encode().hex(),
)


def forms(value: str) -> set[bytes]:
    """What to look for so that a value is found as it is, escaped for JSON (twice too), as Python writes it, quoted
    for URLs, HTML and shells, in hexadecimal digits and in base64, wherever in the encoded text it begins.
    """
    plain = {form(value).encode() for form in _FORMS}
    return plain | {encoded for text in plain for encoded in _base64(text)}


def _base64(text: bytes) -> set[bytes]:
    """The characters of base64 that depend on nothing but the text, for each of the three places it may begin at."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + text)
        first = (before * 8 + 5) // 6  # characters that what stands before has a part in
        whole = (before + len(text)) * 8 // 6
        kept = encoded[first:whole]
        found |= {kept, kept.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def found(values: Mapping[str, str], sources: Iterable[tuple[str, bytes]]) -> list[str]:
    """``<name of the value> in <source>`` for each value that is in a source in any form. The values are not told."""
    wanted = {name: forms(value) for name, value in values.items()}
    return [
        f"{name} in {source}"
        for source, content in sources
        for name, written in wanted.items()
        if any(form in content for form in written)
    ]
