# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources of a kind, created, changed and deleted: repeated while AWS is busy, and awaited until AWS shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from .actions import Resource, plan
from .clients import Clients, doing
from .compare import differences
from .converge import converge
from .errors import FarflowError
from .immutable import problems, refuse_changes
from .kind import NO_CODES, Begun, Kind
from .patience import retry_while
from .reading import is_busy, read, read_one, unless_gone
from .reconcile import Operations, Outcome, reconcile
from .waiting import NotYet, wait_for


def reconcile_kind(
    kind: Kind, clients: Clients, names: Iterable[str], desired: Sequence[Resource], check_mode: bool
) -> list[Outcome]:
    """Brings the named resources to what is desired of them; those of which nothing is desired are deleted."""
    kind = kind.seen_by(desired)

    def look() -> list[Resource]:
        actual = read(kind, clients, names)
        refuse_changes(desired, actual, kind.immutable)
        return actual

    if kind.shown_together:
        return converge(desired, look, operations(kind, clients), check_mode)
    return reconcile(desired, look(), operations(kind, clients), check_mode)


def operations(kind: Kind, clients: Clients) -> Operations:
    """What creates, changes and deletes resources of a kind."""

    def create(wanted: Resource) -> str | None:
        made = _finished(kind, wanted.name, _create(kind, clients, wanted))
        if made:
            new = replace(kind.as_created(wanted), id=made)
            change(replace(wanted, id=made), new, kind.busy_when_new)
            return made
        found = wait_for(lambda: read_one(kind, clients, wanted.name), kind.patience, f"{kind.title} {wanted.name}")
        _refuse_another(kind, wanted, found)
        change(wanted, found, kind.busy_when_new)
        return found.id

    def change(wanted: Resource, found: Resource, busy: frozenset[str] = NO_CODES) -> None:
        differs = _differing(wanted, found)
        if not differs:
            return
        what = f"{kind.title} {wanted.name} to be changed"
        call = _Change(kind, clients, wanted, found, differs)
        begun = retry_while(call, is_busy(kind, busy), kind.patience, what)
        _finished(kind, wanted.name, begun)
        if kind.shown_after:
            wait_for(
                lambda: _shown(kind, clients, wanted),
                kind.shown_after,
                f"{kind.title} {wanted.name} to show its change",
            )

    def delete(found: Resource) -> None:
        _finished(kind, found.name, _delete(kind, clients, found))
        if kind.gone_after:
            what = f"{kind.title} {found.name} to be gone"
            wait_for(lambda: _is_gone(kind, clients, found), kind.gone_after, what)

    return Operations(create, change, delete)


def _finished(kind: Kind, name: str, done: str | Begun | None) -> str | None:
    """What a call has made; None when that is still to be read, since AWS went on with it after the call."""
    if not isinstance(done, Begun):
        return done

    def progress() -> bool | NotYet:
        with doing("await", kind.title, name):
            return done.progress()

    wait_for(progress, kind.patience, f"AWS to finish what it began with {kind.title} {name}")
    return None


def _create(kind: Kind, clients: Clients, wanted: Resource) -> str | Begun | None:
    def call() -> str | Begun | None:
        with doing("create", kind.title, wanted.name):
            return kind.create(clients, wanted)

    what = f"{kind.title} {wanted.name} to be made"
    try:
        return retry_while(call, is_busy(kind, kind.busy_when_new), kind.patience, what)
    except FarflowError as error:
        if kind.is_taken(error):
            return None
        raise


def _refuse_another(kind: Kind, wanted: Resource, found: Resource) -> None:
    """Raises FarflowError where one that is there all at once cannot become what is wanted: it may be a stranger's."""
    refused = "; ".join(problems(wanted, found, kind.immutable))
    if refused:
        raise FarflowError(f"{kind.title} {wanted.name} exists already, as {found.id}: {refused}")


def _differing(wanted: Resource, found: Resource) -> set[str]:
    """The properties that differ."""
    return {difference.path[0] for difference in differences(wanted.properties, found.properties)}


class _Change:
    """A change, to be called until AWS takes all of it. What a call has done that was refused in its course is not done
    again: that would keep AWS busy with what is as wanted.
    """

    def __init__(
        self, kind: Kind, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]
    ) -> None:
        self._kind, self._clients, self._wanted = kind, clients, wanted
        self._found, self._differs = found, set(differs)
        self._was_refused = False

    def __call__(self) -> Begun | None:
        if self._was_refused:
            now = self._look()
            if now:  # a look may not tell all that is known of a new one
                self._found = replace(now, properties={**self._found.properties, **now.properties})
            self._differs &= _differing(self._wanted, self._found)
        self._was_refused = True
        return _change(self._kind, self._clients, self._wanted, self._found, self._differs)

    def _look(self) -> Resource | None:
        """None also of a kind that is found by more than its name: of that all is done again."""
        try:
            return read_one(self._kind, self._clients, self._wanted.name)
        except NotImplementedError:
            return None


def _change(kind: Kind, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> Begun | None:
    """Tags first: what a killed run leaves half changed is known as the environment's."""
    if "tags" in differs and kind.tags_apart:
        with doing("tag", kind.title, wanted.name):
            tags, before = (side.properties.get("tags") or {} for side in (wanted, found))
            kind.set_tags(clients, found, tags, sorted(set(before) - set(tags)))
    others = {name for name in differs if name != "tags" or not kind.tags_apart}
    if not others:
        return None
    with doing("change", kind.title, wanted.name):
        return kind.change(clients, wanted, found, others)


def _delete(kind: Kind, clients: Clients, found: Resource) -> Begun | None:
    def call() -> Begun | None:
        with doing("delete", kind.title, found.name):
            return kind.delete(clients, found)

    def check() -> tuple[Begun | None] | NotYet:
        try:
            return (unless_gone(kind, call),)
        except FarflowError as error:
            if not kind.is_busy(error):
                raise
            with doing("describe", "what uses", f"{kind.title} {found.name}"):
                users = ", ".join(kind.users(clients, found))
            return NotYet(f"{error}; used by {users}" if users else str(error))

    return wait_for(check, kind.free_after or kind.patience, f"{kind.title} {found.name} to be deleted")[0]


def _shown(kind: Kind, clients: Clients, wanted: Resource) -> bool | NotYet:
    found = read_one(kind, clients, wanted.name)
    if found is None:
        return NotYet("AWS does not show it")
    left = [reason for action in plan([wanted], [found]) for reason in action.reasons]
    return NotYet(f"it still shows {'; '.join(left)}") if left else True


def _is_gone(kind: Kind, clients: Clients, found: Resource) -> bool | NotYet:
    def look() -> bool:
        with doing("describe", kind.title, found.name):
            return kind.is_there(clients, found)

    return NotYet("AWS still shows it") if unless_gone(kind, look) else True
