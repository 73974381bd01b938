"""What AWS shows late: things as they were before those of their changes that are too young to be shown."""

from __future__ import annotations

import contextlib
import contextvars
import copy
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .behaviours import Behaviour

_noticing = threading.RLock()

#: In the user agent of a client to which everything is shown as it is.
SEES_ALL = "sees-all"
#: Whether it is such a client that asks.
_sees_all = contextvars.ContextVar("sees_all", default=False)


def asked_by(user_agent: str) -> None:
    """From here on it is answered to a client that calls itself so."""
    _sees_all.set(SEES_ALL in user_agent)


def is_shown_all() -> bool:
    """Whether who asks is shown what there is."""
    return _sees_all.get()


@dataclass
class _Seen:
    """Things at the last look, by their names, and what each was before each of its changes, the oldest first."""

    there: dict[str, Any]
    former: dict[str, list[tuple[float, Any]]] = field(default_factory=dict)


class Sight:
    """What is shown, by a behaviour whose value is a number of seconds, of things that change.

    `things()` gives by its name what there is of them for the account and region that are the caller's now.
    """

    def __init__(self, behaviour: Behaviour, things: Callable[[], Mapping[str, Any]]) -> None:
        self._behaviour = behaviour
        self._things = things

    @property
    def is_on(self) -> bool:
        """Whether changes have to be noted."""
        return self._behaviour.is_on

    @property
    def is_late(self) -> bool:
        """Whether who asks is shown what was."""
        return self._behaviour.is_on and not is_shown_all()

    def look(self) -> None:
        """Notes what has changed since the last look. What there is at the first one has always been so."""
        for last in (False, False, True):
            try:
                self._look()
            except RuntimeError:  # others make and delete things meanwhile, while a dictionary is gone through
                if last:
                    raise
            else:
                return

    def _look(self) -> None:
        with _noticing:
            there = self._things()
            seen = self._seen(there)
            for name in [*seen.there, *(name for name in there if name not in seen.there)]:
                before, now = seen.there.get(name), there.get(name)
                if before == now:
                    continue
                now = copy.deepcopy(now)
                seen.former.setdefault(name, []).append((time.monotonic(), before))
                seen.there.pop(name, None)
                if now is not None:
                    seen.there[name] = now

    def shown(self) -> dict[str, Any]:
        """What is shown of them, by name."""
        self.look()
        with _noticing:
            seen = self._seen({})
            names = [*seen.there, *(name for name in seen.former if name not in seen.there)]
            found = {name: self._shown(seen, name) for name in names}
        shown = {name: copy.deepcopy(thing) for name, thing in found.items() if thing is not None}
        if shown != seen.there:
            self._behaviour.strike()
        return shown

    def _seen(self, there: Mapping[str, Any]) -> _Seen:
        from ministack.core.responses import get_account_id, get_region

        place = (id(self), get_account_id(), get_region())
        memory = self._behaviour.memory
        if place not in memory:
            memory[place] = _Seen(copy.deepcopy(dict(there)))
        return memory[place]

    def _shown(self, seen: _Seen, name: str) -> Any:
        since = time.monotonic() - self._behaviour.seconds(name)
        for changed, before in seen.former.get(name, ()):
            if changed > since:
                return before
        return seen.there.get(name)


def watch(service: str, sights: Iterable[Sight]) -> None:
    """Has the sights looked at before the first and after each call of one of ministack's services."""
    from ministack import app

    sights = list(sights)
    handle = app.SERVICE_HANDLERS[service]

    @functools.wraps(handle)
    async def handler(*request: Any) -> Any:
        late = [sight for sight in sights if sight.is_on]
        for sight in late:
            sight.look()
        try:
            return await handle(*request)
        finally:
            for sight in late:
                sight.look()

    app.SERVICE_HANDLERS[service] = handler


@contextlib.contextmanager
def in_place(store: Any, things: Mapping[str, Any]) -> Iterator[None]:
    """A context: within it one of ministack's stores holds these things. For what runs without a pause."""
    present = dict(store.items())
    _replace(store, things)
    try:
        yield
    finally:
        _replace(store, present)


def _replace(store: Any, things: Mapping[str, Any]) -> None:
    for name in list(store):
        store.pop(name)
    store.update(things)
