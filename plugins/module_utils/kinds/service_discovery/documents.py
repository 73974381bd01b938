# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Private DNS namespaces of a VPC and the services in them (AWS Cloud Map), as they are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...engine.actions import Resource

NAMESPACE = "dns_namespace"
SERVICE = "discovery_service"

#: Attribute of a namespace: the VPCs in which its names are resolved.
VPC_IDS = "vpc_ids"

#: Seconds; what AWS gives a namespace's SOA record.
SOA_TTL = 15

#: Attribute that ECS gives each instance that it registers. Source: "Use service discovery to connect Amazon ECS
#: services with DNS names" in its developer guide.
_BY_ECS = "ECS_SERVICE_NAME"

#: An address that may change at any moment.
DNS_RECORDS = {"A": 10}

ROUTING_POLICIES = ["MULTIVALUE", "WEIGHTED"]

_AGAIN = "delete the service (the ECS service that registers in it first) and run again"

IMMUTABLE = {
    NAMESPACE: {"vpc_id": "delete the namespace with its services and run again, or give it another name"},
    SERVICE: {"routing_policy": _AGAIN, "custom_health_check": _AGAIN},
}


def desired_namespace(namespace: Mapping[str, Any]) -> Resource:
    """``{name, vpc_id, description?, soa_ttl?, tags?}`` as a resource."""
    return Resource(
        NAMESPACE,
        namespace["name"],
        {
            "vpc_id": namespace.get("vpc_id"),
            "description": namespace.get("description") or "",
            "soa_ttl": int(namespace.get("soa_ttl") or SOA_TTL),
            "tags": dict(namespace.get("tags") or {}),
        },
    )


def desired_service(service: Mapping[str, Any]) -> Resource:
    """``{name, description?, dns_records?, routing_policy?, custom_health_check?, tags?}`` as a resource. The name is
    the service's in DNS, ``<service>.<namespace>``; ``dns_records`` maps record types to seconds to live.
    """
    healthy = service.get("custom_health_check")
    return _service(
        service["name"],
        description=service.get("description"),
        dns_records=service.get("dns_records") or DNS_RECORDS,
        routing_policy=service.get("routing_policy") or "MULTIVALUE",
        custom_health_check=True if healthy is None else healthy,
        instances_of_others=[],
        tags=service.get("tags") or {},
    )


def canonical_namespace(document: Mapping[str, Any], vpc_ids: Iterable[str], tags: Mapping[str, str]) -> Resource:
    """A member of ListNamespaces' answer, with the VPCs of its hosted zone."""
    dns, ids = _dns(document), sorted(vpc_ids)
    return Resource(
        NAMESPACE,
        document["Name"],
        {
            "vpc_id": ", ".join(ids),
            "description": document.get("Description") or "",
            "soa_ttl": int((dns.get("SOA") or {}).get("TTL") or SOA_TTL),
            "tags": dict(tags),
        },
        document["Id"],
        {"arn": document["Arn"], "hosted_zone_id": dns.get("HostedZoneId"), VPC_IDS: ids},
    )


def canonical_service(
    document: Mapping[str, Any], instances: Iterable[Mapping[str, Any]], tags: Mapping[str, str]
) -> Resource:
    """A member of ListServices' answer, but that its name is the one in DNS, with the members of ListInstances'. Of its
    instances only those are compared that ECS has not registered: whoever asks for the name is led to them, too.
    """
    dns = document.get("DnsConfig") or {}
    return _service(
        document["Name"],
        description=document.get("Description"),
        dns_records={record["Type"]: record["TTL"] for record in dns.get("DnsRecords") or []},
        routing_policy=dns.get("RoutingPolicy") or "MULTIVALUE",
        custom_health_check=document.get("HealthCheckCustomConfig") is not None,
        instances_of_others=[each["Id"] for each in instances if _BY_ECS not in (each.get("Attributes") or {})],
        tags=tags,
        id_=document["Id"],
        arn=document["Arn"],
    )


def seen_from(namespace: Resource, found: Resource | None) -> Resource:
    """A wanted namespace as in what is found of it, where its VPC is one of several: who is to resolve its names from
    another VPC, by a peering or a VPN, associates that with the hosted zone.
    """
    if found is None or namespace.properties["vpc_id"] not in found.attributes.get(VPC_IDS, ()):
        return namespace
    return replace(namespace, properties={**namespace.properties, "vpc_id": found.properties["vpc_id"]})


def hosted_zone_id(namespace: Mapping[str, Any]) -> str | None:
    """The Route 53 zone of a member of ListNamespaces' answer."""
    return _dns(namespace).get("HostedZoneId")


def dns_records(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A service's properties as AWS's DnsRecords."""
    return [{"Type": type_, "TTL": seconds} for type_, seconds in properties["dns_records"].items()]


def soa(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A namespace's time to live as AWS's Properties."""
    return {"DnsProperties": {"SOA": {"TTL": properties["soa_ttl"]}}}


def described(description: str, before: str = "") -> dict[str, str]:
    """Cloud Map is sent an empty description only to take one away."""
    return {"Description": description} if description or before else {}


def create_request(service: Resource) -> dict[str, Any]:
    """A service's properties as CreateService takes them."""
    properties = service.properties
    custom = {"HealthCheckCustomConfig": {"FailureThreshold": 1}} if properties["custom_health_check"] else {}
    return {
        "DnsConfig": {"RoutingPolicy": properties["routing_policy"], "DnsRecords": dns_records(properties)},
        "Tags": [{"Key": key, "Value": value} for key, value in properties["tags"].items()],
        **described(properties["description"]),
        **custom,
    }


def split(name: str) -> tuple[str, str]:
    """A service's name in DNS as its own and its namespace's."""
    service, _unused, namespace = name.partition(".")
    return service, namespace


def _dns(document: Mapping[str, Any]) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = (document.get("Properties") or {}).get("DnsProperties") or {}
    return properties


def _service(
    name: str,
    *,
    description: str | None,
    dns_records: Mapping[str, Any],
    routing_policy: str | None,
    custom_health_check: bool,
    instances_of_others: Iterable[str],
    tags: Mapping[str, str],
    id_: str | None = None,
    **attributes: str,
) -> Resource:
    properties = {
        "description": description or "",
        "dns_records": {type_: int(dns_records[type_]) for type_ in sorted(dns_records)},
        "routing_policy": routing_policy,
        "custom_health_check": custom_health_check,
        "instances_of_others": sorted(instances_of_others),
        "tags": dict(tags),
    }
    return Resource(SERVICE, name, properties, id_, attributes)
