from __future__ import annotations

import datetime

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds import instance as rds_instances
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds import snapshot as rds_snapshots
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds import subnet_group as pure_groups
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import documents as pure_instances
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.snapshot import documents as pure_snapshots
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.subnet_group import SUBNET_GROUP

_MINIMAL = {
    "engine_version": "17",
    "instance_class": "db.t4g.small",
    "allocated_storage": 25,
    "master_username": "airflow",
    "master_user_secret": "password",
}


def tags_of(environment):
    return {"farflow:environment": environment}


def tags(environment):
    return [{"Key": key, "Value": value} for key, value in tags_of(environment).items()]


def test_a_subnet_group_is_found_as_it_is_desired(clients):
    subnets = [subnet["SubnetId"] for subnet in clients("ec2").describe_subnets()["Subnets"]][:2]
    for name, environment in (("test-database", "test"), ("test-two-database", "test-two")):
        clients("rds").create_db_subnet_group(
            DBSubnetGroupName=name,
            DBSubnetGroupDescription="for Airflow",
            SubnetIds=subnets,
            Tags=tags(environment),
        )
    wanted = {
        "name": "test-database",
        "description": "for Airflow",
        "subnet_ids": [subnets[1], subnets[0]],
        "tags": {"farflow:environment": "test"},
    }
    found = find(SUBNET_GROUP, clients, "test", ["test-database"])
    assert plan([pure_groups.desired(wanted)], found) == []
    [action] = plan([pure_groups.desired({**wanted, "subnet_ids": subnets[:1]})], found)
    assert action.reasons == (f"subnet_ids [{', '.join(sorted(subnets))}] -> [{subnets[0]}]",)
    assert find(SUBNET_GROUP, clients, "test") == found


def snapshot(name, day, status="available", instance="test-database"):
    return pure_snapshots.canonical(
        {
            "DBSnapshotIdentifier": name,
            "DBSnapshotArn": f"arn:aws:rds:eu-west-1:123456789012:snapshot:{name}",
            "DBInstanceIdentifier": instance,
            "Engine": "postgres",
            "EngineVersion": "17.4",
            "AllocatedStorage": 25,
            "Status": status,
            "SnapshotCreateTime": datetime.datetime(2026, 1, day, tzinfo=datetime.UTC)
            if status != "creating"
            else None,
        }
    )


def test_the_newest_finished_snapshot_of_the_instance_is_taken():
    snapshots = [
        snapshot("b", 2),
        snapshot("a", 3),
        snapshot("c", 1),
        snapshot("creating", 4, status="creating"),
        snapshot("failed", 5, status="failed"),
        snapshot("foreign", 6, instance="test-two-database"),
    ]
    found = pure_snapshots.newest(snapshots, "test-database")
    assert found is not None and found.name == "a"
    assert pure_snapshots.newest([], "test-database") is None


def at(hour, minute=0):
    return datetime.datetime(2026, 1, 2, hour, minute, tzinfo=datetime.UTC)


def test_the_snapshots_of_an_upgrade_are_those_of_its_image_that_can_be_gone_back_to():
    prefix = pure_snapshots.upgrade_prefix("test-database", "sha256:2f5a8bd1c0e977665544")
    name = pure_snapshots.upgrade_name(prefix, at(9, 5))
    assert name == "test-database-before-2f5a8bd1c0e9-20260102090500"
    snapshots = [
        snapshot(f"{prefix}-c", 4, status="creating"),
        snapshot(f"{prefix}-b", 2),
        snapshot(prefix, 1),
        snapshot(f"{prefix}-d", 1, status="failed"),
        snapshot(f"{prefix}-e", 1, status="deleting"),
        snapshot("test-database-before-000000000000-20260102090500", 1),
        snapshot("test-database-final-20260102090500", 1),
    ]
    found = pure_snapshots.of_upgrade(snapshots, prefix, at(9))
    assert [one.name for one in found] == [prefix, f"{prefix}-b", f"{prefix}-c"]


@pytest.mark.parametrize(
    ("status", "now", "made", "same"),
    [
        ("available", at(0, 59), at(0) - datetime.timedelta(days=9), True),
        ("available", at(1), at(0) - datetime.timedelta(days=9), False),
        ("available", at(0, 59), at(0, 30), False),
        ("creating", at(9), at(0), True),
    ],
)
def test_the_snapshot_of_an_attempt_within_the_hour_is_enough(status, now, made, same):
    """It is of midnight, unless it is under way; the instance may have been made after it."""
    snapshots = [snapshot("older", 1), snapshot("newest", 2, status=status)]
    assert (pure_snapshots.of_same_attempt(snapshots, made, now) is snapshots[-1]) is same
    assert pure_snapshots.of_same_attempt([], made, now) is None


def database(clients, name, environment):
    clients("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.small",
        Engine="postgres",
        EngineVersion="17",
        AllocatedStorage=25,
        MasterUsername="airflow",
        MasterUserPassword="12345678",
        Tags=tags(environment),
        CopyTagsToSnapshot=True,
    )


def test_snapshots_are_taken_once_and_found_by_environment(clients):
    database(clients, "test-database", "test")
    database(clients, "test-two-database", "test-two")
    for _unused in range(2):
        rds_snapshots.create(clients, "test-database", "test-before", tags_of("test"), limit=60)
    rds_snapshots.create(clients, "test-two-database", "test-two-before", tags_of("test-two"), limit=None)
    assert [found.name for found in rds_snapshots.find(clients, "test")] == ["test-before"]
    (own, named) = rds_snapshots.find(clients, "test", "test-two-before")
    assert (own.name, named.name) == ("test-before", "test-two-before")
    assert (named.properties["instance"], named.properties["tags"]) == ("test-two-database", {})
    assert [found.name for found in rds_snapshots.find(clients, "test", "test-before")] == ["test-before"]
    assert rds_snapshots.find(clients, "none", "no-such") == []


@pytest.mark.parametrize(
    ("status", "told"),
    [("failed", "database snapshot s failed"), ("creating", "after 0 s: creating, 40 % done"), (None, "s is gone")],
)
def test_a_snapshot_that_does_not_come_is_told(clients, monkeypatch, status, told):
    database(clients, "test-database", "test")
    seen = {"Status": status, "PercentProgress": 40} if status else None
    monkeypatch.setattr(rds_snapshots.snapshot_calls, "describe", lambda clients, identifier: seen)
    with pytest.raises(FarflowError, match=told):
        rds_snapshots.create(clients, "test-database", "s", {}, limit=0)


def test_instances_of_the_environment_and_the_wanted_one_are_found(clients):
    clients("secretsmanager").create_secret(Name="password", SecretString="x")
    for name in ("test-database", "test-extra"):
        database(clients, name, "test")
    database(clients, "test-two-database", "test-two")
    wanted = {**_MINIMAL, "identifier": "test-database"}
    actions = plan([pure_instances.desired(wanted)], rds_instances.find(clients, "test", wanted))
    assert [(action.kind, action.resource.name) for action in actions] == [
        ("change", "test-database"),
        ("delete", "test-extra"),
    ]
    assert {found.name for found in rds_instances.find(clients, "test")} == {"test-database", "test-extra"}
    assert {found.name for found in rds_instances.find(clients, "none", wanted)} == {"test-database"}


def test_tags_that_are_shown_late_are_asked_for(clients, monkeypatch):
    clients("secretsmanager").create_secret(Name="password", SecretString="x")
    database(clients, "test-database", "test")
    before = rds_instances.instance_calls.list_all(clients)
    arn = before[0]["DBInstanceArn"]
    clients("rds").add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "farflow:schema", "Value": "x"}])
    monkeypatch.setattr(rds_instances.instance_calls, "list_all", lambda clients: before)
    wanted = {**_MINIMAL, "identifier": "test-database"}
    (found,) = rds_instances.find(clients, "test", wanted)
    assert found.properties["tags"]["farflow:schema"] == "x"
