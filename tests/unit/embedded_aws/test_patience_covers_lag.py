"""What is scaled in a strict account proves nothing about patience: here the collection's limits are held against the
longest that AWS takes.
"""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.action import environment_plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine import converge
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import efs, load_balancer
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.codebuild_project import CodeBuildProject
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network import patience as network
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.security_group import SecurityGroup
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.s3_bucket import S3_BUCKET
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.sqs_queue import SQS_QUEUE
from ansible_collections.farflow.airflow.plugins.module_utils.runs import run_task
from ansible_collections.farflow.airflow.plugins.modules import efs_file_systems, network_load_balancers, rds_instances

from tests.embedded_aws import behaviours

#: What is waited for, by the behaviour that makes it late.
PATIENCE = {
    "late_queues": [SQS_QUEUE.shown_after, SQS_QUEUE.gone_after],
    "queue_deleted_recently": [SQS_QUEUE.patience],
    "bucket_busy": [S3_BUCKET.patience],
    "late_iam": [converge._SHOWN_AFTER, environment_plan._SHOWN_AFTER],
    "late_database_tags": [environment_plan._SHOWN_AFTER],
    "young_roles": [run_task._START_LIMIT, CodeBuildProject.patience],
    "young_policies": [run_task._START_LIMIT],
    "nat_gateway_seconds": [network._FREE_AFTER],
    "load_balancer_seconds": [
        load_balancer._ACTIVE_AFTER,
        network_load_balancers.ARGUMENT_SPEC["wait_timeout"]["default"],
    ],
    "load_balancer_traces": [network._FREE_AFTER, SecurityGroup.free_after],
    "file_system_seconds": [
        *(efs.FILE_SYSTEM.patience, efs.FILE_SYSTEM.gone_after, efs.MountTarget.gone_after),
        efs_file_systems.ARGUMENT_SPEC["wait_timeout"]["default"],
    ],
    **dict.fromkeys(
        ("database_creating", "database_modifying", "database_backing_up", "database_deleting"),
        [rds_instances.ARGUMENT_SPEC["wait_timeout"]["default"]],
    ),
}

#: What is scaled, and for which the collection does not wait: why.
NOT_WAITED_FOR = {
    "late_targets": "a service is steady when ECS says so, and no call asks for the health of targets",
    "endpoint_seconds": "nothing that a deploy does needs an interface endpoint",
    "rebalances": "it is no lag",
}


def longest(name):
    strict = behaviours.REGISTRY[name].strict
    return max(strict) if isinstance(strict, tuple) else strict


@pytest.mark.parametrize("name", PATIENCE)
def test_the_collection_waits_for_as_long_as_it_may_take(name):
    assert [waited for waited in PATIENCE[name] if waited < longest(name)] == []


def test_everything_that_is_scaled_is_decided_on():
    scaled = {name for name, each in behaviours.REGISTRY.items() if each.scaled}
    assert scaled - set(PATIENCE) - set(NOT_WAITED_FOR) == set()
    assert set(PATIENCE) & set(NOT_WAITED_FOR) == set()
