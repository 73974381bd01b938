"""Network load balancers are network ones: their ARNs, their name in the DNS, their defaults, and what targets hear."""

from __future__ import annotations

import re
from typing import Any

from ministack import app
from ministack.services import alb

Record = dict[str, Any]

#: What of a network load balancer is named by an ARN that says what it is.
_STORES = (alb._lbs, alb._listeners, alb._rules, alb._tags, alb._lb_attrs, alb._listener_attrs)
_APPLICATION = re.compile("(:(?:loadbalancer|listener|listener-rule)/)app/")
_DNS_NAME = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.elb\.amazonaws\.com", re.IGNORECASE)

#: The defaults of attributes that LoadBalancerAttribute and TargetGroupAttribute tell in the API reference.
_OF_LOAD_BALANCERS = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "dns_record.client_routing_policy": "any_availability_zone",
    "load_balancing.cross_zone.enabled": "false",
    "secondary_ips.auto_assigned.per_subnet": "0",
    "zonal_shift.config.enabled": "false",
}
_OF_TARGET_GROUPS = {
    "deregistration_delay.connection_termination.enabled": "false",
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "preserve_client_ip.enabled": "true",
    "proxy_protocol_v2.enabled": "false",
    "stickiness.enabled": "false",
    "stickiness.type": "source_ip",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
    "target_health_state.unhealthy.connection_termination.enabled": "true",
    "target_health_state.unhealthy.draining_interval_seconds": "0",
}
#: After how many seconds without data a connection is forgotten; where a listener speaks TLS it cannot be changed.
IDLE_TIMEOUT = "tcp.idle_timeout.seconds"
IDLE_SECONDS = 350
_DATAGRAMS = ("UDP", "TCP_UDP")
_PROTOCOLS = ("TCP", "TLS", *_DATAGRAMS)


def apply() -> None:
    actions = alb._ACTION_MAP
    actions["CreateLoadBalancer"] = name_network(actions["CreateLoadBalancer"])
    actions["CreateTargetGroup"] = give_target_group_defaults(actions["CreateTargetGroup"])
    actions["CreateListener"] = name_network(actions["CreateListener"])
    app._is_potential_alb_request = know_dns_names(app._is_potential_alb_request)
    alb._target_headers = add_no_header(alb._target_headers)
    alb.dispatch_request = refuse_plain(alb.dispatch_request)


def is_network(arn: str) -> bool:
    """Whether it is the ARN of a network load balancer, or of a listener or a rule of one."""
    return bool(re.search(":(loadbalancer|listener|listener-rule)/net/", arn))


def name_network(create):
    """Fault: a network load balancer has the ARN, the DNS name and the attributes of an application one, and so have
    its listeners.
    """

    def handler(parameters: dict[str, Any]):
        if alb._p(parameters, "Type") != "network" and not is_network(alb._p(parameters, "LoadBalancerArn")):
            return create(parameters)
        before = [set(store) for store in _STORES]
        status, headers, body = create(parameters)
        for store, names in zip(_STORES, before, strict=True):
            for arn in set(store) - names:
                store[_renamed(arn)] = _as_network(store.pop(arn))
                _give_defaults(_renamed(arn))
        return status, headers, _renamed(body.decode()).encode()

    return handler


def _as_network(record: Any) -> Any:
    """The same record, which others may have in hand already."""
    if isinstance(record, dict):
        record.update({name: _renamed(value) for name, value in record.items() if isinstance(value, str)})
    return record


def _renamed(text: str) -> str:
    return _DNS_NAME.sub(r"\1.elb.\2.amazonaws.com", _APPLICATION.sub(r"\1net/", text))


def _give_defaults(arn: str) -> None:
    if arn in alb._lb_attrs:
        alb._lb_attrs[arn] = _attributes(_OF_LOAD_BALANCERS)
    if arn in alb._listener_attrs:
        is_tcp = alb._listeners[arn]["Protocol"] == "TCP"
        alb._listener_attrs[arn] = _attributes({IDLE_TIMEOUT: str(IDLE_SECONDS)} if is_tcp else {})


def _attributes(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def give_target_group_defaults(create):
    """Fault: target groups of network load balancers have the attributes and health checks of application ones."""

    def handler(parameters: dict[str, Any]):
        protocol = alb._p(parameters, "Protocol")
        if protocol not in _PROTOCOLS:
            return create(parameters)
        by = parameters.setdefault("HealthCheckProtocol", ["TCP"])[0]
        parameters.setdefault("HealthCheckTimeoutSeconds", ["6" if by == "HTTP" else "10"])
        parameters.setdefault("Matcher.HttpCode", ["200-399"])
        before = set(alb._tgs)
        answer = create(parameters)
        for arn in set(alb._tgs) - before:
            hides_client = protocol in ("TCP", "TLS") and alb._tgs[arn]["TargetType"] == "ip"
            attributes = {
                **_OF_TARGET_GROUPS,
                "deregistration_delay.connection_termination.enabled": str(protocol in _DATAGRAMS).lower(),
                "preserve_client_ip.enabled": str(not hides_client).lower(),
            }
            alb._tg_attrs[arn] = _attributes(attributes)
        return answer

    return handler


def know_dns_names(is_potential):
    """Fault: requests are known by the DNS names of application load balancers alone."""

    def handler(host: str, path: str) -> bool:
        return ".elb." in host or is_potential(host, path)

    return handler


def add_no_header(target_headers):
    """Fault: a target is told of the client by headers, as by an application load balancer."""

    def handler(balancer: str, listener: Record, headers: dict[str, str], client: str) -> dict[str, str]:
        if is_network(balancer):
            return {name.lower(): value for name, value in (headers or {}).items()}
        return target_headers(balancer, listener, headers, client)

    return handler


def refuse_plain(dispatch):
    """Fault: the front takes plain HTTP for a load balancer that hears TLS alone."""

    async def handler(balancer: Record, *request: Any, **more: Any):
        arn = balancer["LoadBalancerArn"]
        protocols = {each["Protocol"] for each in alb._listeners.values() if each["LoadBalancerArn"] == arn}
        if protocols == {"TLS"}:
            return 400, {"Content-Type": "text/plain"}, b"This listener speaks TLS: `status` tells its address.\n"
        return await dispatch(balancer, *request, **more)

    return handler
