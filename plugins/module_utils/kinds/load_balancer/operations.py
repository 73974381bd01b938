# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What creates, changes and deletes a network load balancer, its target groups and its listeners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by
from ...engine.errors import FarflowError
from ...engine.patience import retry_while, retrying
from ...engine.reconcile import Operations
from ...engine.waiting import NotYet, wait_for
from . import calls, documents

Answer = TypeVar("Answer")

_ACTIVE_AFTER = 600
_GONE_AFTER = 600
_KNOWN_AFTER = 120

_UNKNOWN = {"LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound"}


def retry_until_visible(call: Callable[[], Answer]) -> Answer:
    """The answer of calls about what was just listed, made or deleted, as soon as AWS is at one about it."""
    return retry_while(call, _is_unknown, _KNOWN_AFTER, "AWS to know its load balancers")


def _is_unknown(error: FarflowError) -> bool:
    return caused_by(error, _UNKNOWN)


def await_active(clients: Clients, arn: str, limit: float = _ACTIVE_AFTER) -> None:
    """Returns when the load balancer serves; raises FarflowError when it failed or the limit is over."""

    def check() -> bool | NotYet:
        state = (calls.load_balancer(clients, arn) or {}).get("State", {"Code": "not found"})
        if state["Code"] == "failed":
            raise FarflowError(f"load balancer {arn} failed: {state.get('Reason', 'AWS gives no reason')}")
        return state["Code"].startswith("active") or NotYet(state["Code"])

    wait_for(check, limit, f"load balancer {arn} to be active", 5)


def target_group_operations(clients: Clients) -> Operations:
    """Health check, attributes and tags change in place; the rest was refused before."""

    def create(wanted: Resource) -> str:
        made = calls.create_target_group(clients, wanted.name, wanted.properties)
        arn = str(made["TargetGroupArn"])
        attributes = retry_until_visible(lambda: calls.target_group_attributes(clients, arn))
        change(wanted, documents.canonical_target_group(made, attributes, wanted.properties["tags"]))
        return arn

    def change(wanted: Resource, found: Resource) -> None:
        retry_until_visible(lambda: change_known(wanted, found))

    def change_known(wanted: Resource, found: Resource) -> None:
        arn = str(found.id)
        if wanted.properties["health_check"] != found.properties["health_check"]:
            calls.modify_health_check(clients, arn, wanted.properties["health_check"])
        attributes = _changed(wanted.properties["attributes"], found.properties["attributes"])
        if attributes:
            calls.modify_target_group_attributes(clients, arn, attributes)
        _set_tags(clients, wanted, found)

    def delete(found: Resource) -> None:
        def check() -> bool | NotYet:
            return calls.delete_target_group(clients, str(found.id)) or NotYet("a listener uses it")

        wait_for(check, _GONE_AFTER, f"target group {found.name} to be free")

    return Operations(create, change, delete)


def load_balancer_operations(clients: Clients) -> Operations:
    """What AWS cannot change in place is made anew under the same name: its address changes, target groups stay."""

    def create(wanted: Resource) -> str:
        made = calls.create_load_balancer(clients, wanted.name, wanted.properties)
        arn = str(made["LoadBalancerArn"])
        attributes = retry_until_visible(lambda: calls.load_balancer_attributes(clients, arn))
        change(wanted, documents.canonical_load_balancer(made, attributes, wanted.properties["tags"]))
        return arn

    def change(wanted: Resource, found: Resource) -> None:
        if documents.must_replace(wanted, found):
            delete(found)
            create(wanted)
        else:
            retry_until_visible(lambda: _change_load_balancer(clients, wanted, found))

    def delete(found: Resource) -> None:
        arn = str(found.id)
        calls.delete_load_balancer(clients, arn)
        what = f"load balancer {found.name}"
        wait_for(lambda: calls.load_balancer(clients, arn) is None or None, _GONE_AFTER, f"{what} to be gone", 5)
        wait_for(
            lambda: not calls.network_interfaces(clients, arn) or NotYet("network interfaces are left"),
            _GONE_AFTER,
            f"the network interfaces of {what} to be gone",
            5,
        )

    return Operations(create, change, delete)


def _change_load_balancer(clients: Clients, wanted: Resource, found: Resource) -> None:
    arn, properties, before = str(found.id), wanted.properties, found.properties
    if properties["subnets"] != before["subnets"]:
        calls.set_subnets(clients, arn, properties["subnets"])
    if {"security_groups", "enforce_security_group_inbound_rules_on_private_link_traffic"} & _changed(
        properties, before
    ).keys():
        calls.set_security_groups(clients, arn, properties["security_groups"])
    if properties["ip_address_type"] != before["ip_address_type"]:
        calls.set_ip_address_type(clients, arn, properties["ip_address_type"])
    attributes = _changed(properties["attributes"], before["attributes"])
    if attributes:
        calls.modify_load_balancer_attributes(clients, arn, attributes)
    _set_tags(clients, wanted, found)


def listener_operations(
    clients: Clients, load_balancers: Mapping[str, str], target_groups: Mapping[str, str]
) -> Operations:
    """``load_balancers`` and ``target_groups`` are the ARNs by name."""

    def create(wanted: Resource) -> str:
        balancer = load_balancers[wanted.name.rpartition(":")[0]]
        group = target_groups[wanted.properties["target_group"]]
        return calls.create_listener(clients, balancer, group, wanted.properties)

    def change(wanted: Resource, found: Resource) -> None:
        but_tags = {key: value for key, value in found.properties.items() if key != "tags"}
        if any(wanted.properties[key] != value for key, value in but_tags.items()):
            group = target_groups[wanted.properties["target_group"]]
            calls.modify_listener(clients, str(found.id), group, wanted.properties)
        _set_tags(clients, wanted, found)

    operations = Operations(create, change, lambda found: calls.delete_listener(clients, str(found.id)))
    return retrying(operations, "listener", _KNOWN_AFTER, _is_unknown)


def _changed(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in wanted.items() if value != found[key]}


def _set_tags(clients: Clients, wanted: Resource, found: Resource) -> None:
    tags, before = wanted.properties["tags"], found.properties["tags"]
    if tags != before:
        calls.set_tags(clients, str(found.id), tags, sorted(set(before) - set(tags)))
