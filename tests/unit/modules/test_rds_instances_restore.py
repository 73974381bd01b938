from __future__ import annotations

import boto3
import given_database
import pytest
from given_database import GONE, SECRET, database, ok, recorded, run
from moto.rds.models import DBInstance

DATABASE = {**given_database.DATABASE, "db_name": "airflow"}


@pytest.fixture
def client(aws):
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="first-password")
    return boto3.client("rds")


def kept(run_module):
    ok(run(run_module, **DATABASE))
    ok(run(run_module, **GONE, final_snapshot_identifier="test-final"))
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="second-password")


def test_a_kept_snapshot_is_taken_up_with_the_current_password(client, run_module):
    kept(run_module)
    again = {**DATABASE, "restore_from_snapshot": "test-final", "backup_retention_period": 30}
    predicted = ok(run(run_module, check_mode=True, **again))
    assert predicted["reasons"] == ["restored from snapshot test-final"]
    result = ok(run(run_module, **again))
    assert result["reasons"] == predicted["reasons"]
    assert database()._master_user_password == "second-password"
    assert database().backup_retention_period == 30
    assert ok(run(run_module, **again))["changed"] is False
    client.delete_db_snapshot(DBSnapshotIdentifier="test-final")
    assert ok(run(run_module, **again))["changed"] is False


def test_extended_support_is_switched_off_in_a_restore(client, run_module, monkeypatch):
    kept(run_module)
    calls, without = recorded(monkeypatch), "open-source-rds-extended-support-disabled"
    again = {**DATABASE, "restore_from_snapshot": "test-final", "engine_lifecycle_support": without}
    ok(run(run_module, **again))
    assert dict(calls)["RestoreDBInstanceFromDBSnapshot"]["EngineLifecycleSupport"] == without


def test_a_restore_is_started_and_finished_later(client, run_module, monkeypatch):
    kept(run_module)
    again = {**DATABASE, "restore_from_snapshot": "test-final"}
    restore = DBInstance.__init__

    def creating(database, *positional, **given):
        restore(database, *positional, **given)
        database.status = "creating"

    monkeypatch.setattr(DBInstance, "__init__", creating)
    early = ok(run(run_module, **{**again, "wait": False}))
    assert (early["reasons"], early["status"]) == (["restored from snapshot test-final"], "creating")
    assert database()._master_user_password == "first-password"
    monkeypatch.setattr("time.sleep", lambda seconds: setattr(database(), "status", "available"))
    ok(run(run_module, **again))
    assert database()._master_user_password == "second-password"


def test_a_snapshot_that_is_missing_or_does_not_fit_is_refused(client, run_module):
    kept(run_module)
    missing = run(run_module, **{**DATABASE, "restore_from_snapshot": "other"})
    assert missing["msg"] == "database test-database can't be restored: there is no snapshot other"
    unfit = run(run_module, **{**DATABASE, "restore_from_snapshot": "test-final", "master_username": "other"})
    assert "master_username is airflow in it, and other is wanted" in unfit["msg"]
    assert client.describe_db_instances()["DBInstances"] == []
