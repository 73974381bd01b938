"""Roles hand the plan's dictionaries to modules as they are: a module takes each of them, and needs nothing else."""

from __future__ import annotations

import importlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Action, Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import removals
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import Look, as_result
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.efs import documents as efs

from tests.unit.kinds.test_every_difference_is_mended import wanted_resources
from tests.unit.policies import deployed_policies

ROLES = Path(__file__).parents[3] / "roles"
_GIVEN = re.compile(r"__\w+?_(present|absent)\.(\w+)")


def given_to_modules():
    """Module, its option, and which state and type of the plan a role gives it there."""
    for path in sorted(ROLES.glob("*/tasks/*.yml")):
        for task in yaml.safe_load(path.read_text()):
            for action, options in task.items():
                if not action.startswith("farflow.airflow.") or not options:
                    continue
                for option, value in options.items():
                    for state, type_ in _GIVEN.findall(str(value)):
                        yield action.rpartition(".")[2], option, state, type_


def module(name):
    return importlib.import_module(f"ansible_collections.farflow.airflow.plugins.modules.{name}")


def refused(name, option, state, arguments):
    """What Ansible says against a list of arguments."""
    spec = module(name).ARGUMENT_SPEC
    given = {option: arguments, **({"state": state} if "state" in spec else {})}
    return ArgumentSpecValidator(spec, **getattr(module(name), "RULES", {})).validate(given).error_messages


def planned(*actions):
    """What is handed to the modules for these actions: arguments by type, to make and to delete."""
    known = Existing(action.resource for action in actions)
    seen = Look(known, {"layer": list(actions)}, inputs=deployed_policies._inputs())
    return as_result(seen)["layers"]["layer"]


WANTED = wanted_resources()
#: An image here has no folder that it is built from.
TYPES = {one.type for one in WANTED} - {"image"}
CASES = sorted({case for case in given_to_modules() if case[2] == "present" and case[3] in TYPES})


@pytest.mark.parametrize(("name", "option", "state", "type_"), CASES)
def test_a_module_takes_what_the_plan_gives_it(name, option, state, type_):
    (arguments,) = planned(*(Action("create", one) for one in WANTED if one.type == type_))["present"].values()
    assert refused(name, option, state, arguments) == []


def test_every_type_is_given_to_a_module():
    """The task of the database's schema has options of its own."""
    assert TYPES - {case[3] for case in CASES} == {"database_schema"}


GROUP = {"name": "dev-api-server", "port": 8080, "vpc_id": "vpc-1"}
FOUND = [
    Resource("ecs_cluster", "dev", {}, "arn", {"arguments": {"name": "dev"}}),
    Resource("rds_instance", "dev-database", {}, "arn"),
    Resource("load_balancer", "dev-airflow", {}, "arn"),
    Resource("target_group", "dev-api-server", {"port": 8080, "vpc_id": "vpc-1"}, "arn"),
    Resource("file_system", "dev-shared-volume", {}, "fs-1"),
    efs.canonical_mount_target(
        "dev-shared-volume", {"SubnetId": "subnet-1", "MountTargetId": "fsmt-1", "LifeCycleState": "available"}, []
    ),
]
TOLD = {
    "ecs_cluster": {"name": "dev"},
    "rds_instance": {
        "identifier": "dev-database",
        "final_snapshot_identifier": "dev-database-final-20260102030405",
    },
    "load_balancer": {"name": "dev-airflow", "target_groups": [GROUP]},
    "target_group": {"name": "dev-airflow", "target_groups": [GROUP]},
    "file_system": {"name": "dev-shared-volume"},
    "mount_target": {"name": "dev-shared-volume"},
}


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(removals, "now", lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize("type_", TOLD)
def test_a_module_takes_what_the_plan_has_it_delete(today, type_):
    absent = planned(*(Action("delete", one) for one in FOUND))["absent"]
    assert absent[type_] == [TOLD[type_]]
    ((name, option),) = {case[:2] for case in given_to_modules() if case[2:] == ("absent", type_)}
    assert refused(name, option, "absent", absent[type_]) == []


@pytest.mark.parametrize("given", [{"rds_skip_final_snapshot": True}, {"farflow_teardown_keep": ["images"]}])
def test_a_database_goes_without_a_final_snapshot_where_none_is_wanted(given):
    told = removals.removal({**deployed_policies._inputs(), **given}, Existing(), FOUND[1])
    assert told == {"identifier": "dev-database", "skip_final_snapshot": True}


def test_a_target_group_that_no_load_balancer_has_is_deleted_too():
    assert planned(Action("delete", FOUND[3]))["absent"] == {"target_group": [TOLD["target_group"]]}
