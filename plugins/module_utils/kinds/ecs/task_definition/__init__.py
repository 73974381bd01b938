# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS task definitions: many families looked at with a handful of calls, and brought to what is desired."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from ....engine.actions import Action, Resource
from ....engine.clients import Clients
from ....engine.parallel import in_parallel
from ....engine.tags import ENVIRONMENT
from ..patience import retry_while
from . import calls, documents
from .documents import Index

# RegisterTaskDefinition and DeregisterTaskDefinition go at about one a second after a burst of twenty
_WORKERS = 4
_FEW = 3
_REGISTRATION_LIMIT = 120.0


@dataclass(frozen=True)
class FamilyOutcome:
    """What became of one family."""

    family: str
    arn: str | None
    changed: bool
    reasons: list[str]

    def as_entry(self) -> dict[str, Any]:
        """The outcome as the module returns it."""
        revision = documents.revision_of(self.arn) if self.arn else None
        return {
            "family": self.family,
            "arn": self.arn,
            "revision": revision,
            "changed": self.changed,
            "reasons": self.reasons,
        }


def find(clients: Clients, environment: str) -> Index:
    """The index of every family whose name starts with ``<environment>-``. What may be deleted of them is
    ``find(...).tagged(ENVIRONMENT, environment)``: a stranger can have chosen such a name. Its tags are those of
    everything in the environment, since they take no more calls.
    """
    with ThreadPoolExecutor(1) as beside:
        tags = beside.submit(calls.list_tags, clients, ENVIRONMENT, environment)
        arns = calls.list_arns(clients)
        ours = [arn for arn in arns if documents.family_of(arn).startswith(f"{environment}-")]
        return replace(Index.of(ours, tags.result()), listed=len(arns))


def unlisted(clients: Clients, index: Index, families: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """DescribeTaskDefinition's answers by ARN, of those newest revisions alone that the list does not show to be the
    environment's: it is late, or they are another one's.
    """
    newest = {index.newest(family) for family in families}
    return describe(clients, sorted(arn for arn in newest if arn and arn not in index.tags))


def tags_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """The tags in DescribeTaskDefinition's answer, without those that AWS itself sets."""
    return documents.tags_of(documents.canonical(answer["taskDefinition"], answer.get("tags") or []))


def read(clients: Clients, families: Collection[str], environment: str | None = None) -> Index:
    """The index of the named families. When all of them belong to one environment, saying so spares calls."""
    with ThreadPoolExecutor(1) as beside:
        by = (ENVIRONMENT, environment) if environment else (documents.DIGEST, None)
        tags = beside.submit(calls.list_tags, clients, *by, "ecs:task-definition")
        arns = _arns(clients, families, "ACTIVE")
        return Index.of(arns, tags.result())


def read_all(clients: Clients) -> Index:
    """The index of every family of the account and region; tags are told of farflow's own, of any environment."""
    with ThreadPoolExecutor(1) as beside:
        tags = beside.submit(calls.list_tags, clients, documents.DIGEST, None, "ecs:task-definition")
        return Index.of(calls.list_arns(clients), tags.result())


def _arns(clients: Clients, families: Collection[str], status: str) -> list[str]:
    names = set(families)
    if len(names) <= _FEW:
        lists = in_parallel(lambda family: calls.list_arns(clients, status, family), sorted(names))
    else:
        lists = [calls.list_arns(clients, status)]
    return [arn for arns in lists for arn in arns if documents.family_of(arn) in names]


def describe(clients: Clients, arns: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """DescribeTaskDefinition's answers by ARN, as ``plan_task_definitions`` asks for them."""
    answers = in_parallel(lambda arn: calls.describe(clients, arn), arns)
    return dict(zip(arns, answers, strict=True))


def reconcile(
    clients: Clients, wanted: Sequence[Resource], index: Index, check_mode: bool, keep: int
) -> list[FamilyOutcome]:
    """One outcome a desired family, in the order given. ``keep`` revisions stay ACTIVE, the newest one included, in a
    family in which one is registered. Never are two calls under way for one family.
    """
    known = index.of_families({each.name for each in wanted})
    actions = documents.plan_task_definitions(wanted, known, lambda arns: describe(clients, arns))
    made: list[str | None] = [action.resource.id for action in actions]
    if not check_mode:
        made = in_parallel(lambda action: _do(clients, action, known, keep), actions, _WORKERS)
    touched = {
        action.resource.name: FamilyOutcome(action.resource.name, arn, True, list(action.reasons) or ["created"])
        for action, arn in zip(actions, made, strict=True)
    }
    return [touched.get(each.name) or FamilyOutcome(each.name, known.newest(each.name), False, []) for each in wanted]


def remove(
    clients: Clients, families: Sequence[str], check_mode: bool, delete: bool, owners: Mapping[str, str] | None = None
) -> list[FamilyOutcome]:
    """Deregisters every ACTIVE revision of the families, and with ``delete`` deletes these and the INACTIVE ones; where
    ``owners`` names a family's environment, not those that carry the tag of another one.
    AWS shows deleted ones as DELETE_IN_PROGRESS until nothing runs on them any more.
    """
    registered = _arns(clients, families, "ACTIVE")
    deregistered = _arns(clients, families, "INACTIVE") if delete else []
    others = _of_others(clients, [*registered, *deregistered], owners or {})
    active, inactive = (Index.of(set(arns) - others, {}) for arns in (registered, deregistered))
    arns = {family: [*active.arns.get(family, ()), *inactive.arns.get(family, ())] for family in families}
    if not check_mode:
        in_parallel(lambda family: _deregister(clients, active, family), families, _WORKERS)
        calls.delete(clients, [arn for some in arns.values() for arn in some] if delete else [])
    return [
        FamilyOutcome(family, active.newest(family), bool(arns[family]), ["deleted"] if arns[family] else [])
        for family in families
    ]


def _of_others(clients: Clients, arns: Sequence[str], owners: Mapping[str, str]) -> set[str]:
    """The revisions of another environment than the family's owner. A revision is described only in the families in
    which the list shows the tag of another one, unless it carries the owner's tag.
    """
    if not owners:
        return set()
    tags = dict(calls.list_tags(clients, documents.DIGEST, None, "ecs:task-definition"))

    def tagged(arn: str) -> str | None:
        return tags.get(arn, {}).get(ENVIRONMENT)

    owned = {arn: owners[documents.family_of(arn)] for arn in arns if documents.family_of(arn) in owners}
    shared = {documents.family_of(arn) for arn, owner in owned.items() if tagged(arn) not in (None, owner)}
    doubtful = [arn for arn, owner in owned.items() if documents.family_of(arn) in shared and tagged(arn) != owner]
    answers = describe(clients, doubtful)
    return {arn for arn, answer in answers.items() if documents.owner(answer) not in (None, owned[arn])}


def _deregister(clients: Clients, active: Index, family: str) -> None:
    for arn in active.arns.get(family, ()):
        calls.deregister(clients, arn)


def _do(clients: Clients, action: Action, index: Index, keep: int) -> str | None:
    wanted, found = action.resource, action.before
    if found and not documents.registers(action):
        _write_tags(clients, wanted, found)
        return found.id
    arn = _register(clients, wanted, index)
    for old in documents.surplus(index, wanted.name, keep):
        calls.deregister(clients, old)
    return arn


def _write_tags(clients: Clients, wanted: Resource, found: Resource) -> None:
    arn = str(found.id)
    tags = documents.tags_with_digest(wanted, documents.revision_of(arn))
    existing = documents.tags_of(found)
    missing = {key: value for key, value in tags.items() if existing.get(key) != value}
    calls.tag(clients, arn, missing, sorted(set(existing) - set(tags)))


def _register(clients: Clients, wanted: Resource, index: Index) -> str:
    """Registers a revision with all its tags in one call. Its number can only be guessed before; where AWS counts
    otherwise, the digest is written once more. Either AWS had used that number before, or an answer was lost, and what
    repeated the call has made a double.
    """
    newest = index.newest(wanted.name)
    guess = documents.revision_of(newest) + 1 if newest else 1
    tags = documents.tags_with_digest(wanted, guess)
    request = {**documents.request(wanted), "tags": [{"key": key, "value": value} for key, value in tags.items()]}
    what = f"the registration of task definition {wanted.name}"
    arn = retry_while(lambda: calls.register(clients, request), _REGISTRATION_LIMIT, what)
    revision = documents.revision_of(arn)
    if revision != guess:
        calls.tag(clients, arn, {documents.DIGEST: documents.digest(wanted, revision)}, [])
        _remove_doubles(clients, wanted.name, range(guess, revision), tags)
    return arn


def _remove_doubles(clients: Clients, family: str, revisions: Collection[int], tags: Mapping[str, str]) -> None:
    """Removes those of the revisions that the same call has made: nobody else guessed the number in their digest."""
    suspects = [arn for arn in _arns(clients, [family], "ACTIVE") if documents.revision_of(arn) in revisions]
    for arn, answer in describe(clients, suspects).items():
        found = documents.canonical(answer["taskDefinition"], answer.get("tags") or [])
        if documents.tags_of(found) == tags:
            calls.deregister(clients, arn)
            calls.delete(clients, [arn])
