"""A worker as a container, with SQS as its broker: what ECS and a deploy do to it, and what becomes of its messages."""

from __future__ import annotations

import base64
import json
import os
import uuid
from contextlib import contextmanager

import pytest
from airflow_lab import IN_IMAGE, Queue, options_of, running
from ecs_double import EcsDouble

from tests.embedded_aws import EmbeddedAWS


@pytest.fixture(scope="module")
def aws():
    with EmbeddedAWS(f"test-worker-{os.getpid()}", fast=True) as aws:
        yield aws


@pytest.fixture
def ecs():
    with EcsDouble() as double:
        yield double


class Messages(Queue):
    """A queue, and messages as Celery writes them."""

    def send(self, number, queue=None):
        body = base64.b64encode(json.dumps([[number], {}, {}]).encode()).decode()
        identity = str(uuid.uuid4())
        message = {
            "body": body,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"lang": "py", "task": "slow", "id": identity, "root_id": identity, "retries": 0},
            "properties": {
                "correlation_id": identity,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": queue or self.name},
                "body_encoding": "base64",
                "delivery_tag": identity,
            },
        }
        self.sqs.send_message(QueueUrl=self.url, MessageBody=base64.b64encode(json.dumps(message).encode()).decode())


@pytest.fixture
def queue(aws):
    return Messages(aws)


@pytest.fixture
def start(docker, airflow_image, aws, queue):
    """`start(ecs, **variables)` is a context with a worker that has begun to take messages."""

    @contextmanager
    def start(ecs, concurrency=1, prefetch=1, **more):
        variables = {
            **queue.variables(aws, "default"),
            **(ecs.variables if ecs else {}),
            "AIRFLOW__CELERY__RESULT_BACKEND": "db+sqlite:////tmp/results.db",
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": concurrency,
            "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": prefetch,
            # A setting of a user's, which must not take the place of what the image adds.
            "AIRFLOW__CELERY__EXTRA_CELERY_CONFIG": json.dumps({"imports": ["slow_task"]}),
            "PYTHONPATH": "/checks",
            **more,
        }
        options = options_of(variables, f"--volume={IN_IMAGE}:/checks:ro")
        words = ["worker", "--queues", queue.name, "--skip-serve-logs"]
        with running(docker, airflow_image, *words, options=options) as worker:
            worker.wait_for(lambda: " ready. " in worker.log())
            yield worker

    return start


@pytest.fixture
def end(docker):
    """`end(worker, 1)` lets task 1 end."""

    def end(worker, number):
        docker("exec", worker.name, "touch", f"/tmp/{number}")

    return end


def test_ecs_protects_a_worker_while_it_has_tasks(start, ecs, queue, end):
    with start(ecs) as worker:
        queue.send(1)
        worker.wait_for(lambda: ecs.protected)
        assert ecs.wishes[-1][1:] == (True, 720)
        end(worker, 1)
        worker.wait_for(lambda: ecs.wishes[-1][1:] == (False, None))
        order = ["Protected: ", "task 1 begins", "task 1 ends", "Unprotected: "]
        worker.wait_for(lambda: worker.told(*order) == order)
        assert queue.counts() == (0, 0)
        assert worker.exit_code() is None


def test_a_worker_that_ecs_refuses_to_protect_works_on_and_asks_again(start, ecs, queue, end):
    ecs.refusal = "DEPLOYMENT_BLOCKED"
    with start(ecs, FARFLOW_WORKER_DRAIN_HOURS=3) as worker:
        queue.send(1)
        worker.wait_for(lambda: len(ecs.wishes) >= 3)
        end(worker, 1)
        queue.send(2)
        worker.wait_for(lambda: worker.told("task 1 ends", "task 2 begins")[1:])
        refused = "it is asked again: DEPLOYMENT_BLOCKED"
        assert worker.told(refused, "Protected: ") == [refused]
        ecs.refusal = None
        worker.wait_for(lambda: ecs.protected)
        assert ecs.wishes[-1][1:] == (True, 180)
        assert worker.told("task 2 ends") == []


def test_a_worker_that_a_deploy_has_replaced_ends_with_its_last_task(start, ecs, queue, end):
    with start(ecs) as worker:
        ecs.replace()
        queue.send(1)
        worker.wait_for(lambda: "Draining: " in worker.log() and ecs.protected)
        queue.send(2)
        end(worker, 1)
        worker.wait_for(lambda: worker.exit_code() is not None)
        assert worker.exit_code() == 0
        order = ["Draining: ", "task 1 ends", "Unprotected: ", "Ends: has no tasks"]
        assert worker.told(*order, "task 2 begins") == order
        assert not ecs.protected
        assert queue.counts() == (1, 0)


@pytest.mark.thorough
def test_a_deployment_that_is_rolled_back_to_takes_tasks_again(start, ecs, queue, end):
    """Its service is asked about every half minute."""
    with start(ecs, concurrency=2) as worker:
        ecs.replace()
        queue.send(1)
        worker.wait_for(lambda: "Draining: " in worker.log())
        ecs.roll_back()
        worker.wait_for(lambda: "Takes tasks again" in worker.log())
        queue.send(2)
        end(worker, 2)
        worker.wait_for(lambda: "task 2 ends" in worker.log())
        assert queue.counts() == (0, 1)


def test_sigterm_gives_back_what_is_not_begun_and_lets_the_rest_end(start, ecs, queue, end):
    with start(ecs, prefetch=3) as worker:
        for number in (1, 2, 3):
            queue.send(number, queue="default")
        worker.wait_for(lambda: queue.counts() == (0, 3) and worker.told("begins"))
        worker.terminate()
        worker.wait_for(lambda: queue.counts() == (2, 1))
        for number in (1, 2, 3):
            end(worker, number)
        worker.wait_for(lambda: worker.exit_code() is not None)
        assert worker.exit_code() == 0
        given_back, *ended = worker.told("Gives back: 2 messages", *(f"task {number} ends" for number in (1, 2, 3)))
        assert (given_back, len(ended)) == ("Gives back: 2 messages", 1)
        assert queue.counts() == (2, 0)


def test_an_idle_worker_ends_at_sigterm_and_loses_no_message_that_arrives_then(start, ecs, queue):
    with start(ecs) as worker:
        worker.terminate()
        worker.wait_for(lambda: "takes no more tasks" in worker.log())
        queue.send(1)
        worker.wait_for(lambda: worker.exit_code() is not None)
        assert worker.exit_code() == 0
        assert worker.told("task 1") == []
        assert queue.counts() == (1, 0)


@pytest.mark.thorough
def test_a_second_sigterm_is_celerys(start, ecs, queue, end):
    with start(ecs) as worker:
        queue.send(1)
        worker.wait_for(lambda: worker.told("begins"))
        for words in ("Told to end", "Warm shutdown"):
            worker.terminate()
            worker.wait_for(lambda words=words: words in worker.log())
        end(worker, 1)
        worker.wait_for(lambda: worker.exit_code() is not None)
        assert (worker.exit_code(), queue.counts()) == (0, (0, 0))


@pytest.mark.thorough
def test_outside_of_ecs_it_is_celery_as_ever(start, queue, end):
    with start(None) as worker:
        queue.send(1)
        worker.wait_for(lambda: "task 1 begins" in worker.log())
        worker.terminate()
        worker.wait_for(lambda: "Warm shutdown" in worker.log())
        end(worker, 1)
        worker.wait_for(lambda: worker.exit_code() is not None)
        order = ["Warm shutdown", "task 1 ends"]
        assert worker.told(*order, "Told to end", "Keeps tasks") == order
        assert (worker.exit_code(), queue.counts()) == (0, (0, 0))
