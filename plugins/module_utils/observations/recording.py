# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Records what AWS answers, a line of JSON for each answer: states, error codes and moments. Names, ids and whatever
else an account has of its own become numbers, by a key that is made for each run and never written.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from . import members

#: Ansible imports this before it forks its workers: they have these in common.
_RUN = secrets.token_hex(4)
_KEY = secrets.token_bytes(32)
_STARTED = time.monotonic()

#: What AWS's states, error codes and versions look like, and no ARN, account, address or text does.
WORD = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,79}|[0-9]{1,3}(\.[0-9]{1,3}){0,2}(-[A-Za-z0-9]{1,8})?")
_OTHER = "other"

#: Fewer than an account has digits, and enough for the things of a run.
_NUMBERS = 10**9

#: What names a page of a list, in requests and in answers.
_PAGE = {"NextToken", "nextToken", "Marker", "PaginationToken", "ContinuationToken"}
_NEXT_PAGE = {*_PAGE, "NextMarker", "NextContinuationToken"}

_BEGUN, _ASKED = "farflow_begun", "farflow_asked"

Make = Callable[..., Any]


def observed(make: Make, path: str | None) -> Make:
    """``make(service, config=...)``, whose clients append to the file what they are answered. It is as it was without
    a path.
    """
    if not path:
        return make
    recorder = Recorder(path)

    def make_watched(service: str, **options: Any) -> Any:
        client = make(service, **options)
        recorder.watch(client.meta.events)
        return client

    return make_watched


def note(path: str, region: str, versions: Mapping[str, str]) -> None:
    """Appends what a run is made with."""
    _append(path, {"at": _now(), "region": region, "versions": dict(versions)})


class Recorder:
    """Appends a line to a file for each answer, and for each call that gets none."""

    def __init__(self, path: str) -> None:
        self._path = path

    def watch(self, events: Any) -> None:
        """``events`` are those of a client of botocore."""
        events.register("before-parameter-build", self._begin)
        events.register("needs-retry", self._end)

    def _begin(self, params: Any, context: dict[str, Any], **_unused: Any) -> None:
        context.update({_BEGUN: _now(), _ASKED: params})

    def _end(self, response: Any, operation: Any, request_dict: Mapping[str, Any], **more: Any) -> None:
        """What is asked after each attempt: whether the call is to be made once more. This one has no say in it."""
        context = request_dict["context"]
        begun, context[_BEGUN] = context[_BEGUN], _now()
        call = f"{operation.service_model.service_name} {operation.name}"
        asked = {name: each for name, each in context[_ASKED].items() if name not in operation.idempotent_members}
        told = response[1] if response else {}
        line = {"began": begun, "at": context[_BEGUN], "call": call, **_paged(call, asked, told)}
        if error := type(more["caught_exception"]).__name__ if response is None else told.get("Error", {}).get("Code"):
            line["code"] = word(error)
        else:
            line |= _told(call, {"asked": asked, "told": told})
        _append(self._path, line)


def word(text: Any) -> str:
    """A state or a code as AWS has them; what is none is not told."""
    return str(text) if WORD.fullmatch(str(text)) else _OTHER


def number(text: str) -> int:
    """What a name or an id is told as, the same for the same within a run. EC2's ids stand for their ARNs."""
    named = text.rpartition("/")[2] if re.match(r"arn:[a-z-]+:ec2:", text) else text
    return int.from_bytes(hmac.digest(_KEY, named.encode(), "sha256")[:8]) % _NUMBERS


def _paged(call: str, asked: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Which request it is, the same for all pages, and whether there are some before or behind this one."""
    whole = {name: each for name, each in asked.items() if name not in _PAGE}
    is_next, has_next = len(whole) < len(asked), any(told.get(name) for name in _NEXT_PAGE)
    line = {"asked": number(f"{call} {_text(whole)}")}
    return line | ({"continued": True} if is_next else {}) | ({"continues": True} if has_next else {})


def _told(call: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """What is recorded of an answer by its members."""
    line: dict[str, Any] = {}
    if expressions := members.SHOWN.get(call):
        line["shown"] = {kind: _states(_search(one, document)) for kind, one in expressions.items()}
    if call in members.DONE:
        done, expression = members.DONE[call]
        line[done] = [number(each) for each in _search(expression, document) if each]
    return line


def _states(pairs: Iterable[Any]) -> dict[str, str | bool]:
    known = (pair for pair in pairs if pair and pair[0] and pair[1] is not None)
    return {str(number(thing)): state is True or word(state) for thing, state in known}


def _search(expression: str, document: Any) -> list[Any]:
    import jmespath  # which botocore needs, and a deploy that records nothing does not

    found: list[Any] = jmespath.search(expression, document) or []
    return found


def _text(document: Any) -> str:
    """Files and bytes, such as images and DAGs, are left out."""
    return json.dumps(document, sort_keys=True, default=lambda each: "")


def _now() -> float:
    """Seconds since the run began."""
    return round(time.monotonic() - _STARTED, 3)


def _append(path: str, line: Mapping[str, Any]) -> None:
    """By one call, so that lines of several processes do not mix. A deploy does not fail for it."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{json.dumps({'run': _RUN, **line}, separators=(',', ':'))}\n".encode())
        finally:
            os.close(descriptor)
