"""Whether a way that is open here would be open on AWS too: to AWS's services, to load balancers and from them, and for
what ECS does in a task's name before it starts. Each function has the reason why it would not, or an empty text.
"""

from __future__ import annotations

import re
import time
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import alb, ec2, ecs

from ..routing import Request, credential_of
from ..settings import ACCOUNT_ID, REGION
from . import ends
from .rules import INTERNET, End, admits_somebody, refusal, service_refusal

Record = dict[str, Any]

_HTTPS = 443
#: No container has more seconds to stop in; some more, since one is removed later.
_LONGEST_STOP = 180
#: Services whose endpoint has another name than their signatures.
_ENDPOINTS = {"ecr": "ecr.api"}
_ECR_HOST = re.compile(r"^(\d{12}\.dkr\.ecr\.|127\.0\.0\.1:)")

_NO_REGISTRY = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused "
    'by: Post "https://api.ecr.{region}.amazonaws.com/": dial tcp: i/o timeout. Please check your task network '
    "configuration."
)
_NO_SECRETS = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve secret from asm: service call has been retried 1 time(s): RequestCanceled: request context canceled "
    "caused by: context deadline exceeded. Please check your task network configuration."
)
_NO_IMAGE = (
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref {image}: failed "
    "to do request: dial tcp: i/o timeout"
)
_NO_LOGS = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to "
    'create Cloudwatch log stream: RequestError: send request failed caused by: Post "https://logs.{region}.amazonaws'
    '.com/": dial tcp: i/o timeout : exit status 1'
)
_NO_VOLUME = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: "
    "Connection timed out : unsuccessful EFS utils command execution; code: 32"
)

#: The newest task of each address, with its account and region.
_tasks: dict[str, tuple[str, str, Record]] = {}


def settle(account: str, region: str, task: Record, address: str) -> None:
    """The task has this address from now on."""
    _tasks[address] = account, region, task


def forget() -> None:
    """There are no tasks any more."""
    _tasks.clear()


def settled() -> list[tuple[str, str, str, Record]]:
    """Each address that a task has, with the account, the region and the task. Containers may outlive their task."""
    for address, (_account, _region, task) in list(_tasks.items()):
        if task.get("stoppedAt") and time.time() - ecs._ts_to_epoch(task["stoppedAt"]) > _LONGEST_STOP:
            _tasks.pop(address, None)
    return [(address, *task) for address, task in list(_tasks.items())]


def cut_off(client: str, request: Request, service: str | None) -> str:
    """Why a request does not get to AWS's API of a service, or to a load balancer where there is none."""
    return _to_load_balancer(client, request) if service is None else _to_service(client, request, service)


def to_target(group: Record, address: str, port: int) -> str:
    """Why a load balancer of a target group does not reach its target. One that is no task is outside of all this."""
    if address not in _tasks:
        return ""
    _arn, _aws, _elb, region, account, _name = group["TargetGroupArn"].split(":", 5)
    with request_scope(account, region):
        network, target = ends.network(), ends.of_task(_tasks[address][2])
        sources = [end for each in ends.balancers_of(group) for end in ends.of_load_balancer(each)] if target else []
        return next(filter(None, (refusal(network, source, target, port) for source in sources)), "")


def to_start(task: Record, definition: Record, region: str) -> str:
    """Why a task does not start, in AWS's words: what it needs comes by its own network interface."""
    source, network = ends.of_task(task), ends.network()
    if source is None:
        return ""

    def has_service(service: str) -> bool:
        return not service_refusal(network, source, service, region)

    for container in definition.get("containerDefinitions", ()):
        image = container["image"]
        if _ECR_HOST.match(image) and not all(map(has_service, ("ecr.api", "ecr.dkr", "s3"))):
            return _NO_REGISTRY.format(region=region)
        if not _ECR_HOST.match(image) and refusal(network, source, INTERNET, _HTTPS):
            return _NO_IMAGE.format(image=image)
        if container.get("secrets") and not has_service("secretsmanager"):
            return _NO_SECRETS
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs" and not has_service("logs"):
            return _NO_LOGS.format(region=region)
    for volume in definition.get("volumes") or ():
        if efs := volume.get("efsVolumeConfiguration"):
            target = ends.of_mount_target(efs["fileSystemId"], source.subnet)
            if target is None or refusal(network, source, target, ends.NFS_PORT):
                return _NO_VOLUME
    return ""


def _to_service(client: str, request: Request, service: str) -> str:
    if client not in _tasks:
        return ""
    account, region, task = _tasks[client]
    with request_scope(account, region):
        source = ends.of_task(task)
        wanted = _ENDPOINTS.get(service, service)
        return service_refusal(ends.network(), source, wanted, credential_of(request)[2]) if source else ""


def _to_load_balancer(client: str, request: Request) -> str:
    """Somebody on the host is anybody whom a rule lets in by the address."""
    with request_scope(ACCOUNT_ID, REGION):
        balancer = alb.find_lb_for_host(request.headers.get("host", ""))
    if balancer is None:
        return ""
    _arn, _aws, _elb, region, account, _name = balancer["LoadBalancerArn"].split(":", 5)
    with request_scope(account, region):
        network, port = ends.network(), ends.listener_port(balancer)
        source = ends.of_task(_tasks[client][2]) if client in _tasks else None
        for target in ends.of_load_balancer(balancer):
            if source and not target.is_public:
                reason = refusal(network, source, target, port)
            elif source:
                reason = refusal(network, source, End(target.name), port) or refusal(
                    network, _public(network.route_table(source.subnet), source), target, port
                )
            else:
                reason = _from_outside(network, target, port)
            if reason:
                return reason
    return ""


def from_outside(balancer: Record, port: int) -> str:
    """Why nobody outside gets to a listener of a load balancer of the account that is the caller's now."""
    network = ends.network()
    return next(filter(None, (_from_outside(network, end, port) for end in ends.of_load_balancer(balancer))), "")


def _from_outside(network: Any, balancer: End, port: int) -> str:
    is_open = admits_somebody(network, balancer, port)
    return "" if is_open else f"no security group of {balancer.name} lets anybody in at port {port}"


def _public(table: Any, source: End) -> End:
    """A task as a load balancer on the internet sees it: by the address of its NAT gateway."""
    gateways = [ec2._nat_gateways.get(each.get("NatGatewayId"), {}) for each in table["Routes"]]
    addresses = [ec2._addresses.get(each.get("AllocationId"), {}).get("PublicIp") for each in gateways]
    address = next(filter(None, addresses), None)
    return End(source.name, address=f"{address}/32") if address else End(source.name)
