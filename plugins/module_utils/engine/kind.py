# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The contract of a kind of AWS resource, and what is the same for all of them: finding, reading, ownership, tags,
errors, repetition while AWS is busy, and waiting until AWS shows a change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from .actions import Resource, plan
from .clients import Clients, caused_by, chunks, doing
from .compare import differences
from .converge import converge
from .errors import FarflowError
from .immutable import Advice, problems, refuse_changes
from .ownership import owned_tags
from .parallel import in_parallel
from .patience import retry_while
from .reconcile import Operations, Outcome, reconcile
from .tags import NOTHING, PrefetchedTags
from .waiting import NotYet, wait_for

Document = Mapping[str, Any]
Answer = TypeVar("Answer")

NO_CODES: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Begun:
    """What AWS goes on with after a call. ``progress`` asks for it: True when it is done, an error when it failed."""

    progress: Callable[[], bool | NotYet]


class Kind:
    """One kind of AWS resource: facts, and a method for each thing that can be asked of AWS or done to it.

    A method makes its calls and returns. It neither waits nor repeats nor turns AWS's errors into words: the functions
    below do that for every kind, by the facts. Codes are AWS's error codes.
    """

    #: AWS's word for one of them, as plans and roles name it.
    type: ClassVar[str]
    #: The same for sentences: one, and several.
    title: ClassVar[str]
    titles: ClassVar[str]

    #: What AWS says of one that is not there.
    gone: ClassVar[frozenset[str]] = NO_CODES
    #: What AWS says of one that another run has just made: it is taken over.
    exists: ClassVar[frozenset[str]] = NO_CODES
    #: What AWS says while it has to do with the last change of one.
    busy: frozenset[str] = NO_CODES
    #: What it says besides while one is new to it.
    busy_when_new: ClassVar[frozenset[str]] = NO_CODES
    #: So many seconds that may take.
    patience: ClassVar[float] = 120
    #: Where others may use one for longer than that, so many seconds may pass until it can be deleted.
    free_after: ClassVar[float] = 0
    #: Within so many seconds AWS shows a change; 0 where it does so at once.
    shown_after: ClassVar[float] = 0
    #: Whether AWS shows creations and deletions late too, and what was asked for is looked for once for all of them.
    shown_together: ClassVar[bool] = False
    #: Within so many seconds AWS shows that one was deleted; 0 where it does so at once.
    gone_after: ClassVar[float] = 0

    #: So many names one call looks up: 1 where each takes a call of its own.
    names_a_call: ClassVar[int] = 1
    #: Whether tags are set by calls of their own, and by ``change`` otherwise.
    tags_apart: ClassVar[bool] = True

    #: What AWS never changes of one, by the property, each with what to do instead; under the type.
    immutable: ClassVar[Advice] = MappingProxyType({})

    #: Whether all that bears the environment's prefix is the environment's. Otherwise its tag decides.
    owned_by_name: ClassVar[bool] = False

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        """One as a module's arguments ask for it."""
        raise NotImplementedError

    def named(self, arguments: Mapping[str, Any]) -> str:
        """The name that AWS gives one for these arguments."""
        return str(arguments["name"])

    def seen_by(self, wanted: Sequence[Resource]) -> Kind:
        """The kind as one sees its resources who wants these, where that makes a difference."""
        return self

    def prefix(self, environment: str) -> str:
        """How the names of an environment's begin."""
        return f"{environment}-"

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """Those of the account whose names begin with the prefix, by as few calls as that takes."""
        raise NotImplementedError

    def look_up(self, clients: Clients, name: str) -> Document | None:
        """The one of that name as ``list`` would give it; None, or an error that is in ``gone``, when there is none."""
        return next(iter(self.look_up_all(clients, [name])), None)

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        """Those of the names that there are, where one call looks up several."""
        raise NotImplementedError

    def name(self, document: Document) -> str:
        """The name of one that was listed."""
        raise NotImplementedError

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        """The tags of one that was listed."""
        raise NotImplementedError

    def prefetched_tags(self, document: Document, told: PrefetchedTags) -> Mapping[str, str] | None:
        """Its tags among those that a call for the whole account has brought, by ARN, where that saves a call."""
        return None

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        """One that was listed, as a resource in canonical form; None when AWS shows that it is gone."""
        raise NotImplementedError

    def together(self, clients: Clients, found: Sequence[Resource]) -> Sequence[Resource]:
        """The resources that were found, with what is asked for once for all of them."""
        return found

    def create(self, clients: Clients, wanted: Resource) -> str | Begun | None:
        """Makes one with all that AWS takes at once. Its id, or None where only a look can tell that it is as wanted:
        it is read then, and what differs is changed; so is one that AWS has begun to make, when it has.
        """
        raise NotImplementedError

    def as_created(self, wanted: Resource) -> Resource:
        """One as AWS has it after ``create`` gave its id: what that could not send differs, and is changed then."""
        return wanted

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> Begun | None:
        """Brings the properties that differ, but for the tags, to what is wanted."""
        raise NotImplementedError

    def is_busy(self, error: FarflowError) -> bool:
        """Whether AWS may do in a moment what it refused with that error."""
        return caused_by(error, self.busy)

    def set_tags(self, clients: Clients, found: Resource, tags: Mapping[str, str], superfluous: Sequence[str]) -> None:
        """Gives one all the tags, and takes the superfluous keys off."""
        if superfluous:
            self.untag(clients, found, superfluous)
        if tags:
            self.tag(clients, found, tags)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        """Adds or overwrites tags."""
        raise NotImplementedError

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        """Removes tags."""
        raise NotImplementedError

    def delete(self, clients: Clients, found: Resource) -> Begun | None:
        """Deletes one. An error that is in ``gone`` says that it is done."""
        raise NotImplementedError

    def users(self, clients: Clients, found: Resource) -> Iterable[str]:
        """What keeps AWS from deleting one, as far as it can be named: for who waits, since AWS does not say it."""
        return ()

    def is_there(self, clients: Clients, found: Resource) -> bool:
        """Whether AWS still shows one that was deleted, as which an error that is in ``gone`` does not count."""
        return self.look_up(clients, found.name) is not None


def find(
    kind: Kind,
    clients: Clients,
    environment: str,
    names: Collection[str] = (),
    expected: Collection[str] = (),
    told: PrefetchedTags = NOTHING,
) -> list[Resource]:
    """An environment's own resources of a kind: those whose names begin as its do and that its tag says to be its, and
    those of the ``names`` whatever their tags say. One whose tags may not be read is a stranger's, unless it is
    ``expected``. ``told`` are tags by ARN that need not be asked for again.
    """

    def look(document: Document) -> Resource | None:
        name, known = kind.name(document), kind.prefetched_tags(document, told)
        is_ours = kind.owned_by_name or name in names
        tags = owned_tags(environment, is_ours, name in expected, known, lambda: _tags(kind, clients, document))
        return None if tags is None else _described(kind, clients, document, tags)

    found = in_parallel(
        lambda document: unless_gone(kind, lambda: look(document)), listed(kind, clients, kind.prefix(environment))
    )
    return _together(kind, clients, found)


def read(kind: Kind, clients: Clients, names: Iterable[str]) -> list[Resource]:
    """The named resources of a kind that exist."""
    if kind.names_a_call == 1:
        return _together(kind, clients, in_parallel(lambda name: read_one(kind, clients, name), names))
    documents: list[Document] = []
    for some in chunks(list(names), kind.names_a_call):
        with doing("describe", kind.titles, ", ".join(some)):
            documents += kind.look_up_all(clients, some)
    return _together(kind, clients, in_parallel(lambda document: read_listed(kind, clients, document), documents))


def read_one(kind: Kind, clients: Clients, name: str) -> Resource | None:
    """The named resource of a kind; None when there is none."""

    def look() -> Resource | None:
        with doing("describe", kind.title, name):
            document = kind.look_up(clients, name)
        return read_listed(kind, clients, document) if document else None

    return unless_gone(kind, look)


def listed(kind: Kind, clients: Clients, prefix: str = "") -> list[Document]:
    """Those of the account whose names begin with the prefix."""

    def call() -> list[Document]:
        with doing("list", kind.titles, prefix):
            return list(kind.list(clients, prefix))

    return retry_while(call, _is_busy(kind), kind.patience, f"{kind.titles} to be listed")


def read_listed(kind: Kind, clients: Clients, document: Document, told: PrefetchedTags = NOTHING) -> Resource | None:
    """One that was listed, with its tags, as a resource; None when it is gone. ``told`` are tags by ARN."""

    def look() -> Resource | None:
        tags = kind.prefetched_tags(document, told) if told else None
        return _described(kind, clients, document, tags or _tags(kind, clients, document))

    return unless_gone(kind, look)


def _together(kind: Kind, clients: Clients, found: Iterable[Resource | None]) -> list[Resource]:
    with doing("describe", kind.titles):
        return list(kind.together(clients, [resource for resource in found if resource]))


def _tags(kind: Kind, clients: Clients, document: Document) -> Mapping[str, str]:
    with doing("read the tags of", kind.title, kind.name(document)):
        return kind.tags(clients, document)


def _described(kind: Kind, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
    with doing("describe", kind.title, kind.name(document)):
        return kind.describe(clients, document, tags)


def unless_gone(kind: Kind, call: Callable[[], Answer]) -> Answer | None:
    """The call's answer; None when AWS says that there is no such resource, as of one that it lists for a while after
    its deletion.
    """
    try:
        return call()
    except FarflowError as error:
        if caused_by(error, kind.gone):
            return None
        raise


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
        differs = {difference.path[0] for difference in differences(wanted.properties, found.properties)}
        if not differs:
            return
        what = f"{kind.title} {wanted.name} to be changed"
        is_busy = _is_busy(kind, busy)
        begun = retry_while(lambda: _change(kind, clients, wanted, found, differs), is_busy, kind.patience, what)
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
    wait_for(done.progress, kind.patience, f"AWS to finish what it began with {kind.title} {name}")
    return None


def _create(kind: Kind, clients: Clients, wanted: Resource) -> str | Begun | None:
    def call() -> str | Begun | None:
        with doing("create", kind.title, wanted.name):
            return kind.create(clients, wanted)

    what = f"{kind.title} {wanted.name} to be made"
    try:
        return retry_while(call, _is_busy(kind, kind.busy_when_new), kind.patience, what)
    except FarflowError as error:
        if caused_by(error, kind.exists):
            return None
        raise


def _refuse_another(kind: Kind, wanted: Resource, found: Resource) -> None:
    """Raises FarflowError where one that is there all at once cannot become what is wanted: it may be a stranger's."""
    refused = "; ".join(problems(wanted, found, kind.immutable))
    if refused:
        raise FarflowError(f"{kind.title} {wanted.name} exists already, as {found.id}: {refused}")


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


def _is_busy(kind: Kind, more: frozenset[str] = NO_CODES) -> Callable[[FarflowError], bool]:
    return lambda error: kind.is_busy(error) or caused_by(error, more)


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
