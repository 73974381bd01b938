# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS clusters: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.clients import Clients, chunks, doing, pages, tag_list, unless

_WHAT = "ECS cluster"


def arns(clients: Clients) -> list[str]:
    """The ARNs of all clusters of the account."""
    with doing("list", "ECS clusters"):
        return pages(clients("ecs"), "list_clusters", "clusterArns")


def describe(clients: Clients, names: list[str]) -> list[dict[str, Any]]:
    """Those of the named clusters that exist, with settings, configuration and tags, INACTIVE ones too."""
    found: list[dict[str, Any]] = []
    include = ["CONFIGURATIONS", "SETTINGS", "TAGS"]
    for some in chunks(names, 100):
        with doing("describe", "ECS clusters", ", ".join(some)):
            found += clients("ecs").describe_clusters(clusters=some, include=include).get("clusters", [])
    return found


def create(clients: Clients, request: Mapping[str, Any]) -> str:
    """Creates a cluster; its ARN. One that another run has just made is taken as it is."""
    with doing("create", _WHAT, request["clusterName"]):
        return str(clients("ecs").create_cluster(**request)["cluster"]["clusterArn"])


def update(clients: Clients, name: str, request: Mapping[str, Any]) -> None:
    """Changes settings, configuration or the default of Service Connect."""
    with doing("update", _WHAT, name):
        clients("ecs").update_cluster(cluster=name, **request)


def set_capacity(clients: Clients, name: str, providers: list[str], strategy: list[dict[str, Any]]) -> bool:
    """Sets the capacity providers and the strategy of what names none; True when it is done."""
    with doing("set the capacity providers of", _WHAT, name):
        clients("ecs").put_cluster_capacity_providers(
            cluster=name, capacityProviders=providers, defaultCapacityProviderStrategy=strategy
        )
    return True


def tag(clients: Clients, arn: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("ecs")
    with doing("tag", _WHAT, arn):
        if superfluous:
            client.untag_resource(resourceArn=arn, tagKeys=superfluous)
        if tags:
            client.tag_resource(resourceArn=arn, tags=tag_list(dict(tags), "key", "value"))


def delete(clients: Clients, name: str) -> bool:
    """Deletes a cluster; one that is gone is fine. True when it is done."""
    with doing("delete", _WHAT, name):
        unless({"ClusterNotFoundException"}, lambda: clients("ecs").delete_cluster(cluster=name))
    return True
