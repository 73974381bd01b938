"""Every leaf of RegisterTaskDefinition and CreateService, from botocore's model: a change of it alone is seen, named
and made, or it is refused by name.
"""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reconcile import reconcile
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import service as ecs_services
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import task_definition as ecs_task_definitions
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service import documents as pure_services
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.shapes import rules as ecs_rules
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.shapes.shapes import snake
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import (
    documents as pure_definitions,
)
from aws_double.defaults import documented
from aws_double.ecs import Double
from aws_double.leaf_documents import (
    CREATE,
    FAMILY,
    NEEDED,
    ONE_VALUE,
    REGISTER,
    SERVICE,
    before_and_after,
    has_value,
    kind_of,
    names_the_leaf,
    shown_service,
    shown_task_definition,
    valid_with,
)
from aws_double.leaves import MODEL, leaves, values, with_leaf
from aws_double.wire import plugged_in


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
        for _unused in range(2):
            double.task_definitions.RegisterTaskDefinition(
                {"family": "test-web", "cpu": "256", "containerDefinitions": [{"name": "web", "image": "x"}]}
            )
        yield double


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
    newest = shown_task_definition(aws.clients("ecs"), after["family"])
    assert has_value(leaf, value, newest)
    assert register(aws, after) == []
    aws.tagging.hidden.add(newest["taskDefinitionArn"])
    assert register(aws, after) == []
    assert names_the_leaf(leaf, values(leaf.shape)[0], register(aws, before))


def create(aws, document):
    wanted = pure_services.all_desired([document])
    actual = ecs_services.read(aws.clients, "test-airflow", [wanted[0].name])
    [outcome] = reconcile(wanted, actual, ecs_services.operations(aws.clients), False)
    return outcome.reasons


@of_kind(CREATE, "compared")
def test_a_changed_leaf_of_a_service_is_updated(aws, leaf):
    base = {**SERVICE, "serviceName": "test-" + str(leaf).replace(".", "-")}
    before, after, value = before_and_after(CREATE, base, leaf)
    create(aws, before)
    reasons = create(aws, after)
    assert names_the_leaf(leaf, value, reasons), reasons
    assert has_value(leaf, value, shown_service(aws.clients("ecs"), after["serviceName"]))
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


DOCUMENTED = [
    pytest.param(operation, leaf, id=str(leaf))
    for operation in (REGISTER, CREATE)
    for leaf in leaves(operation)
    if kind_of(leaf) == "compared"
    and leaf.where[1] not in MODEL.shape_for(leaf.where[0]).required_members
    and documented(*leaf.where) is not None
]


@pytest.mark.parametrize(("operation", "leaf"), DOCUMENTED)
def test_a_default_that_aws_documents_is_the_same_as_nothing(operation, leaf):
    base = FAMILY if operation == REGISTER else SERVICE
    sides = [valid_with(operation, base, leaf, value) for value in (documented(*leaf.where), None)]
    given, absent = (desired_of(operation)(side).properties for side in sides)
    assert given == absent


def test_many_defaults_are_documented():
    assert len(DOCUMENTED) >= 20


def test_few_leaves_are_refused():
    kinds = [kind_of(leaf) for operation in (REGISTER, CREATE) for leaf in leaves(operation)]
    assert len(ecs_rules.REFUSED) <= 25
    assert kinds.count("compared") > 4 * kinds.count("refused")


def test_update_service_takes_nothing_that_create_service_does_not():
    create_, update = (set(MODEL.operation_model(name).input_shape.members) for name in (CREATE, "UpdateService"))
    assert update - create_ == {"service", "forceNewDeployment"}
