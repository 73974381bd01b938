"""Airflow as far as tasks need it, in containers of this host: a database, the task execution API, workers on SQS.

with airflow_lab("name", docker, image, postgres) as lab:
    lab.queue("sleeps")
    with lab.worker(**variables) as worker: ...
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ecs_double import EcsDouble

from tests.embedded_aws import EmbeddedAWS

IN_IMAGE = Path(__file__).parent / "in_image"
BUCKET = "lab-logs"


class Queue:
    """An SQS queue, as the deploy makes it: nothing comes back within a test by itself."""

    VISIBILITY = 43200

    def __init__(self, aws):
        self.name = f"lab-{uuid.uuid4().hex[:8]}"
        self.sqs = aws.client("sqs")
        attributes = {"VisibilityTimeout": str(self.VISIBILITY)}
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def counts(self):
        """How many messages wait, and how many some worker has."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return tuple(int(told[name]) for name in names)

    def variables(self, aws, *aliases):
        """What Airflow needs to use it, by its own name and others."""
        queues = {name: {"url": self.url} for name in (self.name, *aliases)}
        return {
            **aws.environment,
            "AIRFLOW__CELERY__BROKER_URL": "sqs://",
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__REGION": aws.environment["AWS_DEFAULT_REGION"],
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": str(self.VISIBILITY),
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__PREDEFINED_QUEUES": json.dumps(queues),
            "AIRFLOW__OPERATORS__DEFAULT_QUEUE": self.name,
        }


class Container:
    """One that runs in the background."""

    def __init__(self, docker, name):
        self._docker, self.name = docker, name

    def log(self):
        told = self._docker("logs", self.name)
        return told.stdout + told.stderr

    def told(self, *words):
        """Which of these words are in the lines of its log, in the log's order."""
        return [found for line in self.log().splitlines() for found in words if found in line]

    def terminate(self):
        self._docker("kill", "--signal", "TERM", self.name)

    def exit_code(self):
        """None while it runs."""
        state = json.loads(self._docker("inspect", "--format", "{{json .State}}", self.name).stdout)
        return None if state["Running"] else state["ExitCode"]

    def wait_for(self, condition, seconds=120):
        wait_for(condition, self.log, seconds)


@contextmanager
def running(docker, image, *command, options=()):
    """A container in the background, on the host's network; removed at the end."""
    name = f"farflow-test-{uuid.uuid4().hex[:8]}"
    docker("run", "--detach", "--name", name, "--network", "host", *options, image, *command)
    try:
        yield Container(docker, name)
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def options_of(variables, *mounts):
    return [*(f"--env={key}={value}" for key, value in variables.items()), *mounts, "--read-only"]


class Lab:
    """See above."""

    def __init__(self, docker, image, aws, variables, queue):
        self._docker, self._image, self.aws = docker, image, aws
        self.variables, self.queue_of_workers = variables, queue

    def run(self, *command, **more):
        """A container to its end; returns what it prints."""
        options = options_of({**self.variables, **more}, f"--volume={IN_IMAGE}:/checks:ro", *MOUNTS)
        return self._docker("run", "--rm", "--network", "host", *options, self._image, *command).stdout

    def queue(self, *tasks, dag="lab", **more):
        """Sends tasks of a new run to the workers, or leaves all to the scheduler; returns the run's id."""
        return json.loads(self.run("python", "/checks/lab_queue.py", dag, *tasks, **more).splitlines()[-1])

    def events(self, **more):
        """Lets Airflow know what the workers have told Celery; returns what that was, by tasks."""
        return json.loads(self.run("python", "/checks/lab_events.py", **more).splitlines()[-1])

    @contextmanager
    def worker(self, concurrency=4, **more):
        """A worker. At the end it is told to end: one that is killed could take along a message that is just sent."""
        with EcsDouble() as ecs:
            variables = {"AIRFLOW__CELERY__WORKER_CONCURRENCY": concurrency, **ecs.variables, **more}
            options = options_of({**self.variables, **variables}, *MOUNTS)
            words = ["worker", "--queues", self.queue_of_workers.name, "--skip-serve-logs"]
            with running(self._docker, self._image, *words, options=options) as worker:
                worker.wait_for(lambda: " ready. " in worker.log())
                yield worker
                if worker.exit_code() is None:
                    worker.terminate()
                    worker.wait_for(lambda: worker.exit_code() is not None, seconds=150)

    def rows(self, statement):
        """What the database answers."""
        import psycopg2

        connection = psycopg2.connect(self.variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", ""))
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            found = cursor.fetchall() if cursor.description else []
        connection.close()
        return found

    def states(self, run, *tasks):
        """The states of tasks of a run, by their names."""
        found = dict(self.rows(f"SELECT task_id, state FROM task_instance WHERE run_id = '{run}'"))
        return {task: found[task] for task in tasks}

    def task_logs(self):
        """The logs that were uploaded, by the names of the tasks."""
        s3 = self.aws.client("s3")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        texts = {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys}
        return {key.partition("task_id=")[2].partition("/")[0]: text for key, text in texts.items()}


MOUNTS = (f"--volume={IN_IMAGE / 'lab_dags'}:/opt/airflow/dags:ro",)


@contextmanager
def airflow_lab(name, docker, image, postgres, **more):
    """A Lab with an empty queue, on an embedded AWS of its own. ``postgres`` is the name of an image, ``more`` are
    settings of all containers.
    """
    with EmbeddedAWS(f"test-{name}-{os.getpid()}", fast=True) as aws, _lab(docker, image, aws, postgres, more) as lab:
        yield lab


@contextmanager
def _lab(docker, image, aws, postgres, more):
    database_port, api_port, queue = free_port(), free_port(), Queue(aws)
    aws.client("s3").create_bucket(Bucket=BUCKET)
    variables = {
        **queue.variables(aws),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://airflow:x@127.0.0.1:{database_port}/airflow",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql+psycopg2://airflow:x@127.0.0.1:{database_port}/airflow",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api_port}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": "x" * 64,
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"s3://{BUCKET}/logs",
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "aws_default",
        "AIRFLOW_CONN_AWS_DEFAULT": f"aws://?region_name={aws.environment['AWS_DEFAULT_REGION']}",
        **more,
    }
    database = [f"--env=POSTGRES_{name}" for name in ("USER=airflow", "DB=airflow", "PASSWORD=x")]
    api = ["api-server", "--apps", "execution", "--port", str(api_port), "--workers", "1"]
    lab = Lab(docker, image, aws, variables, queue)
    with running(docker, postgres, "-p", str(database_port), options=database) as container:
        container.wait_for(lambda: _listens(database_port) and "ready to accept connections" in container.log())
        lab.run("migrate")
        with running(docker, image, *api, options=options_of(variables)) as server:
            server.wait_for(lambda: _answers(f"http://127.0.0.1:{api_port}/execution/health"))
            yield lab


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def _answers(url):
    try:
        with urlopen(url, timeout=5):
            return True
    except (URLError, OSError):
        return False


def wait_for(condition, tell=str, seconds=120):
    """``tell`` says what is wrong, should it not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not in time\n{tell()}"
        time.sleep(0.5)
