"""A database that is made, changed, backed up and deleted takes its time, as on AWS, and takes no other change then."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

NAME = "airflow"
DATABASE = {
    "DBInstanceIdentifier": NAME,
    "Engine": "postgres",
    "EngineVersion": "17",
    "DBInstanceClass": "db.t4g.micro",
    "AllocatedStorage": 20,
    "StorageType": "gp3",
    "MasterUsername": "airflow",
    "MasterUserPassword": "secret-word",
    "BackupRetentionPeriod": 0,
}


@pytest.fixture
def rds(aws):
    return aws.client("rds")


def described(rds):
    """The database; None where there is none."""
    try:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=NAME)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    return found


def state(rds):
    return (described(rds) or {}).get("DBInstanceStatus")


@pytest.fixture
def database(rds):
    rds.create_db_instance(**DATABASE)
    until(lambda: state(rds) == "available")


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def states(rds, last):
    """The states that the database goes through until the last one."""
    seen = [state(rds)]

    def look():
        now = state(rds)
        if now != seen[-1]:
            seen.append(now)
        return now == last

    until(look)
    return seen


def test_a_new_database_has_no_address_and_is_backed_up_at_once(aws, rds):
    with aws.behaviours(database_creating=60, database_backing_up=60), aws.clock(30):
        rds.create_db_instance(**{**DATABASE, "BackupRetentionPeriod": 7})
        until(lambda: state(rds) == "creating")
        assert "Endpoint" not in described(rds)
        assert refusal(rds.modify_db_instance, DBInstanceIdentifier=NAME, MultiAZ=True) == "InvalidDBInstanceState"
        assert states(rds, "available") == ["creating", "backing-up", "available"]
        assert described(rds)["Endpoint"]["Address"]


@pytest.mark.parametrize(
    ("change", "before", "words"),
    [
        ({"DBInstanceClass": "db.t4g.small"}, {"DBInstanceClass": "db.t4g.micro"}, ["modifying"]),
        ({"AllocatedStorage": 30}, {"AllocatedStorage": 20}, ["modifying", "storage-optimization"]),
        ({"EngineVersion": "18.3", "AllowMajorVersionUpgrade": True}, {"EngineVersion": "17.9"}, ["upgrading"]),
    ],
)
def test_a_change_waits_then_is_made_and_takes_no_other_meanwhile(aws, rds, database, change, before, words):
    ((member, was),) = before.items()

    def told():
        return described(rds)[member]

    with aws.behaviours(database_modifying=60), aws.clock(30):
        answer = rds.modify_db_instance(DBInstanceIdentifier=NAME, ApplyImmediately=True, **change)["DBInstance"]
        assert answer["DBInstanceStatus"] == state(rds) == "available"
        assert (told(), described(rds)["PendingModifiedValues"][member]) == (was, change[member])
        until(lambda: state(rds) == words[0])
        assert told() == was
        for call in (rds.modify_db_instance, rds.reboot_db_instance):
            assert refusal(call, DBInstanceIdentifier=NAME) == "InvalidDBInstanceState"
        assert states(rds, "available") == [*words, "available"]
        assert (told(), described(rds)["PendingModifiedValues"]) == (change[member], {})


def test_a_new_password_is_set_in_a_state_of_its_own(aws, rds, database):
    with aws.behaviours(database_modifying=60), aws.clock(30):
        rds.modify_db_instance(DBInstanceIdentifier=NAME, MasterUserPassword="another-word", ApplyImmediately=True)
        assert described(rds)["PendingModifiedValues"] == {"MasterUserPassword": "****"}
        assert states(rds, "resetting-master-credentials")[-1] == "resetting-master-credentials"
        until(lambda: state(rds) == "available")
        assert described(rds)["PendingModifiedValues"] == {}


def test_what_needs_no_restart_is_so_at_once(aws, rds, database):
    with aws.behaviours(database_modifying=60), aws.clock(30):
        struck = aws.struck().get("database_modifying", 0)
        rds.modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=True, ApplyImmediately=True)
        assert (state(rds), described(rds)["DeletionProtection"]) == ("available", True)
        assert aws.struck().get("database_modifying", 0) == struck
        rds.modify_db_instance(DBInstanceIdentifier=NAME, MultiAZ=True, ApplyImmediately=True)


def test_a_snapshot_is_made_while_the_database_is_backing_up(aws, rds, database):
    def snapshot():
        return rds.describe_db_snapshots(DBSnapshotIdentifier="before")["DBSnapshots"][0]["Status"]

    with aws.behaviours(database_backing_up=60), aws.clock(30):
        made = rds.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="before")["DBSnapshot"]
        assert (made["Status"], snapshot(), state(rds)) == ("creating", "creating", "backing-up")
        assert refusal(rds.modify_db_instance, DBInstanceIdentifier=NAME) == "InvalidDBInstanceState"
        until(lambda: (snapshot(), state(rds)) == ("available", "available"))


def test_a_deleted_database_goes_slowly_and_its_last_snapshot_is_made_then(aws, rds, database):
    def snapshots():
        return [each["Status"] for each in rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]]

    with aws.behaviours(database_deleting=60), aws.clock(30):
        rds.modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=True, ApplyImmediately=True)
        assert refusal(rds.delete_db_instance, DBInstanceIdentifier=NAME) == "InvalidParameterCombination"
        rds.modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=False, ApplyImmediately=True)
        deleted = rds.delete_db_instance(DBInstanceIdentifier=NAME, FinalDBSnapshotIdentifier="last")["DBInstance"]
        assert deleted["DBInstanceStatus"] == state(rds) == "deleting"
        assert snapshots() == ["creating"]
        again = refusal(rds.delete_db_instance, DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
        assert again == "InvalidDBInstanceState"
        assert refusal(rds.create_db_instance, **DATABASE) == "DBInstanceAlreadyExists"
        until(lambda: described(rds) is None)
        until(lambda: snapshots() == ["available"])


def test_a_database_that_changes_is_not_deleted_with_a_last_snapshot(aws, rds, database):
    with aws.behaviours(database_modifying=60), aws.clock(30):
        rds.modify_db_instance(DBInstanceIdentifier=NAME, DBInstanceClass="db.t4g.small", ApplyImmediately=True)
        until(lambda: state(rds) == "modifying")
        last = {"FinalDBSnapshotIdentifier": "last"}
        assert refusal(rds.delete_db_instance, DBInstanceIdentifier=NAME, **last) == "InvalidDBInstanceState"
        rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
