from __future__ import annotations

from datetime import date

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import differences
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import documents as pure
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import requests, status
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.snapshot import documents as snapshots

TODAY = date(2026, 11, 30)

WANTED = {
    "identifier": "prod-database",
    "engine_version": "17",
    "instance_class": "db.t4g.small",
    "allocated_storage": 25,
    "db_name": "airflow",
    "master_username": "airflow",
    "master_user_secret": "farflow/prod/database_password",
    "subnet_group_name": "prod-database",
    "parameter_group_name": "prod-database",
    "vpc_security_group_ids": ["sg-2", "sg-1"],
    "engine_lifecycle_support": pure.WITHOUT_EXTENDED_SUPPORT,
}

#: As DescribeDBInstances answers for it on AWS, with what AWS fills in.
FOUND = {
    "DBInstanceIdentifier": "prod-database",
    "DBInstanceArn": "arn:aws:rds:eu-west-1:123456789012:db:prod-database",
    "DBInstanceStatus": "available",
    "DBInstanceClass": "db.t4g.small",
    "Engine": "postgres",
    "EngineVersion": "17.4",
    "MasterUsername": "airflow",
    "DBName": "airflow",
    "Endpoint": {"Address": "prod-database.x.eu-west-1.rds.amazonaws.com", "Port": 5432, "HostedZoneId": "Z"},
    "AllocatedStorage": 25,
    "StorageType": "gp3",
    "Iops": 3000,
    "StorageThroughput": 125,
    "StorageEncrypted": True,
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555",
    "PreferredBackupWindow": "02:12-02:42",
    "PreferredMaintenanceWindow": "tue:04:04-tue:04:34",
    "BackupRetentionPeriod": 7,
    "VpcSecurityGroups": [
        {"VpcSecurityGroupId": "sg-1", "Status": "active"},
        {"VpcSecurityGroupId": "sg-2", "Status": "active"},
    ],
    "DBParameterGroups": [{"DBParameterGroupName": "prod-database", "ParameterApplyStatus": "in-sync"}],
    "DBSubnetGroup": {"DBSubnetGroupName": "prod-database"},
    "PendingModifiedValues": {},
    "MultiAZ": False,
    "AutoMinorVersionUpgrade": True,
    "PubliclyAccessible": False,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "CopyTagsToSnapshot": True,
    "PerformanceInsightsEnabled": False,
    "DeletionProtection": False,
    "EngineLifecycleSupport": pure.WITHOUT_EXTENDED_SUPPORT,
    "TagList": [{"Key": pure.PASSWORD_FROM, "Value": pure.password_from(WANTED, "v1")}],
}


def reasons(changes_wanted=None, changes_found=None, version="v1"):
    wanted = {**WANTED, **(changes_wanted or {})}
    found = pure.canonical({**FOUND, **(changes_found or {})}, wanted, version, TODAY)
    return [str(difference) for difference in differences(pure.desired(wanted).properties, found.properties)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {}),
        ({"engine_version": 17}, {}),
        ({"engine_version": "17.4"}, {}),
        ({"engine_version": "17.2"}, {}),
        ({"iops": 3000, "storage_throughput": 125}, {}),
        ({}, {"Iops": None, "StorageThroughput": 0}),
        ({"allocated_storage": 400}, {"AllocatedStorage": 400, "Iops": 12000, "StorageThroughput": 500}),
        ({"kms_key_id": FOUND["KmsKeyId"]}, {}),
        ({"kms_key_id": "11111111-2222-3333-4444-555555555555"}, {}),
        ({"vpc_security_group_ids": []}, {}),
        ({"vpc_security_group_ids": None, "subnet_group_name": None, "parameter_group_name": None}, {}),
        ({"performance_insights_retention_period": 31}, {"PerformanceInsightsRetentionPeriod": 7}),
        ({"max_allocated_storage": 100}, {"MaxAllocatedStorage": 100, "AllocatedStorage": 40}),
        ({}, {"DbInstancePort": 0}),
        ({}, {"DbInstancePort": 5432, "Endpoint": {"Address": "somewhere.else", "Port": 15432}}),
        ({}, {"DBInstanceStatus": "backing-up"}),
        ({}, {"DBInstanceStatus": "storage-optimization"}),
        ({"cloudwatch_logs_exports": ["upgrade", "postgresql"]},
         {"EnabledCloudwatchLogsExports": ["postgresql", "upgrade"]}),
        ({"tags": {"a": 1}},
         {"TagList": [*FOUND["TagList"], {"Key": "a", "Value": "1"}, {"Key": "aws:b", "Value": ""}]}),
        # accepted and not carried out yet
        ({"instance_class": "db.m7g.large"}, {"PendingModifiedValues": {"DBInstanceClass": "db.m7g.large"}}),
        ({"port": 5433}, {"PendingModifiedValues": {"Port": 5433}}),
        ({"cloudwatch_logs_exports": ["postgresql"]},
         {"EnabledCloudwatchLogsExports": ["upgrade"],
          "PendingModifiedValues": {"PendingCloudwatchLogsExports": {
              "LogTypesToEnable": ["postgresql"], "LogTypesToDisable": ["upgrade"]}}}),
        ({"vpc_security_group_ids": ["sg-1"]},
         {"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "adding"},
                                {"VpcSecurityGroupId": "sg-2", "Status": "removing"}]}),
        ({}, {"PendingModifiedValues": {"MasterUserPassword": "****"}}),
        ({"engine_lifecycle_support": None}, {"EngineLifecycleSupport": pure.WITH_EXTENDED_SUPPORT}),
        ({}, {"EngineLifecycleSupport": None}),
        # to switch it off would upgrade the database
        ({"engine_version": "13"},
         {"EngineVersion": "13.23", "EngineLifecycleSupport": pure.WITH_EXTENDED_SUPPORT}),
    ],
)  # fmt: skip
def test_these_are_no_differences(wanted, found):
    assert reasons(wanted, found) == []


@pytest.mark.parametrize(
    ("wanted", "found", "reason"),
    [
        ({}, {"EngineVersion": "16.4"}, "engine_version 16.4 -> 17"),
        ({"engine_version": "17.5"}, {}, "engine_version 17.4 -> 17.5"),
        ({"engine_version": "17.2", "auto_minor_version_upgrade": False}, {"AutoMinorVersionUpgrade": False},
         "engine_version 17.4 -> 17.2"),
        ({}, {"EngineLifecycleSupport": pure.WITH_EXTENDED_SUPPORT},
         "engine_lifecycle_support open-source-rds-extended-support -> open-source-rds-extended-support-disabled"),
        ({}, {"Iops": 6000}, "iops 6000 -> (none)"),
        ({"allocated_storage": 500}, {"AllocatedStorage": 500, "Iops": 16000, "StorageThroughput": 500},
         "iops 16000 -> (none)"),
        ({}, {"AllocatedStorage": 40}, "allocated_storage 40 -> 25"),
        ({}, {"MaxAllocatedStorage": 100}, "max_allocated_storage 100 -> (none)"),
        ({"kms_key_id": "other"}, {}, f"kms_key_id {FOUND['KmsKeyId']} -> other"),
        ({}, {"PendingModifiedValues": {"MultiAZ": True}}, "multi_az true -> false"),
        ({}, {"DBInstanceStatus": "stopped"}, "status stopped -> available"),
        ({}, {"DBInstanceStatus": "creating"}, "status creating -> available"),
        ({}, {"EnabledCloudwatchLogsExports": ["upgrade"]}, "cloudwatch_logs_exports [upgrade] -> (none)"),
        ({"performance_insights_enabled": True, "performance_insights_retention_period": 31},
         {"PerformanceInsightsEnabled": True, "PerformanceInsightsRetentionPeriod": 7},
         "performance_insights_retention_period 7 -> 31"),
        ({}, {"TagList": []}, "master_user_secret (another) -> current version of farflow/prod/database_password"),
    ],
)  # fmt: skip
def test_each_difference_has_its_reason(wanted, found, reason):
    assert reasons(wanted, found) == [reason]


@pytest.mark.parametrize(
    ("wanted", "version"),
    [({}, "v2"), ({}, None), ({"master_user_secret_json_key": "password"}, "v1")],
)
def test_another_password_is_a_difference(wanted, version):
    assert len(reasons(wanted, version=version)) == 1


def test_what_is_being_made_differs_in_nothing_but_its_status_and_its_notes():
    unfinished = {"DBInstanceStatus": "creating", "Endpoint": None, "BackupRetentionPeriod": 0, "VpcSecurityGroups": []}
    assert reasons({}, unfinished) == ["status creating -> available"]
    assert len(reasons({}, {**unfinished, "TagList": []})) == 2


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "available"),
        ({"DBInstanceStatus": "backing-up"}, "backing-up"),
        ({"DBInstanceStatus": "creating", "Endpoint": None}, "pending"),
        ({"DBInstanceStatus": "modifying"}, "pending"),
        ({"DBInstanceStatus": "stopped"}, "stopped"),
        ({"DBInstanceStatus": "failed"}, "failed"),
        ({"DBInstanceStatus": "inaccessible-encryption-credentials-recoverable"}, None),
        ({"DBInstanceStatus": "storage-full"}, "storage-full"),
        ({"DBInstanceStatus": "storage-full", "MaxAllocatedStorage": 25}, "storage-full"),
        ({"DBInstanceStatus": "storage-full", "MaxAllocatedStorage": 50}, "pending"),
        ({"DBInstanceStatus": "storage-full", "MaxAllocatedStorage": 34}, "storage-full"),
        ({"DBInstanceStatus": "storage-full", "MaxAllocatedStorage": 35}, "pending"),
        ({"DBInstanceStatus": "storage-full", "AllocatedStorage": 195, "MaxAllocatedStorage": 214}, "storage-full"),
        ({"DBInstanceStatus": "storage-full", "AllocatedStorage": 195, "MaxAllocatedStorage": 215}, "pending"),
        ({"DBInstanceStatus": "storage-full", "PendingModifiedValues": {"AllocatedStorage": 50}}, "pending"),
    ],
)
def test_attributes_tell_where_it_is_and_how_it_is(changes, state):
    """Where the storage is full, AWS comes to help with autoscaling alone that has room for a step, or after a
    change.
    """
    state = state or changes["DBInstanceStatus"]
    endpoint = {**FOUND, **changes}["Endpoint"] or {}
    assert pure.canonical({**FOUND, **changes}, WANTED, "v1", TODAY).attributes == {
        "address": endpoint.get("Address"),
        "port": endpoint.get("Port"),
        "state": state,
        "status": status.told({**FOUND, **changes}),
        "allocated_storage": {**FOUND, **changes}["AllocatedStorage"],
        "version": FOUND["EngineVersion"],
        "without_final_snapshot": status.without_final_snapshot({**FOUND, **changes}),
        "extended_support": False,
        "reboot_required": False,
    }


def test_notes_of_others_are_seen_and_left():
    noted = {
        **FOUND,
        "TagList": [*FOUND["TagList"], {"Key": "farflow:schema", "Value": "x"}, {"Key": "a", "Value": "b"}],
    }
    found = pure.canonical(noted, WANTED, "v1", TODAY)
    assert found.properties["tags"] == {"farflow:schema": "x", "a": "b"}
    assert pure.without_notes(found, pure.desired(WANTED)).properties["tags"] == {"a": "b"}
    asked = pure.desired({**WANTED, "tags": {"farflow:schema": "y"}})
    assert pure.without_notes(found, asked).properties["tags"] == {"farflow:schema": "x", "a": "b"}


def modification(wanted, found=None):
    desired = pure.desired({**WANTED, **wanted})
    seen = pure.canonical({**FOUND, **(found or {})}, {**WANTED, **wanted}, "v1", TODAY)
    names = {difference.path[0] for difference in differences(desired.properties, seen.properties)}
    return requests.modification(desired, seen, names)


@pytest.mark.parametrize(
    ("wanted", "found", "arguments"),
    [
        ({}, {}, {}),
        ({"port": 5433}, {}, {"DBPortNumber": 5433}),
        ({"tags": {"a": "b"}}, {}, {}),
        ({"engine_version": "17.5"}, {}, {"EngineVersion": "17.5"}),
        ({"engine_version": "18"}, {}, {"EngineVersion": "18", "AllowMajorVersionUpgrade": True}),
        ({}, {"MaxAllocatedStorage": 100}, {"MaxAllocatedStorage": 25}),
        ({"allocated_storage": 50}, {}, {"AllocatedStorage": 50, "StorageType": "gp3"}),
        ({"allocated_storage": 500}, {},
         {"AllocatedStorage": 500, "StorageType": "gp3", "Iops": 12000, "StorageThroughput": 500}),
        ({"allocated_storage": 400, "iops": 16000}, {"AllocatedStorage": 400, "Iops": 12000, "StorageThroughput": 500},
         {"AllocatedStorage": 400, "StorageType": "gp3", "Iops": 16000, "StorageThroughput": 500}),
        ({}, {"Iops": 6000}, {"AllocatedStorage": 25, "StorageType": "gp3", "Iops": 3000}),
        ({"cloudwatch_logs_exports": ["postgresql"]}, {"EnabledCloudwatchLogsExports": ["upgrade"]},
         {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["postgresql"], "DisableLogTypes": ["upgrade"]}}),
        ({"cloudwatch_logs_exports": ["postgresql"]}, {},
         {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["postgresql"]}}),
    ],
)  # fmt: skip
def test_what_differs_is_asked_for_as_aws_wants_it(wanted, found, arguments):
    assert modification(wanted, found) == arguments


@pytest.mark.parametrize(("wanted", "asked"), [("18", "18.4"), ("18.3", "18.3"), ("17.10", "17.10"), ("19", "19")])
def test_an_upgrade_is_to_the_newest_version_that_aws_upgrades_to(wanted, asked):
    """AWS's default of a major version is not always one of them."""
    given = {**WANTED, "engine_version": wanted}
    found = requests.with_targets(pure.canonical(FOUND, given, "v1", TODAY), ["17.10", "18.3", "18.4"])
    assert requests.modification(pure.desired(given), found, {"engine_version"})["EngineVersion"] == asked


@pytest.mark.parametrize("version", ["99", "17.11", "18.1"])
@pytest.mark.parametrize("allowed", [True, False])
def test_an_upgrade_that_aws_does_not_make_is_refused_with_those_that_it_makes(version, allowed):
    given = {**WANTED, "engine_version": version}
    found = requests.with_targets(pure.canonical(FOUND, given, "v1", TODAY), ["18.4", "17.10", "18.3"])
    (problem,) = requests.refusals(pure.desired(given), found, {"engine_version": "engine_version x"}, allowed)
    assert problem == (
        "database prod-database: engine_version x: AWS upgrades it to one of 17.10, 18.3, 18.4, and to no other version"
    )


def test_all_refusals_are_told_together():
    wanted = pure.desired({**WANTED, "db_name": "other", "allocated_storage": 20, "subnet_group_name": "new"})
    found = pure.canonical(FOUND, {**WANTED, "subnet_group_name": "new"}, "v1", TODAY)
    differs = {each.path[0]: str(each) for each in differences(wanted.properties, found.properties)}
    problems = requests.refusals(wanted, found, differs, allow_major_version_upgrade=False)
    assert len(problems) == 3
    assert all(problem.startswith("database prod-database: ") for problem in problems)


KEY = "arn:aws:kms:eu-west-1:123456789012:key/1111"
SNAPSHOT = {
    "DBSnapshotIdentifier": "kept",
    "DBSnapshotArn": "arn:aws:rds:eu-west-1:123456789012:snapshot:kept",
    "DBInstanceIdentifier": "prod-database",
    "Status": "available",
    "Engine": "postgres",
    "EngineVersion": "17.4",
    "MasterUsername": "airflow",
    "Encrypted": True,
    "AllocatedStorage": 25,
}


def restore_problems(wanted, snapshot):
    return requests.restore_refusals(pure.desired({**WANTED, **wanted}), snapshots.canonical({**SNAPSHOT, **snapshot}))


@pytest.mark.parametrize(
    ("wanted", "snapshot", "told"),
    [
        ({"master_username": "other"}, {}, "master_username is airflow in it, and other is wanted: set it to airflow"),
        ({"storage_encrypted": False}, {}, "storage_encrypted is True in it, and False is wanted: set it to True"),
        ({"allocated_storage": 20}, {}, "it needs allocated_storage 25 or more"),
        ({"engine_version": "16"}, {}, "it is of version 17.4: set engine_version to that or a later one"),
        ({"engine_version": "18"}, {}, "it is of version 17.4: set engine_version to 17, and upgrade afterwards"),
        ({}, {"Status": "creating"}, "it is creating"),
        (
            {"kms_key_id": "2222"},
            {"KmsKeyId": KEY},
            f"it is encrypted with {KEY}: set kms_key_id to that, or name a copy that is encrypted with 2222 (aws rds "
            "copy-db-snapshot)",
        ),
    ],
)
def test_a_snapshot_has_to_fit(wanted, snapshot, told):
    assert restore_problems(wanted, snapshot) == [
        f"database prod-database can't be restored from snapshot kept: {told}"
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"kms_key_id": KEY},
        {"kms_key_id": "1111"},
        {"engine_version": "17.2"},
        {"allocated_storage": 50},
        {"engine_version": "18", "parameter_group_name": None},
    ],
)
def test_a_snapshot_that_fits(wanted):
    assert restore_problems(wanted, {"KmsKeyId": KEY}) == []


def test_inputs_have_the_members_that_botocore_knows():
    import botocore.session

    model = botocore.session.get_session().get_service_model("rds")
    everything = {
        **WANTED,
        "storage_type": "io2",
        "iops": 1000,
        "storage_throughput": 1,
        "max_allocated_storage": 100,
        "kms_key_id": "k",
        "preferred_backup_window": "w",
        "preferred_maintenance_window": "w",
        "performance_insights_enabled": True,
        "performance_insights_retention_period": 7,
        "performance_insights_kms_key_id": "k",
        "cloudwatch_logs_exports": ["upgrade"],
        "ca_certificate_identifier": "c",
    }
    wanted = pure.desired(everything)
    inputs = {
        "CreateDBInstance": requests.creation(wanted),
        "RestoreDBInstanceFromDBSnapshot": requests.restoration(wanted),
        "ModifyDBInstance": requests.modification(
            wanted, pure.canonical(FOUND, {}, None, TODAY), set(wanted.properties)
        ),
    }
    for operation, given in inputs.items():
        assert set(given) <= set(model.operation_model(operation).input_shape.members)
    settings = set(wanted.properties) - {"status", "master_user_secret", "tags"}
    assert len(inputs["CreateDBInstance"]) == len(settings) + 1


@pytest.mark.parametrize(
    ("word", "usable", "changeable", "broken"),
    [
        ("available", True, True, False),
        ("backing-up", True, False, False),
        ("storage-optimization", True, True, False),
        ("storage-full", False, True, False),
        ("creating", False, False, False),
        ("modifying", False, False, False),
        ("failed", False, False, True),
        ("incompatible-network", False, False, True),
        ("incompatible-parameters", False, False, True),
        ("inaccessible-encryption-credentials", False, False, True),
        ("inaccessible-encryption-credentials-recoverable", False, False, True),
    ],
)
def test_statuses(word, usable, changeable, broken):
    document = {**FOUND, "DBInstanceStatus": word}
    assert (status.is_usable(document), status.is_changeable(document), status.is_broken(document)) == (
        usable,
        changeable,
        broken,
    )


@pytest.mark.parametrize("word", ["available", "storage-full", "incompatible-parameters", "incompatible-something"])
def test_a_final_snapshot_is_asked_for_where_aws_may_take_one(word):
    assert status.without_final_snapshot({**FOUND, "DBInstanceStatus": word}) == ""


@pytest.mark.parametrize(
    "word", ["failed", "incompatible-restore", "incompatible-network", "inaccessible-encryption-credentials"]
)
def test_of_these_there_is_no_final_snapshot(word):
    assert status.without_final_snapshot({**FOUND, "DBInstanceStatus": word}) == word


def test_of_a_read_replica_there_is_no_final_snapshot():
    replica = {**FOUND, "ReadReplicaSourceDBInstanceIdentifier": "source"}
    assert status.without_final_snapshot(replica) == "a read replica of source"
    assert status.without_final_snapshot({**replica, "DBInstanceStatus": "failed"}) == "failed"
    assert status.without_final_snapshot({**replica, "DBInstanceStatus": "deleting"}) == ""


def test_one_who_waits_for_storage_is_told_what_helps():
    word = "storage-full"
    assert status.told({**FOUND, "DBInstanceStatus": word}) == f"{word}: {status.cure(word)}"
    assert status.told(FOUND) == "available"


def test_what_cures_a_status_is_told_also_of_one_that_is_not_known():
    assert "reboot-db-instance" in status.cure("incompatible-parameters")
    assert status.cure("incompatible-something") == status.cure("incompatible-else") != ""


def test_without_an_address_it_can_not_be_used():
    assert status.is_usable({**FOUND, "Endpoint": {"Port": 5432}}) is False
    assert status.is_usable({**FOUND, "Endpoint": None}) is False


@pytest.mark.parametrize(
    ("changes", "immediately", "settled"),
    [
        ({}, True, True),
        ({"PendingModifiedValues": {"MultiAZ": True}}, True, False),
        ({"PendingModifiedValues": {"MultiAZ": True}}, False, True),
        ({"DBInstanceStatus": "modifying"}, False, False),
        ({"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "adding"}]}, False, False),
    ],
)
def test_when_a_change_is_through(changes, immediately, settled):
    assert status.is_settled({**FOUND, **changes}, immediately) is settled


def test_a_parameter_may_wait_for_a_reboot():
    waiting = {"DBParameterGroups": [{"DBParameterGroupName": "g", "ParameterApplyStatus": "pending-reboot"}]}
    assert status.needs_reboot({**FOUND, **waiting}) is True
    assert status.needs_reboot(FOUND) is False
    assert status.needs_reboot({}) is False
