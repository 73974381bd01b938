from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.log_group import LOG_GROUP
from ansible_collections.farflow.airflow.plugins.modules import cloudwatch_log_groups as module

GROUPS = [
    {"name": "/farflow/test/tasks", "retention_in_days": 30, "tags": {"team": "data"}},
    {"name": "/farflow/test/airflow", "retention_in_days": 7},
]


def test_creates_then_changes_nothing(aws, run_module):
    first = run_module(module, log_groups=GROUPS)
    assert [(entry["name"], entry["changed"]) for entry in first["log_groups"]] == [
        ("/farflow/test/tasks", True),
        ("/farflow/test/airflow", True),
    ]
    second = run_module(module, log_groups=GROUPS)
    assert second["changed"] is False
    assert second["log_groups"][0]["arn"] == first["log_groups"][0]["arn"]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("retention_in_days", 60, "retention_in_days 30 -> 60"),
        ("retention_in_days", None, "retention_in_days 30 -> (none)"),
        ("tags", {"team": "web"}, "tags team data -> web"),
        ("tags", {}, "tags team data -> (none)"),
    ],
)
def test_change_is_predicted_told_and_done(aws, run_module, key, value, reason):
    run_module(module, log_groups=GROUPS)
    first = {name: given for name, given in {**GROUPS[0], key: value}.items() if given is not None}
    wanted = [first, GROUPS[1]]
    predicted = run_module(module, check_mode=True, log_groups=wanted)
    done = run_module(module, log_groups=wanted)
    assert predicted["log_groups"] == done["log_groups"]
    assert done["log_groups"][0]["reasons"] == [reason]
    assert done["log_groups"][1]["changed"] is False
    assert run_module(module, log_groups=wanted)["changed"] is False


def test_check_mode_creates_nothing(aws, run_module):
    result = run_module(module, check_mode=True, log_groups=GROUPS)
    assert result["changed"] is True
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []


def test_absent_deletes_only_what_is_named(aws, run_module):
    run_module(module, log_groups=GROUPS)
    result = run_module(module, log_groups=GROUPS[:1], state="absent")
    assert result["log_groups"] == [
        {"name": "/farflow/test/tasks", "arn": result["log_groups"][0]["arn"], "changed": True, "reasons": ["deleted"]}
    ]
    left = boto3.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in left] == ["/farflow/test/airflow"]
    assert run_module(module, log_groups=GROUPS[:1], state="absent")["changed"] is False


def test_what_comes_too_close_to_another_change_is_done_a_little_later(run_module, calls, pauses):
    for operation in ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"):
        calls.refuse(operation, "OperationAbortedException")
    run_module(module, log_groups=GROUPS)
    assert run_module(module, log_groups=GROUPS)["changed"] is False
    run_module(module, log_groups=GROUPS, state="absent")
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []
    assert len(pauses) == 3


def test_a_group_that_is_listed_after_its_deletion_is_none(run_module, calls):
    run_module(module, log_groups=GROUPS)
    calls.refuse("ListTagsForResource", "ResourceNotFoundException")
    found = find(LOG_GROUP, Clients(lambda service, config: boto3.client(service)), "test")
    assert len(found) == 1
