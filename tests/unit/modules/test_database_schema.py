from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import database_schema as module
from aws_double.tasks import ended

DIGEST = "sha256:2f5a8bd1c0e977665544332211"
SNAPSHOT = "test-database-before-2f5a8bd1c0e9"
TAGS = {"farflow:environment": "test", "farflow:role": "rds"}
NETWORK = {"awsvpc_configuration": {"subnets": ["subnet-a"], "security_groups": ["sg-1"]}}


class Account:
    """A database, and a task definition whose commands end with the exit codes of ``ends``, and else with 0."""

    def __init__(self, ecs):
        ecs.clusters.CreateCluster({"clusterName": "test"})
        container = {"name": "command", "image": "x"}
        ecs.task_definitions.RegisterTaskDefinition(
            {"family": "test-command", "cpu": "256", "containerDefinitions": [container]}
        )
        self.tasks = ecs.tasks
        self.ends = {}
        self.ran = []
        self.tags_come_from = set()
        ecs.wire.fault = self._choose
        self.rds = boto3.client("rds")
        self.database = self.rds.create_db_instance(
            DBInstanceIdentifier="test-database",
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            MasterUsername="airflow",
            MasterUserPassword="x" * 12,
            AllocatedStorage=20,
        )["DBInstance"]["DBInstanceArn"]

    def _choose(self, operation, given):
        if operation == "RunTask":
            command = " ".join(given["overrides"]["containerOverrides"][0]["command"])
            self.ran.append(command)
            self.tags_come_from.add(given.get("propagateTags"))
            self.tasks.course = [ended(self.ends.get(command, 0), name="command")]

    @property
    def tag(self):
        tags = self.rds.list_tags_for_resource(ResourceName=self.database)["TagList"]
        return {tag["Key"]: tag["Value"] for tag in tags}.get("farflow:schema")

    @property
    def snapshots(self):
        found = self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return {one["DBSnapshotIdentifier"]: {tag["Key"]: tag["Value"] for tag in one["TagList"]} for one in found}


@pytest.fixture
def account(aws, ecs, no_pauses, monkeypatch):
    monkeypatch.setattr("ansible_collections.farflow.airflow.plugins.module_utils.glue.ecs_run_task._LOG_LIMIT", 0)
    return Account(ecs)


@pytest.fixture
def migrate(account, run_module):
    def run(**arguments):
        return run_module(
            module,
            cluster="test",
            task_definition="test-command",
            container="command",
            network_configuration=NETWORK,
            database_arn=account.database,
            migrated_by=f"{DIGEST} admin",
            tags=TAGS,
            **arguments,
        )

    return run


def test_a_new_database_is_migrated_without_a_snapshot(account, migrate):
    result = migrate()
    assert (result["changed"], result["snapshot"]) == (True, None)
    assert account.ran == ["migrate --no-upgrade", "create-admin"]
    assert account.snapshots == {}
    assert account.tag == f"{DIGEST} admin"


def test_the_schema_of_an_older_airflow_is_kept_as_a_snapshot_first(account, migrate):
    account.ends["migrate --no-upgrade"] = 4
    assert migrate()["snapshot"] == SNAPSHOT
    assert account.ran == ["migrate --no-upgrade", "migrate", "create-admin"]
    assert account.snapshots == {SNAPSHOT: TAGS}
    assert account.tag == f"{DIGEST} admin"


def test_a_database_that_takes_no_snapshot_right_now_is_waited_for(account, migrate, calls):
    """As it is backed up each day, and changed for a while after ModifyDBInstance."""
    account.ends["migrate --no-upgrade"] = 4
    calls.refuse("CreateDBSnapshot", "InvalidDBInstanceState", times=3)
    assert migrate()["snapshot"] == SNAPSHOT
    assert account.ran == ["migrate --no-upgrade", "migrate", "create-admin"]


def test_an_upgrade_that_fails_names_the_snapshot_and_is_not_remembered(account, migrate):
    account.ends.update({"migrate --no-upgrade": 4, "migrate": 1})
    message = migrate()["msg"]
    assert f"whose snapshot {SNAPSHOT} is as it was before" in message
    assert "exit code 1" in message
    assert "the services still run what they ran" in message
    assert account.tag is None

    account.ends["migrate"] = 0
    assert migrate()["changed"] is True
    assert list(account.snapshots) == [SNAPSHOT]
    assert account.tag == f"{DIGEST} admin"


def test_another_exit_code_is_a_failure_and_takes_no_snapshot(account, migrate):
    account.ends["migrate --no-upgrade"] = 1
    assert "exit code 1" in migrate()["msg"]
    assert (account.snapshots, account.tag) == ({}, None)


def test_its_tasks_are_tagged_as_airflows_own(account, migrate):
    """What a policy that forbids to stop Airflow goes by."""
    migrate()
    assert account.tags_come_from == {"TASK_DEFINITION"}


def test_check_mode_runs_nothing(account, migrate):
    assert migrate(check_mode=True)["changed"] is True
    assert account.ran == []
