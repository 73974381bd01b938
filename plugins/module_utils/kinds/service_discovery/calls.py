# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS Cloud Map: one thin function for each call. Takes and gives AWS's documents.

Namespaces and updates are made by operations that go on after the call; what begins one gives its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, doing, pages, tag_dict, tag_list, unless

_SERVICE = "servicediscovery"
BUSY = {"ResourceInUse", "DuplicateRequest"}
_GONE = {"ResourceNotFoundException"}
_DONE_BY_ANOTHER = {"DuplicateRequest", "NamespaceAlreadyExists"}


def namespaces(clients: Clients) -> list[dict[str, Any]]:
    """All private DNS namespaces of the region."""
    with doing("list", "private DNS namespaces"):
        found = pages(
            clients(_SERVICE),
            "list_namespaces",
            "Namespaces",
            Filters=[{"Name": "TYPE", "Values": ["DNS_PRIVATE"], "Condition": "EQ"}],
        )
    return [namespace for namespace in found if namespace["Type"] == "DNS_PRIVATE"]


def services(clients: Clients, namespace_id: str) -> list[dict[str, Any]]:
    """The services in a namespace."""
    with doing("list", "services of namespace", namespace_id):
        return pages(
            clients(_SERVICE),
            "list_services",
            "Services",
            Filters=[{"Name": "NAMESPACE_ID", "Values": [namespace_id], "Condition": "EQ"}],
        )


def tags(clients: Clients, arn: str) -> dict[str, str] | None:
    """The tags of a namespace or a service, or None when it is gone."""
    with doing("read the tags of", arn):
        answer = unless(_GONE, lambda: clients(_SERVICE).list_tags_for_resource(ResourceARN=arn))
    return tag_dict(answer["Tags"]) if answer else None


def vpcs(clients: Clients, hosted_zone_id: str) -> list[str]:
    """The VPCs in which a private hosted zone is seen; Cloud Map does not tell."""
    with doing("read", "hosted zone", hosted_zone_id):
        answer = unless({"NoSuchHostedZone"}, lambda: clients("route53").get_hosted_zone(Id=hosted_zone_id), {})
    return [vpc["VPCId"] for vpc in answer.get("VPCs") or []]


def operation(clients: Clients, operation_id: str) -> dict[str, Any]:
    """GetOperation's document: Status is SUBMITTED, PENDING, SUCCESS or FAIL."""
    with doing("read", "operation", operation_id):
        return dict(clients(_SERVICE).get_operation(OperationId=operation_id)["Operation"])


def create_namespace(clients: Clients, name: str, wanted: Mapping[str, Any]) -> str | None:
    """Begins to make a private DNS namespace; the operation's id, or None when another run has begun or done it. AWS
    refuses a second one of a name in a VPC, so no run makes a double.
    """
    with doing("create", "private DNS namespace", name):
        answer = unless(
            _DONE_BY_ANOTHER,
            lambda: clients(_SERVICE).create_private_dns_namespace(
                Name=name,
                Vpc=wanted["vpc_id"],
                Properties={"DnsProperties": {"SOA": {"TTL": wanted["soa_ttl"]}}},
                Tags=tag_list(wanted["tags"]),
                **_described(wanted["description"]),
            ),
        )
    return str(answer["OperationId"]) if answer else None


def _described(description: str, before: str = "") -> dict[str, str]:
    """Cloud Map is sent an empty description only to take one away."""
    return {"Description": description} if description or before else {}


def update_namespace(clients: Clients, namespace_id: str, description: str, before: str, soa_ttl: int) -> str:
    """Begins to set the description, which is another ``before``, and the SOA's time to live; the operation's id."""
    properties = {"DnsProperties": {"SOA": {"TTL": soa_ttl}}}
    with doing("update", "private DNS namespace", namespace_id):
        answer = clients(_SERVICE).update_private_dns_namespace(
            Id=namespace_id, Namespace={**_described(description, before), "Properties": properties}
        )
    return str(answer["OperationId"])


def delete_namespace(clients: Clients, namespace_id: str) -> str | None:
    """Begins to delete an empty namespace; the operation's id, or None when it is gone."""
    with doing("delete", "private DNS namespace", namespace_id):
        answer = unless({"NamespaceNotFound"}, lambda: clients(_SERVICE).delete_namespace(Id=namespace_id))
    return str(answer["OperationId"]) if answer else None


def create_service(
    clients: Clients, name: str, namespace_id: str, wanted: Mapping[str, Any], dns_records: list[dict[str, Any]]
) -> None:
    """Makes a service; one that another run has just made is taken as it is."""
    custom = {"HealthCheckCustomConfig": {"FailureThreshold": 1}} if wanted["custom_health_check"] else {}
    with doing("create", "service", f"{name} in namespace {namespace_id}"):
        unless(
            {"ServiceAlreadyExists"},
            lambda: clients(_SERVICE).create_service(
                Name=name,
                NamespaceId=namespace_id,
                DnsConfig={"RoutingPolicy": wanted["routing_policy"], "DnsRecords": dns_records},
                Tags=tag_list(wanted["tags"]),
                **_described(wanted["description"]),
                **custom,
            ),
        )


def update_service(
    clients: Clients, service_id: str, description: str, before: str, dns_records: list[dict[str, Any]]
) -> str:
    """Begins to set the description, which is another ``before``, and the records; the operation's id."""
    with doing("update", "service", service_id):
        answer = clients(_SERVICE).update_service(
            Id=service_id,
            Service={**_described(description, before), "DnsConfig": {"DnsRecords": dns_records}},
        )
    return str(answer["OperationId"])


def delete_service(clients: Clients, service_id: str) -> bool:
    """Deletes a service; one that is gone is fine. False while instances are registered in it."""
    with doing("delete", "service", service_id):
        answer = unless(
            {"ResourceInUse"},
            lambda: unless({"ServiceNotFound"}, lambda: clients(_SERVICE).delete_service(Id=service_id)),
            default="in use",
        )
    return bool(answer != "in use")


def set_tags(clients: Clients, arn: str, wanted: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients(_SERVICE)
    with doing("tag", arn):
        if superfluous:
            client.untag_resource(ResourceARN=arn, TagKeys=superfluous)
        if wanted:
            client.tag_resource(ResourceARN=arn, Tags=tag_list(dict(wanted)))
