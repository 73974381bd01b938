"""Which settings of Airflow a user may give."""

from __future__ import annotations

import re

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import containers, settings
from ansible_collections.farflow.airflow.plugins.module_utils.environment.components import ALL
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import airflow_settings
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import (
    documents as ecs_task_definitions,
)
from ansible_collections.farflow.airflow.plugins.module_utils.validation import airflow_options
from gathered import ROOT, gather

#: Set by the deploy, and right with another value too.
MAY_BE_OVERRIDDEN = {
    "AIRFLOW__API__INSTANCE_NAME",
    "AIRFLOW__CELERY__OPERATION_TIMEOUT",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL",
    "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL",
    "AIRFLOW__LOGGING__REMOTE_LOGGING",
    "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER",
    "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID",
    "AIRFLOW__SECRETS__BACKEND",
    "AIRFLOW__SECRETS__BACKEND_KWARGS",
}


def told(name, **given):
    return [line for line in gather(**given)[1] if line.startswith(name)]


@pytest.mark.parametrize("component", ALL, ids=lambda component: component.name)
def test_whatever_the_deploy_sets_is_refused_or_may_be_overridden(component):
    """In the environment, and as a secret: ECS takes a variable once."""
    inputs, _unused = gather()
    plain = settings.environment(inputs, Existing(), component)
    secret = settings.secrets(inputs, Existing(), component)
    names = {*plain, *secret} - MAY_BE_OVERRIDDEN
    assert names
    for name in names:
        assert told("airflow_service_environment", airflow_service_environment={name: "x"}), name


@pytest.mark.parametrize("name", sorted(MAY_BE_OVERRIDDEN))
def test_the_rest_may_be_overridden(name):
    _unused, section, key = name.lower().split("__")
    value = {"integer": "5", "float": "5", "boolean": "False", "json": "{}"}.get(
        airflow_options.KNOWN[f"{section}.{key}"], "x"
    )
    assert gather(airflow_service_config={section: {key: value}})[1] == []
    assert gather(airflow_service_environment={name: value})[1] == []


@pytest.mark.parametrize("key", ["fernet_key", "fernet_key_cmd", "fernet_key_secret", "Fernet_Key"])
def test_another_way_to_give_a_secret_of_ours_is_refused_too(key):
    (line,) = told("airflow_service_config", airflow_service_config={"core": {key: "hunter2"}})
    assert "AIRFLOW__CORE__FERNET_KEY" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "config",
    [
        {"core": {"parallelism": 4, "load_examples": True, "default_timezone": "Europe/Berlin"}},
        {"Core": {"Parallelism": 4}},
        {"common.io": {"xcom_objectstorage_threshold": 1500}},
        {"common_io": {"xcom_objectstorage_threshold": 1500}},
        {"opensearch": {"host": "search.example.org", "password_secret": "search"}},
        {"logging": {"namespace_levels": "sqlalchemy=INFO", "logging_level": "DEBUG"}},
        {"core": {"parallelism": "4", "load_examples": "f", "executor": "CeleryExecutor,my.Executor"}},
        {"core": {"parallelism": 4.0, "load_examples": 1, "default_task_execution_timeout": ""}},
        {"core": {"parallelism": " 4\n", "load_examples": "True # for the tour"}},
        {"logging": {"log_format": "%(asctime)s %(message)s", "celery_logging_level": ""}},
        {"logging": {"log_filename_template": "dag_id={{ ti.dag_id }}/{% if ti.map_index >= 0 %}x{% endif %}"}},
        {"api": {"instance_name": "100%", "theme": {"tokens": {}}}},
        {"scheduler": {"scheduler_heartbeat_sec": 5, "scheduler_idle_sleep_time": 0.5}},
        {"celery": {"extra_celery_config": '{"worker_max_tasks_per_child": 10}'}},
        {"celery": {"extra_celery_config": {"worker_max_tasks_per_child": 10, "x": [None, 1.5, True]}}},
        {"metrics": {"statsd_datadog_tags": "team:data,env:prod"}},
        {"sentry": {"release": "3", "max_breadcrumbs": 5}},
        {"celery_broker_transport_options": {"whatever_kombu_takes": 5}},
        {"logging": {"remote_task_handler_kwargs": {"delete_local_copy": "True"}}},
        {"secrets": {"backend_kwargs": '{"connections_prefix": "a", "full_url_mode": false}'}},
    ],
)
def test_what_is_airflows_alone_is_the_users(config):
    assert gather(airflow_service_config=config)[1] == []


@pytest.mark.parametrize(
    "connection",
    ["http://example.org", "aws://?region_name=eu-west-1", "postgres://me@db/x", '{"conn_type": "http"}', "[1]"],
)
def test_a_connection_without_a_password_may_be_plain(connection):
    assert gather(airflow_service_environment={"AIRFLOW_CONN_X": connection})[1] == []


@pytest.mark.parametrize("connection", ["http://me:hunter2@example.org", '{"password": "hunter2"}'])
def test_a_password_is_not_shown(connection):
    (line,) = told("airflow_service_environment", airflow_service_environment={"AIRFLOW_CONN_X": connection})
    assert "hunter2" not in line


def test_what_is_not_too_large_fits_a_task_definition():
    """With all that the deploy adds."""
    config = {"core": {"hostname_callable": "é" * 1_400}}
    inputs, problems = gather(airflow_service_environment={"LARGE": "x" * 20_000}, airflow_service_config=config)
    assert problems == []
    image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/prod-airflow@sha256:{'0' * 64}"
    account = Existing([Resource("identity", "identity", {}, "123456789012", {"partition": "aws"})])
    for component in ALL:
        definition = containers.task_definition(inputs, account, component, image)
        assert ecs_task_definitions.desired(definition)


def test_a_setting_has_the_name_under_which_airflow_reads_it():
    assert airflow_settings.variables({"core": {"a_b": 1}, "x.y": {"z": 2}}) == {
        "AIRFLOW__CORE__A_B",
        "AIRFLOW__X_Y__Z",
    }


SETTING = {"my_plugin": {"level": 5}}


@pytest.mark.parametrize("others", [["my_plugin"], ["MY_PLUGIN"], ["my_plugin.level"]])
def test_what_a_plugin_reads_is_allowed_by_its_section_or_its_name(others):
    given = {
        "airflow_service_config": SETTING,
        "airflow_service_environment": {"AIRFLOW__MY_PLUGIN__LEVEL_": "x"} if "." not in others[0] else {},
    }
    assert gather(**given, airflow_service_config_of_plugins=others)[1] == []


@pytest.mark.parametrize("others", [[], ["my_plug"], ["level"], ["my_plugin.other"]])
def test_what_nobody_is_known_to_read_is_refused(others):
    (line,) = told("airflow_service_config.", airflow_service_config=SETTING, airflow_service_config_of_plugins=others)
    assert line == (
        "airflow_service_config.my_plugin.level: is no setting of Airflow 3.3.2 and its providers; allowed: those, and "
        "what airflow_service_config_of_plugins names"
    )


def test_a_plugin_has_settings_about_secrets_in_clear_text():
    settings = {"token_ttl": 5, "secret_name": "team/x", "use_token": True, "token_url": "https://x", "api_token": ""}
    assert gather(airflow_service_config={"mine": settings}, airflow_service_config_of_plugins=["mine"])[1] == []


@pytest.mark.parametrize("value", ["hunter2", "hunter 2"])
@pytest.mark.parametrize("key", ["password", "api_token", "client_secret", "PRIVATE_KEY", "apikey"])
def test_a_secret_of_a_plugin_is_refused_in_clear_text(key, value):
    plugins = {"airflow_service_config_of_plugins": ["mine"]}
    (line,) = told("airflow_service_config.", airflow_service_config={"mine": {key: value}}, **plugins)
    assert f"under airflow_service_secrets as AIRFLOW__MINE__{key.upper()}" in line
    assert value not in line
    name = f"AIRFLOW__MINE__{key.upper()}"
    assert told("airflow_service_environment.", airflow_service_environment={name: value}, **plugins)


def test_a_former_setting_that_a_plugin_reads_is_named_as_such():
    """By its section it would be one that nobody reads any more."""
    given = {"airflow_service_config": {"webserver": {"worker_class": "sync"}}}
    assert told("airflow_service_config.", **given, airflow_service_config_of_plugins=["webserver"])
    assert gather(**given, airflow_service_config_of_plugins=["webserver.worker_class"])[1] == []


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("AIRFLOW__CORE__PARALLELISM", "many", "a whole number"),
        ("AIRFLOW__CORE__LOAD_EXAMPLES", "maybe", "true or false"),
        ("AIRFLOW__LOGGING__LOGGING_LEVEL", "LOUD", "CRITICAL or FATAL"),
        ("AIRFLOW__CELERY__EXTRA_CELERY_CONFIG", "{'a': 1}", "a mapping or a list"),
        ("AIRFLOW__CORE__EXECUTOR", "LocalExecutor", "CeleryExecutor"),
    ],
)
def test_a_value_that_airflow_cannot_read_is_refused_in_the_environment_too(name, value, allowed):
    (line,) = told("airflow_service_environment.", airflow_service_environment={name: value})
    assert f"allowed: {allowed}" in line


def test_a_setting_that_is_read_has_a_known_kind():
    kinds = {"boolean", "float", "integer", "json", "text", ""}
    assert set(airflow_options.KNOWN.values()) == kinds
    assert set(airflow_options.CHOICES) <= set(airflow_options.KNOWN)


def test_half_a_character_is_no_text():
    assert told("airflow_service_environment", airflow_service_environment={"A": "x\ud83d"}) == [
        "airflow_service_environment.A: holds half a character, as character 2, allowed: Unicode"
    ]


def test_variables_that_are_no_settings_of_airflow_are_not_looked_up():
    names = ["AIRFLOW_VAR_X", "AIRFLOW_CONN_X", "_AIRFLOW__X", "PARRALELISM"]
    assert gather(airflow_service_environment=dict.fromkeys(names, "x"))[1] == []


@pytest.mark.parametrize(("old", "name"), sorted(airflow_options.RENAMED.items()))
def test_a_former_name_is_refused_with_what_holds_for_its_name_of_today(old, name):
    section, _unused, key = old.rpartition(".")
    (line,) = told("airflow_service_config.", airflow_service_config={section: {key: "x"}})
    assert name in line or settings.variable(*name.rsplit(".", 1)) in line


@pytest.mark.parametrize("name", sorted(airflow_options.SENSITIVE))
def test_what_airflow_masks_is_nowhere_in_clear_text(name):
    section, _unused, key = name.rpartition(".")
    secret = {"password": "hunter2"} if key.endswith("args") else "hunter2"
    (line,) = told("airflow_service_config.", airflow_service_config={section: {key: secret}})
    assert "allowed: " in line
    assert "hunter2" not in line


def test_the_table_is_of_the_packages_in_the_image():
    """What they say themselves is compared where they are: tests/unit/airflow/in_image/check_options.py."""
    lock = (ROOT / "airflow" / "requirements.txt").read_text()
    assert dict(re.findall(r"^(apache-airflow[\w-]*)==(\S+)", lock, re.MULTILINE)) == airflow_options.PACKAGES


def test_every_setting_of_the_deploys_own_is_known():
    names = {name for name in airflow_settings.OURS if name.startswith("AIRFLOW__")}
    not_listed_by_airflow = "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"
    assert list(airflow_settings.unknown_names(names - {not_listed_by_airflow}, [])) == []


def test_a_task_has_time_to_get_to_the_queue():
    """A first message took 0.9 s with half a vCPU. While it is sent the scheduler does not beat."""
    inputs, _unused = gather()
    for component in ALL:
        seconds = float(settings.environment(inputs, Existing(), component)["AIRFLOW__CELERY__OPERATION_TIMEOUT"])
        assert 10 <= seconds < 30


def test_the_browser_says_which_environment_it_is():
    inputs, _unused = gather(farflow_environment="prod")
    (api_server, *_others) = ALL
    assert settings.environment(inputs, Existing(), api_server)["AIRFLOW__API__INSTANCE_NAME"] == "prod"
