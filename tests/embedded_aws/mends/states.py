"""The behaviours of what takes its time to be made and to go: NAT gateways, load balancers, file systems and what
belongs to them, interface endpoints; and of what they leave in a subnet for a while.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from ministack.services import alb, ec2, efs

from .. import clock
from ..behaviours import (
    ENDPOINT_SECONDS,
    FILE_SYSTEM_SECONDS,
    LATE_TARGETS,
    LOAD_BALANCER_SECONDS,
    LOAD_BALANCER_TRACES,
    NAT_GATEWAY_SECONDS,
    Behaviour,
)

Record = dict[str, Any]

_INITIAL = "<State>initial</State><Reason>Elb.RegistrationInProgress</Reason>"
_TARGET = (
    r"(<Target><Id>([^<]+)</Id><Port>(\d+)</Port></Target>.*?<TargetHealth>)<State>\w+</State>(<Reason>.*?</Reason>)?"
)
#: When each target was registered, by its group.
_registered: dict[str, dict[tuple[str, int], float]] = {}


def apply() -> None:
    actions = ec2._ACTION_MAP
    actions["CreateNatGateway"] = make_slowly(
        actions["CreateNatGateway"], NAT_GATEWAY_SECONDS, ec2._nat_gateways, ("State", "pending", "available"), "state"
    )
    actions["DeleteNatGateway"] = delete_nat_gateway_slowly(actions["DeleteNatGateway"])
    actions["CreateVpcEndpoint"] = make_slowly(
        actions["CreateVpcEndpoint"],
        ENDPOINT_SECONDS,
        ec2._vpc_endpoints,
        ("State", "pending", "available"),
        "state",
        which=_is_interface,
    )
    actions["DeleteVpcEndpoints"] = delete_endpoints_slowly(actions["DeleteVpcEndpoints"])
    actions = alb._ACTION_MAP
    actions["CreateLoadBalancer"] = make_slowly(
        actions["CreateLoadBalancer"], LOAD_BALANCER_SECONDS, alb._lbs, ("State", "provisioning", "active"), "Code"
    )
    actions["DeleteLoadBalancer"] = leave_traces(actions["DeleteLoadBalancer"])
    actions["DescribeTargetHealth"] = be_initial(actions["DescribeTargetHealth"])
    for action in ("RegisterTargets", "DeregisterTargets"):
        actions[action] = note_targets(actions[action], lambda parameters: alb._p(parameters, "TargetGroupArn"))
    alb.set_targets_for_group = note_targets(alb.set_targets_for_group, lambda arn: arn)
    _apply_to_efs()


def _apply_to_efs() -> None:
    efs._create_file_system = refuse_name_of_another(efs._create_file_system)
    for part, store in (
        ("file_system", efs._file_systems),
        ("mount_target", efs._mount_targets),
        ("access_point", efs._access_points),
    ):
        setattr(efs, f"_create_{part}", make_part_slowly(getattr(efs, f"_create_{part}"), store))
        setattr(efs, f"_delete_{part}", delete_part_slowly(getattr(efs, f"_delete_{part}"), store))
    efs._create_access_point = refuse_unfinished(efs._create_access_point)


def make_slowly(
    create,
    behaviour: Behaviour,
    store: Any,
    states: tuple[str, str, str],
    element: str,
    which: Callable[[Record], bool] = lambda _record: True,
):
    """What was made is in the first state, and later in the second one. `states`: the member of its record, and both.
    `element`: what the state is in an answer of XML.
    """
    member, first, last = states

    def handler(parameters: dict[str, Any]):
        before = set(store)
        answer = create(parameters)
        made = [name for name in store if name not in before]
        if not behaviour.is_on or answer[0] != 200 or not made or not which(store[made[0]]):
            return answer
        _go_through(behaviour, made[0], store[made[0]], states)
        status, headers, body = answer
        told = body.decode().replace(f"<{element}>{last}</{element}>", f"<{element}>{first}</{element}>")
        return status, headers, told.encode()

    return handler


def delete_nat_gateway_slowly(delete):
    """`nat_gateway_seconds`: it is `deleting`, and has its address and its place in the subnet still."""

    def handler(parameters: dict[str, Any]):
        name = ec2._p(parameters, "NatGatewayId")
        gateway = ec2._nat_gateways.get(name)
        was = gateway and gateway["State"]
        answer = delete(parameters)
        if NAT_GATEWAY_SECONDS.is_on and gateway and was != "deleted":
            _go_through(NAT_GATEWAY_SECONDS, name, gateway, ("State", "deleting", "deleted"))
        return answer

    return handler


def delete_endpoints_slowly(delete):
    """`endpoint_seconds`: an interface endpoint is `deleting` first."""

    def handler(parameters: dict[str, Any]):
        names = ec2._parse_member_list(parameters, "VpcEndpointId")
        slow = [name for name in names if _is_interface(ec2._vpc_endpoints.get(name, {}))]
        if not ENDPOINT_SECONDS.is_on or not slow:
            return delete(parameters)
        for name in slow:
            ENDPOINT_SECONDS.strike()
            ec2._vpc_endpoints[name]["State"] = "deleting"
            clock.later(ENDPOINT_SECONDS.seconds(name), delete, {"VpcEndpointId.1": [name]})
        return delete({f"VpcEndpointId.{place}": [name] for place, name in enumerate(set(names) - set(slow), 1)})

    return handler


def leave_traces(delete):
    """`load_balancer_traces`: its network interfaces are in its subnets and security groups for a while."""

    def handler(parameters: dict[str, Any]):
        arn = alb._p(parameters, "LoadBalancerArn")
        balancer = alb._lbs.get(arn)
        answer = delete(parameters)
        if LOAD_BALANCER_TRACES.is_on and balancer is not None and arn not in alb._lbs:
            until = time.monotonic() + LOAD_BALANCER_TRACES.seconds(arn)
            LOAD_BALANCER_TRACES.memory[arn] = (until, balancer)
            LOAD_BALANCER_TRACES.strike()
        return answer

    return handler


def traces() -> list[tuple[str, Record]]:
    """The load balancers that are gone, and whose network interfaces are there still."""
    now = time.monotonic()
    return [(arn, balancer) for arn, (until, balancer) in list(LOAD_BALANCER_TRACES.memory.items()) if until > now]


def be_initial(describe):
    """`late_targets`."""

    def handler(parameters: dict[str, Any]):
        status, headers, body = describe(parameters)
        if not LATE_TARGETS.is_on:
            return status, headers, body
        known = _registered.get(alb._p(parameters, "TargetGroupArn"), {})

        def state(found: re.Match[str]) -> str:
            registered = known.get((found[2], int(found[3])), 0.0)
            if time.monotonic() - registered >= LATE_TARGETS.seconds(f"{found[2]}:{found[3]}"):
                return found[0]
            LATE_TARGETS.strike()
            return found[1] + _INITIAL

        return status, headers, re.sub(_TARGET, state, body.decode()).encode()

    return handler


def note_targets(change, group_of: Callable[[Any], str]):
    """For `late_targets`."""

    def handler(which: Any, *rest: Any, **named: Any):
        answer = change(which, *rest, **named)
        group = group_of(which)
        before, now = _registered.get(group, {}), time.monotonic()
        port = alb._tgs.get(group, {}).get("Port", 80)
        targets = [(each["Id"], int(each.get("Port") or port)) for each in alb._targets.get(group, [])]
        _registered[group] = {target: before.get(target, now) for target in targets}
        return answer

    return handler


def make_part_slowly(create, store: Any):
    """`file_system_seconds`: it is `creating` first."""

    def handler(body: dict[str, Any]):
        before = set(store)
        status, headers, answer = create(body)
        made = [name for name in store if name not in before]
        if FILE_SYSTEM_SECONDS.is_on and made:
            _go_through(FILE_SYSTEM_SECONDS, made[0], store[made[0]], ("LifeCycleState", "creating", "available"))
            answer = answer.replace(b'"available"', b'"creating"')
        return status, headers, answer

    return handler


def delete_part_slowly(delete, store: Any):
    """`file_system_seconds`: it is `deleting`, and in use, until it is gone."""

    def handler(name: str):
        record = store.get(name)
        if not FILE_SYSTEM_SECONDS.is_on or record is None:
            return delete(name)
        if record["LifeCycleState"] == "deleting":
            return efs._json(204, {})
        if record.get("NumberOfMountTargets"):
            return delete(name)  # which refuses
        FILE_SYSTEM_SECONDS.strike()
        record["LifeCycleState"] = "deleting"
        clock.later(FILE_SYSTEM_SECONDS.seconds(name), delete, name)
        return efs._json(204, {})

    return handler


def refuse_name_of_another(create):
    """`file_system_seconds`: a file system that is going has its token still."""

    def handler(body: dict[str, Any]):
        token = body.get("CreationToken")
        for each in efs._file_systems.values():
            if each["CreationToken"] == token and each["LifeCycleState"] == "deleting":
                return efs._error(409, "FileSystemAlreadyExists", f"File system '{each['FileSystemId']}' exists.")
        return create(body)

    return handler


def refuse_unfinished(create):
    """`file_system_seconds`: a file system that is not available takes no access point."""

    def handler(body: dict[str, Any]):
        state = efs._file_systems.get(body.get("FileSystemId"), {}).get("LifeCycleState", "available")
        if state != "available":
            return efs._error(409, "IncorrectFileSystemLifeCycleState", "The file system is not available.")
        return create(body)

    return handler


def _is_interface(endpoint: Record) -> bool:
    return endpoint.get("VpcEndpointType") == "Interface"


def _go_through(behaviour: Behaviour, name: str, record: Record, states: tuple[str, str, str]) -> None:
    """The record's member is in the first state, and in the second one when the time is over."""
    member, first, last = states
    behaviour.strike()
    record[member] = first

    def finish() -> None:
        if record[member] == first:
            record[member] = last

    clock.later(behaviour.seconds(name), finish)
