# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The report of what AWS answered, from what was recorded: beside each delay what is assumed of it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from . import summary
from .assumptions import ASSUMPTIONS, Assumption
from .members import ENGINE
from .summary import Lag, Lasted, Line, Refusals

FORMAT = 1

_NOT_OBSERVED = "not observed"

#: By the code, the behaviour of the embedded AWS that answers with it.
_KNOWN_CODES = {
    "BucketNotEmpty": "bucket_not_empty",
    "OperationAborted": "bucket_busy",
    "QueueDeletedRecently": "queue_deleted_recently",
    "RequestLimitExceeded": "throttled",
    "SlowDown": "throttled",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "TooManyRequestsException": "throttled",
}


def report(text: str) -> dict[str, Any]:
    """The report, from the text of the file that was recorded."""
    recorded, unreadable = summary.lines(text)
    changes = summary.changes(recorded)
    sights = summary.sights(summary.looks(recorded))
    lasted, lags = summary.lasted(sights, changes), summary.lags(sights, changes)
    return {
        "format": FORMAT,
        "runs": len({line["run"] for line in recorded}),
        "answers": sum("call" in line for line in recorded),
        "unreadable_lines": unreadable,
        **_versions(recorded, lasted),
        "observations": {name: _observation(one, lasted, lags) for name, one in ASSUMPTIONS.items()},
        "states": _states(lasted),
        "codes": [_code(*key, row) for key, row in sorted(summary.refusals(recorded).items())],
    }


def _versions(recorded: Iterable[Line], lasted: Iterable[Lasted]) -> dict[str, Any]:
    """What was used, each with all its versions: runs may have had different ones."""
    notes = [line for line in recorded if "versions" in line]
    found: dict[str, set[str]] = defaultdict(set)
    for line in notes:
        for name, version in line["versions"].items():
            found[name].add(version)
    if engines := {each.state for each in lasted if each.kind == ENGINE}:
        found["database engine"] = engines
    return {
        "regions": sorted({line["region"] for line in notes}),
        "versions": {name: sorted(found[name]) for name in sorted(found)},
    }


def _observation(one: Assumption, lasted: Iterable[Lasted], lags: Iterable[Lag]) -> dict[str, Any]:
    told: dict[str, Any] = {"says": one.says, "assumed": [one.least, one.most], "source": one.source}
    if one.unseen:
        return {**told, "observed": _NOT_OBSERVED, "why": one.unseen}
    if one.states:
        return told | _seconds([each for each in lasted if each.kind in one.kinds and each.state in one.states])
    of_it = [each for each in lags if each.kind in one.kinds and each.done in one.done]
    told |= _seconds([each for each in of_it if each.is_late])
    # Looked at later than it was shown, a change says no more than that.
    if at_once := [each.most for each in of_it if not each.is_late]:
        told["shown_at_the_first_look"] = {"times": len(at_once), "soonest": _up(min(at_once))}
    return told


def _seconds(some: Iterable[Lasted | Lag]) -> dict[str, Any]:
    """Between how many seconds they all were, as far as they were seen from their beginning to their end."""
    whole = [(each.least, each.most) for each in some if each.most is not None]
    told: dict[str, Any] = {"observed": _NOT_OBSERVED}
    if whole:
        told = {
            "observed": [_down(min(least for least, _most in whole)), _up(max(most for _least, most in whole))],
            "times": len(whole),
        }
    if parts := len(list(some)) - len(whole):
        told["seen_in_part"] = parts
    return told


def _states(lasted: Iterable[Lasted]) -> list[dict[str, Any]]:
    rows: dict[tuple[str, str], list[Lasted]] = defaultdict(list)
    for each in lasted:
        if each.kind != ENGINE:
            rows[each.kind, each.state].append(each)
    names = {(kind, state): name for name, one in ASSUMPTIONS.items() for kind in one.kinds for state in one.states}
    return [
        {"kind": kind, "state": state, **_seconds(rows[kind, state]), **_known(names.get((kind, state)))}
        for kind, state in sorted(rows)
    ]


def _code(call: str, code: str, row: Refusals) -> dict[str, Any]:
    told: dict[str, Any] = {"call": call, "code": code, "answers": row.answers, "requests": len(row.requests)}
    told["most_of_one_request"] = row.most_of_one
    if row.later:
        told["answered_otherwise_later"] = {"requests": len(row.later), "after_at_most": _up(max(row.later))}
    return told | _known(_KNOWN_CODES.get(code))


def _known(name: str | None) -> dict[str, Any]:
    return {"assumed_as": name} if name else {}


def _down(seconds: float) -> float:
    return math.floor(seconds * 100) / 100


def _up(seconds: float) -> float:
    return math.ceil(seconds * 100) / 100
