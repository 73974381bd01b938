# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources of a kind, found and read: lists, ownership, tags, and what AWS lists after its deletion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from .actions import Resource
from .clients import Clients, caused_by, chunks, doing
from .errors import FarflowError
from .kind import NO_CODES, Document, Kind
from .ownership import owned_tags
from .parallel import in_parallel
from .patience import retry_while
from .tags import NOTHING, PrefetchedTags

Answer = TypeVar("Answer")


def find(
    kind: Kind,
    clients: Clients,
    environment: str,
    names: Collection[str] = (),
    expected: Collection[str] = (),
    prefetched: PrefetchedTags = NOTHING,
) -> list[Resource]:
    """An environment's own resources of a kind: those whose names begin as its do and that its tag says to be its, and
    those of the ``names`` whatever their tags say. One whose tags may not be read is a stranger's, unless it is
    ``expected``. ``prefetched`` are tags by ARN that need not be asked for again.
    """

    def look(document: Document) -> Resource | None:
        name, known = kind.name(document), kind.prefetched_tags(document, prefetched)
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

    return retry_while(call, is_busy(kind), kind.patience, f"{kind.titles} to be listed")


def read_listed(
    kind: Kind, clients: Clients, document: Document, prefetched: PrefetchedTags = NOTHING
) -> Resource | None:
    """One that was listed, with its tags, as a resource; None when it is gone. ``prefetched`` are tags by ARN."""

    def look() -> Resource | None:
        tags = kind.prefetched_tags(document, prefetched) if prefetched else None
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


def is_busy(kind: Kind, more: frozenset[str] = NO_CODES) -> Callable[[FarflowError], bool]:
    """Whether an error says that AWS may do in a moment what it refused; ``more`` are further codes for that."""
    return lambda error: kind.is_busy(error) or caused_by(error, more)
