from __future__ import annotations

import json

import boto3
import given_database
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds import instance as glue
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import documents
from ansible_collections.farflow.airflow.plugins.modules import rds_instances as module
from given_database import (
    GONE,
    SECRET,
    at_every_pause,
    becomes,
    database,
    mutating,
    ok,
    recorded,
    run,
    tell_versions,
)
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, RDSBackend, rds_backends

DATABASE = {
    **given_database.DATABASE,
    "db_name": "airflow",
    "preferred_backup_window": "01:00-02:00",
    "preferred_maintenance_window": "sun:05:00-sun:06:00",
    "vpc_security_group_ids": ["sg-1"],
}


@pytest.fixture
def client(aws, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(DBInstance, "update", _update_like_aws)
    tell_versions(monkeypatch, "17.5", "17.6", "18.3", "18.4")
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="first-password")
    rds = boto3.client("rds")
    for name in ("test-one", "test-two"):
        rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily="postgres17", Description="x")
    return rds


_update = DBInstance.update


def _update_like_aws(database, **given):
    """moto drops these two."""
    renamed = {"enable_performance_insights": "performance_insights_enabled", "db_port_number": "port"}
    _update(database, **{renamed.get(name, name): value for name, value in given.items()})


@pytest.fixture
def calls(client, monkeypatch):
    return recorded(monkeypatch)


def test_creates_with_tags_and_password_in_one_call_then_changes_nothing(client, run_module, calls):
    first = ok(run(run_module, **DATABASE))
    assert first["changed"] is True and first["reasons"] == ["created"]
    assert (first["status"], first["port"]) == ("available", 5432)
    assert first["address"].startswith("test-database.")
    [(name, given)] = [call for call in calls if call[0] in mutating(calls)]
    assert name == "CreateDBInstance"
    assert given["MasterUserPassword"] == "first-password"
    assert {tag["Key"] for tag in given["Tags"]} == {"farflow:environment", "farflow:master-user-secret"}
    calls.clear()
    second = ok(run(run_module, **DATABASE))
    assert [name for name, _unused in calls] == ["DescribeDBInstances", "ListTagsForResource"]
    assert (second["changed"], second["reasons"]) == (False, [])
    assert (second["arn"], second["address"]) == (first["arn"], first["address"])


def test_the_password_shows_nowhere(client, run_module):
    results = [run(run_module, **DATABASE), run(run_module, **{**DATABASE, "db_name": "other"})]
    assert "first-password" not in json.dumps(results)
    assert "first-password" not in json.dumps(database().tags)


def test_check_mode_creates_nothing(client, run_module, calls):
    result = ok(run(run_module, check_mode=True, **DATABASE))
    assert (result["changed"], result["reasons"], result["status"]) == (True, ["created"], "absent")
    assert mutating(calls) == []


def test_a_missing_secret_is_told(client, pauses, run_module):
    result = run(run_module, **{**DATABASE, "master_user_secret": "other"})
    assert result["msg"] == (
        "gave up waiting for secret other, which holds the password of database test-database, after 60 s: it does not "
        "exist or has no value; make it first with farflow.airflow.secretsmanager_secrets"
    )
    assert sum(pauses) == 60


def test_a_secret_that_was_made_a_moment_ago_is_waited_for(client, run_module, monkeypatch, calls):
    def made():
        boto3.client("secretsmanager").create_secret(Name="other", SecretString="late")

    at_every_pause(monkeypatch, lambda: None, made)
    ok(run(run_module, **{**DATABASE, "master_user_secret": "other"}))
    assert dict(calls)["CreateDBInstance"]["MasterUserPassword"] == "late"


def test_the_password_may_be_a_member_of_a_json_secret(client, run_module, calls):
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString='{"password": "in json"}')
    ok(run(run_module, **DATABASE, master_user_secret_json_key="password"))
    assert dict(calls)["CreateDBInstance"]["MasterUserPassword"] == "in json"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("engine_version", "17.5", "engine_version 17 -> 17.5"),
        ("instance_class", "db.m7g.large", "instance_class db.t4g.small -> db.m7g.large"),
        ("allocated_storage", 50, "allocated_storage 25 -> 50"),
        ("max_allocated_storage", 100, "max_allocated_storage (none) -> 100"),
        ("storage_type", "gp2", "storage_type gp3 -> gp2"),
        ("multi_az", True, "multi_az false -> true"),
        ("port", 5433, "port 5432 -> 5433"),
        ("parameter_group_name", "test-two", "parameter_group_name test-one -> test-two"),
        ("vpc_security_group_ids", ["sg-2", "sg-1"], "vpc_security_group_ids [sg-1] -> [sg-1, sg-2]"),
        ("publicly_accessible", True, "publicly_accessible false -> true"),
        ("backup_retention_period", 14, "backup_retention_period 7 -> 14"),
        ("preferred_backup_window", "02:00-03:00", "preferred_backup_window 01:00-02:00 -> 02:00-03:00"),
        (
            "preferred_maintenance_window",
            "mon:05:00-mon:06:00",
            "preferred_maintenance_window sun:05:00-sun:06:00 -> mon:05:00-mon:06:00",
        ),
        ("copy_tags_to_snapshot", False, "copy_tags_to_snapshot true -> false"),
        ("deletion_protection", True, "deletion_protection false -> true"),
        ("auto_minor_version_upgrade", False, "auto_minor_version_upgrade true -> false"),
        (
            "iam_database_authentication_enabled",
            True,
            "iam_database_authentication_enabled false -> true",
        ),
        ("performance_insights_enabled", True, "performance_insights_enabled false -> true"),
        ("cloudwatch_logs_exports", ["upgrade"], "cloudwatch_logs_exports (none) -> [upgrade]"),
        ("ca_certificate_identifier", "rds-ca-new", "ca_certificate_identifier rds-ca-default -> rds-ca-new"),
        ("tags", {"farflow:environment": "test", "team": "data"}, "tags team (none) -> data"),
    ],
)  # fmt: skip
def test_change_is_predicted_told_and_done(client, run_module, calls, name, value, reason):
    before = {**DATABASE, "parameter_group_name": "test-one", "auto_minor_version_upgrade": True}
    ok(run(run_module, **before))
    predicted = ok(run(run_module, check_mode=True, **{**before, name: value}))
    calls.clear()
    done = ok(run(run_module, **{**before, name: value}))
    assert predicted["reasons"] == done["reasons"]
    assert done["reasons"] == [reason]
    assert set(mutating(calls)) <= {"ModifyDBInstance", "AddTagsToResource", "RemoveTagsFromResource"}
    assert ok(run(run_module, **{**before, name: value}))["changed"] is False


def test_only_what_differs_is_asked_for(client, run_module, calls):
    ok(run(run_module, **DATABASE))
    ok(run(run_module, **{**DATABASE, "multi_az": True}))
    assert dict(calls)["ModifyDBInstance"] == {
        "DBInstanceIdentifier": "test-database",
        "ApplyImmediately": True,
        "MultiAZ": True,
    }


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("BackupRetentionPeriod", 1, "backup_retention_period 1 -> 7"),
        ("EnableIAMDatabaseAuthentication", True, "iam_database_authentication_enabled true -> false"),
    ],
)
def test_drift_is_mended(client, run_module, member, value, reason):
    ok(run(run_module, **DATABASE))
    client.modify_db_instance(DBInstanceIdentifier="test-database", **{member: value})
    assert ok(run(run_module, **DATABASE))["reasons"] == [reason]
    assert ok(run(run_module, **DATABASE))["changed"] is False


def test_what_others_remember_on_it_is_left(client, run_module):
    arn = ok(run(run_module, **DATABASE))["arn"]
    for name in ("farflow:schema", "foreign"):
        client.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": name, "Value": "x"}])
    assert ok(run(run_module, **DATABASE))["reasons"] == ["tags foreign x -> (none)"]
    assert {"Key": "farflow:schema", "Value": "x"} in database().tags
    assert ok(run(run_module, **DATABASE))["changed"] is False


def test_a_new_version_of_the_secret_becomes_the_password(client, run_module, calls):
    ok(run(run_module, **DATABASE))
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="second-password")
    result = ok(run(run_module, **DATABASE))
    assert result["reasons"] == [f"master_user_secret (another) -> current version of {SECRET}"]
    assert database()._master_user_password == "second-password"
    assert ok(run(run_module, **DATABASE))["changed"] is False


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("db_name", "other", "db_name airflow -> other can't be changed"),
        ("master_username", "other", "master_username airflow -> other can't be changed"),
        ("storage_encrypted", False, "storage_encrypted true -> false can't be changed"),
        ("kms_key_id", "other", "can't be changed: set it back, or take a snapshot"),
        ("allocated_storage", 20, "storage can't shrink; set it to 25"),
        ("allocated_storage", 26, "by at least a tenth; set it to 28 or more"),
        ("engine_version", "16", "AWS can't go back"),
        ("engine_version", "18", "set allow_major_version_upgrade"),
        ("engine_version", "99", "AWS upgrades it to one of 17.5, 17.6, 18.3, 18.4, and to no other version"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_aws_refuses_is_refused_with_advice(client, run_module, calls, name, value, told, check_mode):
    ok(run(run_module, **DATABASE))
    calls.clear()
    result = run(run_module, check_mode=check_mode, **{**DATABASE, name: value})
    assert result["failed"] is True
    assert result["msg"].startswith("database test-database: ") and told in result["msg"]
    assert mutating(calls) == []


def test_a_major_upgrade_needs_leave(client, run_module, calls):
    ok(run(run_module, **DATABASE))
    ok(run(run_module, **{**DATABASE, "engine_version": "18", "allow_major_version_upgrade": True}))
    asked = dict(calls)["ModifyDBInstance"]
    assert (asked["EngineVersion"], asked["AllowMajorVersionUpgrade"]) == ("18.4", True)


def test_extended_support_is_switched_off_at_the_creation(client, run_module, calls):
    ok(run(run_module, **DATABASE, engine_lifecycle_support="open-source-rds-extended-support-disabled"))
    assert dict(calls)["CreateDBInstance"]["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"


def test_a_creation_is_started_and_awaited_later(client, run_module, monkeypatch):
    ok(run(run_module, **{**DATABASE, "wait": False}))
    database().status = "creating"
    early = ok(run(run_module, **{**DATABASE, "wait": False, "multi_az": True}))
    assert (early["changed"], early["status"]) == (False, "creating")
    at_every_pause(monkeypatch, becomes("backing-up"))
    late = ok(run(run_module, **DATABASE))
    assert (late["changed"], late["status"]) == (False, "backing-up")


def test_a_change_waits_until_aws_accepts_it(client, run_module, monkeypatch, calls):
    ok(run(run_module, **DATABASE))
    database().status = "backing-up"
    at_every_pause(monkeypatch, lambda: None, becomes("available"))
    calls.clear()
    ok(run(run_module, **{**DATABASE, "multi_az": True, "wait": False}))
    names = [name for name, _unused in calls if name != "ListTagsForResource"]
    assert names.index("ModifyDBInstance") == names.count("DescribeDBInstances") - 1


def test_a_backup_that_begins_in_between_is_waited_for(client, run_module, monkeypatch):
    ok(run(run_module, **DATABASE))
    refusals = ["change", "deletion"]

    def refuse_once(action, answer):
        def handler(*positional, **given):
            if action in refusals:
                refusals.remove(action)
                raise RDSClientError("InvalidDBInstanceState", "is backing up")
            return answer(*positional, **given)

        return handler

    monkeypatch.setattr(RDSBackend, "modify_db_instance", refuse_once("change", RDSBackend.modify_db_instance))
    monkeypatch.setattr(RDSBackend, "delete_db_instance", refuse_once("deletion", RDSBackend.delete_db_instance))
    ok(run(run_module, **{**DATABASE, "multi_az": True}))
    ok(run(run_module, **GONE, skip_final_snapshot=True))
    assert (refusals, client.describe_db_instances()["DBInstances"]) == ([], [])


def test_a_wait_has_a_limit_and_tells_the_state(client, run_module):
    ok(run(run_module, **{**DATABASE, "wait": False}))
    database().status = "creating"
    result = run(run_module, **DATABASE, wait_timeout=0)
    assert result["msg"] == "gave up waiting for database test-database to be available after 0 s: it is creating"


def test_a_change_that_aws_does_not_make_is_told(client, run_module, monkeypatch):
    ok(run(run_module, **DATABASE))
    monkeypatch.setattr(glue, "_VISIBLE_WITHIN", 0.0)
    monkeypatch.setattr(DBInstance, "update", lambda database, **given: None)
    result = run(run_module, **{**DATABASE, "multi_az": True})
    assert result["msg"].endswith("to show its change after 0 s: multi_az false -> true")


def test_a_stopped_instance_is_started(client, run_module, monkeypatch):
    ok(run(run_module, **DATABASE))
    client.stop_db_instance(DBInstanceIdentifier="test-database")
    predicted = ok(run(run_module, check_mode=True, **DATABASE))
    result = ok(run(run_module, **DATABASE))
    assert predicted["reasons"] == result["reasons"] == ["status stopped -> available"]
    assert result["status"] == "available"


def test_one_that_is_being_deleted_is_made_anew(client, run_module, monkeypatch):
    ok(run(run_module, **DATABASE))
    database().status = "deleting"

    def gone():
        client.delete_db_instance(DBInstanceIdentifier="test-database", SkipFinalSnapshot=True)

    assert ok(run(run_module, check_mode=True, **DATABASE))["reasons"] == ["created"]
    at_every_pause(monkeypatch, gone)
    assert ok(run(run_module, **DATABASE))["reasons"] == ["created"]


def test_absent_takes_the_final_snapshot_and_is_content(client, run_module):
    ok(run(run_module, **DATABASE))
    gone = {**GONE, "final_snapshot_identifier": "test-final"}
    predicted = ok(run(run_module, check_mode=True, **gone))
    result = ok(run(run_module, **gone))
    assert predicted["reasons"] == result["reasons"] == ["deleted with final snapshot test-final"]
    assert result["status"] == "absent"
    assert client.describe_db_instances()["DBInstances"] == []
    [snapshot] = client.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"] == "test-final"
    assert ok(run(run_module, **gone))["changed"] is False


@pytest.mark.parametrize("given", [{}, {"skip_final_snapshot": True, "final_snapshot_identifier": "x"}])
def test_absent_needs_a_word_about_the_snapshot(client, run_module, given):
    ok(run(run_module, **DATABASE))
    result = run(run_module, check_mode=True, **GONE, **given)
    assert "give either final_snapshot_identifier or skip_final_snapshot" in result["msg"]


def test_absent_refuses_what_is_protected(client, run_module):
    ok(run(run_module, **DATABASE, deletion_protection=True))
    result = run(run_module, **GONE, skip_final_snapshot=True)
    assert "is protected from deletion: set its deletion_protection to false first" in result["msg"]
    assert len(client.describe_db_instances()["DBInstances"]) == 1


def test_absent_waits_for_a_deletion_under_way(client, run_module, monkeypatch, calls):
    ok(run(run_module, **DATABASE))
    database().status = "deleting"
    at_every_pause(monkeypatch, rds_backends["123456789012"]["eu-west-1"].databases.clear)
    calls.clear()
    result = ok(run(run_module, **GONE, skip_final_snapshot=True))
    assert (result["changed"], result["status"]) == (False, "absent")
    assert mutating(calls) == []


def test_absent_lets_a_creation_finish_for_its_snapshot(client, run_module, monkeypatch):
    ok(run(run_module, **DATABASE))
    database().status = "creating"
    at_every_pause(monkeypatch, becomes("available"))
    ok(run(run_module, **GONE, final_snapshot_identifier="test-final"))
    assert len(client.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]) == 1


def test_the_first_database_of_an_account_waits_for_its_service_linked_role(run_module, client, monkeypatch):
    refusal = "Unable to create the resource. Verify that you have permission to create service linked role."
    refusals = [RDSClientError("InvalidParameterValue", refusal)]
    create = RDSBackend.create_db_instance

    def refused_once(backend, arguments):
        if refusals:
            raise refusals.pop()
        return create(backend, arguments)

    monkeypatch.setattr(RDSBackend, "create_db_instance", refused_once)
    assert run(run_module, **DATABASE)["reasons"] == ["created"]
    assert refusals == []


def test_several_are_started_in_one_call_and_told_in_the_order_given(client, run_module):
    instances = [{key: value for key, value in DATABASE.items() if key != "wait"}]
    instances.insert(0, {**instances[0], "identifier": "test-other"})
    done = ok(run_module(module, instances=instances))
    told = [(each["identifier"], each["changed"], each["reasons"]) for each in done["instances"]]
    assert told == [("test-other", True, ["created"]), ("test-database", True, ["created"])]
    assert (done["changed"], done["diff"]["prepared"]) == (True, "test-other: created\ntest-database: created\n")
    assert ok(run_module(module, instances=instances))["changed"] is False
    gone = [{"identifier": each["identifier"], "skip_final_snapshot": True} for each in instances]
    done = ok(run_module(module, instances=gone, state="absent", wait=True))
    assert [each["status"] for each in done["instances"]] == ["absent", "absent"]
    assert client.describe_db_instances()["DBInstances"] == []


def test_what_an_instance_lacks_is_told_before_aws_is_asked(run_module, calls):
    given = [{"identifier": "first"}, {**DATABASE, "identifier": "second", "engine_version": None}]
    del given[1]["wait"]
    assert run_module(module, instances=given)["msg"].splitlines() == [
        *(f"database first needs {name}" for name in documents._NEEDED),
        "database second needs engine_version",
    ]
    assert calls == []
