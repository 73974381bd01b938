"""What a teardown refuses before anything is gone: what it would fail at in the middle, or lose in silence."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import teardown
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network_acl import documents as ec2_network_acls
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import status as rds_status
from databases import NAME, beside, database
from gathered import gather

BROKEN = [
    "failed",
    "incompatible-network",
    "incompatible-restore",
    "restore-error",
    "inaccessible-encryption-credentials-recoverable",
]

#: AWS is asked: nothing that it publishes says that it takes no final snapshot of these.
PERHAPS = ["incompatible-parameters", "incompatible-option-group", "insufficient-capacity"]


def refused(*makers, **given):
    """The refusals of a teardown with these variables, where these databases are."""
    inputs, problems = gather(**given)
    assert problems == []
    return teardown.refusals(inputs, Existing(make(inputs) for make in makers))


def own(**changes):
    return lambda inputs: database(inputs, **changes)


def another(**changes):
    return lambda inputs: beside(inputs, **changes)


@pytest.mark.parametrize("status", BROKEN)
def test_a_database_of_which_there_is_no_final_snapshot(status):
    (line,) = refused(own(DBInstanceStatus=status))
    assert line.startswith(f"database {NAME} is {status}, of which AWS takes no final snapshot. ")
    assert (
        rds_status.cure(status) in line
        and "set rds_skip_final_snapshot to true" in line
        and "farflow_teardown_keep" in line
    )


@pytest.mark.parametrize("given", [{"rds_skip_final_snapshot": True}, {"farflow_teardown_keep": ["images"]}])
def test_one_that_may_go_without(given):
    assert refused(own(DBInstanceStatus="failed"), **given) == []


@pytest.mark.parametrize(
    "status", ["available", "creating", "stopped", "storage-full", "modifying", "deleting", *PERHAPS]
)
def test_one_that_can_be_kept(status):
    assert refused(own(DBInstanceStatus=status), another(DBInstanceStatus=status)) == []


def test_no_snapshot_of_the_own_database_is_none_of_another_one():
    (line,) = refused(own(), another(), rds_skip_final_snapshot=True)
    assert line.startswith("rds_skip_final_snapshot: is true, while there is database prod-restored as well: ")
    assert refused(another(), rds_skip_final_snapshot=True) == [line]
    assert refused(own(), another(), rds_skip_final_snapshot=True, farflow_teardown_keep=[]) == []


def test_another_one_of_which_there_is_no_final_snapshot():
    (line,) = refused(own(), another(DBInstanceStatus="failed"))
    assert line == (
        "database prod-restored is failed, of which AWS takes no final snapshot: delete it first, by aws rds "
        "delete-db-instance --db-instance-identifier prod-restored --skip-final-snapshot"
    )


REPLICA = {"ReadReplicaSourceDBInstanceIdentifier": NAME}


def test_a_read_replica_has_no_final_snapshot():
    (line,) = refused(own(), another(**REPLICA))
    assert line == (
        f"database prod-restored is a read replica of {NAME}, of which AWS takes no final snapshot: delete it first, "
        "by aws rds delete-db-instance --db-instance-identifier prod-restored --skip-final-snapshot"
    )
    assert refused(own(), another(**REPLICA), farflow_teardown_keep=[]) == []
    assert refused(own(), another(**REPLICA, DBInstanceStatus="deleting")) == []


def test_a_read_replica_under_the_environments_name():
    replica = {"ReadReplicaSourceDBInstanceIdentifier": "other"}
    (line,) = refused(own(**replica))
    assert line.startswith(
        f"database {NAME} is a read replica of other, of which AWS takes no final snapshot. Mend it: "
    )
    assert "aws rds promote-read-replica" in line and "rds_skip_final_snapshot" in line
    assert refused(own(**replica), rds_skip_final_snapshot=True) == []


def test_a_protected_database():
    assert refused(own(DeletionProtection=True)) == [
        f"database {NAME} is protected from deletion: set rds_deletion_protection to false and deploy first, if it "
        "shall really go"
    ]
    assert refused(own(), another(DeletionProtection=True)) == [
        "database prod-restored is protected from deletion: take that from it first, by aws rds modify-db-instance "
        "--db-instance-identifier prod-restored --no-deletion-protection, if it shall really go"
    ]


def test_a_network_acl_that_holds_the_vpc():
    (line,) = refused(lambda inputs: ec2_network_acls.other({"NetworkAclId": "acl-0a"}))
    assert line == (
        "network ACL acl-0a is somebody's, and AWS deletes no VPC that has one but its own: delete it first, by aws "
        "ec2 delete-network-acl --network-acl-id acl-0a, after a deploy where subnets use it"
    )


def service(name):
    return lambda inputs: Resource("ecs_service", name, {"cluster": inputs["farflow_environment"], "tags": {}})


def test_a_service_that_somebody_has_put_into_the_cluster():
    (line,) = refused(service("theirs"))
    assert line.startswith("ECS service theirs in cluster ") and "aws ecs delete-service --cluster " in line
    assert refused(lambda inputs: service(f"{inputs['farflow_environment']}-worker")(inputs)) == []
