# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ECS tells of a cluster, a service and a task definition, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import TAGS, Compared, NotCompared, Nothing, OfOthers, Reads, Told

_INSTANCES = NotCompared(
    "EC2 instances, machines of yours and daemons that were registered in it",
    "services and tasks of ours ask for Fargate, and run on none of them",
)
_TASKS = NotCompared(
    "tasks that somebody has started in it",
    "with a role of ours only who may pass it can start one; ours are known by their services and by what started them",
)
_HISTORY = Nothing("its deployments, past ones too")

READS = [
    Reads(
        kind="ecs_cluster",
        title="ECS cluster",
        service="ecs",
        ids=("cluster", "clusters", "clusterArn", "resourceArn"),
        operations={
            "DescribeCapacityProviders": Told("ecs DescribeClusters"),
            "DescribeClusters": Compared(),
            "DescribeContainerInstances": _INSTANCES,
            "DescribeServices": OfOthers("ecs_service"),
            "DescribeTaskSets": OfOthers("ecs_service"),
            "DescribeTasks": _TASKS,
            "DiscoverPollEndpoint": _INSTANCES,
            "GetTaskProtection": Nothing("which tasks ECS does not stop, as they say themselves"),
            "ListAttributes": _INSTANCES,
            "ListContainerInstances": _INSTANCES,
            "ListDaemons": _INSTANCES,
            "ListServiceDeployments": OfOthers("ecs_service"),
            "ListServices": OfOthers("ecs_service"),
            "ListTagsForResource": Told("ecs DescribeClusters"),
            "ListTasks": _TASKS,
        },
    ),
    Reads(
        kind="ecs_service",
        title="ECS services",
        service="ecs",
        ids=(
            "service",
            "services",
            "serviceName",
            "serviceArn",
            "serviceRevisionArns",
            "serviceDeploymentArns",
            "resourceArn",
        ),
        operations={
            "DescribeExpressGatewayService": Nothing("services of another kind"),
            "DescribeServiceDeployments": _HISTORY,
            "DescribeServiceRevisions": Compared("the embedded AWS has none: tests/unit/modules/test_ecs_services.py"),
            "DescribeServices": Compared(),
            "DescribeTaskSets": Nothing("what another deployment controller makes; that is compared"),
            "ListServiceDeployments": _HISTORY,
            "ListServices": Compared(),
            "ListTagsForResource": Told("ecs DescribeServices"),
            "ListTasks": Nothing("its tasks"),
        },
    ),
    Reads(
        kind="ecs_task_definition",
        title="Task definitions",
        service="ecs",
        ids=("taskDefinition", "familyPrefix", "family", "resourceArn"),
        operations={
            "DescribeTaskDefinition": Compared(),
            "ListDaemonTaskDefinitions": Nothing("task definitions of daemons"),
            "ListTagsForResource": TAGS,
            "ListTaskDefinitionFamilies": Told("ecs ListTaskDefinitions"),
            "ListTaskDefinitions": Compared(),
            "ListTasks": Nothing("tasks that run by it"),
        },
    ),
]
