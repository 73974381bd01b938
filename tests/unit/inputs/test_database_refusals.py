"""What only a look at AWS can tell to be wrong with the database: what AWS would not make of the one that is there, or
of the snapshot that it shall be made from.
"""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import database as rds
from ansible_collections.farflow.airflow.plugins.module_utils.environment.refusals import refusals
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.engine_version import (
    documents as rds_engine_versions,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import documents as rds_instances
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import status as rds_status
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.snapshot import documents as rds_snapshots
from databases import NAME, TODAY, database
from gathered import gather


def snapshot(name, **changes):
    document = {
        "DBSnapshotIdentifier": name,
        "DBSnapshotArn": f"arn:aws:rds:eu-west-1:123456789012:snapshot:{name}",
        "DBInstanceIdentifier": NAME,
        "Status": "available",
        "Engine": "postgres",
        "EngineVersion": "17.5",
        "MasterUsername": "airflow",
        "Encrypted": True,
        "AllocatedStorage": 25,
        **changes,
    }
    return rds_snapshots.canonical(document)


def inputs_of(given):
    inputs, problems = gather(**given)
    assert problems == []
    return inputs


def refused_change(*layers, **given):
    inputs = inputs_of(given)
    return refusals(inputs, Existing([database(inputs)]), layers or ["rds"])


def refused_status(status, *layers, **given):
    inputs = {**inputs_of(given), "dag_tasks": [], "task_images": {}}
    return refusals(inputs, Existing([database(inputs, DBInstanceStatus=status)]), layers or ["rds"])


def refused_restore(*snapshots, **given):
    return refusals(inputs_of(given), Existing(snapshots), ["rds"])


def test_another_major_version_has_to_be_allowed():
    (line,) = refused_change(rds_engine_version="18")
    assert line == (
        "database prod-database: rds_engine_version 17.5 -> 18: there is no way back from a new major version; take a "
        "snapshot and set rds_allow_major_version_upgrade to true, or set rds_engine_version to 17"
    )
    assert refused_change(rds_engine_version="18", rds_allow_major_version_upgrade=True) == []


@pytest.mark.parametrize("allowed", [True, False])
def test_a_lower_version_is_never_possible(allowed):
    (line,) = refused_change(rds_engine_version="16.9", rds_allow_major_version_upgrade=allowed)
    assert line == (
        "database prod-database: rds_engine_version 17.5 -> 16.9: AWS can't go back; set it to 17, or restore a "
        "snapshot that was taken before"
    )


@pytest.mark.parametrize("version", ["17", "17.4", "17.5", "17.6"])
def test_versions_of_the_same_major_version_are_right(version):
    assert refused_change(rds_engine_version=version) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"rds_allocated_storage": 20}, "rds_allocated_storage 25 -> 20: storage can't shrink"),
        ({"rds_master_username": "other"}, "rds_master_username airflow -> other can't be changed"),
        ({"rds_database_name": "other"}, "rds_database_name farflow -> other can't be changed"),
        ({"rds_kms_key_id": "arn:aws:kms:eu-west-1:123456789012:key/2222"}, "rds_kms_key_id arn:aws:kms:"),
    ],
)
def test_what_else_can_not_be_changed_is_named_by_its_variable(given, told):
    (line,) = refused_change(**given)
    assert line.startswith(f"database prod-database: {told}")


def test_the_database_is_the_rds_layers_alone():
    assert refused_change("ecs_cluster", rds_engine_version="18") == []


@pytest.mark.parametrize("given", [{}, {"rds_snapshot_identifier": "mine"}])
def test_a_snapshot_that_fits_is_right(given):
    assert refused_restore(snapshot("mine"), **given) == []
    assert refused_restore(snapshot("mine"), rds_allocated_storage=50, **given) == []


def test_a_new_database_needs_no_snapshot():
    assert refused_restore() == []


def test_the_named_snapshot_has_to_exist_while_there_is_no_database():
    (line,) = refused_restore(snapshot("other"), rds_snapshot_identifier="mine")
    assert (
        line == "rds_snapshot_identifier: is 'mine', allowed: the name of a manual snapshot of this account and region"
    )
    assert refused_change(rds_snapshot_identifier="mine") == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"rds_engine_version": "16"}, "it is of version 17.5: set rds_engine_version to that or a later one"),
        ({"rds_engine_version": "18"}, "it is of version 17.5: set rds_engine_version to 17, and upgrade afterwards"),
        ({"rds_allocated_storage": 20}, "it needs rds_allocated_storage 25 or more"),
        ({"rds_master_username": "other"}, "rds_master_username is airflow in it, and other is wanted: set it to airf"),
    ],
)
def test_the_snapshot_has_to_fit(given, told):
    (line,) = refused_restore(snapshot("mine"), rds_snapshot_identifier="mine", **given)
    assert line.startswith(f"database prod-database can't be restored from snapshot mine: {told}")


def test_the_named_snapshot_is_taken_and_else_the_newest():
    newer = snapshot("newer", AllocatedStorage=50)
    assert refused_restore(snapshot("mine"), newer, rds_snapshot_identifier="mine") == []
    (line,) = refused_restore(snapshot("mine"), newer)
    assert "snapshot newer: it needs rds_allocated_storage 50 or more" in line


@pytest.mark.parametrize("status", ["failed", "incompatible-network", "restore-error", "insufficient-capacity"])
def test_a_broken_database_is_refused_before_anything_is_done(status):
    assert refused_status(status) == [f"database {NAME} is {status}: {rds_status.cure(status)}"]


def test_a_broken_database_is_the_rds_layers_alone():
    """The DAG tasks can be deployed while somebody mends it."""
    assert refused_status("failed", "dag_tasks") == []


@pytest.mark.parametrize("status", ["available", "stopped", "creating", "modifying", "deleting"])
def test_what_a_deploy_waits_for_or_starts_is_not_refused(status):
    assert refused_status(status) == []


def test_wrong_parameters_are_corrected_by_a_deploy():
    assert refused_status("incompatible-parameters") == []


def test_full_storage_is_refused_where_nothing_enlarges_it():
    (line,) = refused_status("storage-full")
    assert line.startswith(f"database {NAME} is storage-full: nothing can be written to it: ")
    assert " rds_allocated_storage " in line and " rds_max_allocated_storage" in line
    assert refused_status("storage-full", rds_multi_az=True) == [line]
    assert refused_status("storage-full", rds_max_allocated_storage=30) == [line]


@pytest.mark.parametrize("given", [{"rds_allocated_storage": 50}, {"rds_max_allocated_storage": 50}])
def test_full_storage_that_a_deploy_enlarges_is_not_refused(given):
    assert refused_status("storage-full", **given) == []


def versions(**targets):
    """The versions of these names (v17_9), with what each can be upgraded to."""
    documents = [
        {
            "EngineVersion": name.removeprefix("v").replace("_", "."),
            "ValidUpgradeTarget": [{"EngineVersion": target} for target in its],
        }
        for name, its in targets.items()
    ]
    return [rds_engine_versions.canonical(document, TODAY) for document in documents]


@pytest.mark.parametrize("allowed", [True, False])
def test_a_version_to_which_aws_does_not_upgrade_is_refused_with_those_to_which_it_does(allowed):
    inputs = inputs_of({"rds_engine_version": "99", "rds_allow_major_version_upgrade": allowed})
    known = Existing([database(inputs), *versions(v17_5=["17.6", "18.1"])])
    assert refusals(inputs, known, ["rds"]) == [
        "database prod-database: rds_engine_version 17.5 -> 99: AWS upgrades it to one of 17.6, 18.1, and to no other "
        "version"
    ]


@pytest.mark.parametrize(("version", "allowed"), [("99", "16, 17, 18"), ("17.99", "17.5, 17.6")])
def test_a_database_of_a_version_that_there_is_not_is_refused_with_those_that_there_are(version, allowed):
    there = versions(v13_23=[], v16_4=[], v17_6=[], v17_5=[], v18_1=[])
    (line,) = refused_restore(*there, rds_engine_version=version)
    assert line == f"rds_engine_version: is {version!r}, allowed: one that AWS has in this region, {allowed}"
    assert refused_restore(*there, rds_engine_version="17") == []


def test_a_database_of_a_version_past_its_support_is_refused_with_the_date(monkeypatch):
    monkeypatch.setitem(rds_engine_versions.SUPPORTED_UNTIL, 14, TODAY.replace(day=29))
    (line,) = refused_restore(*versions(v14_1=[], v15_1=[], v18_1=[]), rds_engine_version="14")
    assert line == (
        "rds_engine_version: is '14', whose standard support by AWS ended on 2026-11-29, allowed: one that AWS has in "
        "this region, 15, 18"
    )


def warned(given, today, **changes):
    inputs = inputs_of(given)
    found = [database(inputs, **changes)] if changes else []
    return rds.warnings(inputs, Existing(found), today)


@pytest.mark.parametrize("changes", [{}, {"EngineVersion": "14.20"}])
def test_the_end_of_support_is_told_a_year_before_it_comes(changes):
    given = {"rds_engine_version": "14"}
    assert warned(given, TODAY.replace(year=2025), **changes) == []
    assert warned(given, TODAY, **changes) == [
        f"database {NAME}: AWS's standard support of Postgres 14 ends on 2027-02-28, and then AWS upgrades it on a day "
        "of its own choice: before that, upgrade it, with another rds_engine_version"
    ]


@pytest.mark.parametrize(
    ("enrolled", "told"),
    [
        (rds_instances.WITH_EXTENDED_SUPPORT, "AWS charges Extended Support for every hour: upgrade it"),
        (rds_instances.WITHOUT_EXTENDED_SUPPORT, "AWS upgrades it on a day of its own choice: upgrade it"),
    ],
)
def test_the_end_of_support_is_told_after_it_came(enrolled, told):
    later = TODAY.replace(year=2027)
    (line,) = warned({"rds_engine_version": "14"}, later, EngineVersion="14.20", EngineLifecycleSupport=enrolled)
    assert line.startswith(f"database {NAME}: AWS's standard support of Postgres 14 ended on 2027-02-28, and {told}")


def test_a_parameter_that_waits_for_a_reboot_is_told():
    group = {"DBParameterGroupName": "g", "ParameterApplyStatus": "pending-reboot"}
    (line,) = warned({}, TODAY, DBParameterGroups=[group])
    assert "aws rds reboot-db-instance --db-instance-identifier prod-database --region eu-west-1" in line
    assert warned({}, TODAY, DBParameterGroups=[{**group, "ParameterApplyStatus": "in-sync"}]) == []


@pytest.mark.parametrize("version", ["13", "13.23"])
def test_a_version_without_support_is_refused_before_anything_is_asked(version):
    _unused, (problem,) = gather(rds_engine_version=version)
    assert problem == (
        f"rds_engine_version: is a text {version!r}, allowed: a version of Postgres from 14 on, such as 17 or 17.6"
    )


@pytest.mark.parametrize("version", ["17", "18"])
def test_a_parameter_group_is_that_of_the_major_version(version):
    group = rds.parameter_group(inputs_of({"rds_engine_version": version}))
    assert (group["name"], group["family"]) == (f"prod-database-postgres{version}", f"postgres{version}")
    assert group["parameters"] == {"rds.force_ssl": "1"}
