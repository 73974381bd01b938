# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer ecs_cluster: the cluster that services and DAG tasks run on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds.ecs.cluster import ECS_CLUSTER
from ..kinds.ecs.cluster import documents as ecs_clusters
from . import names
from .desire import made_by
from .reader import of_kind

ROLE = "ecs_cluster"

#: AWS tells the tags with the cluster.
READERS = (of_kind(ECS_CLUSTER, lambda inputs, known: [names.cluster(inputs)], after=()),)


def desired(inputs: Mapping[str, Any], known: Existing) -> list[Resource]:
    """The cluster, with FARGATE as what tasks run on that ask for nothing."""
    cluster = {
        "name": names.cluster(inputs),
        "container_insights": inputs["ecs_cluster_container_insights"],
        "capacity_providers": ["FARGATE", "FARGATE_SPOT"],
        "default_capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1, "base": 0}],
        "tags": tags(inputs, ROLE),
    }
    return [made_by(ecs_clusters.desired, cluster)]
