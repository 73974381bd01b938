# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS clusters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, chunks, pages, tag_dict, tag_list
from ....engine.errors import FarflowError
from ....engine.kind import Document, Kind
from ..patience import is_transient
from . import documents


class EcsCluster(Kind):
    """A cluster of ECS on Fargate. AWS tells all of one in one document, tags included, also after its deletion."""

    type = documents.TYPE
    title, titles = "ECS cluster", "ECS clusters"
    gone = frozenset({"ClusterNotFoundException"})
    #: Tasks that are stopping hold a cluster for a moment longer.
    patience = 300
    names_a_call = 100

    def __init__(self, wanted: Sequence[Resource] = ()) -> None:
        """Who wants members that this collection does not know sees them."""
        self.wanted = {cluster.name: cluster for cluster in wanted}

    def is_busy(self, error: FarflowError) -> bool:
        return is_transient(error)

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def seen_by(self, wanted: Sequence[Resource]) -> EcsCluster:
        return EcsCluster(wanted)

    def prefix(self, environment: str) -> str:
        """The environment's cluster has its name alone."""
        return environment

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        names = [arn.rsplit("/", 1)[1] for arn in pages(clients("ecs"), "list_clusters", "clusterArns")]
        near = [name for name in names if f"{name}-".startswith(f"{prefix}-")]
        return [document for some in chunks(near, self.names_a_call) for document in self.look_up_all(clients, some)]

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        include = ["CONFIGURATIONS", "SETTINGS", "TAGS"]
        found = clients("ecs").describe_clusters(clusters=names, include=include).get("clusters", [])
        return [document for document in found if document["status"] != "INACTIVE"]

    def name(self, document: Document) -> str:
        return str(document["clusterName"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return tag_dict(document.get("tags"), "key", "value")

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical(document, self.wanted.get(self.name(document)))

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """AWS gives the one that another run has just made as if it had made it."""
        return str(clients("ecs").create_cluster(**documents.create_request(wanted))["cluster"]["clusterArn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        request = documents.update_request(wanted, found, differs)
        if request:
            clients("ecs").update_cluster(cluster=wanted.name, **request)
        if not {"capacity_providers", "default_capacity_provider_strategy"}.isdisjoint(differs):
            capacity = documents.capacity_request(wanted)
            clients("ecs").put_cluster_capacity_providers(cluster=wanted.name, **capacity)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("ecs").tag_resource(resourceArn=found.id, tags=tag_list(dict(tags), "key", "value"))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("ecs").untag_resource(resourceArn=found.id, tagKeys=keys)

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("ecs").delete_cluster(cluster=found.name)


ECS_CLUSTER = EcsCluster()
