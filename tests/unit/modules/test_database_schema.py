from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import database_schema as module
from aws_double.tasks import ended
from moto.rds.models import rds_backends

DIGEST = "sha256:2f5a8bd1c0e977665544332211"
BEFORE = "test-database-before-2f5a8bd1c0e9"
MODULE_UTILS = "ansible_collections.farflow.airflow.plugins.module_utils"
TAGS = {"farflow:environment": "test", "farflow:role": "rds"}
NETWORK = {"awsvpc_configuration": {"subnets": ["subnet-a"], "security_groups": ["sg-1"]}}


class Account:
    """A database, and a task definition whose commands end with the exit codes of ``ends``, and else with 0; None does
    not end.
    """

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
        self.now = datetime.now(UTC)
        ecs.wire.fault = self._choose
        self.rds = boto3.client("rds")
        self.database = self.make_database()

    def make_database(self):
        return self.rds.create_db_instance(
            DBInstanceIdentifier="test-database",
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            MasterUsername="airflow",
            MasterUserPassword="x" * 12,
            AllocatedStorage=20,
        )["DBInstance"]["DBInstanceArn"]

    def take(self, name, ago=timedelta(), status="available"):
        """A snapshot that was taken so long ago."""
        self.rds.create_db_snapshot(DBInstanceIdentifier="test-database", DBSnapshotIdentifier=name)
        found = rds_backends["123456789012"]["eu-west-1"].database_snapshots[name]
        found.created, found.status = self.now - ago, status

    def _choose(self, operation, given):
        if operation == "RunTask":
            command = " ".join(given["overrides"]["containerOverrides"][0]["command"])
            self.ran.append(command)
            self.tags_come_from.add(given.get("propagateTags"))
            exit_code = self.ends.get(command, 0)
            running = {"lastStatus": "RUNNING"}
            self.tasks.course = [running if exit_code is None else ended(exit_code, name="command")]

    @property
    def tag(self):
        tags = self.rds.list_tags_for_resource(ResourceName=self.database)["TagList"]
        return {tag["Key"]: tag["Value"] for tag in tags}.get("farflow:schema")

    @property
    def new_snapshot(self):
        """The name of one that is taken now."""
        return f"{BEFORE}-{self.now:%Y%m%d%H%M%S}"

    @property
    def snapshots(self):
        found = self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return {one["DBSnapshotIdentifier"]: {tag["Key"]: tag["Value"] for tag in one["TagList"]} for one in found}


@pytest.fixture
def account(aws, ecs, no_pauses, monkeypatch):
    monkeypatch.setattr(f"{MODULE_UTILS}.runs.run_task._LOG_LIMIT", 0)
    account = Account(ecs)
    monkeypatch.setattr(f"{MODULE_UTILS}.environment.database_schema.now", lambda: account.now)
    return account


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
    assert migrate()["snapshot"] == account.new_snapshot
    assert account.ran == ["migrate --no-upgrade", "migrate", "create-admin"]
    assert account.snapshots == {account.new_snapshot: TAGS}
    assert account.tag == f"{DIGEST} admin"


def test_a_database_that_takes_no_snapshot_right_now_is_waited_for(account, migrate, calls):
    """As it is backed up each day, and changed for a while after ModifyDBInstance."""
    account.ends["migrate --no-upgrade"] = 4
    calls.refuse("CreateDBSnapshot", "InvalidDBInstanceState", times=3)
    assert migrate()["snapshot"] == account.new_snapshot
    assert account.ran == ["migrate --no-upgrade", "migrate", "create-admin"]


@pytest.mark.parametrize(("exit_code", "told"), [(1, 1), (0, 0)])
def test_a_migration_that_fails_names_the_rule_without_which_it_reaches_no_database(account, migrate, exit_code, told):
    account.ends["migrate --no-upgrade"] = exit_code
    vpc = boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = boto3.client("ec2").create_security_group(GroupName="test-database", Description="-", VpcId=vpc)["GroupId"]
    rules = {"name": "test-database", "group_id": group, "ingress": {"tcp 5432 10.0.0.0/16": "metadata database"}}
    message = migrate(security_group_rules=[rules]).get("msg", "")
    lacking = f"security group test-database ({group}) lacks the rule that admits tcp 5432 from 10.0.0.0/16"
    assert message.count(f"{lacking}: metadata database") == told


def test_an_upgrade_that_fails_names_the_snapshot_and_is_not_remembered(account, migrate):
    account.ends.update({"migrate --no-upgrade": 4, "migrate": 1})
    message = migrate()["msg"]
    assert f"whose snapshot {account.new_snapshot} is as it was at {account.now:%Y-%m-%d %H:%M}" in message
    assert "first attempt" not in message
    assert "exit code 1" in message
    assert "the services still run what they ran" in message
    assert account.tag is None


def test_an_upgrade_that_is_repeated_within_the_hour_takes_no_second_snapshot(account, migrate):
    account.ends.update({"migrate --no-upgrade": 4, "migrate": 1})
    snapshot = account.new_snapshot
    migrate()
    account.now += timedelta(minutes=50)
    message = migrate()["msg"]
    assert f"whose snapshot {snapshot} is as it was at" in message
    assert "first attempt" not in message

    account.ends["migrate"] = 0
    assert migrate()["snapshot"] == snapshot
    assert list(account.snapshots) == [snapshot]
    assert account.tag == f"{DIGEST} admin"


@pytest.mark.parametrize("earlier", [BEFORE, f"{BEFORE}-20260101080000"])
def test_an_upgrade_that_is_repeated_later_has_a_snapshot_of_its_own_and_names_the_first(account, migrate, earlier):
    account.ends.update({"migrate --no-upgrade": 4, "migrate": 1})
    account.take(earlier, ago=timedelta(days=20))
    account.take(f"{BEFORE}-20260102080000", ago=timedelta(days=19))
    message = migrate()["msg"]
    assert f"whose snapshot {account.new_snapshot} is as it was at {account.now:%Y-%m-%d %H:%M}" in message
    first = f"{account.now - timedelta(days=20):%Y-%m-%d %H:%M:%S} UTC"
    assert f"\nsnapshot {earlier} is as it was before the first attempt with this image, at {first}\n" in message
    assert account.new_snapshot in account.snapshots


def test_a_snapshot_that_failed_is_no_snapshot(account, migrate):
    account.ends.update({"migrate --no-upgrade": 4, "migrate": 1})
    account.take(f"{BEFORE}-20260101080000", ago=timedelta(minutes=5), status="failed")
    message = migrate()["msg"]
    assert f"whose snapshot {account.new_snapshot} is" in message
    assert "first attempt" not in message


def test_the_snapshot_of_a_former_database_is_not_that_of_the_one_in_its_place(account, migrate):
    """Who goes back to a snapshot and deploys again within the hour."""
    account.ends["migrate --no-upgrade"] = 4
    account.take(f"{BEFORE}-20260101080000", ago=timedelta(minutes=5))
    account.rds.delete_db_instance(DBInstanceIdentifier="test-database", SkipFinalSnapshot=True)
    account.make_database()
    assert migrate()["snapshot"] == account.new_snapshot


def test_snapshots_of_other_images_and_databases_are_not_looked_at(account, migrate):
    account.ends.update({"migrate --no-upgrade": 4, "migrate": 1})
    account.take("test-database-before-000000000000-20260101080000", ago=timedelta(minutes=5))
    account.take("test-database-final-20260101080000", ago=timedelta(minutes=5))
    message = migrate()["msg"]
    assert f"whose snapshot {account.new_snapshot} is" in message
    assert "first attempt" not in message


def test_a_lost_answer_takes_no_second_snapshot(account, migrate, calls):
    """The client repeats the call, and is told that there is one of that name."""
    account.ends["migrate --no-upgrade"] = 4
    calls.before("CreateDBSnapshot", lambda: account.take(account.new_snapshot))
    assert migrate()["snapshot"] == account.new_snapshot
    assert list(account.snapshots) == [account.new_snapshot]


def test_another_exit_code_is_a_failure_and_takes_no_snapshot(account, migrate):
    account.ends["migrate --no-upgrade"] = 1
    assert "exit code 1" in migrate()["msg"]
    assert (account.snapshots, account.tag) == ({}, None)


@pytest.mark.parametrize("command", ["migrate --no-upgrade", "migrate"])
def test_a_migration_that_takes_too_long_says_what_gives_it_longer(account, migrate, command):
    account.ends = {"migrate --no-upgrade": 4, command: None}
    message = migrate(wait_timeout=0)["msg"]
    assert "after 0 s: it is RUNNING; it was stopped" in message
    assert "\nif it needs longer, raise airflow_service_migration_wait_minutes" in message
    assert ("the upgrade of the database failed" in message) is (command == "migrate")


def test_its_tasks_are_tagged_as_airflows_own(account, migrate):
    """What a policy that forbids to stop Airflow goes by."""
    migrate()
    assert account.tags_come_from == {"TASK_DEFINITION"}


def test_check_mode_runs_nothing(account, migrate):
    assert migrate(check_mode=True)["changed"] is True
    assert account.ran == []
