"""Fault: listeners hear nothing. Those of network load balancers are open ports (listeners.py)."""

from __future__ import annotations

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import alb

from ..certificates import server_context
from ..listeners import Listeners, Route
from ..network import ways
from ..settings import Settings
from .certificates import shown_by
from .elbv2_network import IDLE_SECONDS, IDLE_TIMEOUT, is_network

Record = dict[str, Any]
#: Address, port and state.
Target = tuple[str, int, str]

_TARGET = re.compile(r"<Target><Id>([^<]+)</Id><Port>(\d+)</Port></Target>.*?<State>([^<]+)</State>")

_ports = Listeners()
#: For each target group the number of its next connection.
_turns: defaultdict[str, itertools.count[int]] = defaultdict(itertools.count)


def apply(settings: Settings) -> None:
    _ports.host = settings.host
    for action in ("CreateListener", "ModifyListener", "DeleteListener"):
        alb._ACTION_MAP[action] = open_ports(alb._ACTION_MAP[action])


def forget() -> None:
    _ports.follow({})


def told(_asked: Record) -> list[Record]:
    """Of each open port the listener's ARN, protocol and own port, and the address where it is."""
    known = {arn: listener for (_account, _region, arn), listener in alb._listeners.all_items()}
    return [
        {"arn": arn, "protocol": known[arn]["Protocol"], "port": known[arn]["Port"], "address": address}
        for arn, address in _ports.addresses().items()
        if arn in known
    ]


def open_ports(change):
    def handler(parameters: dict[str, Any]):
        answer = change(parameters)
        _ports.follow(
            {
                arn: (listener["Port"], functools.partial(_route, account, region, arn))
                for (account, region, arn), listener in alb._listeners.all_items()
                if is_network(arn) and listener["Protocol"] in ("TCP", "TLS")
            }
        )
        return answer

    return handler


def _route(account: str, region: str, arn: str) -> Route | None:
    with request_scope(account, region):
        listener = alb._listeners.get(arn, {})
        balancer = alb._lbs.get(listener.get("LoadBalancerArn"), {})
        groups = [action["TargetGroupArn"] for action in listener.get("DefaultActions", ())]
        target = _target(groups[0]) if groups and balancer.get("State") == "active" else None
        if target is None or _is_cut_off(balancer, listener["Port"], groups[0], target):
            return None
        attributes = {each["Key"]: each["Value"] for each in alb._listener_attrs.get(arn, [])}
        if listener["Protocol"] == "TCP":
            return Route(target, None, float(attributes[IDLE_TIMEOUT]))
        return Route(target, server_context(shown_by(listener), listener["SslPolicy"]), IDLE_SECONDS)


def _is_cut_off(balancer: Record, port: int, group: str, target: tuple[str, int]) -> bool:
    """Whether rules of the network are in the way: to the listener, or from it to the target."""
    return bool(ways.from_outside(balancer, port) or ways.to_target(alb._tgs[group], *target))


def _target(group: str) -> tuple[str, int] | None:
    _status, _headers, body = alb._ACTION_MAP["DescribeTargetHealth"]({"TargetGroupArn": [group]})
    targets = [(address, int(port), state) for address, port, state in _TARGET.findall(body.decode())]
    return choose(targets, next(_turns[group]))


def choose(targets: Sequence[Target], turn: int) -> tuple[str, int] | None:
    """The healthy ones in turn. Where all are unhealthy it is any of them ("Unhealthy targets receive requests from the
    load balancer" in the guide of Network Load Balancers); those that are `initial` are none yet.
    """
    for wanted in ("healthy", "unhealthy"):
        if fitting := [target for target in targets if target[2] == wanted]:
            address, port, _state = fitting[turn % len(fitting)]
            return address, port
    return None
