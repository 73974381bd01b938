"""What a VPC does not let through times out, with containers: what a task needs before it starts, what a load balancer
sends to its targets, and what tasks send to each other, to databases and out (network/packets.py). What they ask AWS's
APIs and load balancers for is held back by the front.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import alb, ec2, ecs, rds

from ..network import ends, packets, ways
from ..network.packet_filter import Rules
from ..network.rules import Network
from ..settings import Settings

logger = logging.getLogger("embedded_aws")

#: Longer than any client waits.
_FOR_EVER = 350
#: How often what comes by itself is looked at, such as a NAT gateway that is available now.
_LOOK_AGAIN = 5


def apply_with_containers(settings: Settings) -> None:
    keeper = Keeper(settings)
    threading.Thread(target=keeper.keep, daemon=True, name="packet-filter").start()
    ecs._requested_subnet = keep_network(ecs._requested_subnet)
    ecs._record_task_ip = settle(ecs._record_task_ip, keeper)
    ecs._start_task_worker = need_ways(ecs._start_task_worker)
    alb._proxy_http_target = need_way_to_target(alb._proxy_http_target)
    for actions in (ec2._ACTION_MAP, rds._ACTION_MAP):
        for action in [each for each in actions if not each.startswith("Describe")]:
            actions[action] = keep_up(actions[action], keeper)


class Keeper:
    """Keeps the packet filter as security groups, routes, tasks and databases are now."""

    def __init__(self, settings: Settings) -> None:
        self._place = packets.Place(settings.owner, settings.container_cidr, settings.host, settings.port)
        self._rules = Rules(settings)
        self._changed = threading.Event()

    def note_change(self) -> None:
        """Something has changed, which is seen in a moment."""
        self._changed.set()

    def renew(self) -> None:
        """Sets the rules. Raises: PacketFilterError"""
        self._rules.set(self._text)

    def keep(self) -> None:
        """For ever."""
        while True:
            self._changed.wait(_LOOK_AGAIN)
            self._changed.clear()
            try:
                self.renew()
            except Exception:
                logger.exception("the packet filter was not renewed")

    def _text(self) -> str:
        networks: dict[tuple[str, str], Network] = {}
        senders, databases = [], []
        for address, account, region, task in ways.settled():
            with request_scope(account, region):
                network = networks.get((account, region)) or networks.setdefault((account, region), ends.network())
                senders.append(packets.Sender(address, ends.of_task(task), network))
        for scope, network in networks.items():
            with request_scope(*scope):
                databases += [packets.Database(*each, network) for each in ends.of_databases()]
        return packets.ruleset(self._place, senders, databases)


def keep_network(subnet_of):
    """Fault: a task forgets its security groups, and whether it has a public address."""

    def requested_subnet(data: dict[str, Any]) -> str | None:
        subnet = subnet_of(data)
        return ends.Place.of(subnet, data["networkConfiguration"]["awsvpcConfiguration"]) if subnet else None

    return requested_subnet


def settle(record_address, keeper: Keeper):
    """Whose address it is, is known from now on. Until then it can send nothing."""

    def handler(task: dict[str, Any], *rest: Any) -> None:
        record_address(task, *rest)
        if address := ecs._task_ip(task):
            ways.settle(get_account_id(), get_region(), task, address)
            keeper.renew()

    return handler


def keep_up(change, keeper: Keeper):
    """Who may send what to whom can be another after it."""

    def handler(parameters: dict[str, Any]):
        answer = change(parameters)
        keeper.note_change()
        return answer

    return handler


def need_ways(start):
    """Fault: images, secrets, logs and volumes come by the host's network; on Fargate by the task's."""

    def handler(task: dict[str, Any], definition: dict[str, Any], overrides: Any, docker_client: Any) -> None:
        if reason := ways.to_start(task, definition, get_region()):
            ecs._fail_task_start(task, docker_client, reason)
        else:
            start(task, definition, overrides, docker_client)

    return handler


def need_way_to_target(forward):
    """Fault: a load balancer reaches every target. What does not get through is not answered."""

    async def handler(target: dict[str, Any], group: dict[str, Any], *rest: Any, **named: Any):
        if reason := ways.to_target(group, str(target["Id"]), int(target.get("Port") or group["Port"])):
            logger.warning("a request to a load balancer is not answered: %s", reason)
            await asyncio.sleep(_FOR_EVER)
        return await forward(target, group, *rest, **named)

    return handler
