# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network load balancer with its target groups and listeners, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ...engine.actions import Resource
from ...engine.clients import Clients
from ...engine.parallel import in_parallel
from ...engine.steps import Steps, of_type
from ...engine.tags import ENVIRONMENT, NOTHING, PrefetchedTags
from ...naming import resource as name_of
from . import calls, documents
from .operations import listener_operations, load_balancer_operations, retry_until_visible, target_group_operations

_LONGEST_NAME = 32
_KEPT_OF_A_LONG_NAME = 23  # naming.resource cuts there and adds a hash

Tags = Mapping[str, str]


def find(clients: Clients, environment: str, prefetched: PrefetchedTags = NOTHING) -> list[Resource]:
    """An environment's load balancers, target groups and listeners: what is tagged as its own, and whatever has the
    name of its load balancer or of its target group, or belongs to that.
    """
    prefix = f"{environment}-"[:_KEPT_OF_A_LONG_NAME]
    expected = {name_of(environment, part, limit=_LONGEST_NAME) for part in ("airflow", "api-server")}

    def is_ours(name: str, tags: Tags) -> bool:
        return name in expected or tags.get(ENVIRONMENT) == environment

    return retry_until_visible(lambda: _look(clients, lambda type_, name: name.startswith(prefix), is_ours, prefetched))


def read(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    """The load balancer that is wanted with all that belongs to it, and the target groups that are wanted."""
    named = {(resource.type, resource.name) for resource in wanted}
    return retry_until_visible(
        lambda: _look(clients, lambda type_, name: (type_, name) in named, lambda name, tags: True)
    )


def _look(
    clients: Clients,
    is_candidate: Callable[[str, str], bool],
    is_ours: Callable[[str, Tags], bool],
    prefetched: PrefetchedTags = NOTHING,
) -> list[Resource]:
    """Two lists, then for what may be ours one call for all tags and one for each description that AWS keeps apart.
    Type and name of a load balancer or target group say whether it may be ours, name and tags whether it is.
    """
    balancers = [
        found
        for found in calls.load_balancers(clients)
        if is_candidate(documents.LOAD_BALANCER, found["LoadBalancerName"])
    ]
    arns = {balancer["LoadBalancerArn"] for balancer in balancers}
    groups = [
        group
        for group in calls.target_groups(clients)
        if is_candidate(documents.TARGET_GROUP, group["TargetGroupName"])
        or arns.intersection(group["LoadBalancerArns"])
    ]
    listeners = {arn: calls.listeners(clients, arn) for arn in sorted(arns)}
    all_arns = [
        *sorted(arns),
        *(group["TargetGroupArn"] for group in groups),
        *(listener["ListenerArn"] for some in listeners.values() for listener in some),
    ]
    tags = {**prefetched, **calls.tags(clients, [arn for arn in all_arns if arn not in prefetched])}
    balancers = [one for one in balancers if is_ours(one["LoadBalancerName"], tags[one["LoadBalancerArn"]])]
    ours = {balancer["LoadBalancerArn"]: balancer["LoadBalancerName"] for balancer in balancers}
    groups = [
        group
        for group in groups
        if is_ours(group["TargetGroupName"], tags[group["TargetGroupArn"]])
        or set(ours).intersection(group["LoadBalancerArns"])
    ]
    return [
        *in_parallel(lambda group: _target_group(clients, group, tags), groups),
        *in_parallel(lambda balancer: _load_balancer(clients, balancer, tags), balancers),
        *(
            documents.canonical_listener(name, listener, tags[listener["ListenerArn"]])
            for arn, name in ours.items()
            for listener in listeners[arn]
        ),
    ]


def _target_group(clients: Clients, group: Mapping[str, Any], tags: Mapping[str, Tags]) -> Resource:
    arn = group["TargetGroupArn"]
    return documents.canonical_target_group(group, calls.target_group_attributes(clients, arn), tags[arn])


def _load_balancer(clients: Clients, balancer: Mapping[str, Any], tags: Mapping[str, Tags]) -> Resource:
    arn = balancer["LoadBalancerArn"]
    return documents.canonical_load_balancer(balancer, calls.load_balancer_attributes(clients, arn), tags[arn])


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
    groups = steps.reconcile(documents.TARGET_GROUP, wanted_groups, kept, target_group_operations(clients))
    if not balancers:
        steps.reconcile(documents.LISTENER, [], listeners, listener_operations(clients, {}, groups))
    elif replaced and not check_mode:
        in_parallel(listener_operations(clients, {}, groups).delete, listeners)
    arns = steps.reconcile(documents.LOAD_BALANCER, balancers, found, load_balancer_operations(clients))
    if balancers:
        if replaced and not check_mode:
            arns = _arns(clients, arns)
        wanted = of_type(documents.LISTENER, desired)
        there = [] if replaced else listeners
        steps.reconcile(documents.LISTENER, wanted, there, listener_operations(clients, arns, groups))
    steps.reconcile(documents.TARGET_GROUP, [], others, target_group_operations(clients))
    return steps


def _replaced(wanted: Sequence[Resource], found: Sequence[Resource]) -> bool:
    return any(documents.must_replace(one, other) for one in wanted for other in found if one.name == other.name)


def _arns(clients: Clients, names: Collection[str]) -> dict[str, str]:
    found = calls.load_balancers(clients)
    return {one["LoadBalancerName"]: one["LoadBalancerArn"] for one in found if one["LoadBalancerName"] in names}
