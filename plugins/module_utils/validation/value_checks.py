# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a value that a user gives may be. A check takes the value, whatever it is, and yields what is wrong with it:
what it is and what is allowed, each with its place below the value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, NamedTuple

#: Keys and list indexes that lead to a wrong value, and what to say of it.
Problem = tuple[tuple[Any, ...], str]
Check = Callable[[Any], Iterator[Problem]]


class Name(NamedTuple):
    """What the keys of a mapping may be: a pattern, what they are, and what the pattern allows in words."""

    pattern: str
    of: str
    allowed: str


VARIABLE = Name(
    r"[A-Za-z_][A-Za-z0-9_.-]*", "name of an environment variable", "letters, digits, _ . and -, first a letter or _"
)

#: What is allowed where something else is given for a text.
IN_QUOTES = "a text; write it in quotes"

_WORDS = {bool: "a boolean", int: "a number", float: "a number", str: "a text", type(None): "nothing"}
_LONGEST_SHOWN = 60
#: What an escape such as \\ud83d makes without the other half. Nobody can encode it.
_HALF = re.compile("[\ud800-\udfff]")


def nearest(name: Any, known: Iterable[str]) -> str:
    """``, did you mean ...?`` when one of the known names is like it; else nothing."""
    letters, wrong = {each.lower(): each for each in known}, str(name).lower()
    close = difflib.get_close_matches(wrong, letters)
    swapped = [each for each in close if sorted(each) == sorted(wrong)]  # us-esat-1 is us-east-1, not us-west-1
    return f", did you mean {letters[(swapped or close)[0]]!r}?" if close else ""


def shown(value: Any) -> str:
    """A value with its type, as in ``a text '512'``."""
    if value is None:
        return _WORDS[type(None)]
    written = repr(value) if isinstance(value, str) else printable(value)
    cut = written if len(written) <= _LONGEST_SHOWN else f"{written[:_LONGEST_SHOWN]}..."
    return f"{_kind(value)} {cut}"


def dotted(place: Iterable[Any]) -> str:
    """A place as a person writes it: ``policy.0.Action``."""
    return ".".join(printable(key) for key in place)


def told(name: str, found: Iterable[Problem]) -> Iterator[str]:
    """Problems with the value of that name, a sentence each."""
    for place, text in found:
        yield f"{dotted((name, *place))}: {text}"


def printable(value: object) -> str:
    """A text that fits a line of any terminal: line feeds, bytes that are no UTF-8 and the like are escaped."""
    written = str(value)
    return written if written.isprintable() else repr(written)


def wrong(value: Any, allowed: str) -> Problem:
    """The value is not among what is allowed."""
    return (), f"is {shown(value)}, allowed: {allowed}"


def members(document: Mapping[Any, Any], known: Mapping[str, Check]) -> Iterator[Problem]:
    """Every member by its own check; others are not known."""
    for key, value in document.items():
        check = known.get(key) if isinstance(key, str) else None
        if check:
            yield from below(key, check(value))
        else:
            yield (key,), f"is not a known key{nearest(key, known)}; allowed: {', '.join(known)}"


def below(key: Any, found: Iterable[Problem]) -> Iterator[Problem]:
    """The same problems, each a step further down."""
    for place, text in found:
        yield (key, *place), text


def between(least: int, most: int, unit: str = "") -> Check:
    """A whole number; ``unit`` is said with it."""
    return number(range(least, most + 1), f"{unit} from {least} to {most}".lstrip())


def number(allowed: Iterable[int], words: str) -> Check:
    """One of these whole numbers."""
    numbers = allowed if isinstance(allowed, range) else frozenset(allowed)

    def check(value: Any) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int) or value not in numbers:
            yield wrong(value, words)

    return check


def one_of(*choices: str) -> Check:
    """One of these texts."""

    def check(value: Any) -> Iterator[Problem]:
        if value not in choices:
            yield wrong(value, " or ".join(choices) + (nearest(value, choices) if isinstance(value, str) else ""))

    return check


def text(pattern: str, words: str, flags: int = 0) -> Check:
    """A text that the pattern matches as a whole."""
    compiled = re.compile(pattern, flags)

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield wrong(value, words)

    return check


def secret_text(pattern: str, words: str) -> Check:
    """The same, for what might be a secret by mistake: it is not shown."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield (), f"is {_kind(value)}, allowed: {words}"
        elif not compiled.fullmatch(value):
            yield (), f"is a text of {len(value)} characters, not shown, allowed: {words}"

    return check


def if_given(check: Check) -> Check:
    """The check, for a value that may be left out or empty."""
    return lambda value: check(value) if value not in (None, "") else iter(())


def in_turn(*checks: Check) -> Check:
    """The checks one after the other, until one finds something: each may rely on those before it."""

    def check(value: Any) -> Iterator[Problem]:
        for each in checks:
            if found := list(each(value)):
                yield from found
                return

    return check


def boolean(value: Any) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield wrong(value, "true or false")


def scalar(value: Any) -> Iterator[Problem]:
    """A text, a number or a boolean, where what reads it knows what a boolean is."""
    if isinstance(value, str):
        yield from plain_text("a text")(value)
    elif not isinstance(value, (int, float)):
        yield wrong(value, "a text, a number or a boolean")


def plain_text(words: str = IN_QUOTES) -> Check:
    """Any text that a container can be given. True and 3.10 are none: who reads them sees True and 3.1."""

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield wrong(value, words)
            return
        before, nul, _after = value.partition("\0")
        if nul:
            yield (), f"holds the character NUL, as character {len(before) + 1}, allowed: a text without it"
        elif half := _HALF.search(value):
            yield (), f"holds half a character, as character {half.start() + 1}, allowed: Unicode"

    return check


def list_of(check_item: Check, words: str, may_be_empty: bool = False) -> Check:
    """A list, each of its items by the check."""

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, list) or not (value or may_be_empty):
            yield wrong(value, words)
            return
        for index, item in enumerate(value):
            yield from below(index, check_item(item))

    return check


def one_or_list_of(check_item: Check, words: str) -> Check:
    """One text, or a list of them."""
    check_list = list_of(check_item, words)
    return lambda value: check_item(value) if isinstance(value, str) else check_list(value)


def map_of(check_value: Check, words: str, name: Name = VARIABLE) -> Check:
    """A mapping of names to values."""
    pattern = re.compile(name.pattern)

    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield wrong(value, words)
            return
        for key, item in value.items():
            if not isinstance(key, str) or not pattern.fullmatch(key):
                yield (key,), f"is no {name.of}, allowed: {name.allowed}"
            yield from below(key, check_value(item))

    return check


def network(value: Any) -> IPv4Network | None:
    """The IPv4 network that a text names as AWS does, or None: not by a netmask, and without host bits."""
    found = _network(value)
    return found if str(found) == value else None


def cidr(allowed: str, prefixes: Iterable[int] = range(33)) -> Check:
    """Such a network with one of these prefixes; of another spelling it is said what to write."""

    def check(value: Any) -> Iterator[Problem]:
        found = _network(value)
        if not found or str(found) != value or found.prefixlen not in prefixes:
            meant = found and found.prefixlen in prefixes
            yield wrong(value, f"{allowed}, here {found}" if meant else allowed)

    return check


def _network(value: Any) -> IPv4Network | None:
    try:
        return IPv4Network(value, strict=False) if isinstance(value, str) and "/" in value else None
    except ValueError:
        return None


def _kind(value: Any) -> str:
    if type(value) in _WORDS:
        return _WORDS[type(value)]
    if isinstance(value, (list, Mapping)):
        return "a list" if isinstance(value, list) else "a mapping"
    return f"a {type(value).__name__}"
