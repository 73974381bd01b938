"""Which names an environment can give: all that it desires has one, and nothing of an environment beside it."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import arns
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import is_own
from cloudformation.deployed import ACCOUNT, REGION, resources

VARS = ["vars/prod.yml", "vars/staging.yml", "vars/dev.yml"]
KNOWN = Existing([Resource(arns.IDENTITY, arns.IDENTITY, id=ACCOUNT)])
OF_DEV = {"tags": {"farflow:environment": "dev"}}
LONGEST = "a-name-with-32-letters-and-so-on"
TOLD_APART_OTHERWISE = {
    "ecs_task_definition": "by the log group that it writes to",
    "listener": "by its load balancer",
    "access_point": "by its file system",
    "mount_target": "by its file system",
    "scaling_policy": "by its target",
    "image": "by its repository",
    "database_schema": "by its database",
}


def own(environment, one):
    inputs = {
        "farflow_environment": environment,
        "farflow_region": REGION,
        "worker_pools": {},
        "airflow_service_executors": ["celery"],
    }
    return is_own(one, inputs, LAYERS, KNOWN)


@pytest.mark.parametrize("vars_file", VARS)
@pytest.mark.parametrize("environment", ["dev", "dev-x", "x-dev", LONGEST])
def test_whatever_is_desired_bears_a_name_of_its_environment(vars_file, environment):
    found = resources(vars_file, farflow_environment=environment, airflow_service_executors="celery, ecs")
    assert [one for one in found if not own(environment, one)] == []


@pytest.mark.parametrize("environment", ["dev-x", "dev2", "x-dev", "dev-worker", "dev-celery", "dev-wanted", LONGEST])
@pytest.mark.parametrize("beside", ["dev", "de", LONGEST[:-1], LONGEST[:-4]])
def test_and_of_no_other(environment, beside):
    found = [one for one in resources("vars/prod.yml", farflow_environment=environment) if own(beside, one)]
    assert {one.type for one in found} <= TOLD_APART_OTHERWISE.keys(), found


@pytest.mark.parametrize(
    ("type_", "name", "properties"),
    [
        ("rds_instance", "dev-database-restored", {"subnet_group_name": "dev-database"}),
        ("rds_parameter_group", "dev-database-postgres16", {}),
        ("iam_role", "dev-task-gone", {}),
        ("scalable_target", "dev/dev-worker", {}),
        ("scalable_target", "dev/dev-worker-gone", {}),
        ("ecs_service", "dev-worker-gone", {"cluster": "dev"}),
        ("iam_role", "dev-airflow-worker-gone", {}),
        ("iam_role", "dev-airflow-ecs-task", {}),
        ("sqs_queue", "dev-celery-gone", OF_DEV),
        ("cloudwatch_alarm", "dev-wanted-worker-gone", OF_DEV),
        ("nat_gateway", "nat-1", {"tags": {"Name": "dev-nat-b"}}),
        ("rds_snapshot", "anything", {"instance": "dev-database"}),
    ],
)
def test_what_was_desired_once_is_own_still(type_, name, properties):
    assert own("dev", Resource(type_, name, properties))


@pytest.mark.parametrize(
    ("type_", "name", "properties"),
    [
        ("rds_instance", "dev-x-database", {"subnet_group_name": "dev-x-database"}),
        ("rds_parameter_group", "dev-database-postgres-of-somebody", {}),
        ("rds_snapshot", "dev-database-copy", {"instance": "dev-x-database"}),
        ("iam_role", "dev-of-somebody", {}),
        ("log_group", "/farflow/dev/of-somebody", {}),
        ("secret", "farflow/dev/of-somebody", {}),
        ("ecs_service", "of-somebody", {"cluster": "dev"}),
        ("ecs_service", "dev-worker-scheduler", {"cluster": "dev-worker"}),
        ("sqs_queue", "dev-celery-celery", {"tags": {"farflow:environment": "dev-celery"}}),
        ("cloudwatch_alarm", "dev-of-somebody", OF_DEV),
        ("scalable_target", "dev/of-somebody", {}),
        ("elastic_ip", "eipalloc-1", {"tags": {}}),
    ],
)
def test_what_cannot_have_been_desired_is_not(type_, name, properties):
    assert not own("dev", Resource(type_, name, properties))
