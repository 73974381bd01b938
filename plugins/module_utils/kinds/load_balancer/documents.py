# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network load balancer with its target groups and listeners, as they are compared.

An attribute that is not given has AWS's documented default, on both sides; one that AWS does not tell, too. Attributes
that no table here names cannot be given and are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.actions import Resource

LOAD_BALANCER = "load_balancer"
TARGET_GROUP = "target_group"
LISTENER = "listener"

#: Whether security groups hold for what comes by AWS PrivateLink as well.
ENFORCED = "enforce_security_group_inbound_rules_on_private_link_traffic"

#: TLS 1.2 and 1.3 only; AWS's own default for the API still allows 1.0.
SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"

#: AWS's "Load balancer attributes" of Network Load Balancers.
LOAD_BALANCER_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "dns_record.client_routing_policy": "any_availability_zone",
    "load_balancing.cross_zone.enabled": "false",
    "zonal_shift.config.enabled": "false",
}

#: AWS's "Target group attributes" of Network Load Balancers; preserve_client_ip.enabled depends on the target group.
TARGET_GROUP_ATTRIBUTES = {
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

_ANOTHER_NAME = "give the target group another name; listeners move to it before the old one is deleted"

IMMUTABLE = {
    LOAD_BALANCER: {"type": "a load balancer of another type has this name; delete it, or choose another name"},
    TARGET_GROUP: dict.fromkeys(("protocol", "port", "vpc_id", "target_type"), _ANOTHER_NAME),
}


def desired(load_balancer: Mapping[str, Any]) -> list[Resource]:
    """A load balancer as the module takes it, as its target groups, itself and its listeners."""
    tags = dict(load_balancer.get("tags") or {})
    return [
        *(_desired_target_group(group, tags) for group in load_balancer.get("target_groups") or []),
        Resource(
            LOAD_BALANCER,
            load_balancer["name"],
            _load_balancer_properties(
                type_="network",
                scheme=load_balancer.get("scheme") or "internal",
                subnets=load_balancer.get("subnets") or [],
                security_groups=load_balancer.get("security_groups") or [],
                enforce_security_group_inbound_rules_on_private_link_traffic="on",
                ip_address_type=load_balancer.get("ip_address_type") or "ipv4",
                attributes=load_balancer.get("attributes") or {},
                tags=tags,
            ),
        ),
        *(_desired_listener(load_balancer["name"], each, tags) for each in load_balancer.get("listeners") or []),
    ]


def _desired_target_group(group: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    protocol, target_type = group.get("protocol") or "TCP", group.get("target_type") or "ip"
    return Resource(
        TARGET_GROUP,
        group["name"],
        {
            "protocol": protocol,
            "port": group["port"],
            "vpc_id": group["vpc_id"],
            "target_type": target_type,
            "health_check": _health_check(group.get("health_check") or {}),
            "attributes": _target_group_attributes(group.get("attributes") or {}, protocol, target_type),
            "tags": {**tags, **(group.get("tags") or {})},
        },
    )


def _desired_listener(load_balancer: str, listener: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    return Resource(
        LISTENER,
        listener_name(load_balancer, listener["port"]),
        _listener_properties(
            protocol=listener.get("protocol") or "TCP",
            port=listener["port"],
            certificate_arn=listener.get("certificate_arn"),
            ssl_policy=listener.get("ssl_policy") or SSL_POLICY,
            alpn_policy=listener.get("alpn_policy"),
            target_group=listener["target_group"],
            tags=dict(tags),
        ),
    )


def canonical_target_group(
    group: Mapping[str, Any], attributes: Mapping[str, str], tags: Mapping[str, str]
) -> Resource:
    """A member of DescribeTargetGroups' answer with what its other two descriptions say."""
    return Resource(
        TARGET_GROUP,
        group["TargetGroupName"],
        {
            "protocol": group["Protocol"],
            "port": group["Port"],
            "vpc_id": group["VpcId"],
            "target_type": group["TargetType"],
            "health_check": _health_check(
                {
                    "protocol": group.get("HealthCheckProtocol"),
                    "port": group.get("HealthCheckPort"),
                    "path": group.get("HealthCheckPath"),
                    "interval_seconds": group.get("HealthCheckIntervalSeconds"),
                    "timeout_seconds": group.get("HealthCheckTimeoutSeconds"),
                    "healthy_threshold_count": group.get("HealthyThresholdCount"),
                    "unhealthy_threshold_count": group.get("UnhealthyThresholdCount"),
                    "matcher": (group.get("Matcher") or {}).get("HttpCode"),
                }
            ),
            "attributes": _target_group_attributes(attributes, group["Protocol"], group["TargetType"]),
            "tags": dict(tags),
        },
        group["TargetGroupArn"],
    )


def canonical_load_balancer(
    document: Mapping[str, Any], attributes: Mapping[str, str], tags: Mapping[str, str]
) -> Resource:
    """A member of DescribeLoadBalancers' answer with what its other two descriptions say."""
    return Resource(
        LOAD_BALANCER,
        document["LoadBalancerName"],
        _load_balancer_properties(
            type_=document["Type"],
            scheme=document["Scheme"],
            subnets=[zone["SubnetId"] for zone in document["AvailabilityZones"]],
            security_groups=document.get("SecurityGroups") or [],
            # Without security groups there is nothing to enforce, and AWS does not tell it.
            enforce_security_group_inbound_rules_on_private_link_traffic=document.get(
                "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "on"
            ),
            ip_address_type=document["IpAddressType"],
            attributes=attributes,
            tags=tags,
        ),
        document["LoadBalancerArn"],
        {
            "dns_name": document["DNSName"],
            "canonical_hosted_zone_id": document.get("CanonicalHostedZoneId"),
            "state": document["State"]["Code"],
        },
    )


def canonical_listener(load_balancer: str, document: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    """A member of DescribeListeners' answer. A listener that forwards to several groups names them all."""
    certificates = document.get("Certificates") or [{}]
    alpn = [policy for policy in document.get("AlpnPolicy") or [] if policy != "None"]
    return Resource(
        LISTENER,
        listener_name(load_balancer, document["Port"]),
        _listener_properties(
            protocol=document["Protocol"],
            port=document["Port"],
            certificate_arn=certificates[0].get("CertificateArn"),
            ssl_policy=document.get("SslPolicy"),
            alpn_policy=alpn[0] if alpn else None,
            target_group=", ".join(sorted(set(_forwarded_to(document["DefaultActions"])))),
            tags=dict(tags),
        ),
        document["ListenerArn"],
        part_of=(LOAD_BALANCER, load_balancer),
    )


def listener_name(load_balancer: str, port: int) -> str:
    """A listener has no name on AWS; the port is unique on its load balancer."""
    return f"{load_balancer}:{port}"


def must_replace(wanted: Resource, found: Resource) -> bool:
    """Whether AWS would have to make the load balancer anew: another scheme, or first security groups."""
    scheme = wanted.properties["scheme"] != found.properties["scheme"]
    return scheme or bool(wanted.properties["security_groups"] and not found.properties["security_groups"])


def refusals(load_balancer: Mapping[str, Any]) -> list[str]:
    """What is wrong with a load balancer that shall exist, a sentence each."""
    name, wrong = load_balancer["name"], []
    for needed in ("subnets", "security_groups"):
        if not load_balancer.get(needed):
            wrong.append(f"load balancer {name} needs {needed}")
    wrong += _unknown_attributes(f"load balancer {name}", load_balancer, LOAD_BALANCER_ATTRIBUTES)
    groups = load_balancer.get("target_groups") or []
    for group in groups:
        wrong += _unknown_attributes(f"target group {group['name']}", group, TARGET_GROUP_ATTRIBUTES)
    names = [group["name"] for group in groups]
    for listener in load_balancer.get("listeners") or []:
        if listener["target_group"] not in names:
            what = f"listener {listener_name(name, listener['port'])}: target_group {listener['target_group']}"
            wrong.append(f"{what} is not in target_groups")
    return wrong


def protections(wanted: Iterable[Resource], found: Iterable[Resource]) -> list[str]:
    """A sentence for each load balancer that is found and has to go, or to be made anew, and that AWS refuses to
    delete.
    """
    kept = {one.name: one for one in wanted if one.type == LOAD_BALANCER}
    return [
        f"load balancer {one.name} has deletion protection: set attribute deletion_protection.enabled to false first"
        for one in found
        if one.type == LOAD_BALANCER
        and one.properties["attributes"]["deletion_protection.enabled"] == "true"
        and (one.name not in kept or must_replace(kept[one.name], one))
    ]


def result(name: str, found: Iterable[Resource]) -> dict[str, Any]:
    """What the module says of a load balancer and its target groups, with nulls where AWS has not said it yet."""
    resources = list(found)
    itself = next((one for one in resources if one.type == LOAD_BALANCER), None)
    attributes = itself.attributes if itself else {}
    return {
        "name": name,
        "arn": itself.id if itself else None,
        "dns_name": attributes.get("dns_name"),
        "canonical_hosted_zone_id": attributes.get("canonical_hosted_zone_id"),
        "target_groups": {one.name: one.id for one in resources if one.type == TARGET_GROUP},
        "listeners": {one.name: one.id for one in resources if one.type == LISTENER},
    }


def _unknown_attributes(what: str, given: Mapping[str, Any], known: Mapping[str, str]) -> list[str]:
    unknown = sorted(set(given.get("attributes") or {}) - set(known))
    return [f"{what}: attribute {key} is not one of {', '.join(known)}" for key in unknown]


def _forwarded_to(actions: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for action in actions:
        forward = action.get("ForwardConfig") or {}
        groups = forward.get("TargetGroups") or [action]
        for group in groups:
            arn = group.get("TargetGroupArn")
            yield arn.split("/")[1] if arn else f"({action['Type']})"


def _listener_properties(*, protocol: str, **properties: Any) -> dict[str, Any]:
    unencrypted = {} if protocol == "TLS" else {"certificate_arn": None, "ssl_policy": None, "alpn_policy": None}
    return {"protocol": protocol, **properties, **unencrypted}


def _load_balancer_properties(
    *, type_: str, attributes: Mapping[str, Any], tags: Mapping[str, str], **properties: Any
) -> dict[str, Any]:
    known = _with_defaults(attributes, LOAD_BALANCER_ATTRIBUTES)
    if known["access_logs.s3.enabled"] == "false":
        known |= {"access_logs.s3.bucket": "", "access_logs.s3.prefix": ""}
    return {
        "type": type_,
        **properties,
        "subnets": sorted(properties["subnets"]),
        "security_groups": sorted(properties["security_groups"]),
        "attributes": known,
        "tags": dict(tags),
    }


def _target_group_attributes(attributes: Mapping[str, Any], protocol: str, target_type: str) -> dict[str, str]:
    hides_client = target_type == "ip" and protocol in ("TCP", "TLS")
    defaults = TARGET_GROUP_ATTRIBUTES | ({"preserve_client_ip.enabled": "false"} if hides_client else {})
    return _with_defaults(attributes, defaults)


def _with_defaults(attributes: Mapping[str, Any], defaults: Mapping[str, str]) -> dict[str, str]:
    return {key: _text(attributes.get(key, default)) for key, default in defaults.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _health_check(check: Mapping[str, Any]) -> dict[str, Any]:
    protocol = check.get("protocol") or "TCP"
    speaks_http = protocol in ("HTTP", "HTTPS")
    return {
        "protocol": protocol,
        "port": str(check.get("port") or "traffic-port"),
        "path": (check.get("path") or "/") if speaks_http else None,
        "matcher": str(check.get("matcher") or "200-399") if speaks_http else None,
        "interval_seconds": int(check.get("interval_seconds") or 30),
        "timeout_seconds": int(check.get("timeout_seconds") or (6 if protocol == "HTTP" else 10)),
        "healthy_threshold_count": int(check.get("healthy_threshold_count") or 5),
        "unhealthy_threshold_count": int(check.get("unhealthy_threshold_count") or 2),
    }


def health_check_request(check: Mapping[str, Any]) -> dict[str, Any]:
    """A health check as CreateTargetGroup and ModifyTargetGroup take it."""
    request = {
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": check["protocol"],
        "HealthCheckPort": check["port"],
        "HealthCheckIntervalSeconds": check["interval_seconds"],
        "HealthCheckTimeoutSeconds": check["timeout_seconds"],
        "HealthyThresholdCount": check["healthy_threshold_count"],
        "UnhealthyThresholdCount": check["unhealthy_threshold_count"],
    }
    if check["path"]:
        request |= {"HealthCheckPath": check["path"], "Matcher": {"HttpCode": check["matcher"]}}
    return request


def listener_request(listener: Mapping[str, Any], target_group_arn: str) -> dict[str, Any]:
    """A listener's properties as CreateListener and ModifyListener take them."""
    request: dict[str, Any] = {
        "Protocol": listener["protocol"],
        "Port": listener["port"],
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": target_group_arn}],
    }
    if listener["certificate_arn"]:
        request |= {
            "Certificates": [{"CertificateArn": listener["certificate_arn"]}],
            "SslPolicy": listener["ssl_policy"],
            "AlpnPolicy": [listener["alpn_policy"] or "None"],
        }
    return request
