"""What AWS adds to its answers is nobody's wish: a newer botocore tells of it, and nothing differs."""

from __future__ import annotations

import copy
from functools import cache

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import differences
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import s3_bucket as s3_buckets
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.codebuild_project import (
    documents as codebuild_projects,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.cluster import documents as ecs_clusters
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service import documents as ecs_services
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.shapes import members as ecs_members
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.shapes import shapes as ecs_shapes
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import documents as definitions
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.session import get_session

from tests.embedded_aws import behaviours, newer_models

ARN = "arn:aws:ecs:eu-west-1:123456789012"
DEFINITION = {
    "family": "test",
    "cpu": 256,
    "memory": 512,
    "execution_role_arn": "arn:aws:iam::123456789012:role/test-execution",
    "container_definitions": [
        {
            "name": "test",
            "image": "registry/test@sha256:" + "0" * 64,
            "health_check": {"command": ["CMD", "true"]},
            "log_configuration": {"log_driver": "awsfirelens"},
            "mount_points": [{"source_volume": "tmp", "container_path": "/tmp"}],
        }
    ],
    "volumes": [{"name": "tmp"}],
    "tags": [{"key": "farflow:environment", "value": "test"}],
}
SERVICE = {
    "service_name": "test",
    "cluster": "test",
    "task_definition": "test:1",
    "desired_count": 1,
    "capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1}],
    "network_configuration": {"awsvpc_configuration": {"subnets": ["subnet-a"]}},
    "deployment_configuration": {"deployment_circuit_breaker": {"enable": True, "rollback": True}},
}
CLUSTER = {"name": "test", "configuration": {"execute_command_configuration": {"logging": "NONE"}}}
PROJECT = {"name": "test", "service_role": "arn:role", "image": "docker:1", "buildspec": "version: 0.2", "tags": {}}


@pytest.fixture
def forgetful():
    """The model of ECS is read anew, and again by the tests after this one."""

    def forget():
        ecs_shapes._service_model.cache_clear()
        ecs_shapes.input_shape.cache_clear()

    forget()
    yield
    forget()


@pytest.fixture
def newer(forgetful, monkeypatch, tmp_path):
    """A botocore that knows one member more in every structure, wherever it is asked for its models."""
    newer_models.write(tmp_path, ["ecs", "codebuild", "s3"])
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    monkeypatch.setattr(Loader, "CUSTOMER_DATA_PATH", str(tmp_path))


@pytest.fixture
def older(forgetful, monkeypatch):
    """A botocore that lacks members for which there are defaults."""
    document = copy.deepcopy(Loader().load_service_model("ecs", "service-2"))
    for shape, member in [("RegisterTaskDefinitionRequest", "enableFaultInjection"), ("Volume", "configuredAtLaunch")]:
        del document["shapes"][shape]["members"][member]
    monkeypatch.setattr(ecs_shapes, "_service_model", cache(lambda: ServiceModel(document, "ecs")))


@pytest.fixture(params=["ours", "newer", "older"])
def any_botocore(request):
    if request.param != "ours":
        request.getfixturevalue(request.param)


@pytest.fixture
def newer_aws():
    """An AWS that answers with one member more in every structure."""
    behaviours.switch({"unknown_members": 1.0})
    yield
    behaviours.switch({})


def answered(service, shape, document):
    """A document as AWS answers it today, with a member more in every structure."""
    return newer_models.grow(get_session().get_service_model(service).shape_for(shape), copy.deepcopy(document))


def answer_of(definition):
    document = {**definitions.request(definition), "taskDefinitionArn": f"{ARN}:task-definition/test:1"}
    tags = [{"key": key, "value": value} for key, value in definitions.tags_with_digest(definition, 1).items()]
    return {"taskDefinition": answered("ecs", "TaskDefinition", document), "tags": tags}


def test_a_task_definition_stays_as_it_is(any_botocore, newer_aws):
    wanted = definitions.desired(DEFINITION)
    answer = answer_of(wanted)
    assert answer["taskDefinition"]["containerDefinitions"][0]["healthCheck"]["MadeLater"] == "ON"
    arn = answer["taskDefinition"]["taskDefinitionArn"]
    index = definitions.Index({"test": [arn]}, {})
    assert definitions.plan_task_definitions([wanted], index, lambda arns: {arn: answer}) == []


def test_a_service_stays_as_it_is(any_botocore, newer_aws):
    wanted = ecs_services.desired(SERVICE)
    created = {name: value for name, value in ecs_services.create_request(wanted).items() if name != "cluster"}
    document = {**created, "clusterArn": f"{ARN}:cluster/test", "serviceArn": "arn", "status": "ACTIVE"}
    found = ecs_services.canonical(answered("ecs", "Service", document))
    assert plan([wanted], [found]) == []


def test_a_cluster_stays_as_it_is(any_botocore, newer_aws):
    wanted = ecs_clusters.desired(CLUSTER)
    document = {**ecs_clusters.create_request(wanted), "clusterArn": "arn"}
    document["settings"] = [*document.get("settings", []), {"name": "laterSetting", "value": "ON"}]
    assert plan([wanted], [ecs_clusters.canonical(answered("ecs", "Cluster", document))]) == []


def test_a_codebuild_project_stays_as_it_is(any_botocore, newer_aws):
    wanted = codebuild_projects.desired(PROJECT)
    document = {**codebuild_projects.create_request(wanted), "arn": "arn"}
    document["environment"]["hostKernel"] = "ON"
    assert plan([wanted], [codebuild_projects.canonical(answered("codebuild", "Project", document))]) == []


def test_a_lifecycle_rule_stays_as_it_is(any_botocore, newer_aws):
    rules = [{"id": "old", "prefix": "logs/", "expiration_days": 30}]
    wanted = s3_buckets.desired({"name": "bucket", "lifecycle_rules": rules})
    [rule] = s3_buckets._to_lifecycle_rules(wanted.properties)
    found = s3_buckets._canonical_rule(answered("s3", "LifecycleRule", rule))
    assert differences(wanted.properties["lifecycle_rules"]["old"], found) == []


def test_a_digest_is_one_whatever_botocore_knows(any_botocore):
    """And the one of all releases, so that a new one describes nothing anew."""
    digest = definitions.digest(definitions.desired(DEFINITION), 1)
    assert digest == "1-10fd1bd66779576e09e5e99c38785ce7dcc9693496aaa52e6741e719423cb41c"


def test_defaults_that_botocore_does_not_know_are_not_sent(older):
    wanted = definitions.desired(DEFINITION)
    assert wanted.properties["enable_fault_injection"] is False
    assert "enableFaultInjection" not in definitions.request(wanted)


def test_what_is_wanted_is_compared_before_anybody_here_has_heard_of_it(newer, newer_aws):
    on, off = (definitions.desired({**DEFINITION, "made_later": value}) for value in ("ON", "OFF"))
    answer = answer_of(on)
    arn = answer["taskDefinition"]["taskDefinitionArn"]

    def reasons(wanted):
        index = definitions.Index({"test": [arn]}, {})
        return [each.reasons for each in definitions.plan_task_definitions([wanted], index, lambda arns: {arn: answer})]

    assert reasons(on) == []
    assert reasons(off) == [("made_later ON -> OFF",)]


def test_every_member_of_the_botocore_that_is_tested_with_is_known():
    """A new one asks for a decision: with its default in ecs_rules.py, or to be refused there."""
    found = {}

    def walk(shape):
        if getattr(shape, "is_document_type", False):
            return
        if shape.type_name == "structure" and shape.name not in found:
            found[shape.name] = frozenset(shape.members)
            [walk(member) for member in shape.members.values()]
        elif shape.type_name == "list":
            walk(shape.member)

    for operation in ("RegisterTaskDefinition", "CreateService", "CreateCluster"):
        walk(get_session().get_service_model("ecs").operation_model(operation).input_shape)
    assert found == ecs_members.MEMBERS
