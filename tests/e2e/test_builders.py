"""DAG tasks deployed from a machine where no Docker engine answers: CodeBuild builds, or others have built.

One story on an embedded AWS of its own, with containers; its tests run in their order.
"""

from __future__ import annotations

import shutil
import time

import pytest

from tests.embedded_aws.base_images import DEBIAN
from tests.stack.listing import difference, listing
from tests.stack.playbooks import ROOT

from .own_account import fixtures_of

pytestmark = pytest.mark.thorough

playbooks, aws = fixtures_of("e2e-builders")

_NOWHERE = "tcp://127.0.0.1:1"
_DOCKERFILE = f'FROM {DEBIAN}\nCOPY --chmod=755 greet /usr/local/bin/\nCMD ["greet"]\n'
_SECONDS = 60


class Project:
    """A folder with one DAG task, which greets, and something for Airflow's image, which is not built here."""

    def __init__(self, path):
        self.task, self.airflow = path / "tasks" / "hello", path / "airflow"
        self.task.mkdir(parents=True)
        self.airflow.mkdir()
        (self.airflow / "Dockerfile").write_text("FROM scratch\n")
        shutil.copy(ROOT / "airflow" / "entrypoint.sh", self.airflow)
        (self.airflow / "dags").mkdir()
        (self.airflow / "dags" / "example.py").touch()
        (self.task / "Dockerfile").write_text(_DOCKERFILE.replace(" --chmod=755", ""))
        self.greets("hello")

    def greets(self, text):
        script = self.task / "greet"
        script.write_text(f"#!/bin/sh\necho {text}\n")
        script.chmod(0o755)

    @property
    def variables(self):
        paths = {"dag_tasks_path": str(self.task.parent), "airflow_service_path": str(self.airflow)}
        return {**paths, "dags_check": False}  # the image holds no Airflow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def nothing(aws):
    """The account before anything was deployed."""
    return listing(aws)


@pytest.fixture
def deploy(playbooks, nothing, project, monkeypatch):
    """Runs dag_tasks.yml where no Docker engine is to be had."""

    def deploy(**variables):
        with monkeypatch.context() as patch:
            patch.setenv("DOCKER_HOST", _NOWHERE)
            return playbooks.run("dag_tasks", **{**project.variables, **variables})

    return deploy


@pytest.fixture
def by_codebuild(deploy):
    return lambda: deploy(farflow_image_builder="codebuild")


@pytest.fixture(scope="module")
def subnet(aws, nothing):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    aws.client("ecs").create_cluster(clusterName="trial")
    yield subnet
    aws.client("ecs").delete_cluster(cluster="trial")
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


@pytest.fixture
def run_task(aws, subnet):
    """Runs the newest revision of the task to its end: what it printed, and the image that it ran."""

    def run():
        ecs, logs = aws.client("ecs"), aws.client("logs")
        (task,) = ecs.run_task(
            cluster="trial",
            taskDefinition="local-hello",
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
        )["tasks"]
        for _unused in range(_SECONDS * 2):
            (task,) = ecs.describe_tasks(cluster="trial", tasks=[task["taskArn"]])["tasks"]
            if task["lastStatus"] == "STOPPED":
                break
            time.sleep(0.5)
        (container,) = task["containers"]
        assert container.get("exitCode") == 0, task
        stream = f"hello/local-hello/{task['taskArn'].rpartition('/')[2]}"
        events = logs.get_log_events(logGroupName="/farflow/local/tasks", logStreamName=stream)["events"]
        definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
        return [event["message"] for event in events], definition["containerDefinitions"][0]["image"]

    return run


def images(aws):
    """Tag and digest of each image of a DAG task, the newest first."""
    found = aws.client("ecr").describe_images(repositoryName="local-tasks")["imageDetails"]
    found.sort(key=lambda each: each["imagePushedAt"], reverse=True)
    return [(each["imageTags"][0], each["imageDigest"]) for each in found]


def builds(aws):
    """How many builds were started since the last `reset_calls`."""
    return [call["operation"] for call in aws.calls(service="codebuild")].count("StartBuild")


def test_docker_is_missing_here(deploy):
    outcome = deploy(farflow_image_builder="docker")
    assert outcome.code != 0
    assert f"no Docker engine answers at {_NOWHERE}" in outcome.output


def test_codebuild_builds_pushes_and_its_image_runs(by_codebuild, aws, run_task):
    aws.reset_calls()
    outcome = by_codebuild()
    assert outcome.code == 0, outcome.output[-6000:]
    assert builds(aws) == 1
    ((_unused, digest),) = images(aws)
    printed, image = run_task()
    assert printed == ["hello"]
    assert image.endswith(f"@{digest}")


def test_nothing_is_built_twice(by_codebuild, aws):
    aws.reset_calls()
    outcome = by_codebuild()
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output[-6000:]
    assert aws.calls(mutating=True) == []


def test_a_changed_task_is_built_and_deployed(by_codebuild, aws, project, run_task):
    ((_unused, before),) = images(aws)
    project.greets("changed")
    outcome = by_codebuild()
    assert outcome.code == 0, outcome.output[-6000:]
    ((_unused, digest), (_unused, kept)) = images(aws)
    assert kept == before != digest
    printed, image = run_task()
    assert printed == ["changed"]
    assert image.endswith(f"@{digest}")


def test_a_build_that_fails_shows_the_end_of_its_log(by_codebuild, aws, project):
    dockerfile = project.task / "Dockerfile"
    content = dockerfile.read_text()
    dockerfile.write_text(content + "RUN echo before it failed && exit 42\n")
    before = images(aws)
    outcome = by_codebuild()
    dockerfile.write_text(content)
    assert outcome.code != 0
    assert "could not build image" in outcome.output
    assert "ended as FAILED in phase BUILD" in outcome.output
    assert "before it failed" in outcome.output
    assert "exit status" in outcome.output
    assert images(aws) == before


def test_a_reference_deploys_by_its_digest(deploy, aws, run_task):
    (_unused, (tag, digest)) = images(aws)
    aws.reset_calls()
    outcome = deploy(farflow_image_builder="prebuilt", dag_tasks_images={"hello": f"local-tasks:{tag}"})
    assert outcome.code == 0, outcome.output[-6000:]
    assert builds(aws) == 0
    printed, image = run_task()
    assert printed == ["hello"]
    assert image.endswith(f"/local-tasks@{digest}")
    assert aws.client("codebuild").list_projects()["projects"] == []


def test_what_others_have_built_from_this_folder_needs_no_reference(deploy, aws, run_task):
    ((_unused, digest), _unused) = images(aws)
    outcome = deploy(farflow_image_builder="prebuilt")
    assert outcome.code == 0, outcome.output[-6000:]
    printed, image = run_task()
    assert printed == ["changed"]
    assert image.endswith(f"@{digest}")


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ("local-tasks:no-such-tag", "does not exist in ECR"),
        ("nowhere:1", "does not exist in ECR"),
        ("registry.example.com/team/hello:1", "with a digest"),
        ("local-tasks", "an image as <repository>:<tag>"),
    ],
)
def test_a_reference_that_cannot_be_deployed_is_refused(deploy, aws, reference, complaint):
    aws.reset_calls()
    outcome = deploy(farflow_image_builder="prebuilt", dag_tasks_images={"hello": reference})
    assert outcome.code != 0
    said = " ".join(outcome.output.split())
    assert "dag_tasks_images.hello" in said
    assert complaint in said
    assert aws.calls(mutating=True) == []


def test_a_task_that_nobody_has_built_is_refused(deploy, project):
    project.greets("unheard of")
    outcome = deploy(farflow_image_builder="prebuilt")
    assert outcome.code != 0
    assert "dag_tasks_images.hello: is not given, and ECR has no local-tasks:hello-" in " ".join(outcome.output.split())


def test_teardown_leaves_nothing(by_codebuild, playbooks, aws, nothing, project, subnet):
    project.greets("changed")
    aws.reset_calls()
    outcome = by_codebuild()
    assert outcome.code == 0, outcome.output[-6000:]
    assert builds(aws) == 0, "whoever built it, the image of this folder is there"
    assert aws.client("codebuild").list_projects()["projects"] == ["local-image-builder"]

    playbooks.teardown(**project.variables, farflow_image_builder="codebuild")
    assert aws.client("codebuild").list_projects()["projects"] == []
    trial = {"VPC", "subnet", "ECS cluster", "route table", "security group"}
    assert set(difference(nothing, listing(aws))) <= trial
