"""An AWS that tells its tags late, and more than the collection has heard of: everything is as ever."""

from __future__ import annotations

import re

import pytest

from tests.embedded_aws import newer_models
from tests.stack.listing import difference, listing
from tests.stack.playbooks import ROOT

from .stack import mutating_calls

_CLIENT = re.compile(r"clients(?:\.\w+)?\(\"([a-z0-9-]+)\"\)|^_SERVICE = \"([a-z-]+)\"", re.MULTILINE)

#: States of which there may be more one day, and on which nothing here depends.
STATES = [
    "AvailabilityZone.OptInStatus",
    "Container.healthStatus",
    "DBInstance.ActivityStreamStatus",
    "ImageDetail.imageStatus",
    "ImageScanStatus.status",
    "InternetGatewayAttachment.State",
    "LogGroup.logGroupClass",
    "NatGateway.ConnectivityType",
    "RouteTableAssociationState.State",
    "ServiceSummary.Type",
    "SubnetCidrBlockState.State",
    "Task.connectivity",
    "Task.healthStatus",
    "TaskDefinition.status",
    "VpcCidrBlockState.State",
    "VpcEndpoint.IpAddressType",
]


def services():
    """Those of AWS that the collection calls."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "plugins/module_utils").rglob("*.py")]
    return {one or other for text in texts for one, other in _CLIENT.findall(text)}


@pytest.fixture
def newer_botocore(tmp_path, monkeypatch):
    """The playbooks' botocore knows what AWS has added, so that they get to see it."""
    newer_models.write(tmp_path / "models", services())
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "models"))


@pytest.mark.thorough
def test_what_aws_tells_late_or_has_added_changes_nothing(aws, playbooks, project, newer_botocore):
    (project.tasks / "hello" / "task.yml").write_text("shared_volume: true\n")
    variables = {**project.variables, "worker_pool_scaling": "cpu"}
    before = listing(aws)
    with aws.behaviours(late_tags=3600, unknown_members=1.0, unknown_values=STATES):
        playbooks.deploy(**variables)

        aws.reset_calls()
        plan = playbooks.run("plan", **variables)
        assert plan.code == 0, plan.output
        assert "PLAN: nothing to create, to change or to delete" in plan.output, plan.output
        assert mutating_calls(aws) == []

        changed = playbooks.deploy(dag_tasks_memory=2048, **variables)
        assert "memory 512 -> 2048" in changed.output
        revisions = [call for call in mutating_calls(aws) if call == "ecs RegisterTaskDefinition"]
        assert len(revisions) == 1, changed.output

        playbooks.teardown(**variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_a_role_of_a_moment_ago_and_a_small_quota_are_waited_for(aws, playbooks, project):
    """With a single vCPU more than the services have, one of them rolls after the other."""
    with aws.behaviours(cold_roles=1, cold_policies=1, fargate_vcpus=4.5):
        deployed = playbooks.deploy(**project.variables)
        assert "the services need up to 7 vCPU of Fargate while they roll" in " ".join(deployed.output.split())
        playbooks.deploy(airflow_service_environment={"LEVEL": "2"}, **project.variables)
        playbooks.teardown(**project.variables)
