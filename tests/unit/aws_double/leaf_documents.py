"""Documents of RegisterTaskDefinition and CreateService for Fargate in which a leaf has either of two valid values, and
what each leaf is to us.
"""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.shapes import rules as ecs_rules
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.shapes.shapes import snake

from .leaves import leaf_of, values, with_leaf

REGISTER, CREATE = "RegisterTaskDefinition", "CreateService"

#: The names by which AWS knows a resource: another one is another resource.
IDENTITY = {"family", "serviceName", "cluster"}

FAMILY = {
    "family": "test-leaf",
    "cpu": "1024",
    "memory": "2048",
    "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
    "containerDefinitions": [
        {"name": "main", "image": "main", "essential": False},
        {"name": "one", "image": "one"},
        {"name": "two", "image": "two"},
    ],
    "volumes": [{"name": "target"}, {"name": "one"}, {"name": "two"}],
}
SERVICE = {
    "serviceName": "test-leaf",
    "cluster": "test-airflow",
    "taskDefinition": "test-web:1",
    "desiredCount": 1,
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
}

#: Where any two values would not do: by shape and member.
VALUES = {
    ("ContainerDefinition", "name"): ("main", "renamed"),
    ("Volume", "name"): ("target", "renamed"),
    (ecs_rules.TASK_DEFINITION, "taskRoleArn"): ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"),
    (ecs_rules.TASK_DEFINITION, "executionRoleArn"): ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"),
    (ecs_rules.TASK_DEFINITION, "cpu"): ("1024", "512"),
    (ecs_rules.TASK_DEFINITION, "memory"): ("2048", "3072"),
    (ecs_rules.TASK_DEFINITION, "pidMode"): (None, "task"),
    ("RuntimePlatform", "operatingSystemFamily"): ("LINUX", "WINDOWS_SERVER_2022_CORE"),
    ("ContainerDefinition", "memoryReservation"): (10, 20),
    ("ContainerDependency", "containerName"): ("one", "two"),
    ("EFSAuthorizationConfig", "iam"): ("DISABLED", "ENABLED"),
    ("EFSVolumeConfiguration", "transitEncryption"): ("DISABLED", "ENABLED"),
    ("HealthCheck", "retries"): (2, 4),
    ("LogConfiguration", "logDriver"): ("splunk", "awsfirelens"),
    ("MountPoint", "sourceVolume"): ("one", "two"),
    (ecs_rules.SERVICE, "taskDefinition"): ("test-web:1", "test-web:2"),
    (ecs_rules.SERVICE, "availabilityZoneRebalancing"): ("ENABLED", "DISABLED"),
    (ecs_rules.SERVICE, "propagateTags"): ("NONE", "SERVICE"),
    ("CapacityProviderStrategyItem", "capacityProvider"): ("FARGATE", "FARGATE_SPOT"),
    ("DeploymentConfiguration", "maximumPercent"): (150, 200),
    ("MetricConfiguration", "resolutionSeconds"): (20, 60),
}

#: What a structure needs beside its required members to be valid, or to be told from others.
NEEDED = {
    ("ContainerDefinition", "image"): "main",
    ("ContainerDefinition", "name"): "main",
    ("ContainerRestartPolicy", "enabled"): True,
    ("LogConfiguration", "logDriver"): "splunk",
    ("MountPoint", "containerPath"): "/mounted",
    ("MountPoint", "sourceVolume"): "one",
    ("PortMapping", "containerPort"): 80,
    ("ContainerDependency", "containerName"): "one",
    ("Ulimit", "name"): "nofile",
    ("KeyValuePair", "name"): "KEY",
    ("Tag", "key"): "key",
    ("SystemControl", "namespace"): "net.core.somaxconn",
    ("VolumeFrom", "sourceContainer"): "one",
    ("CapacityProviderStrategyItem", "capacityProvider"): "FARGATE",
    ("CapacityProviderStrategyItem", "weight"): 1,
    ("LoadBalancer", "targetGroupArn"): "arn:group",
    ("ServiceConnectConfiguration", "enabled"): True,
    ("ServiceConnectTlsCertificateAuthority", "awsPcaAuthorityArn"): "arn:authority",
    ("MetricConfiguration", "metricNames"): ["CPUUtilization"],
    ("MetricConfiguration", "resolutionSeconds"): 20,
    ("DeploymentCircuitBreaker", "enable"): True,
}

#: Leaves that have one value only on Fargate, and a value that is refused with the member's name.
ONE_VALUE = {
    (ecs_rules.TASK_DEFINITION, "networkMode"): "bridge",
    (ecs_rules.TASK_DEFINITION, "requiresCompatibilities"): "EC2",
    ("EnvironmentFile", "type"): "http",
    ("PortMapping", "hostPort"): 81,
    ("ProxyConfiguration", "type"): "OTHER",
    ("Ulimit", "name"): "core",
    (ecs_rules.SERVICE, "launchType"): "EC2",
    (ecs_rules.SERVICE, "schedulingStrategy"): "DAEMON",
    ("DeploymentController", "type"): "CODE_DEPLOY",
    ("EBSTagSpecification", "resourceType"): "instance",
}


def kind_of(leaf):
    """Whether it is compared, refused, has one value, or is the identity of what it belongs to."""
    if leaf.path[0] in IDENTITY:
        return "identity"
    if any(where in ecs_rules.REFUSED for where in zip(leaf.parents, leaf.names, strict=True)):
        return "refused"
    return "one value" if leaf.where in ONE_VALUE else "compared"


def before_and_after(operation, base, leaf, **others):
    """The base document with the leaf as it was and as it shall be, and its value in the second. ``others`` are pairs
    of values by member, where those that will do everywhere would not do.
    """
    pair = others.get(leaf.names[-1]) or VALUES.get(leaf.where) or values(leaf.shape)
    return *(valid_with(operation, base, leaf, value) for value in pair), pair[1]


def valid_with(operation, base, leaf, value):
    """The base document with the leaf, and with what else makes that a valid one."""
    document = with_leaf(operation, base, leaf, value, NEEDED)
    deployment = document.get("deploymentConfiguration", {})
    for strategy in ("linear", "canary"):
        if f"{strategy}Configuration" in deployment:
            deployment["strategy"] = strategy.upper()
    for container in document.get("containerDefinitions", []):
        for mapping in container.get("portMappings", []):
            if "containerPortRange" in mapping:
                mapping.pop("containerPort", None)
    return document


def names_the_leaf(leaf, value, reasons):
    """Whether a reason names the member, or where a list is known by its items' names, the list and the new value."""
    told = f"{value}".lower()
    return any(
        snake(leaf.names[-1]) in reason or (snake(leaf.names[-2]) in reason and told in reason.lower())
        for reason in reasons
    )


def has_value(leaf, value, document):
    """Whether a document of AWS has the value at the leaf; one that AWS fills in need not be written down."""
    if leaf.path[0] == "tags":
        return any(tag[leaf.path[-1]] == value for tag in document["tags"])
    found = leaf_of(document, leaf.path)
    if found is None:
        return ecs_rules.DEFAULTS.get(leaf.parents[-1], {}).get(leaf.names[-1]) == value
    # a revision of a family is told with its ARN
    return found in (value, str(value)) or (leaf.names[-1] == "taskDefinition" and found.endswith(f"/{value}"))


def shown_task_definition(ecs, family):
    """All that a client of ECS is told of the newest revision."""
    answer = ecs.describe_task_definition(taskDefinition=family, include=["TAGS"])
    return {**answer["taskDefinition"], "tags": answer["tags"]}


def shown_service(ecs, name):
    """All that a client of ECS is told of a service: some of it only of its deployment, or of its revision."""
    (service,) = ecs.describe_services(cluster=SERVICE["cluster"], services=[name], include=["TAGS"])["services"]
    arns = [each["arn"] for each in service.get("currentServiceRevisions", [])]
    revisions = ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"] if arns else []
    parts = [*revisions, service["deployments"][0], service]
    return {name: value for part in parts for name, value in part.items()}
