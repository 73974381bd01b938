# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network load balancer with its target groups and listeners, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from ...engine.actions import Resource
from ...engine.changing import operations
from ...engine.clients import Clients, caused_by, chunks, doing, tag_dict, unless
from ...engine.errors import FarflowError
from ...engine.kind import Document
from ...engine.parallel import in_parallel
from ...engine.patience import retry_while
from ...engine.reconcile import Operations
from ...engine.steps import Steps, of_type
from ...engine.tags import ENVIRONMENT, NOTHING, PrefetchedTags
from ...engine.waiting import NotYet, wait_for
from ...naming import resource as name_of
from . import documents
from .kinds import LOAD_BALANCER, TARGET_GROUP, ElbKind, Listener

_LONGEST_NAME = 32
_KEPT_OF_A_LONG_NAME = 23  # naming.resource cuts there and adds a hash
_MOST_TAGGED = 20
_KNOWN_AFTER = 120
_ACTIVE_AFTER = 600

_WHAT = "load balancers, target groups and listeners"

Tags = Mapping[str, str]


def find(clients: Clients, environment: str, prefetched: PrefetchedTags = NOTHING) -> list[Resource]:
    """An environment's load balancers, target groups and listeners: what is tagged as its own, and whatever has the
    name of its load balancer or of its target group, or belongs to that.
    """
    prefix = f"{environment}-"[:_KEPT_OF_A_LONG_NAME]
    expected = {name_of(environment, part, limit=_LONGEST_NAME) for part in ("airflow", "api-server")}

    def is_ours(name: str, tags: Tags) -> bool:
        return name in expected or tags.get(ENVIRONMENT) == environment

    return _look(clients, lambda type_, name: name.startswith(prefix), is_ours, prefetched)


def read(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    """The load balancer that is wanted with all that belongs to it, and the target groups that are wanted."""
    named = {(resource.type, resource.name) for resource in wanted}
    return _look(clients, lambda type_, name: (type_, name) in named, lambda name, tags: True)


def _look(
    clients: Clients,
    is_candidate: Callable[[str, str], bool],
    is_ours: Callable[[str, Tags], bool],
    prefetched: PrefetchedTags = NOTHING,
) -> list[Resource]:
    """What may be ours by type and name, and is by name and tags; read again where AWS is not at one about it."""

    def look() -> list[Resource]:
        with doing("describe", _WHAT):
            return _seen(clients, is_candidate, is_ours, prefetched)

    def is_unknown(error: FarflowError) -> bool:
        return caused_by(error, LOAD_BALANCER.gone)

    return retry_while(look, is_unknown, _KNOWN_AFTER, "AWS to know its load balancers")


def _seen(
    clients: Clients,
    is_candidate: Callable[[str, str], bool],
    is_ours: Callable[[str, Tags], bool],
    prefetched: PrefetchedTags,
) -> list[Resource]:
    """Two lists, then for what may be ours one call for all tags and one for each description that AWS keeps apart."""
    balancers = [
        one for one in LOAD_BALANCER.list(clients, "") if is_candidate(LOAD_BALANCER.type, LOAD_BALANCER.name(one))
    ]
    arns = {LOAD_BALANCER.name(one): one["LoadBalancerArn"] for one in balancers}
    groups = [
        one
        for one in TARGET_GROUP.list(clients, "")
        if is_candidate(TARGET_GROUP.type, TARGET_GROUP.name(one)) or _is_used_by(one, arns.values())
    ]
    listener = Listener(arns, {})
    listeners = [one for name in sorted(arns) for one in listener.list(clients, name)]
    found: list[tuple[ElbKind, Document]] = [
        *((TARGET_GROUP, one) for one in groups),
        *((LOAD_BALANCER, one) for one in balancers),
        *((listener, one) for one in listeners),
    ]
    unread = [arn for kind, one in found if (arn := kind.arn(one)) not in prefetched]
    tags = {**prefetched, **_tags(clients, unread)}
    ours = {name: arn for name, arn in arns.items() if is_ours(name, tags[arn])}

    def is_kept(kind: ElbKind, one: Document) -> bool:
        if kind is listener:
            return one["LoadBalancer"] in ours
        used = kind is TARGET_GROUP and _is_used_by(one, ours.values())
        return used or is_ours(kind.name(one), tags[kind.arn(one)])

    kept = [(kind, one) for kind, one in found if is_kept(kind, one)]
    described = in_parallel(lambda pair: pair[0].describe(clients, pair[1], tags[pair[0].arn(pair[1])]), kept)
    return [resource for resource in described if resource]


def _is_used_by(group: Document, arns: Collection[str]) -> bool:
    return not set(arns).isdisjoint(group["LoadBalancerArns"])


def _tags(clients: Clients, arns: list[str]) -> dict[str, dict[str, str]]:
    """Of load balancers, target groups and listeners alike, a dictionary for each ARN."""
    described = [
        each
        for some in chunks(arns, _MOST_TAGGED)
        for each in clients("elbv2").describe_tags(ResourceArns=some)["TagDescriptions"]
    ]
    return {each["ResourceArn"]: tag_dict(each["Tags"]) for each in described}


def converge(clients: Clients, desired: Sequence[Resource], actual: Sequence[Resource], check_mode: bool) -> Steps:
    """A listener needs a load balancer and a target group: it is made after them and deleted before them."""
    steps = Steps(check_mode)
    wanted_groups, found_groups = of_type(documents.TARGET_GROUP, desired), of_type(documents.TARGET_GROUP, actual)
    names = {group.name for group in wanted_groups}
    kept = [group for group in found_groups if group.name in names]
    others = [group for group in found_groups if group.name not in names]
    balancers, found = of_type(documents.LOAD_BALANCER, desired), of_type(documents.LOAD_BALANCER, actual)
    listeners = of_type(documents.LISTENER, actual)

    replaced = _replaced(balancers, found)
    groups = steps.reconcile(documents.TARGET_GROUP, wanted_groups, kept, operations(TARGET_GROUP, clients))
    if not balancers:
        steps.reconcile(documents.LISTENER, [], listeners, operations(Listener({}, groups), clients))
    elif replaced and not check_mode:
        in_parallel(operations(Listener({}, groups), clients).delete, listeners)
    arns = steps.reconcile(documents.LOAD_BALANCER, balancers, found, replacing(operations(LOAD_BALANCER, clients)))
    if balancers:
        if replaced and not check_mode:
            arns = _arns_now(clients, arns)
        wanted = of_type(documents.LISTENER, desired)
        there = [] if replaced else listeners
        steps.reconcile(documents.LISTENER, wanted, there, operations(Listener(arns, groups), clients))
    steps.reconcile(documents.TARGET_GROUP, [], others, operations(TARGET_GROUP, clients))
    return steps


def replacing(of_load_balancers: Operations) -> Operations:
    """Operations that make a load balancer anew under the same name where AWS cannot change it in place: its address
    changes, target groups stay.
    """

    def change(wanted: Resource, found: Resource) -> None:
        if documents.must_replace(wanted, found):
            of_load_balancers.delete(found)
            of_load_balancers.create(wanted)
        else:
            of_load_balancers.change(wanted, found)

    return replace(of_load_balancers, change=change)


def _replaced(wanted: Sequence[Resource], found: Sequence[Resource]) -> bool:
    return any(documents.must_replace(one, other) for one in wanted for other in found if one.name == other.name)


def _arns_now(clients: Clients, names: Collection[str]) -> dict[str, str]:
    with doing("describe", LOAD_BALANCER.titles):
        found = LOAD_BALANCER.list(clients, "")
    return {LOAD_BALANCER.name(one): one["LoadBalancerArn"] for one in found if LOAD_BALANCER.name(one) in names}


def await_active(clients: Clients, name: str, limit: float = _ACTIVE_AFTER) -> None:
    """Returns when the load balancer serves; raises FarflowError when it failed or the limit is over."""

    def check() -> bool | NotYet:
        with doing("describe", LOAD_BALANCER.title, name):
            found = unless(set(LOAD_BALANCER.gone), lambda: LOAD_BALANCER.look_up(clients, name))
        state = (found or {}).get("State", {"Code": "not found"})
        if state["Code"] == "failed":
            raise FarflowError(f"load balancer {name} failed: {state.get('Reason', 'AWS gives no reason')}")
        return state["Code"].startswith("active") or NotYet(state["Code"])

    wait_for(check, limit, f"load balancer {name} to be active", 5)
