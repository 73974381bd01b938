from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import rds_subnet_groups as module
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend


@pytest.fixture
def client(aws, monkeypatch):
    """moto, which forgets a group that it changes, and makes a second one of a name."""
    create = RDSBackend.create_subnet_group
    modify = RDSBackend.modify_db_subnet_group

    def create_once(backend, name, *given):
        if name in backend.subnet_groups:
            raise RDSClientError("DBSubnetGroupAlreadyExists", name)
        return create(backend, name, *given)

    def modify_and_keep(backend, name, *changes):
        backend.subnet_groups[name] = changed = modify(backend, name, *changes)
        return changed

    monkeypatch.setattr(RDSBackend, "create_subnet_group", create_once)
    monkeypatch.setattr(RDSBackend, "modify_db_subnet_group", modify_and_keep)
    return boto3.client("rds")


@pytest.fixture
def subnets(network_in):
    return sorted(network_in("abc")["subnets"])


@pytest.fixture
def group(subnets):
    return {
        "name": "test-database",
        "description": "Private subnets",
        "subnet_ids": subnets[:2],
        "tags": {"farflow:environment": "test"},
    }


def described(client, name="test-database"):
    [found] = client.describe_db_subnet_groups(DBSubnetGroupName=name)["DBSubnetGroups"]
    return sorted(subnet["SubnetIdentifier"] for subnet in found["Subnets"])


def test_creates_with_its_tags_then_changes_nothing(client, group, run_module, calls):
    first = run_module(module, subnet_groups=[group])
    assert first["subnet_groups"][0]["reasons"] == ["created"]
    assert calls.of("AddTags") == []
    second = run_module(module, subnet_groups=[{**group, "subnet_ids": group["subnet_ids"][::-1]}])
    assert second["changed"] is False
    assert second["subnet_groups"][0]["arn"] == first["subnet_groups"][0]["arn"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda subnets: {"subnet_ids": subnets}, "subnet_ids ["),
        (lambda subnets: {"subnet_ids": subnets[1:]}, "subnet_ids ["),
        (lambda subnets: {"description": "Others"}, "description Private subnets -> Others"),
        (lambda subnets: {"tags": {"team": "data"}}, "tags team (none) -> data"),
    ],
)
def test_a_change_is_predicted_told_and_done(client, group, subnets, run_module, calls, change, reason):
    run_module(module, subnet_groups=[group])
    calls.made.clear()
    wanted = {**group, **change(subnets)}
    predicted = run_module(module, check_mode=True, subnet_groups=[wanted])
    assert [one for one in calls.mutating if not one.startswith("List")] == []
    done = run_module(module, subnet_groups=[wanted])
    assert predicted["subnet_groups"] == done["subnet_groups"]
    assert done["subnet_groups"][0]["reasons"][0].startswith(reason)
    assert run_module(module, subnet_groups=[wanted])["changed"] is False


def test_one_that_was_just_made_is_taken_over(client, group, subnets, run_module, calls):
    """As botocore repeats a call whose answer was lost; or another run made one."""
    calls.before(
        "CreateDBSubnetGroup",
        lambda: client.create_db_subnet_group(
            DBSubnetGroupName="test-database", DBSubnetGroupDescription="Private subnets", SubnetIds=subnets
        ),
    )
    made = run_module(module, subnet_groups=[group])
    assert made["subnet_groups"][0]["arn"].endswith(":subgrp:test-database")
    assert described(client) == group["subnet_ids"]
    assert run_module(module, subnet_groups=[group])["changed"] is False


def test_a_group_without_subnets_is_refused(run_module, calls):
    failed = run_module(module, subnet_groups=[{"name": "a"}, {"name": "b"}])
    assert failed["msg"] == (
        "database subnet group a: subnet_ids is missing\ndatabase subnet group b: subnet_ids is missing"
    )
    assert calls.made == []


def test_absent_twice(client, group, run_module):
    run_module(module, subnet_groups=[group])
    assert run_module(module, subnet_groups=[{"name": "Test-Database"}], state="absent")["changed"] is True
    assert client.describe_db_subnet_groups()["DBSubnetGroups"] == []
    assert run_module(module, subnet_groups=[{"name": "test-database"}], state="absent")["changed"] is False


def test_one_that_is_gone_meanwhile_is_fine(client, group, run_module, calls):
    run_module(module, subnet_groups=[group])
    calls.before("DeleteDBSubnetGroup", lambda: client.delete_db_subnet_group(DBSubnetGroupName="test-database"))
    run_module(module, subnet_groups=[{"name": "test-database"}], state="absent")
    assert client.describe_db_subnet_groups()["DBSubnetGroups"] == []


def test_a_group_whose_instance_was_just_deleted_is_tried_again(client, group, run_module, calls, no_pauses):
    run_module(module, subnet_groups=[group])
    calls.refuse("DeleteDBSubnetGroup", "InvalidDBSubnetGroupStateFault", times=3)
    assert run_module(module, subnet_groups=[{"name": "test-database"}], state="absent")["changed"] is True
