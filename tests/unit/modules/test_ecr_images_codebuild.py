"""Images built by CodeBuild: what is uploaded and asked for, and what becomes of it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shlex
import tarfile
import threading
import time
from pathlib import Path

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.images.builders import docker as docker_builder
from ansible_collections.farflow.airflow.plugins.modules import ecr_images as module
from aws_double.codebuild import Double
from aws_double.wire import AwsError
from moto.core.botocore_stubber import BotocoreStubber

REPOSITORY = "test-tasks"
PLACE = {"project": "test-images", "bucket": "test-contexts", "arm_image": "arm"}
LOG = {"groupName": "/farflow/test/images", "streamName": "1"}


@pytest.fixture
def codebuild(aws, monkeypatch, pauses):
    """CodeBuild beside moto's ECR and S3: a build that succeeds has pushed what its buildspec pushes."""
    double = Double()
    other = BotocoreStubber.__call__

    def answer(stubber, event_name, request, **more):
        if event_name.startswith("before-send.codebuild."):
            return double.wire.answer(request)
        return other(stubber, event_name, request, **more)

    monkeypatch.setattr(BotocoreStubber, "__call__", answer)
    monkeypatch.setattr(docker_builder, "engine", lambda: pytest.fail("asked for a Docker engine"))
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")
    boto3.client("s3").create_bucket(
        Bucket=PLACE["bucket"], CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    environment = {"type": "LINUX_CONTAINER", "image": "standard", "environmentVariables": []}
    double.projects.stored[PLACE["project"]] = {"name": PLACE["project"], "environment": environment}
    double.builds.run = succeed
    return double


@pytest.fixture
def image(tmp_path):
    def make(name="extract", content="1", **more):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
        (folder / "content").write_text(content)
        return {"repository": REPOSITORY, "name": name, "context": str(folder), **more}

    return make


@pytest.fixture
def build(run_module):
    def build(*images, **more):
        return run_module(module, images=list(images), codebuild=PLACE, **more)

    return build


def commands(build):
    """What a build runs, by the program."""
    lines = json.loads(build["source"]["buildspec"])["phases"]["build"]["commands"]
    return [shlex.split(line) for line in lines]


def succeed(build):
    for command in commands(build):
        if command[:2] == ["docker", "push"]:
            _unused, repository, tag = command[3].replace(":", "/").rsplit("/", 2)
            put(repository, tag)
    build.update(buildStatus="SUCCEEDED", buildComplete=True)


def put(repository, tag):
    layers = [{"digest": f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}"}]
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps({"mediaType": kind, "layers": layers, "config": {"size": 1}})
    boto3.client("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)


def fail(build):
    phases = [
        {"phaseType": "QUEUED", "phaseStatus": "SUCCEEDED"},
        {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "exit status 2"}]},
        {"phaseType": "COMPLETED"},
    ]
    build.update(buildStatus="FAILED", buildComplete=True, phases=phases, logs=LOG)


def write_log(*lines):
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=LOG["groupName"])
    logs.create_log_stream(logGroupName=LOG["groupName"], logStreamName=LOG["streamName"])
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=LOG["groupName"], logStreamName=LOG["streamName"], logEvents=events)


def uploaded():
    """The files of each context that was uploaded, by its key."""
    s3 = boto3.client("s3")
    found = {}
    for each in s3.list_objects_v2(Bucket=PLACE["bucket"]).get("Contents", []):
        packed = s3.get_object(Bucket=PLACE["bucket"], Key=each["Key"])["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as sent:
            found[each["Key"]] = {one.name: sent.extractfile(one).read() for one in sent if one.isreg()}
    return found


def test_builds_what_is_missing_then_nothing(codebuild, build, image):
    wanted = [image("load"), image("extract", "2")]
    first = build(*wanted)
    assert [(entry["changed"], entry["reasons"]) for entry in first["images"]] == [(True, ["created"])] * 2
    assert len(codebuild.builds.stored) == 2
    assert all(entry["digest"] and entry["uri"].endswith(entry["digest"]) for entry in first["images"])
    codebuild.wire.calls.clear()
    assert build(*wanted)["changed"] is False
    assert codebuild.wire.calls == []


def test_check_mode_starts_nothing_and_uploads_nothing(codebuild, build, image):
    (entry,) = build(image(), check_mode=True)["images"]
    assert (entry["changed"], entry["digest"]) == (True, None)
    assert codebuild.wire.calls == []
    assert uploaded() == {}


def not_allowed(build):
    denied = {"statusCode": "ACCESS_DENIED", "message": "Service role does not allow to create log streams"}
    phases = [{"phaseType": "QUEUED", "phaseStatus": "FAILED", "contexts": [denied]}, {"phaseType": "COMPLETED"}]
    build.update(buildStatus="FAILED", buildComplete=True, phases=phases)


def test_a_role_whose_rights_are_not_known_yet_is_waited_for(codebuild, build, image):
    courses = [not_allowed, not_allowed, succeed]

    def run(started):
        courses.pop(0)(started)

    codebuild.builds.run = run
    assert build(image())["images"][0]["digest"]
    assert len(codebuild.builds.stored) == 3


def test_a_role_that_stays_without_rights_is_told(codebuild, build, image):
    codebuild.builds.run = not_allowed
    message = build(image())["msg"]
    assert "gave up waiting for the role of CodeBuild to be allowed what image" in message
    assert "ended as FAILED in phase QUEUED: Service role does not allow to create log streams" in message


def test_the_context_is_uploaded_whole_and_alone(codebuild, build, image, tmp_path):
    (tmp_path / "ca.pem").write_text("certificates\n")
    (entry,) = build(image(exclude=["secret"]), build_ca_bundle=str(tmp_path / "ca.pem"))["images"]
    assert uploaded() == {
        f"contexts/{REPOSITORY}/{entry['tag']}.tar.gz": {
            "Dockerfile": b"FROM scratch\nCOPY . .\n",
            "content": b"1",
            ".build-ca.pem": b"certificates\n",
        }
    }


def test_the_build_takes_that_context_and_pushes_where_ecr_is(codebuild, build, image):
    more = {"build_args": {"VERSION": "it's 3 $HOME"}, "target": "final", "dockerfile": "Dockerfile"}
    (entry,) = build(image(**more), registry="127.0.0.1:5000")["images"]
    (made,) = codebuild.builds.stored.values()
    login, copy, _unused, unpack, built, push = commands(made)
    name = f"127.0.0.1:5000/{REPOSITORY}:{entry['tag']}"
    assert login[-6:] == ["docker", "login", "--username", "AWS", "--password-stdin", "127.0.0.1:5000"]
    assert f"s3://test-contexts/contexts/{REPOSITORY}/{entry['tag']}.tar.gz" in copy
    assert copy[-1] in unpack
    assert built[-3:] == ["--target", "final", "context"]
    assert built[built.index("--build-arg") + 1] == "VERSION=it's 3 $HOME"
    assert built[built.index("--tag") + 1] == name
    assert push[:5] == ["docker", "push", "--quiet", name, "||"]
    assert push[-3:] == [REPOSITORY, "--image-ids", f"imageTag={entry['tag']}"]


def test_what_is_pushed_is_an_image_and_no_index(codebuild, build, image):
    build(image())
    (made,) = codebuild.builds.stored.values()
    assert json.loads(made["source"]["buildspec"])["env"]["variables"]["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"


def test_arm_images_are_built_on_arm(codebuild, build, image):
    build(image("one"), image("other", architecture="ARM64"))
    kinds = [(each["environment"]["type"], each["environment"]["image"]) for each in codebuild.builds.stored.values()]
    assert sorted(kinds) == [("ARM_CONTAINER", "arm"), ("LINUX_CONTAINER", "standard")]


def test_equal_contexts_are_built_once(codebuild, build, image):
    entries = build(image("one"), image("other"))["images"]
    assert len(codebuild.builds.stored) == 1
    assert len({entry["digest"] for entry in entries}) == 2  # moto's digests are by tag


def test_a_failure_shows_reason_phase_and_the_end_of_the_log(codebuild, build, image):
    codebuild.builds.run = fail
    write_log(*(f"line {number}" for number in range(50)))
    message = build(image())["msg"]
    assert "could not build image" in message
    assert "test-images:1 ended as FAILED in phase BUILD: exit status 2" in message
    assert message.endswith("\n  line 49")
    assert "line 10\n" not in message


def test_a_failure_without_a_log_is_told_all_the_same(codebuild, build, image):
    codebuild.builds.run = fail
    assert build(image())["msg"].endswith("exit status 2\n  (it has no log)")


def test_a_build_after_one_that_failed_is_a_new_one(codebuild, build, image):
    codebuild.builds.run = fail
    build(image())
    codebuild.builds.run = succeed
    assert build(image())["changed"] is True
    assert len(codebuild.builds.stored) == 2


def test_a_build_that_runs_already_is_waited_for(codebuild, build, image):
    """Of a run that was killed, or of another machine."""
    context = image()
    codebuild.builds.run = lambda running: None
    assert "gave up waiting" in build(context)["msg"]
    codebuild.builds.run = succeed
    codebuild.wire.calls.clear()
    codebuild.builds.looks.clear()
    result = build(context)
    assert result["changed"] is True, result
    assert codebuild.mutations() == []
    assert len(codebuild.builds.stored) == 1


def test_two_that_start_together_get_one_build(codebuild, build, image, monkeypatch):
    """Both have looked for running builds before either starts one."""
    codebuild.builds.ListBuildsForProject = lambda given: {"ids": []}
    codebuild.builds.run = lambda running: None
    build(image())
    codebuild.builds.run = succeed
    assert build(image())["changed"] is True
    assert codebuild.mutations() == ["StartBuild", "StartBuild"]
    assert len(codebuild.builds.stored) == 1


def test_a_build_that_pushes_nothing_is_an_error(codebuild, build, image):
    codebuild.builds.run = lambda each: each.update(buildStatus="SUCCEEDED")
    assert "gave up waiting for ECR to list what was pushed" in build(image())["msg"]


def test_an_account_without_room_is_waited_for(codebuild, build, image):
    refusals = ["Cannot have more than 1 builds in queue for the account"] * 3

    def fault(operation, given):
        if operation == "StartBuild" and refusals:
            raise AwsError("AccountLimitExceededException", refusals.pop())

    codebuild.wire.fault = fault
    assert build(image())["changed"] is True
    assert refusals == []


def test_builds_run_side_by_side_within_bounds(codebuild, build, image, monkeypatch):
    running, most, lock = set(), [], threading.Lock()
    start = codebuild.builds.StartBuild

    def started(given):
        with lock:
            answer = start(given)
            running.add(answer["build"]["id"])
            most.append(len(running))
            return answer

    def ended(each):
        with lock:
            running.discard(each["id"])
        succeed(each)

    codebuild.builds.StartBuild, codebuild.builds.run = started, ended
    build(*(image(f"task{number}", str(number)) for number in range(8)), parallel_builds=3)
    assert len(codebuild.builds.stored) == 8
    assert max(most) <= 3


def test_failures_are_told_together_and_the_others_are_there(codebuild, build, image):
    def end(each):
        (fail if "/bad" in each["source"]["buildspec"] else succeed)(each)

    codebuild.builds.run = end
    message = build(image("bad1", "1"), image("good", "2"), image("bad2", "3"))["msg"]
    assert f"{REPOSITORY}:bad1-" in message
    assert f"{REPOSITORY}:bad2-" in message
    pushed = boto3.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
    assert [each["imageTags"][0].partition("-")[0] for each in pushed] == ["good"]


def test_a_missing_project_is_named(codebuild, build, image):
    codebuild.projects.stored.clear()
    assert "CodeBuild project test-images" in build(image())["msg"]


def test_the_dockerfiles_own_ignore_file_leaves_out_as_much(codebuild, build, image):
    wanted = image()
    folder = Path(wanted["context"])
    (folder / "secret").write_text("hunter2")
    (folder / "Dockerfile.dockerignore").write_text("*\n!content\n")
    build(wanted)
    (made,) = codebuild.builds.stored.values()
    (command,) = [each for each in commands(made) if each[:2] == ["docker", "build"]]
    path = command[command.index("--file") + 1].removeprefix("context/")
    files = next(iter(uploaded().values()))
    assert set(files) == {"content", ".dockerignore", path}


def test_a_base_is_built_before_and_told_by_its_address(codebuild, build, image):
    base = image("base")
    (before,) = build(base, check_mode=True)["images"]
    build({**image("extract"), "base": f"{REPOSITORY}:{before['tag']}"}, base)
    of_base, of_extract = [
        command
        for made in codebuild.builds.stored.values()
        for command in commands(made)
        if command[:2] == ["docker", "build"]
    ]
    assert "--build-arg" not in of_base
    told = of_extract[of_extract.index("--build-arg") + 1]
    assert told.startswith("BASE_IMAGE=123456789012.dkr.ecr.")
    assert told.endswith(f"/{REPOSITORY}:{before['tag']}")


def test_a_build_again_takes_nothing_from_earlier_ones(codebuild, build, image):
    build(image(build=2))
    (made,) = codebuild.builds.stored.values()
    (command,) = [each for each in commands(made) if each[:2] == ["docker", "build"]]
    assert command[-3:] == ["--no-cache", "--pull", "context"]
