"""Every leaf of RegisterTaskDefinition and CreateService, from botocore's model: a change of it alone is seen, named
and made, or it is refused by name.
"""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.aws.calls import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.core.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.glue import ecs_services, ecs_task_definitions
from ansible_collections.farflow.airflow.plugins.module_utils.glue.reconcile import reconcile
from ansible_collections.farflow.airflow.plugins.module_utils.pure import ecs_rules
from ansible_collections.farflow.airflow.plugins.module_utils.pure import ecs_services as pure_services
from ansible_collections.farflow.airflow.plugins.module_utils.pure import ecs_task_definitions as pure_definitions
from ansible_collections.farflow.airflow.plugins.module_utils.pure.ecs_shapes import snake
from aws_double.ecs import Double
from aws_double.leaves import MODEL, leaf_of, leaves, values, with_leaf
from aws_double.wire import plugged_in

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
    if leaf.path[0] in IDENTITY:
        return "identity"
    if any(where in ecs_rules.REFUSED for where in zip(leaf.parents, leaf.names, strict=True)):
        return "refused"
    return "one value" if leaf.where in ONE_VALUE else "compared"


def of_kind(operation, kind):
    found = [leaf for leaf in leaves(operation) if kind_of(leaf) == kind]
    return pytest.mark.parametrize("leaf", found, ids=map(str, found))


@pytest.fixture(scope="module")
def aws():
    double = Double()
    with plugged_in(double.wires), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret")
        double.clients = Clients(session.client)
        double.clusters.CreateCluster({"clusterName": "test-airflow"})
        for _ in range(2):
            double.task_definitions.RegisterTaskDefinition(
                {"family": "test-web", "cpu": "256", "containerDefinitions": [{"name": "web", "image": "x"}]}
            )
        yield double


def before_and_after(operation, base, leaf):
    pair = VALUES.get(leaf.where) or values(leaf.shape)
    documents = [with_leaf(operation, base, leaf, value, NEEDED) for value in pair]
    for document in documents:
        _make_valid(document)
    return *documents, pair[1]


def _make_valid(document):
    for container in document.get("containerDefinitions", []):
        for mapping in container.get("portMappings", []):
            if "containerPortRange" in mapping:
                mapping.pop("containerPort", None)


def names_the_leaf(leaf, value, reasons):
    """Whether a reason names the member, or where a list is known by its items' names, the list and the new value."""
    told = f"{value}".lower()
    return any(
        snake(leaf.names[-1]) in reason or (snake(leaf.names[-2]) in reason and told in reason.lower())
        for reason in reasons
    )


def register(aws, document):
    wanted = pure_definitions.all_desired([document])
    index = ecs_task_definitions.read(aws.clients, [document["family"]])
    [outcome] = ecs_task_definitions.reconcile(aws.clients, wanted, index, False, 3)
    return outcome.reasons


@of_kind(REGISTER, "compared")
def test_a_changed_leaf_of_a_task_definition_is_registered(aws, leaf):
    base = {**FAMILY, "family": "test-" + str(leaf).replace(".", "-")}
    before, after, value = before_and_after(REGISTER, base, leaf)
    register(aws, before)
    reasons = register(aws, after)
    assert names_the_leaf(leaf, value, reasons), reasons
    newest = aws.task_definitions.resolved(after["family"])
    if leaf.path[0] == "tags":
        assert aws.tags.by_arn[newest["taskDefinitionArn"]]["two" if leaf.path[-1] == "key" else "key"] is not None
    else:
        # an emptied default need not be written down
        assert leaf_of(newest, leaf.path) in (value, str(value), None)
        assert leaf_of(newest, leaf.path) is not None or register_default(leaf) == value
    assert register(aws, after) == []
    aws.tagging.hidden.add(newest["taskDefinitionArn"])
    assert register(aws, after) == []
    assert names_the_leaf(leaf, values(leaf.shape)[0], register(aws, before))


def register_default(leaf):
    return ecs_rules.DEFAULTS.get(leaf.parents[-1], {}).get(leaf.names[-1])


def create(aws, document):
    wanted = pure_services.all_desired([document])
    actual = ecs_services.read(aws.clients, "test-airflow", [wanted[0].name])
    [outcome] = reconcile(wanted, actual, ecs_services.hands(aws.clients), False)
    return outcome.reasons


@of_kind(CREATE, "compared")
def test_a_changed_leaf_of_a_service_is_updated(aws, leaf):
    base = {**SERVICE, "serviceName": "test-" + str(leaf).replace(".", "-")}
    before, after, value = before_and_after(CREATE, base, leaf)
    create(aws, before)
    reasons = create(aws, after)
    assert names_the_leaf(leaf, value, reasons), reasons
    assert create(aws, after) == []
    assert create(aws, before) != []
    assert create(aws, before) == []


def desired_of(operation):
    return pure_definitions.desired if operation == REGISTER else pure_services.desired


@pytest.mark.parametrize(
    ("operation", "leaf"),
    [(operation, leaf) for operation in (REGISTER, CREATE) for leaf in leaves(operation) if kind_of(leaf) == "refused"],
    ids=str,
)
def test_what_fargate_has_not_is_refused_by_name_and_reason(operation, leaf):
    base = FAMILY if operation == REGISTER else SERVICE
    where = next(each for each in zip(leaf.parents, leaf.names, strict=True) if each in ecs_rules.REFUSED)
    with pytest.raises(FarflowError) as caught:
        desired_of(operation)(with_leaf(operation, base, leaf, values(leaf.shape)[-1], NEEDED))
    assert f"{snake(where[1])} is refused: {ecs_rules.REFUSED[where]}" in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "leaf"),
    [
        (operation, leaf)
        for operation in (REGISTER, CREATE)
        for leaf in leaves(operation)
        if kind_of(leaf) == "one value"
    ],
    ids=str,
)
def test_a_value_that_fargate_has_not_is_refused_by_name(operation, leaf):
    base = FAMILY if operation == REGISTER else SERVICE
    with pytest.raises(FarflowError) as caught:
        desired_of(operation)(with_leaf(operation, base, leaf, ONE_VALUE[leaf.where], NEEDED))
    assert f" {snake(leaf.names[-1])} " in str(caught.value)


def test_few_leaves_are_refused():
    kinds = [kind_of(leaf) for operation in (REGISTER, CREATE) for leaf in leaves(operation)]
    assert len(ecs_rules.REFUSED) <= 25
    assert kinds.count("compared") > 4 * kinds.count("refused")


def test_update_service_takes_nothing_that_create_service_does_not():
    create_, update = (set(MODEL.operation_model(name).input_shape.members) for name in (CREATE, "UpdateService"))
    assert update - create_ == {"service", "forceNewDeployment"}
