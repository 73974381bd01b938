"""The executor that runs each task in an ECS task of its own: all of it where it is asked for, and else nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import (
    airflow_service,
    ecs_executor,
    executors,
    layers,
    network,
    plan,
    schema,
    settings,
)
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import dag_checks
from cloudformation.deployed import resources

ROOT = Path(__file__).parents[3]
IN_IMAGE = ROOT / "tests" / "unit" / "airflow" / "in_image"
BOTH = "celery, ecs"
FAMILY = "dev-airflow-ecs-task"


def deployed(which, **more):
    return resources("vars/prod.yml", farflow_environment="dev", airflow_service_executors=which, **more)


def named(found, type_):
    return {one.name: one for one in found if one.type == type_}


def environments(found):
    """By the name of each container of Airflow the variables that it has."""
    return {
        name: container["environment"]
        for family, definition in named(found, "ecs_task_definition").items()
        if family.startswith("dev-airflow-")
        for name, container in definition.properties["container_definitions"].items()
    }


def test_the_scheduler_is_told_what_the_checks_in_the_image_expect(monkeypatch):
    monkeypatch.setattr(network, "subnet_ids", lambda *_unused: ["subnet-a", "subnet-b"])
    known = Existing([Resource("security_group", "dev-airflow", id="sg-airflow")])
    inputs = {
        "farflow_environment": "dev",
        "farflow_region": "eu-west-1",
        "airflow_service_executors": ["celery", "ecs"],
        "airflow_service_enable_execute_command": False,
    }
    told = {settings.variable(*key): value for key, value in ecs_executor.settings(inputs, known).items()}
    assert told == json.loads((IN_IMAGE / "ecs_executor_settings.json").read_text())


def test_a_shell_can_be_opened_where_it_is_allowed():
    for allowed in (True, False):
        scheduler = environments(deployed(BOTH, airflow_service_enable_execute_command=allowed))["scheduler"]
        asked = json.loads(scheduler["AIRFLOW__AWS_ECS_EXECUTOR__RUN_TASK_KWARGS"])
        assert asked["enableExecuteCommand"] is allowed


def test_every_component_knows_of_it_since_every_one_may_read_dags():
    told = {each["AIRFLOW__CORE__EXECUTOR"] for each in environments(deployed(BOTH)).values()}
    assert told == {
        "CeleryExecutor:farflow.celery_executor.QueueCheckingCeleryExecutor,ecs:farflow.ecs_executor.EcsExecutor"
    }


def test_its_task_definition_is_sized_and_is_no_service():
    found = deployed(BOTH, airflow_service_ecs_task="cpu=2048 memory=8192")
    definition = named(found, "ecs_task_definition")[FAMILY].properties
    assert (definition["cpu"], definition["memory"]) == (2048, 8192)
    container = definition["container_definitions"]["ecs-task"]
    assert (container["command"], container["stop_timeout"]) == (["execute-workload"], 120)
    assert list(container["secrets"]) == list(settings.ECS_TASK_SECRETS)
    assert "dev-ecs-task" not in named(found, "ecs_service")


def test_the_users_secrets_reach_it():
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf"
    found = deployed(BOTH, airflow_service_secrets=f"TOKEN={arn}")
    secrets = named(found, "ecs_task_definition")[FAMILY].properties["container_definitions"]["ecs-task"]["secrets"]
    assert set(secrets) == {"TOKEN", *settings.ECS_TASK_SECRETS}


def test_it_waits_for_the_schema_that_its_image_needs(monkeypatch):
    monkeypatch.setattr(schema, "needed", lambda *_unused: "{{schema}}")
    found = resources.__wrapped__("vars/prod.yml", farflow_environment="dev", airflow_service_executors=BOTH)
    waiting = {name for name, one in named(found, "ecs_task_definition").items() if "{{schema}}" in one.after}
    assert waiting == {FAMILY}


def test_without_it_there_is_nothing_of_it():
    without, with_it = deployed("celery"), deployed(BOTH)
    added = {(one.type, one.name) for one in with_it} - {(one.type, one.name) for one in without}
    assert added == {("iam_role", FAMILY), ("ecs_task_definition", FAMILY)}
    for environment in environments(without).values():
        assert not [name for name in environment if "ECS_EXECUTOR" in name or name == "AIRFLOW__CORE__EXECUTOR"]


def test_switched_off_what_there_was_is_deleted():
    inputs = {
        "farflow_environment": "dev",
        "farflow_region": "eu-west-1",
        "worker_pools": {},
        "airflow_service_executors": ["celery"],
        "dag_tasks": [],
        "airflow_images": {},
    }
    for type_ in ("iam_role", "ecs_task_definition"):
        there = named(deployed(BOTH), type_)[FAMILY]
        owned = plan._owned([there], inputs, layers.LAYERS, {name: [] for name in layers.LAYERS})
        assert owned[airflow_service.ROLE] == [there]


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("CeleryExecutor", ["CeleryExecutor"]),
        (
            "CeleryExecutor:farflow.celery_executor.QueueCheckingCeleryExecutor,ecs:farflow.ecs_executor.EcsExecutor",
            ["CeleryExecutor", "ecs"],
        ),
        ("CeleryExecutor:farflow.queues.Executor, my.own.Executor", ["CeleryExecutor", "my.own.Executor"]),
    ],
)
def test_by_which_names_dags_ask(setting, names):
    assert executors.names(setting) == names


@pytest.mark.parametrize("which", [["celery"], ["celery", "ecs"]])
def test_the_check_of_the_dags_is_told_them(which):
    inputs = {"airflow_service_executors": which, "airflow_service_config": {}, "airflow_service_environment": {}}
    assert executors.names(dag_checks.executor_setting(inputs)) == ["CeleryExecutor", *which[1:]]
    inputs["airflow_service_config"] = {"core": {"executor": "CeleryExecutor,my.own.Executor"}}
    assert executors.names(dag_checks.executor_setting(inputs)) == ["CeleryExecutor", "my.own.Executor"]


def test_every_executor_that_can_be_asked_for_is_known():
    specs = yaml.safe_load((ROOT / "roles" / "airflow_service" / "meta" / "argument_specs.yml").read_text())
    option = specs["argument_specs"]["main"]["options"]["airflow_service_executors"]
    setting = executors.setting({"airflow_service_executors": option["choices"]})
    assert executors.names(setting) == ["CeleryExecutor", "ecs"]
