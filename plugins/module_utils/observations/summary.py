# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What recorded lines say: how long states lasted, how late changes were shown, what was refused and how often.

Nobody looks at AWS all the time. So each duration is told by two numbers of seconds, between which it was.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .members import CHANGED, GONE, MADE
from .recording import WORD

Line = Mapping[str, Any]
#: A state, or True; None where it is not shown.
Shown = Any

#: Codes by which AWS says that there is none of that name. Others say nothing of what there is.
_NOT_THERE = re.compile(r"NotFound|NoSuch|NonExistent|DoesNotExist|^404$")


@dataclass(frozen=True)
class Look:
    """A whole answer, over all its pages: what it has shown, by kind and thing. ``asked`` is the same for the same
    question of a run.
    """

    run: str
    asked: int
    began: float
    ended: float
    shown: Mapping[str, Mapping[str, Shown]]


@dataclass(frozen=True)
class Sight:
    """What a look has shown of one thing."""

    asked: int
    began: float
    ended: float
    shown: Shown


@dataclass(frozen=True)
class Change:
    """A call that has made, changed or deleted a thing."""

    run: str
    thing: str
    done: str
    began: float
    ended: float


@dataclass(frozen=True)
class Lasted:
    """A thing's time in a state; ``most`` is None where its beginning or its end was not seen."""

    kind: str
    state: str
    least: float
    most: float | None


@dataclass(frozen=True)
class Lag:
    """From when a thing was made, or deleted, until a read has shown that. ``is_late``: there was one that has not."""

    kind: str
    done: str
    least: float
    most: float
    is_late: bool


@dataclass
class Refusals:
    """How often a call was answered with a code, and what became of it when it was made again."""

    answers: int = 0
    requests: set[tuple[str, int]] = field(default_factory=set)
    most_of_one: int = 0
    later: list[float] = field(default_factory=list)


def lines(text: str) -> tuple[list[Line], int]:
    """The recorded lines, and the number of those that are none: a run may have been ended while it wrote."""
    read = [_line(each) for each in text.splitlines() if each.strip()]
    good = [each for each in read if each]
    return good, len(read) - len(good)


def _line(text: str) -> Line | None:
    """None also for what recording.py does not write: it may tell what must not be told."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    needed = _NOTE if "versions" in line else _ANSWER
    is_right = needed <= set(line) <= set(_CHECKS) and all(_CHECKS[name](each) for name, each in line.items())
    return line if is_right else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 10**9


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_text(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _are_versions(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_version, [*value, *value.values()]))


def _is_shown(value: Any) -> bool:
    """By kind and thing a state, or True."""
    return isinstance(value, dict) and all(
        _is_word(kind) and isinstance(things, dict) and all(_is_word(each) or each is True for each in things.values())
        for kind, things in value.items()
    )


_is_word = _is_text(WORD.pattern)
_is_version = _is_text(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")
_CHECKS: dict[str, Callable[[Any], bool]] = {
    "run": _is_text("[0-9a-f]{1,8}"),
    **dict.fromkeys(("at", "began", "asked"), _is_number),
    "call": _is_text("[a-z0-9-]{1,40} [A-Za-z0-9]{1,80}"),
    "code": _is_word,
    **dict.fromkeys((MADE, CHANGED, GONE), _are_numbers),
    "shown": _is_shown,
    **dict.fromkeys(("continued", "continues"), lambda value: value is True),
    "region": _is_text("[a-z0-9-]{1,40}"),
    "versions": _are_versions,
}
_ANSWER = {"run", "at", "began", "call", "asked"}
_NOTE = {"run", "at", "region", "versions"}


def looks(recorded: Iterable[Line]) -> list[Look]:
    """The whole answers, in the order of their ends. An answer of which pages are missing is none."""
    found = []
    unfinished: dict[tuple[str, int], list[Line]] = {}
    for line in sorted(recorded, key=lambda each: each["at"]):
        if "call" not in line:
            continue
        key = line["run"], line["asked"]
        pages = [*unfinished.pop(key, []), line] if line.get("continued") else [line]
        if line.get("continues"):
            unfinished[key] = pages
        elif not pages[0].get("continued") and _says_what_there_is(line):
            found.append(Look(*key, pages[0]["began"], line["at"], _together(pages)))
    return found


def _says_what_there_is(line: Line) -> bool:
    return "shown" in line or bool(_NOT_THERE.search(line.get("code", "")))


def _together(pages: Iterable[Line]) -> dict[str, dict[str, Shown]]:
    shown: dict[str, dict[str, Shown]] = {}
    for page in pages:
        for kind, things in page.get("shown", {}).items():
            shown[kind] = {**shown.get(kind, {}), **things}
    return shown


def changes(recorded: Iterable[Line]) -> list[Change]:
    """What was done, in the order of its ends."""
    return [
        Change(line["run"], str(thing), done, line["began"], line["at"])
        for line in sorted(recorded, key=lambda each: each["at"])
        for done in (MADE, CHANGED, GONE)
        for thing in line.get(done, [])
    ]


#: By run, kind and thing, in the order of their ends.
Sights = Mapping[tuple[str, str, str], list[Sight]]


def sights(seen: Iterable[Look]) -> Sights:
    """What was shown of each thing. Of the looks that do not show it those count that ask what was answered with it at
    another time.
    """
    questions: dict[tuple[str, int], list[Look]] = defaultdict(list)
    for look in seen:
        questions[look.run, look.asked].append(look)
    found: dict[tuple[str, str, str], list[Sight]] = defaultdict(list)
    for (run, asked), some in questions.items():
        for kind, thing in {(kind, thing) for look in some for kind, shown in look.shown.items() for thing in shown}:
            told = [Sight(asked, look.began, look.ended, look.shown.get(kind, {}).get(thing)) for look in some]
            found[run, kind, thing] += told
    return {key: sorted(found[key], key=lambda sight: (sight.ended, sight.began)) for key in sorted(found)}


def lasted(seen: Sights, done: Iterable[Change]) -> list[Lasted]:
    """How long each thing was in each state."""
    of_thing = _by_thing(done)
    found = []
    for (run, kind, thing), some in seen.items():
        groups = [list(group) for _shown, group in itertools.groupby(some, lambda sight: sight.shown)]
        for before, group, after in zip([None, *groups], groups, [*groups[1:], None], strict=False):
            first, last = group[0], group[-1]
            if isinstance(first.shown, str):
                began = [before[-1].began] if before else []
                began += [each.began for each in of_thing[run, thing] if each.began <= first.ended]
                most = after[0].ended - max(began) if after and began else None
                found.append(Lasted(kind, first.shown, max(0.0, last.began - first.ended), most))
    return found


def lags(seen: Sights, done: Iterable[Change]) -> list[Lag]:
    """How late it was shown to each question that a thing was made or deleted. Where it was deleted, or made again,
    before that, it is left out.
    """
    of_thing = _by_thing(done)
    found: list[Lag] = []
    for (run, kind, thing), some in seen.items():
        mine = [each for each in of_thing[run, thing] if each.done != CHANGED]
        for change, until in zip(mine, [*(each.began for each in mine[1:]), math.inf], strict=False):
            after = [sight for sight in some if change.ended <= sight.began and sight.ended <= until]
            found += _lags(kind, change, after)
    return found


def _lags(kind: str, change: Change, after: Iterable[Sight]) -> Iterator[Lag]:
    """One for each question that has shown the change at last."""
    late: dict[int, float] = {}
    told: set[int] = set()
    for sight in after:
        if sight.asked in told:
            continue
        if (sight.shown is None) == (change.done == GONE):
            told.add(sight.asked)
            least = late.get(sight.asked, 0.0)
            yield Lag(kind, change.done, least, sight.ended - change.began, sight.asked in late)
        else:
            late[sight.asked] = sight.began - change.ended


def _by_thing(done: Iterable[Change]) -> Mapping[tuple[str, str], list[Change]]:
    """What was made already is not made by another call for it, as AWS takes some."""
    found: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for each in done:
        mine = found[each.run, each.thing]
        if each.done == CHANGED or not mine or mine[-1].done != each.done:
            mine.append(each)
    return found


def refusals(recorded: Iterable[Line]) -> dict[tuple[str, str], Refusals]:
    """By call and code. A request is a call with its arguments; what follows is the first answer to the same one that
    is none of an error.
    """
    found: dict[tuple[str, str], Refusals] = defaultdict(Refusals)
    requests: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in sorted(recorded, key=lambda each: each["at"]):
        if "call" in line:
            requests[line["run"], line["asked"]].append(line)
    for request, some in requests.items():
        for code, of_code in _by_code(some):
            row = found[of_code[0]["call"], code]
            row.answers += len(of_code)
            row.requests.add(request)
            row.most_of_one = max(row.most_of_one, len(of_code))
            since = of_code[0]["at"]
            row.later += [line["at"] - since for line in some if "code" not in line and line["at"] >= since][:1]
    return found


def _by_code(some: Iterable[Line]) -> Iterator[tuple[str, list[Line]]]:
    codes: dict[str, list[Line]] = defaultdict(list)
    for line in some:
        if "code" in line:
            codes[line["code"]].append(line)
    yield from codes.items()
