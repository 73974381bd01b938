# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS services: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ....engine.clients import Clients, chunks, doing, pages, tag_list, unless

_WHAT = "ECS service"
_GONE = {"ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"}


def names(clients: Clients, cluster: str) -> list[str]:
    """The names of a cluster's services; none when there is no such cluster."""
    call = partial(pages, clients("ecs"), "list_services", "serviceArns", cluster=cluster)
    with doing("list", "ECS services of cluster", cluster):
        arns = unless({"ClusterNotFoundException"}, call, [])
    return [arn.rsplit("/", 1)[1] for arn in arns]


def describe(clients: Clients, cluster: str, services: list[str]) -> list[dict[str, Any]]:
    """Those of the named services that exist, with their tags, INACTIVE ones too."""
    found: list[dict[str, Any]] = []
    for some in chunks(services, 10):
        call = partial(clients("ecs").describe_services, cluster=cluster, services=some, include=["TAGS"])
        with doing("describe", "ECS services", ", ".join(some)):
            found += unless({"ClusterNotFoundException"}, call, {}).get("services", [])
    return found


def describe_revisions(clients: Clients, arns: list[str]) -> dict[str, dict[str, Any]]:
    """Service revisions by ARN: what DescribeServices does not tell stands there."""
    found = {}
    for some in chunks(arns, 20):
        with doing("describe", "ECS service revisions"):
            answer = clients("ecs").describe_service_revisions(serviceRevisionArns=some)
        found.update({each["serviceRevisionArn"]: each for each in answer.get("serviceRevisions", [])})
    return found


def create(clients: Clients, request: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Creates a service; what AWS says of it then."""
    with doing("create", _WHAT, request["serviceName"]):
        return dict(clients("ecs").create_service(**request, clientToken=token)["service"])


def update(clients: Clients, cluster: str, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Changes the members that are given; what AWS says of the service then."""
    with doing("update", _WHAT, name):
        return dict(clients("ecs").update_service(cluster=cluster, service=name, **request)["service"])


def tag(clients: Clients, arn: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("ecs")
    with doing("tag", _WHAT, arn):
        if superfluous:
            client.untag_resource(resourceArn=arn, tagKeys=superfluous)
        if tags:
            client.tag_resource(resourceArn=arn, tags=tag_list(dict(tags), "key", "value"))


def delete(clients: Clients, cluster: str, name: str) -> None:
    """Deletes a service and stops its tasks; one that is gone is fine."""
    with doing("delete", _WHAT, name):
        unless(_GONE, lambda: clients("ecs").delete_service(cluster=cluster, service=name, force=True))
