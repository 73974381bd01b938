"""Elastic Load Balancing: targets are as healthy as they answer, and a load balancer is in its subnets' VPC."""

from __future__ import annotations

import copy
import http.client
import json
import re
import socket
import threading
import time
from typing import Any

from ministack.core.responses import set_request_region
from ministack.services import alb, ec2

_PROBE_AGAIN_SECONDS = 1
_PROBE_TIMEOUT_SECONDS = 5


def apply() -> None:
    alb.find_lb_for_host = in_every_region(alb.find_lb_for_host)
    alb._find_lb_by_name = in_every_region(alb._find_lb_by_name)
    alb._lb_xml = tell_enforcement(name_zones(alb._lb_xml))
    alb._target_host_header = pass_host_header
    actions = alb._ACTION_MAP
    for action in ("CreateLoadBalancer", "CreateListener"):
        actions[action] = name_network(actions[action])
    actions["CreateLoadBalancer"] = place_in_vpc(actions["CreateLoadBalancer"])
    for action, made in (
        ("CreateLoadBalancer", alb._lbs),
        ("CreateTargetGroup", alb._tgs),
        ("CreateListener", alb._listeners),
    ):
        actions[action] = answer_again(actions[action], made)
    actions["SetSecurityGroups"] = keep_enforcement(actions["SetSecurityGroups"])
    actions["DeleteLoadBalancer"] = protect(take_listeners(actions["DeleteLoadBalancer"]))
    actions["DescribeTargetGroups"] = miss_target_groups(actions["DescribeTargetGroups"])
    actions["DeleteTargetGroup"] = keep_used_target_groups(actions["DeleteTargetGroup"])


def apply_with_containers() -> None:
    alb._ACTION_MAP["DescribeTargetHealth"] = tell_probed_health(alb._ACTION_MAP["DescribeTargetHealth"])


def pass_host_header(host: str, listener_port: int) -> str:
    """Fault: the port is cut off the Host header, as application load balancers do. Network ones pass what comes."""
    return host


def name_network(create):
    """Fault: the ARNs of network load balancers and of their listeners are those of application ones."""
    stores = (alb._lbs, alb._listeners, alb._rules, alb._tags, alb._lb_attrs, alb._listener_attrs)

    def handler(parameters: dict[str, Any]):
        is_network = "/net/" in alb._p(parameters, "LoadBalancerArn")
        if alb._p(parameters, "Type") != "network" and not is_network:
            return create(parameters)
        before = [set(store) for store in stores]
        status, headers, body = create(parameters)
        for store, names in zip(stores, before, strict=True):
            for arn in set(store) - names:
                record = store[_of_network(arn)] = store.pop(arn)
                if isinstance(record, dict):
                    record |= {name: _of_network(text) for name, text in record.items() if isinstance(text, str)}
        return status, headers, _of_network(body.decode()).encode()

    return handler


def _of_network(text: str) -> str:
    return re.sub("(:(?:loadbalancer|listener|listener-rule)/)app/", r"\1net/", text)


def answer_again(create, made):
    """Fault: what is there with the same settings is refused or made twice; AWS answers with the one that is there."""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
    as_made: dict[str, dict[str, Any]] = {}

    def handler(parameters: dict[str, Any]):
        settings = json.dumps(parameters, sort_keys=True)
        if as_made.get(settings) and all(_same(made.get(arn), one) for arn, one in as_made[settings].items()):
            return answers[settings]
        answers[settings] = create(parameters)
        told = answers[settings][2].decode()
        as_made[settings] = {arn: copy.deepcopy(one) for arn, one in made.items() if f">{arn}<" in told}
        return answers[settings]

    return handler


def _same(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    """Whether two have the same settings, in whatever state they are."""
    return one is not None and {**one, "State": None} == {**other, "State": None}


def take_listeners(delete):
    """Fault: a deleted load balancer leaves its listeners, and they hold their target groups."""

    def handler(parameters: dict[str, Any]):
        balancer = alb._p(parameters, "LoadBalancerArn")
        for arn in [arn for arn, each in alb._listeners.items() if each["LoadBalancerArn"] == balancer]:
            alb._ACTION_MAP["DeleteListener"]({"ListenerArn": [arn]})
        return delete(parameters)

    return handler


def in_every_region(find):
    """Fault: a request to a load balancer is not signed, so that only those of one region are found."""

    def finder(wanted: str) -> dict[str, Any] | None:
        found = find(wanted)
        for region in () if found else sorted({region for (_unused, region, _unused), _unused in alb._lbs.all_items()}):
            set_request_region(region)
            found = find(wanted)
            if found:
                return found
        return found

    return finder


def place_in_vpc(create):
    """Fault: every load balancer is in vpc-00000001."""

    def handler(parameters: dict[str, Any]):
        subnets = alb._parse_member_list(parameters, "Subnets")
        if subnets and subnets[0] in ec2._subnets:
            parameters["VpcId"] = [ec2._subnets[subnets[0]]["VpcId"]]
        return create(parameters)

    return handler


def name_zones(render):
    """Fault: every subnet of a load balancer is told to be in the region's first zone."""

    def zone(found: re.Match[str]) -> str:
        subnet = ec2._subnets.get(found[2], {})
        return f"<ZoneName>{subnet.get('AvailabilityZone', found[1])}</ZoneName><SubnetId>{found[2]}</SubnetId>"

    def handler(balancer: dict[str, Any]) -> str:
        return re.sub(r"<ZoneName>([^<]*)</ZoneName><SubnetId>([^<]*)</SubnetId>", zone, render(balancer))

    return handler


_ENFORCEMENT = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"


def keep_enforcement(set_groups):
    """Fault: whether security groups hold for traffic that comes by PrivateLink is dropped."""

    def handler(parameters: dict[str, Any]):
        answer = set_groups(parameters)
        balancer = alb._lbs.get(alb._p(parameters, "LoadBalancerArn"))
        if balancer is not None and alb._p(parameters, _ENFORCEMENT):
            balancer[_ENFORCEMENT] = alb._p(parameters, _ENFORCEMENT)
        return answer

    return handler


def tell_enforcement(render):
    def handler(balancer: dict[str, Any]) -> str:
        whole = render(balancer)
        if balancer.get("Type") != "network" or not balancer.get("SecurityGroups"):
            return whole
        enforced = f"<{_ENFORCEMENT}>{balancer.get(_ENFORCEMENT, 'on')}</{_ENFORCEMENT}>"
        return f"{whole.removesuffix('</member>')}{enforced}</member>"

    return handler


def protect(delete):
    """Fault: deletion protection does not protect."""

    def handler(parameters: dict[str, Any]):
        arn = alb._p(parameters, "LoadBalancerArn")
        if {"Key": "deletion_protection.enabled", "Value": "true"} in alb._lb_attrs.get(arn, []):
            return alb._error("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted: it is protected", 400)
        return delete(parameters)

    return handler


def miss_target_groups(describe):
    """Fault: a name that no target group has is answered with an empty list; AWS raises TargetGroupNotFound."""

    def handler(parameters: dict[str, Any]):
        there = {group["TargetGroupName"] for group in alb._tgs.values()}
        if not there.issuperset(alb._parse_member_list(parameters, "Names")):
            return alb._error("TargetGroupNotFound", "One or more target groups not found", 400)
        return describe(parameters)

    return handler


def keep_used_target_groups(delete):
    """Fault: a target group is deleted under its listener."""

    def handler(parameters: dict[str, Any]):
        arn = alb._p(parameters, "TargetGroupArn")
        if arn in json.dumps(list(alb._listeners.values()) + list(alb._rules.values()), default=str):
            message = f"Target group '{arn}' is currently in use by a listener or a rule"
            return alb._error("ResourceInUse", message, 400)
        return delete(parameters)

    return handler


def tell_probed_health(describe):
    """Fault: every target is healthy. Here it is `initial` until it was probed, as its target group says."""
    prober = TargetProber()

    def handler(parameters: dict[str, Any]):
        status, headers, body = describe(parameters)
        group = alb._tgs.get(alb._p(parameters, "TargetGroupArn"))
        if group is None:
            return status, headers, body

        def state(found: re.Match[str]) -> str:
            return found[1] + prober.state(group, found[2], int(found[3]))

        target = r"(<Target><Id>([^<]+)</Id><Port>(\d+)</Port></Target>.*?<TargetHealth>)<State>healthy</State>"
        return status, headers, re.sub(target, state, body.decode()).encode()

    return handler


class TargetProber:
    """Last known health of targets, renewed in the background when someone asks."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._probed: dict[str, float] = {}

    def state(self, group: dict[str, Any], address: str, port: int) -> str:
        key = json.dumps([group["TargetGroupArn"], address, port])
        if time.monotonic() - self._probed.get(key, -_PROBE_AGAIN_SECONDS) >= _PROBE_AGAIN_SECONDS:
            self._probed[key] = time.monotonic()
            threading.Thread(target=self._probe, args=(key, group, address, port), daemon=True).start()
        return self._states.get(key, "<State>initial</State><Reason>Elb.RegistrationInProgress</Reason>")

    def _probe(self, key: str, group: dict[str, Any], address: str, port: int) -> None:
        try:
            answered = _answers(group, address, port)
        except (OSError, http.client.HTTPException):
            self._states[key] = "<State>unhealthy</State><Reason>Target.Timeout</Reason>"
            return
        mismatch = "<State>unhealthy</State><Reason>Target.ResponseCodeMismatch</Reason>"
        self._states[key] = "<State>healthy</State>" if answered else mismatch


def _answers(group: dict[str, Any], address: str, port: int) -> bool:
    """Whether the target answers its group's health check well. Raises: OSError, http.client.HTTPException"""
    said = str(group.get("HealthCheckPort", "traffic-port"))
    port = int(said) if said.isdigit() else port
    if not str(group.get("HealthCheckProtocol", "TCP")).startswith("HTTP"):
        socket.create_connection((address, port), timeout=_PROBE_TIMEOUT_SECONDS).close()
        return True
    connection = http.client.HTTPConnection(address, port, timeout=_PROBE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", group.get("HealthCheckPath") or "/")
        return 200 <= connection.getresponse().status < 400
    finally:
        connection.close()
