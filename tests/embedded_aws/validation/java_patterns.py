"""The regular expressions of AWS's models, which are Java's."""

from __future__ import annotations

from functools import cache

import regex

#: All characters beyond the first 65,536, as a class of Java writes them.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_BEYOND = r"\U00010000-\U0010FFFF"
#: Java's classes such as \w and \p{Print} are of ASCII alone; a category such as \p{L} is of Unicode.
CATEGORIES = regex.compile(r"\\[pP]\{\^?(?:Is\w+|[A-Z][a-z]?)\}")


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """For `fullmatch`, since AWS holds the whole text against it."""
    flags = 0 if CATEGORIES.search(pattern) else regex.ASCII
    return regex.compile(pattern.replace(_SURROGATES, _BEYOND), flags)
