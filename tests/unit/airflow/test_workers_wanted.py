"""How many workers a pool is wanted to have, and who says so."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_modules import load

publishing = load("scripts/publish_workers_wanted.py")
Load, Pool = publishing.Load, publishing.Pool
wanted = sys.modules["farflow.workers_wanted"]

POOLS = {
    "default": {"queues": ["default", "lab"], "concurrency": 8, "minimum": 0, "maximum": 5},
    "heavy": {"queues": ["heavy"], "concurrency": 1, "minimum": 0, "maximum": 5},
}


def hosts(*names):
    return frozenset(names)


@pytest.mark.parametrize(
    ("loads", "workers"),
    [
        ({}, 0),
        ({"other": Load(7, 3, hosts("a"))}, 0),
        ({"lab": Load(1)}, 1),
        ({"lab": Load(8)}, 1),
        ({"lab": Load(9)}, 2),
        ({"lab": Load(4), "default": Load(5)}, 2),
        ({"lab": Load(0, 8, hosts("a"))}, 1),
        ({"lab": Load(1, 8, hosts("a"))}, 2),
        # Three tasks would fit on one worker, and run on three: each of them is protected.
        ({"lab": Load(0, 3, hosts("a", "b", "c"))}, 3),
        ({"lab": Load(0, 1, hosts("a")), "default": Load(0, 2, hosts("a", "b"))}, 2),
        # Not clipped: the scaling policy has the bounds.
        ({"lab": Load(800)}, 100),
    ],
)
def test_how_many(loads, workers):
    assert wanted.wish(Pool("default", ("default", "lab"), 8), loads).workers == workers


counts = st.integers(0, 500)
some_hosts = st.frozensets(st.sampled_from("abcdefgh"))
loads_of_queues = st.dictionaries(
    st.sampled_from(["default", "lab", "heavy"]), st.builds(Load, counts, counts, some_hosts)
)


@settings(deadline=None)
@given(loads_of_queues, st.integers(1, 32))
def test_enough_and_not_one_more(loads, concurrency):
    pool = Pool("p", ("default", "lab", "lab"), concurrency)
    found = wanted.wish(pool, loads)
    tasks = sum(loads[queue].queued + loads[queue].running for queue in ("default", "lab") if queue in loads)
    busy = {host for queue in ("default", "lab") if queue in loads for host in loads[queue].hosts}
    assert found.workers * concurrency >= tasks
    assert found.workers >= len(busy)
    assert found.workers == len(busy) or (found.workers - 1) * concurrency < tasks


def test_a_real_zero_is_put():
    found = wanted.wishes(wanted.pools(json.dumps(POOLS)), {"heavy": Load(2)})
    dimension = {"Name": "Environment", "Value": "lab"}
    assert wanted.metrics("lab", found) == [
        {
            "MetricName": "WorkersWanted",
            "Dimensions": [dimension, {"Name": "Pool", "Value": name}],
            "Value": value,
            "Unit": "Count",
        }
        for name, value in (("default", 0.0), ("heavy", 2.0))
    ]


def test_what_the_deploy_says_of_the_pools():
    assert wanted.pools(json.dumps(POOLS)) == [Pool("default", ("default", "lab"), 8), Pool("heavy", ("heavy",), 1)]
    assert wanted.pools("") == wanted.pools(" ") == wanted.pools("{}") == []


@pytest.mark.parametrize(
    "setting",
    ["{", "[]", "7", '{"a": 1}', '{"a": {}}', '{"a": {"queues": ["a"]}}']
    + [json.dumps({"a": {"queues": ["a"], "concurrency": each}}) for each in (0, -1, 1.5, True, "x", None)],
)
def test_what_is_not_said_well(setting, capsys):
    with pytest.raises(ValueError, match="not a dictionary of worker pools"):
        wanted.pools(setting)
    # And it is not begun again and again.
    assert publishing.main({"FARFLOW_WORKER_POOLS": setting}) == 0
    assert capsys.readouterr().out.startswith("workers wanted: FARFLOW_WORKER_POOLS: not a dictionary")


ECS = "ecs:airflow.providers.amazon.aws.executors.ecs.AwsEcsExecutor"
OURS = "farflow.celery_executor.QueueCheckingCeleryExecutor"


@pytest.mark.parametrize(
    ("setting", "names", "is_default"),
    [
        ("CeleryExecutor", ["CeleryExecutor"], True),
        (f"CeleryExecutor:{OURS}", ["CeleryExecutor", OURS, "QueueCheckingCeleryExecutor"], True),
        (f"{ECS}, CeleryExecutor", ["CeleryExecutor"], False),
        (f"CeleryExecutor,{ECS}", ["CeleryExecutor"], True),
        ("=CeleryExecutor;team=LocalExecutor", ["CeleryExecutor"], True),
        ("LocalExecutor", [], False),
    ],
)
def test_whose_tasks_are_the_workers(setting, names, is_default):
    assert wanted.celery_names(setting) == (names, is_default)


class Database:
    """One in which a lock is held by one session, with these rows."""

    def __init__(self, *rows):
        self.rows, self.callbacks = list(rows), (0, 0)
        self.holder, self.broken, self.sessions = None, None, 0

    def __call__(self):
        self.sessions += 1
        return Session(self)


class Session:
    def __init__(self, database):
        self.database, self.answer = database, []

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        return None

    def execute(self, statement, values):
        if self.database.broken:
            raise self.database.broken
        if "advisory" in statement:
            assert values == (publishing.LOCK,)
            self.database.holder = self.database.holder or self
            self.answer = [(self.database.holder is self,)]
        elif "FROM callback" in statement:
            self.answer = [self.database.callbacks]
        else:
            assert values == (["default", "lab", "heavy"], ["CeleryExecutor"], True)
            self.answer = self.database.rows

    def fetchall(self):
        return self.answer

    def close(self):
        if self.database.holder is self:
            self.database.holder = None


def publisher(database, put):
    known = wanted.pools(json.dumps(POOLS))
    return publishing.Publisher(known, {"FARFLOW_ENVIRONMENT": "lab"}, database, put)


def test_one_of_several_publishes_and_says_what_changes(capsys):
    database, put = Database(("lab", 9, 2, ["a"])), []
    first, second = publisher(database, put.append), publisher(database, put.append)
    assert first.once()["default"].workers == 2
    assert second.once() is None
    assert capsys.readouterr().out.splitlines() == [
        "workers wanted: are published from here, for default, heavy",
        "workers wanted: default 2 (9 tasks queued, 2 running on 1 workers)",
        "workers wanted: heavy 0 (0 tasks queued, 0 running on 0 workers)",
    ]
    first.once()
    assert capsys.readouterr().out == ""
    database.rows = []
    first.once()
    assert capsys.readouterr().out == "workers wanted: default 0 (0 tasks queued, 0 running on 0 workers)\n"
    assert [[member["Value"] for member in each] for each in put] == [[2, 0], [2, 0], [0, 0]]


def test_callbacks_wake_the_default_pool():
    database = Database(("lab", 7, 0, None))
    database.callbacks = (1, 1)
    assert publisher(database, lambda _members: None).once()["default"].workers == 2


def test_who_fails_lets_another_one(capsys):
    database = Database()

    def refused(_members):
        raise RuntimeError("AccessDenied\nand more")

    first, second = publisher(database, refused), publisher(database, lambda _members: None)
    for _each in range(3):
        assert first.once() is None
    told = capsys.readouterr().out.splitlines()
    trouble = "workers wanted: can't be published, which is tried again: RuntimeError: AccessDenied"
    assert told.count(trouble) == 1
    assert second.once() is not None
    assert first.once() is None
    assert database.holder is second._session


def test_a_database_that_was_gone_is_asked_by_a_new_session(capsys):
    database = Database()
    one = publisher(database, lambda _members: None)
    one.once()
    database.broken = OSError("server closed the connection unexpectedly")
    assert one.once() is None
    assert database.holder is None
    database.broken = None
    assert one.once() is not None
    assert database.sessions == 2
    assert capsys.readouterr().out.splitlines()[-1] == "workers wanted: are published again"
