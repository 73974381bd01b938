from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.parameter_group import ParameterGroup
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.parameter_group import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import rds_parameter_groups as module
from moto.core.responses import ActionResult
from moto.rds.models import rds_backends
from moto.rds.responses import RDSResponse

GROUP = {
    "name": "test-database",
    "family": "postgres17",
    "parameters": {"rds.force_ssl": 1, "log_statement": "ddl"},
    "tags": {"farflow:environment": "test"},
}


@pytest.fixture
def client(aws, monkeypatch):
    """moto, with what it lacks: ResetDBParameterGroup, a family's defaults, and the filter by name."""
    monkeypatch.setattr(RDSResponse, "reset_db_parameter_group", _reset, raising=False)
    monkeypatch.setattr(RDSResponse, "describe_db_parameters", _describe)
    return boto3.client("rds")


def group(name="test-database"):
    return rds_backends["123456789012"]["eu-west-1"].db_parameter_groups[name]


def _reset(response):
    name = response.params["DBParameterGroupName"]
    for parameter in response.params["Parameters"]:
        del group(name).parameters[parameter["ParameterName"]]
    return ActionResult({"DBParameterGroupName": name})


#: What AWS gives the parameters of the family, and which one is static.
DEFAULTS = {"rds.force_ssl": "1", "shared_buffers": "{DBInstanceClassMemory/32768}", "work_mem": None}
STATIC = "shared_buffers"


def _describe(response):
    """As AWS does: what equals the family's default is nobody's, and of Postgres's own defaults no value is told."""
    given = values(response.params["DBParameterGroupName"])
    source = response.params.get("Source")
    filters = response.params.get("Filters") or []
    asked = [name for each in filters if each["Name"] == "parameter-name" for name in each["Values"]]
    found = []
    for name, value in {**DEFAULTS, **given}.items():
        whose = "system" if value == DEFAULTS.get(name, value) and name in DEFAULTS else "user"
        if (not asked or name in asked) and source in (None, whose):
            kind = "static" if name == STATIC else "dynamic"
            told = {} if value is None else {"ParameterValue": value}
            found.append({"ParameterName": name, "ApplyType": kind, "Source": whose, **told})
    return ActionResult({"Parameters": found})


def values(name="test-database"):
    return {key: parameter["ParameterValue"] for key, parameter in group(name).parameters.items()}


def with_changes(**changes):
    return [{**GROUP, **changes}]


def test_creates_then_changes_nothing(client, run_module):
    first = run_module(module, parameter_groups=[GROUP])
    assert first["parameter_groups"][0]["reasons"] == ["created"]
    assert values() == {"rds.force_ssl": "1", "log_statement": "ddl"}
    second = run_module(module, parameter_groups=[GROUP])
    assert second["changed"] is False
    assert second["parameter_groups"][0]["arn"] == first["parameter_groups"][0]["arn"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parameters": {"rds.force_ssl": 0, "log_statement": "ddl"}}, "parameters rds.force_ssl 1 -> 0"),
        ({"parameters": {"rds.force_ssl": True}}, "parameters log_statement ddl -> (none)"),
        ({"tags": {"farflow:environment": "other"}}, "tags farflow:environment test -> other"),
        ({"tags": {}}, "tags farflow:environment test -> (none)"),
    ],
)
def test_change_is_predicted_told_and_done(client, run_module, changes, reason):
    run_module(module, parameter_groups=[GROUP])
    predicted = run_module(module, check_mode=True, parameter_groups=with_changes(**changes))
    done = run_module(module, parameter_groups=with_changes(**changes))
    assert predicted["parameter_groups"] == done["parameter_groups"]
    assert done["parameter_groups"][0]["reasons"] == [reason]
    assert run_module(module, parameter_groups=with_changes(**changes))["changed"] is False


def test_what_somebody_set_is_given_back(client, run_module):
    run_module(module, parameter_groups=[GROUP])
    foreign = {"ParameterName": "work_mem", "ParameterValue": "1", "ApplyMethod": "immediate"}
    client.modify_db_parameter_group(DBParameterGroupName="test-database", Parameters=[foreign])
    result = run_module(module, parameter_groups=[GROUP])
    assert result["parameter_groups"][0]["reasons"] == ["parameters work_mem 1 -> (none)"]
    assert "work_mem" not in values()


def test_static_parameters_wait_for_a_reboot_and_many_are_set(client, run_module):
    many = {"shared_buffers": "1", **{f"parameter_{number}": number for number in range(45)}}
    run_module(module, parameter_groups=with_changes(parameters=many))
    methods = {name: parameter["ApplyMethod"] for name, parameter in group().parameters.items()}
    assert len(methods) == 46
    assert methods.pop("shared_buffers") == "pending-reboot"
    assert set(methods.values()) == {"immediate"}


def test_another_family_is_refused(client, run_module):
    run_module(module, parameter_groups=[GROUP])
    result = run_module(module, parameter_groups=with_changes(family="postgres18"))
    assert "in place (family postgres17 -> postgres18): give the group for the other version" in result["msg"]


def test_check_mode_creates_nothing(client, run_module):
    assert run_module(module, check_mode=True, parameter_groups=[GROUP])["changed"] is True
    assert client.describe_db_parameter_groups()["DBParameterGroups"] == []


def test_absent_twice(client, run_module):
    run_module(module, parameter_groups=[GROUP])
    assert run_module(module, parameter_groups=[{"name": GROUP["name"]}], state="absent")["changed"] is True
    assert client.describe_db_parameter_groups()["DBParameterGroups"] == []
    assert run_module(module, parameter_groups=[{"name": GROUP["name"]}], state="absent")["changed"] is False


def test_find_sees_the_environment_and_no_other(client, run_module):
    run_module(module, parameter_groups=[
        GROUP,
        {**GROUP, "name": "test-extra"},
        {**GROUP, "name": "test-two-database", "tags": {"farflow:environment": "test-two"}},
    ])  # fmt: skip
    clients = Clients(lambda service, config: boto3.client(service, config=config))
    actions = plan([pure.desired(GROUP)], find(ParameterGroup([GROUP]), clients, "test", [GROUP["name"]]))
    assert [(action.kind, action.resource.name) for action in actions] == [("delete", "test-extra")]


def test_a_group_whose_instance_was_just_deleted_is_tried_again(client, run_module, calls, no_pauses):
    run_module(module, parameter_groups=[GROUP])
    calls.refuse("DeleteDBParameterGroup", "InvalidDBParameterGroupState", times=3)
    assert run_module(module, parameter_groups=[{"name": GROUP["name"]}], state="absent")["changed"] is True
