"""ECS: the cluster, task definitions and services."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import service
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.cluster import ECS_CLUSTER

from tests.embedded_aws import newer_models

from .ec2 import group_id, subnet_id
from .facts import CloudFormation, Never, Tagging, drift, kind, mapping, pairs

TAGS = Tagging(
    lambda aws, name, id_: mapping(aws.client("ecs").list_tags_for_resource(resourceArn=id_)["tags"], "key", "value"),
    lambda aws, name, id_, tags: aws.client("ecs").tag_resource(resourceArn=id_, tags=pairs(tags, "key", "value")),
    lambda aws, name, id_, keys: aws.client("ecs").untag_resource(resourceArn=id_, tagKeys=keys),
)


def _another_setting(parsed):
    for cluster in parsed["clusters"]:
        cluster.setdefault("settings", []).append({"name": "madeLater", "value": newer_models.VALUE})


kind(
    "ecs_cluster",
    made_by="ecs CreateCluster",
    read_by="ecs DescribeClusters",
    tags=TAGS,
    changed_by=ECS_CLUSTER,
    more_names={"ecs DescribeClusters": _another_setting},
)
kind(
    "ecs_task_definition",
    made_by="ecs RegisterTaskDefinition",
    read_by="ecs DescribeTaskDefinition",
    tags=TAGS,
    cloudformation=CloudFormation("AWS::ECS::TaskDefinition", {"name": None}),
    changed_by=Never("another revision is registered, for each leaf: test_ecs_every_leaf.py"),
)
kind(
    "ecs_service",
    made_by="ecs CreateService",
    read_by="ecs DescribeServices",
    tags=TAGS,
    cloudformation=CloudFormation("AWS::ECS::Service", {"name": None, "autoscaled": None, "drains": None}),
    changed_by=lambda clients, wanted: service.operations(clients),
    found_by={"cluster"},
)


CLUSTER = "local"


def update(aws, service, **changes):
    aws.client("ecs").update_service(cluster=CLUSTER, service=service, **changes)


def described(aws, service):
    (found,) = aws.client("ecs").describe_services(cluster=CLUSTER, services=[service])["services"]
    return found


def network(aws, **changes):
    found = described(aws, "local-scheduler")["networkConfiguration"]["awsvpcConfiguration"]
    return {"awsvpcConfiguration": {**found, **changes}}


@drift("change ecs_service local-scheduler", "desired_count 0 -> 1")
def a_service_scaled_to_nothing(aws):
    update(aws, "local-scheduler", desiredCount=0)


@drift("change ecs_service local-worker", "desired_count 0 -> 1")
def a_count_of_workers_that_no_autoscaler_sets(aws):
    update(aws, "local-worker", desiredCount=0)


@drift("change ecs_service local-dag-processor", "security_groups [sg-")
def another_security_group_of_a_service(aws):
    groups = [group_id(aws, "local-tasks")]
    update(aws, "local-dag-processor", networkConfiguration=network(aws, securityGroups=groups))


@drift("change ecs_service local-triggerer", "subnets [subnet-")
def a_service_moved_to_another_subnet(aws):
    subnets = [subnet_id(aws, "local-public-a")]
    update(aws, "local-triggerer", networkConfiguration=network(aws, subnets=subnets))


@drift("change ecs_service local-scheduler", "assign_public_ip ENABLED -> DISABLED")
def a_service_with_public_addresses(aws):
    update(aws, "local-scheduler", networkConfiguration=network(aws, assignPublicIp="ENABLED"))


@drift("change ecs_service local-api-server", "deployment_circuit_breaker enable false -> true")
def a_circuit_breaker_switched_off(aws):
    breaker = {"enable": False, "rollback": False}
    update(aws, "local-api-server", deploymentConfiguration={"deploymentCircuitBreaker": breaker})


@drift("change ecs_service local-worker", "minimum_healthy_percent 0 -> 100")
def a_rollout_may_stop_all_tasks(aws):
    update(aws, "local-worker", deploymentConfiguration={"minimumHealthyPercent": 0})


@drift("change ecs_service local-dag-processor", "enable_execute_command true -> false")
def a_shell_into_containers_allowed(aws):
    update(aws, "local-dag-processor", enableExecuteCommand=True)


@drift("change ecs_service local-triggerer", "tags team operations -> data")
def a_tag_of_a_service_overwritten(aws):
    arn = described(aws, "local-triggerer")["serviceArn"]
    aws.client("ecs").tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "operations"}])


@drift("change ecs_service local-api-server", "load_balancers")
def a_service_taken_from_the_load_balancer(aws):
    update(aws, "local-api-server", loadBalancers=[])


@drift("create ecs_service local-triggerer", seen_by="ecs ListServices")
def a_service_deleted(aws):
    aws.client("ecs").delete_service(cluster=CLUSTER, service="local-triggerer", force=True)


def newest(aws, family):
    return aws.client("ecs").describe_task_definition(taskDefinition=family, include=["TAGS"])


_ANSWERED = {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt"}
_ANSWERED |= {"registeredBy", "deregisteredAt"}


def register(aws, family, tags=None, **changes):
    """A newer revision as somebody makes it in the console: it has all that the newest has, its tags too."""
    answer = newest(aws, family)
    found = {key: value for key, value in answer["taskDefinition"].items() if key not in _ANSWERED}
    return aws.client("ecs").register_task_definition(**{**found, "tags": answer["tags"], **changes})


@drift("change ecs_service local-scheduler", "task_definition local-airflow-scheduler:")
def a_service_on_another_revision(aws):
    """On one that was registered by hand and deregistered again: it still runs."""
    ecs = aws.client("ecs")
    made = register(aws, "local-airflow-scheduler", memory="4096")["taskDefinition"]["taskDefinitionArn"]
    update(aws, "local-scheduler", taskDefinition=made)
    ecs.deregister_task_definition(taskDefinition=made)


@drift("change ecs_task_definition local-other", "memory 1024 -> 512")
def a_newer_revision_registered(aws):
    register(aws, "local-other", memory="1024")


@drift("change ecs_task_definition local-hello", "environment LOG_LEVEL debug -> info")
def a_newer_revision_with_another_environment(aws):
    (container,) = newest(aws, "local-hello")["taskDefinition"]["containerDefinitions"]
    changed = {**container, "environment": [{"name": "LOG_LEVEL", "value": "debug"}]}
    register(aws, "local-hello", containerDefinitions=[changed])


@drift("create ecs_task_definition local-other", seen_by="ecs ListTaskDefinitions")
def all_revisions_deregistered(aws):
    ecs = aws.client("ecs")
    for arn in ecs.list_task_definitions(familyPrefix="local-other")["taskDefinitionArns"]:
        ecs.deregister_task_definition(taskDefinition=arn)


@drift("change ecs_task_definition local-airflow-command", "tags farflow:digest")
def the_digest_of_a_revision_overwritten(aws):
    arn = newest(aws, "local-airflow-command")["taskDefinition"]["taskDefinitionArn"]
    aws.client("ecs").tag_resource(resourceArn=arn, tags=[{"key": "farflow:digest", "value": "mine"}])


@drift("change ecs_cluster local", "settings containerInsights")
def container_insights_switched(aws):
    ecs = aws.client("ecs")
    (found,) = ecs.describe_clusters(clusters=[CLUSTER], include=["SETTINGS"])["clusters"]
    value = "disabled" if found["settings"][0]["value"] == "enabled" else "enabled"
    ecs.update_cluster_settings(cluster=CLUSTER, settings=[{"name": "containerInsights", "value": value}])


@drift("change ecs_cluster local", "configuration execute_command_configuration logging NONE -> (none)")
def what_is_typed_in_containers_no_longer_logged(aws):
    aws.client("ecs").update_cluster(
        cluster=CLUSTER, configuration={"executeCommandConfiguration": {"logging": "NONE"}}
    )


@drift("change ecs_cluster local", "default_capacity_provider_strategy FARGATE_SPOT")
def tasks_on_spot_by_default(aws):
    aws.client("ecs").put_cluster_capacity_providers(
        cluster=CLUSTER,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )


@drift("change ecs_cluster local", "capacity_providers [FARGATE] -> [FARGATE, FARGATE_SPOT]")
def a_capacity_provider_removed(aws):
    aws.client("ecs").put_cluster_capacity_providers(
        cluster=CLUSTER,
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
    )
