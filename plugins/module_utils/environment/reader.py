# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Readers: each reads the existing resources of one kind, or of several. It is declared beside the code that desires
such resources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.kind import Kind
from ..engine.known import Existing
from ..engine.reading import find
from ..engine.tags import ENVIRONMENT, NOTHING, PrefetchedTags, trusted_tags
from . import names

Inputs = Mapping[str, Any]
Read = Callable[[Clients, Inputs, Existing], list[Resource]]
Names = Callable[[Inputs, Existing], Collection[str]]
Owns = Callable[[Inputs, Existing, Resource], bool]

#: Type and name of a resource that AWS does not have: its attributes are the tags of everything in the environment,
#: by ARN.
TAGS = "tags"

# The part of an ARN before the name of a bucket, queue or repository, or before the id of a namespace.
_BEFORE_THE_NAME = re.compile(r"^.*:(repository/|namespace/)?")


@dataclass(frozen=True, eq=False)
class Reader:
    """``read(clients, inputs, known)`` returns what exists of the ``types``. It is called after the readers of the
    types in ``after``; a type that nobody reads is not waited for.

    Anybody can write our tags on anything. So a resource that nobody desires belongs to the environment, and is
    deleted, only if the test of its type in ``own`` says that a deploy of the environment can give it this name. The
    beginning of a name proves nothing, as ``dev-x-...`` may be a name in the environment ``dev-x``, but for roles,
    which have a path for each environment. Types without a test are known by something else: task definitions by
    their log group, parts by what they are part of.
    """

    read: Read
    types: tuple[str, ...]
    after: tuple[str, ...] = ()
    own: Mapping[str, Owns] = field(default_factory=dict)

    def __call__(self, clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
        return self.read(clients, inputs, known)


def reads(*types: str, after: tuple[str, ...] = (), own: Mapping[str, Owns] | None = None) -> Callable[[Read], Reader]:
    """A decorator: the function becomes a reader."""
    return lambda read: Reader(read, types, after, own or {})


def of_kind(
    kind: Kind, own: Names, after: tuple[str, ...] = (TAGS,), beginning: Callable[[Inputs], str] | None = None
) -> Reader:
    """The reader of a kind whose resources get the names that ``own`` gives; those that were desired once may have
    another one with that ``beginning``. AWS may list resources of others with them.
    """

    def read(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
        expected, prefetched = said_to_be_own(known), prefetched_tags(inputs, known)
        return find(kind, clients, names.environment(inputs), own(inputs, known), expected, prefetched)

    is_own = named_or_begun(own, beginning) if beginning else named(own)
    return Reader(read, (kind.type,), after, {kind.type: is_own})


def named(own: Names) -> Owns:
    """The test that a resource bears one of these names."""
    return lambda inputs, known, resource: resource.name in own(inputs, known)


def named_or_begun(own: Names, beginning: Callable[[Inputs], str]) -> Owns:
    """The test that a resource bears one of these names, or one that begins so and the environment's tag: the name of
    another environment can begin so as well.
    """

    def test(inputs: Inputs, known: Existing, resource: Resource) -> bool:
        begun = resource.name.startswith(beginning(inputs))
        tagged = (resource.properties.get("tags") or {}).get(ENVIRONMENT) == names.environment(inputs)
        return (begun and tagged) or resource.name in own(inputs, known)

    return test


def prefetched_tags(inputs: Inputs, known: Existing) -> PrefetchedTags:
    """The tags of everything that were read with the task definitions, as far as trusted_tags takes them."""
    return trusted_tags(inputs, _listed_tags(known))


def said_to_be_own(known: Existing) -> set[str]:
    """Names or ids that AWS's tagging API lists as the environment's. Its list may be old."""
    return {_BEFORE_THE_NAME.sub("", arn) for arn in _listed_tags(known)}


def _listed_tags(known: Existing) -> PrefetchedTags:
    listed = known.get(TAGS, TAGS)
    return listed.attributes if listed else NOTHING


def in_stages(readers: Iterable[Reader]) -> Iterator[list[Reader]]:
    """The readers in stages, each once. One needs nothing but what earlier stages have read."""
    left = list(dict.fromkeys(readers))
    while left:
        to_come = {type_ for reader in left for type_ in reader.types}
        stage = [reader for reader in left if to_come.isdisjoint(reader.after)]
        if not stage:
            raise ValueError(f"readers wait for each other: {sorted(to_come)}")
        yield stage
        left = [reader for reader in left if reader not in stage]
