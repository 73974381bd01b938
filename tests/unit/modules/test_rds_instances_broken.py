"""A database that is broken: what is told of it, what mends it, and what is left of one that goes."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import status
from given_database import DATABASE, GONE, SECRET, at_every_pause, becomes, database, mutating, ok, recorded, run
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, RDSBackend


@pytest.fixture
def client(aws, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="first-password")
    return boto3.client("rds")


@pytest.fixture
def calls(client, monkeypatch):
    return recorded(monkeypatch)


def test_a_creation_that_fails_tells_its_events(client, run_module, monkeypatch):
    ok(run(run_module, **{**DATABASE, "wait": False}))
    database().status = "creating"
    at_every_pause(monkeypatch, becomes("incompatible-network"))
    result = run(run_module, **DATABASE)
    cure = status.cure("incompatible-network")
    assert result["msg"].startswith(f"database test-database is incompatible-network: {cure}; its last events:\n")
    assert "DB instance created" in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("given", [{}, {"multi_az": True}])
@pytest.mark.parametrize("word", ["failed", "incompatible-parameters", "storage-full"])
def test_a_broken_one_is_told_with_its_events_also_without_a_wait(
    client, run_module, calls, monkeypatch, word, given, check_mode
):
    """As a deploy calls it, which waits elsewhere."""
    ok(run(run_module, **DATABASE))
    database().status = word
    at_every_pause(monkeypatch)
    calls.clear()
    result = run(run_module, check_mode=check_mode, **{**DATABASE, "wait": False, **given})
    assert result["msg"].startswith(f"database test-database is {word}: {status.cure(word)}; its last events:\n")
    assert mutating(calls) == []


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("given", [{"allocated_storage": 50}, {"max_allocated_storage": 50}])
def test_one_whose_storage_is_full_is_mended_by_more(client, run_module, calls, monkeypatch, given, wait):
    ok(run(run_module, **DATABASE))
    database().status = "storage-full"
    at_every_pause(monkeypatch, becomes("available"))
    calls.clear()
    result = ok(run(run_module, **{**DATABASE, "wait": wait, **given}))
    assert (result["changed"], mutating(calls)) == (True, ["ModifyDBInstance"])


def test_a_limit_without_room_for_a_step_mends_nothing(client, run_module, calls):
    ok(run(run_module, **DATABASE))
    database().status = "storage-full"
    calls.clear()
    result = run(run_module, **{**DATABASE, "max_allocated_storage": 30}, wait_timeout=0)
    assert "database test-database is storage-full: " in result["msg"]
    assert mutating(calls) == []


def test_one_that_waits_for_more_storage_tells_what_helps(client, run_module):
    """AWS makes no second change within six hours, not even by autoscaling."""
    ok(run(run_module, **DATABASE))
    database().status = "storage-full"
    result = run(run_module, **{**DATABASE, "allocated_storage": 50}, wait_timeout=0)
    assert f": it is storage-full: {status.cure('storage-full')}" in result["msg"]
    assert "six hours" in result["msg"]


def test_absent_of_a_broken_one_takes_no_snapshot(client, run_module):
    ok(run(run_module, **DATABASE))
    database().status = "failed"
    refused = run(run_module, **GONE, final_snapshot_identifier="test-final")
    assert "of which AWS takes no final snapshot: give skip_final_snapshot: true" in refused["msg"]
    result = ok(run(run_module, **GONE, skip_final_snapshot=True))
    assert result["reasons"] == ["deleted without final snapshot"]
    assert client.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"] == []


def test_of_one_that_is_broken_otherwise_aws_is_asked_for_a_snapshot(client, run_module):
    ok(run(run_module, **DATABASE))
    database().status = "incompatible-parameters"
    ok(run(run_module, **GONE, final_snapshot_identifier="test-final"))
    assert snapshot_tags(client)["farflow:environment"] == "test"


def test_where_aws_takes_none_its_answer_is_told_at_once(client, run_module, calls, monkeypatch):
    ok(run(run_module, **DATABASE))
    database().status = "incompatible-parameters"
    at_every_pause(monkeypatch)
    refuse(monkeypatch, "delete_db_instance", 1)
    calls.clear()
    result = run(run_module, **GONE, final_snapshot_identifier="test-final")
    assert result["msg"].startswith(
        "could not delete database test-database, which is incompatible-parameters, with a final snapshot: "
    )
    assert "InvalidDBInstanceState" in result["msg"] and "is not in a state for that" in result["msg"]
    assert status.cure("incompatible-parameters") in result["msg"]
    assert "rds_skip_final_snapshot" in result["msg"]
    assert mutating(calls) == ["DeleteDBInstance"]


def test_absent_of_a_read_replica_takes_no_snapshot(client, run_module, calls):
    ok(run(run_module, **{**DATABASE, "identifier": "test-source"}))
    client.create_db_instance_read_replica(
        DBInstanceIdentifier="test-database", SourceDBInstanceIdentifier="test-source"
    )
    calls.clear()
    refused = run(run_module, **GONE, final_snapshot_identifier="test-final")
    assert refused["msg"].startswith("database test-database is a read replica of test-source, of which AWS takes no ")
    assert mutating(calls) == []
    assert ok(run(run_module, **GONE, skip_final_snapshot=True))["changed"] is True


def snapshot_tags(client):
    [snapshot] = client.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return {tag["Key"]: tag["Value"] for tag in snapshot["TagList"]}


def refuse(monkeypatch, name, times):
    """As AWS refuses something because of the instance's state."""
    do, remaining = getattr(RDSBackend, name), ["refusal"] * times

    def refuse_or_do(backend, *positional, **given):
        if remaining:
            remaining.pop()
            raise RDSClientError("InvalidDBInstanceState", "is not in a state for that")
        return do(backend, *positional, **given)

    monkeypatch.setattr(RDSBackend, name, refuse_or_do)


@pytest.mark.parametrize(("copied", "before"), [(True, []), (False, ["ModifyDBInstance"])])
def test_a_run_killed_after_the_deletion_leaves_a_snapshot_that_the_next_deploy_finds(
    client, run_module, calls, copied, before
):
    ok(run(run_module, **DATABASE, copy_tags_to_snapshot=copied))
    gone = {**GONE, "final_snapshot_identifier": "test-final"}
    calls.clear()
    predicted = ok(run(run_module, check_mode=True, **gone))
    assert mutating(calls) == []
    result = ok(run(run_module, **gone))
    assert mutating(calls) == [*before, "DeleteDBInstance"]
    assert predicted["reasons"] == result["reasons"] == ["deleted with final snapshot test-final"]
    assert snapshot_tags(client)["farflow:environment"] == "test"


def test_nothing_else_is_changed_before_it_goes(client, run_module, calls):
    ok(run(run_module, **DATABASE, copy_tags_to_snapshot=False))
    ok(run(run_module, **GONE, final_snapshot_identifier="test-final"))
    assert dict(calls)["ModifyDBInstance"] == {
        "DBInstanceIdentifier": "test-database",
        "ApplyImmediately": True,
        "CopyTagsToSnapshot": True,
    }


def test_without_a_final_snapshot_there_is_nothing_to_copy_tags_to(client, run_module, calls):
    ok(run(run_module, **DATABASE, copy_tags_to_snapshot=False))
    calls.clear()
    ok(run(run_module, **GONE, skip_final_snapshot=True))
    assert mutating(calls) == ["DeleteDBInstance"]


@pytest.mark.parametrize("word", ["stopped", "storage-full"])
def test_of_one_that_aws_does_not_change_the_snapshot_is_tagged_afterwards(
    client, run_module, calls, monkeypatch, word
):
    ok(run(run_module, **DATABASE, copy_tags_to_snapshot=False))
    database().status = word
    refuse(monkeypatch, "modify_db_instance", 1)
    calls.clear()
    ok(run(run_module, **GONE, final_snapshot_identifier="test-final"))
    assert mutating(calls) == ["ModifyDBInstance", "DeleteDBInstance", "AddTagsToResource"]
    assert snapshot_tags(client)["farflow:environment"] == "test"


@pytest.mark.parametrize("word", ["incompatible-parameters", "storage-full"])
def test_nor_does_a_change_that_aws_accepts_and_does_not_make_keep_one_that_is_broken(
    client, run_module, calls, monkeypatch, word
):
    ok(run(run_module, **DATABASE, copy_tags_to_snapshot=False))
    database().status = word
    monkeypatch.setattr(DBInstance, "update", lambda database, **given: None)
    at_every_pause(monkeypatch)
    calls.clear()
    ok(run(run_module, **GONE, final_snapshot_identifier="test-final"))
    assert mutating(calls) == ["ModifyDBInstance", "DeleteDBInstance", "AddTagsToResource"]
    assert snapshot_tags(client)["farflow:environment"] == "test"


def test_a_backup_is_waited_for_to_have_the_tags_copied(client, run_module, calls, monkeypatch):
    ok(run(run_module, **DATABASE, copy_tags_to_snapshot=False))
    database().status = "backing-up"
    refuse(monkeypatch, "modify_db_instance", 1)
    at_every_pause(monkeypatch, becomes("available"))
    calls.clear()
    ok(run(run_module, **GONE, final_snapshot_identifier="test-final"))
    assert mutating(calls) == ["ModifyDBInstance", "ModifyDBInstance", "DeleteDBInstance"]
    assert snapshot_tags(client)["farflow:environment"] == "test"
