"""Pools of workers: what the variables make of them, and the steps by which their number is set."""

from __future__ import annotations

import json

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import components, containers, pools, settings
from ansible_collections.farflow.airflow.plugins.module_utils.environment.broker import broker
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import checks
from gathered import gather
from hypothesis import given
from hypothesis import strategies as st

KNOWN = Existing([Resource("identity", "identity", {}, "123456789012", {"partition": "aws"})])


def inputs(**given_):
    values, problems = gather(**given_)
    assert problems == []
    return values


def problems(**given_):
    return gather(**given_)[1]


def default(**given_):
    return pools.pools(inputs(**given_))[0]


def heavy(**keys):
    return pools.pool(inputs(worker_pools={"heavy": keys}), "heavy")


def set_by(steps, wanted):
    """The number of workers that a policy with these steps sets."""
    (found,) = [
        step["adjustment"]
        for step in steps
        if step["lower_bound"] <= wanted and (step["upper_bound"] is None or wanted < step["upper_bound"])
    ]
    return found


@pytest.mark.parametrize(
    ("given_", "scaling", "bounds"),
    [
        ({}, "none", (1, 1)),
        ({"worker_pool_count": 3}, "none", (3, 3)),
        ({"worker_pool_scaling": "cpu", "worker_pool_max_count": 7}, "cpu", (1, 7)),
        ({"worker_pool_scaling": "work", "worker_pool_min_count": 0}, "work", (0, 5)),
        ({"worker_pools": {"default": {}}}, "work", (0, 5)),
        ({"worker_pools": {"default": {"scaling": "none", "min": 2}}}, "none", (2, 2)),
        ({"worker_pools": {"default": {"scaling": "cpu"}}}, "cpu", (1, 5)),
        ({"worker_pools": {"default": {"min": 9}}}, "work", (9, 9)),
    ],
)
def test_the_default_pool_is_said_by_variables_or_by_the_dictionary(given_, scaling, bounds):
    pool = default(**given_)
    assert (pool.scaling, (pool.minimum, pool.maximum)) == (scaling, bounds)


def test_another_pool_serves_a_queue_of_its_name_unless_it_says_others():
    assert heavy().queues == ("heavy",)
    assert heavy(queues=["large", "slow"]).queues == ("large", "slow")


def test_the_default_pool_serves_its_name_whatever_it_serves_too():
    assert default(worker_pools={"default": {"queues": ["etl"]}}).queues == ("etl", "default")


def test_the_cooldown_of_a_pool_holds_in_both_directions():
    assert (heavy(cooldown=90).scale_in_cooldown, heavy(cooldown=90).scale_out_cooldown) == (90, 90)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 3000))
def test_the_steps_set_what_is_wanted_within_the_bounds(one, other, wanted):
    least, most = sorted((one, other))
    found = pools.steps(least, most)
    assert len(found) <= 20
    number = set_by(found, wanted)
    assert least <= number <= most
    assert number >= min(wanted, most)
    exactly, width = least + 10, max(1, -(-(most - least - 10) // 9))
    assert number - max(least, min(wanted, most)) < (width if wanted > exactly else 1)


@given(st.integers(0, 1000), st.integers(0, 19), st.integers(0, 3000))
def test_up_to_twenty_different_numbers_are_set_exactly(least, more, wanted):
    assert set_by(pools.steps(least, least + more), wanted) == max(least, min(wanted, least + more))


def test_a_pool_has_one_queue_of_sqs_and_all_its_names_lead_there():
    given_ = inputs(worker_pools={"heavy": {"queues": ["large", "slow"]}})
    urls = [
        Resource("sqs_queue", name, {}, "arn", {"url": f"https://sqs/{name}"})
        for name in ("prod-celery", "prod-celery-heavy")
    ]
    told = broker.settings_of_queues(given_, Existing(urls), pools.pools(given_))
    found = json.loads(told["celery_broker_transport_options", "predefined_queues"])
    assert {name: each["url"].rsplit("/", 1)[1] for name, each in found.items()} == {
        "prod-celery": "prod-celery",
        "default": "prod-celery",
        "prod-celery-heavy": "prod-celery-heavy",
        "large": "prod-celery-heavy",
        "slow": "prod-celery-heavy",
    }
    assert broker.settings(given_)["operators", "default_queue"] == "prod-celery"
    assert set(broker.queues(given_)) == set(found)


QUEUES = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__PREDEFINED_QUEUES"


def test_who_neither_sends_nor_takes_knows_no_queue():
    """And is not replaced when a pool comes or goes, or the names of its queue."""
    given_ = inputs(worker_pools={"heavy": {"queues": ["b", "a"]}})
    told = {
        each.name: sorted(json.loads(settings.environment(given_, KNOWN, each).get(QUEUES, "{}")))
        for each in components.components(given_)
    }
    every = ["a", "b", "default", "prod-celery", "prod-celery-heavy"]
    assert told == {
        "api-server": [],
        "scheduler": every,
        "dag-processor": [],
        "triggerer": [],
        "command": every,
        "worker": every,
        "worker-heavy": every,
    }


def test_the_order_of_names_is_none():
    one, other = (inputs(worker_pools={"heavy": {"queues": names}}) for names in (["a", "b"], ["b", "a"]))
    scheduler = components.SCHEDULER
    assert settings.environment(one, KNOWN, scheduler)[QUEUES] == settings.environment(other, KNOWN, scheduler)[QUEUES]


def worker(name, **given_):
    values = inputs(**given_)
    (which,) = [each for each in components.workers(values) if each.pool == name]
    document = containers.task_definition(values, KNOWN, which, "image@sha256:0")
    (container,) = document["container_definitions"]
    return document, container


def test_a_worker_listens_to_one_name_of_its_queue():
    _unused, container = worker("heavy", worker_pools={"heavy": {"queues": ["large", "slow"]}})
    assert container["command"] == ["worker", "--queues", "prod-celery-heavy"]


def test_a_worker_is_as_its_pool_says():
    asked = {
        "cpu": 4096,
        "memory": 16384,
        "architecture": "ARM64",
        "concurrency": 3,
        "ephemeral_storage": 60,
        "environment": {"MODE": "large"},
    }
    document, container = worker("heavy", worker_pools={"heavy": asked}, airflow_service_environment={"MODE": "usual"})
    assert (document["cpu"], document["memory"]) == ("4096", "16384")
    assert document["runtime_platform"]["cpu_architecture"] == "ARM64"
    assert document["ephemeral_storage"] == {"size_in_gib": 60}
    environment = {each["name"]: each["value"] for each in container["environment"]}
    assert environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"] == "3"
    assert environment["MODE"] == "large"
    assert (
        environment["FARFLOW_WORKER_STOP_SECONDS"] == "120" == str(document["container_definitions"][0]["stop_timeout"])
    )
    assert environment["FARFLOW_WORKER_SERVICE"] == "prod-worker-heavy"
    assert environment["FARFLOW_WORKER_DRAIN_HOURS"] == "12"
    usual, _unused = worker("default", worker_pools={"heavy": asked})
    assert "ephemeral_storage" not in usual
    assert usual["runtime_platform"]["cpu_architecture"] == "X86_64"


def test_the_scheduler_counts_for_the_pools_whose_number_follows_the_work():
    given_ = inputs(worker_pools={"heavy": {"queues": ["large"], "max": 3}, "steady": {"scaling": "none"}})
    environment = settings.environment(given_, KNOWN, components.SCHEDULER)
    assert json.loads(environment["FARFLOW_WORKER_POOLS"]) == {
        "heavy": {"queues": ["prod-celery-heavy", "large"], "concurrency": 8}
    }
    assert "FARFLOW_WORKER_POOLS" not in settings.environment(inputs(), KNOWN, components.SCHEDULER)


@pytest.mark.parametrize(
    ("pool", "strategy"),
    [
        ({}, [("FARGATE", 1, 0)]),
        ({"spot": 70, "base": 2}, [("FARGATE", 30, 2), ("FARGATE_SPOT", 70, 0)]),
        ({"spot": 100, "base": 1}, [("FARGATE", 0, 1), ("FARGATE_SPOT", 100, 0)]),
        ({"spot": 100}, [("FARGATE_SPOT", 100, 0)]),
    ],
)
def test_spot_is_a_share_above_a_base_on_demand(pool, strategy):
    values = inputs(worker_pools={"heavy": pool})
    which = components.workers(values)[1]
    service = containers.service(values, KNOWN, which, "definition:1")
    found = [
        (each["capacity_provider"], each["weight"], each["base"]) for each in service["capacity_provider_strategy"]
    ]
    assert found == strategy


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"worker_pools": {"a": {"queues": ["x"]}, "b": {"queues": ["x"]}}}, ["worker_pools.b.queues", "pool a"]),
        ({"worker_pools": {"a": {"queues": ["default"]}}}, ["worker_pools.a.queues", "'default'", "pool default"]),
        ({"worker_pools": {"a": {"queues": ["prod-celery"]}}}, ["worker_pools.a.queues", "pool default"]),
        ({"worker_pools": {"a": {"queues": ["prod-celery-b"]}, "b": {}}}, ["worker_pools.b.queues", "pool a"]),
        ({"worker_pools": {"a": {"queues": []}}}, ["worker_pools.a.queues", "a list of the names"]),
        ({"worker_pools": {"a": {"queues": ["two words"]}}}, ["worker_pools.a.queues.0", "letters, digits"]),
        ({"worker_pools": {"a": {"queues": ["x" * 81]}}}, ["worker_pools.a.queues.0"]),
        ({"worker_pools": {"a": {"min": 3, "max": 2}}}, ["worker_pools.a.max: is 2", "min, which is 3"]),
        ({"worker_pools": {"a": {"base": 6, "spot": 50}}}, ["worker_pools.a.base: is 6", "max, which is 5"]),
        ({"worker_pools": {"a": {"base": 1}}}, ["worker_pools.a.base", "without spot"]),
        ({"worker_pools": {"a": {"spot": 101}}}, ["worker_pools.a.spot", "0 to 100"]),
        ({"worker_pools": {"a": {"concurrency": 0}}}, ["worker_pools.a.concurrency", "from 1"]),
        ({"worker_pools": {"a": {"scaling": "cpu", "min": 0}}}, ["worker_pools.a.min", "no first one"]),
        ({"worker_pools": {"a": {"scaling": "none", "max": 3}}}, ["worker_pools.a.max: is 3", "scaling is none"]),
        ({"worker_pools": {"a": {"scaling": "load"}}}, ["worker_pools.a.scaling", "work or cpu or none"]),
        ({"worker_pools": {"a": {"memory": 3000}}}, ["worker_pools.a.memory"]),
        ({"worker_pools": {"a": {"cpu": 4096}}}, ["worker_pools.a.memory", "cpu 4096"]),
        ({"worker_pools": {"a": {"architecture": "arm"}}}, ["worker_pools.a.architecture", "ARM64"]),
        ({"worker_pools": {"a": {"memroy": 4096}}}, ["worker_pools.a.memroy", "did you mean 'memory'"]),
        ({"worker_pools": {"a": None}}, ["worker_pools.a", "{} for a pool with all defaults"]),
        ({"worker_pools": {"A": {}}}, ["worker_pools.A", "lower-case"]),
        ({"worker_pools": {"a--b": {}}}, ["worker_pools.a--b", "single hyphens"]),
        ({"worker_pools": {"a": {"environment": {"FARFLOW_X": "y"}}}}, ["worker_pools.a.environment.FARFLOW_X"]),
        ({"worker_pools": {"a": {"policy": ["s3:*"]}}}, ["worker_pools.a.policy.0"]),
        (
            {"worker_pools": {"default": {}}, "worker_pool_count": 2},
            ["worker_pool_count: is given beside worker_pools.default"],
        ),
        ({"worker_pool_scaling": "cpu", "worker_pool_min_count": 0}, ["worker_pool_min_count", "no first one"]),
        ({"worker_drain_hours": 13}, ["worker_drain_hours", "1 to 12"]),
        ({"worker_pools": {"celery": {}}}, ["worker_pools.celery", "beginning with celery-"]),
        ({"worker_pools": {"celery-eu": {}}}, ["worker_pools.celery-eu"]),
        ({"worker_pools": {"a": {"queues": []}}}, ["worker_pools.a.queues", "at least one"]),
        (
            {"worker_pools": {f"p{each}": {"queues": [f"q{each}-{name}" for name in range(40)]} for each in range(4)}},
            ["worker_pools: have 166 names of queues in all, allowed: 150"],
        ),
        (
            {"worker_pools": {"a": {"environment": {"AIRFLOW__CELERY__WORKER_AUTOSCALE": "16,4"}}}},
            ["worker_pools.a.environment.AIRFLOW__CELERY__WORKER_AUTOSCALE", "concurrency"],
        ),
        (
            {"airflow_service_environment": {"AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "5"}},
            ["airflow_service_environment.AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES", "worker_drain_hours"],
        ),
        ({"farflow_alarm_topic_arns": ["on-call"]}, ["farflow_alarm_topic_arns.0", "topic of SNS"]),
        (
            {"farflow_alarm_topic_arns": ["arn:aws:sns:us-east-1:123456789012:on-call"]},
            ["farflow_alarm_topic_arns.0", "allowed: a topic of region eu-west-1"],
        ),
        (
            {"farflow_alarm_topic_arns": [f"arn:aws:sns:eu-west-1:123456789012:t{each}" for each in range(6)]},
            ["farflow_alarm_topic_arns: are 6, allowed: at most 5 topics"],
        ),
    ],
)
def test_what_cannot_be_is_refused(given_, words):
    (line,) = problems(**given_)
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({}, []),
        ({"worker_pool_concurrency": 19}, []),
        (
            {"worker_pool_concurrency": 20},
            ["worker_pool_memory: is 2048 MiB for 20 tasks at once, which take some 2100"],
        ),
        ({"worker_pools": {"heavy": {"concurrency": 20}}}, ["worker_pools.heavy.memory: is 2048 MiB for 20 tasks"]),
        ({"worker_pools": {"heavy": {"concurrency": 20, "memory": 4096}}}, []),
        ({"worker_pool_count": 0}, ["worker_pool_count: is 0, so pool default has no worker"]),
    ],
)
def test_what_is_taken_and_yet_goes_wrong_is_warned_of(given_, words):
    told = checks.warnings(inputs(**given_))
    assert [each[: len(word)] for each, word in zip(told, words, strict=True)] == words


def test_an_old_name_of_a_variable_is_told_its_new_one():
    from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs as gathered

    (line,) = gathered.unknown({"worker_pool_enabled": True}, {"worker_pool_scaling": {}})
    assert line.startswith("worker_pool_enabled: is called worker_pool_scaling now, allowed: cpu")


@pytest.mark.parametrize(
    ("given_", "parallelism", "active"),
    [
        ({}, "32", "16"),
        ({"worker_pool_count": 3}, "32", "24"),
        ({"worker_pools": {"heavy": {"max": 10, "concurrency": 4}}}, "48", "48"),
        ({"worker_pool_count": 3, "airflow_service_executors": ["celery", "ecs"]}, "56", "56"),
    ],
)
def test_as_many_tasks_are_sent_as_all_workers_can_run(given_, parallelism, active):
    environment = settings.environment(inputs(**given_), KNOWN, components.SCHEDULER)
    assert environment["AIRFLOW__CORE__PARALLELISM"] == parallelism
    assert environment["AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG"] == active


@pytest.mark.parametrize(("hours", "retries"), [(12, "24"), (1, "2")])
def test_a_task_that_waits_for_a_worker_is_not_given_up_before_the_hours_are_over(hours, retries):
    environment = settings.environment(inputs(worker_drain_hours=hours), KNOWN, components.SCHEDULER)
    assert environment["AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT"] == "1800"
    assert environment["AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"] == retries


def test_the_tasks_of_a_scheduler_that_has_ended_are_taken_over_within_a_minute():
    environment = settings.environment(inputs(), KNOWN, components.SCHEDULER)
    assert environment["AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL"] == "60"


def test_it_is_sent_again_more_often_where_the_user_gives_it_up_sooner():
    config = {"scheduler": {"task_queued_timeout": 600}}
    environment = settings.environment(inputs(airflow_service_config=config), KNOWN, components.SCHEDULER)
    assert environment["AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"] == "72"


def test_a_setting_of_the_users_wins():
    config = {"core": {"parallelism": 100}}
    environment = settings.environment(inputs(airflow_service_config=config), KNOWN, components.SCHEDULER)
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "100"
