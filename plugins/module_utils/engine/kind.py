# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The contract of a kind of AWS resource: what the engine has to know of it, and can ask of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from .actions import Resource
from .clients import Clients, caused_by
from .errors import FarflowError
from .immutable import Advice
from .tags import PrefetchedTags
from .waiting import NotYet

Document = Mapping[str, Any]

NO_CODES: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Begun:
    """What AWS goes on with after a call. ``progress`` asks for it: True when it is done, an error when it failed."""

    progress: Callable[[], bool | NotYet]


class Kind:
    """One kind of AWS resource: facts, and a method for each thing that can be asked of AWS or done to it.

    A method makes its calls and returns. It neither waits nor repeats nor turns AWS's errors into words: reading.py and
    changing.py do that for every kind, by the facts. Codes are AWS's error codes.
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

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
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

    def is_taken(self, error: FarflowError) -> bool:
        """Whether AWS refused to make one since there is one of that name."""
        return caused_by(error, self.exists)

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
