from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import boto3
import pytest
import requests
from ansible_collections.farflow.airflow.plugins.module_utils.engine import clients as calls
from ansible_collections.farflow.airflow.plugins.module_utils.images import calls as api
from ansible_collections.farflow.airflow.plugins.module_utils.images import ecr_images
from ansible_collections.farflow.airflow.plugins.module_utils.images.builders import docker as docker_builder
from ansible_collections.farflow.airflow.plugins.modules import dag_task_info
from ansible_collections.farflow.airflow.plugins.modules import ecr_images as module
from botocore.exceptions import ClientError
from docker.errors import DockerException
from docker_double import REPOSITORY, put, tags

CONFTEST = Path(__file__).parents[2] / "conftest.py"


def test_takes_what_dag_task_info_gives(repository, engine, image, run_module, tmp_path):
    image("extract"), image("load")
    tasks = run_module(dag_task_info, path=str(tmp_path), environment="test")["tasks"]
    entries = run_module(module, images=[{**task["image"], "repository": REPOSITORY} for task in tasks])["images"]
    assert [entry["tag"].rpartition("-")[0] for entry in entries] == ["extract", "load"]


def test_builds_what_is_missing_then_nothing(repository, engine, image, run_module):
    wanted = [image("load"), image("extract", "2")]
    first = run_module(module, images=wanted)
    assert [(entry["changed"], entry["reasons"]) for entry in first["images"]] == [(True, ["created"])] * 2
    assert tags() == sorted(entry["tag"] for entry in first["images"])
    assert [entry["tag"].rpartition("-")[0] for entry in first["images"]] == ["load", "extract"]
    second = run_module(module, images=wanted)
    assert second["changed"] is False
    assert len(engine.builds) == 2
    assert [entry["uri"] for entry in second["images"]] == [entry["uri"] for entry in first["images"]]


def test_the_uri_pins_the_digest_that_ecr_has(repository, engine, image, run_module):
    (entry,) = run_module(module, images=[image()])["images"]
    ecr = boto3.client("ecr")
    address = ecr.describe_repositories(repositoryNames=[REPOSITORY])["repositories"][0]["repositoryUri"]
    found = ecr.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": entry["tag"]}])["imageDetails"][0]
    assert entry["digest"] == found["imageDigest"]
    assert entry["uri"] == f"{address}@{found['imageDigest']}"


def test_a_change_is_predicted_told_and_built(repository, engine, image, run_module):
    (before,) = run_module(module, images=[image(content="1")])["images"]
    (predicted,) = run_module(module, check_mode=True, images=[image(content="2")])["images"]
    assert len(engine.builds) == 1
    (done,) = run_module(module, images=[image(content="2")])["images"]
    assert predicted == {**done, "digest": None, "uri": None}
    old, new = (entry["tag"].rpartition("-")[2] for entry in (before, done))
    assert done["reasons"] == [f"context {old} -> {new}"]


def test_the_newest_image_is_what_a_change_is_told_from(repository, engine, image, run_module, monkeypatch):
    tags = [run_module(module, images=[image(content=content)])["images"][0]["tag"] for content in "123"]
    real = api.describe

    def at_different_times(clients, name):
        days = {tags[0]: 1, tags[2]: 2, tags[1]: 3}
        found = real(clients, name)
        return [{**each, "imagePushedAt": datetime(2026, 1, days[each["imageTags"][0]])} for each in found]

    monkeypatch.setattr(api, "describe", at_different_times)
    (entry,) = run_module(module, check_mode=True, images=[image(content="4")])["images"]
    assert entry["reasons"][0].startswith(f"context {tags[1].rpartition('-')[2]} -> ")


def test_back_to_an_earlier_context_builds_nothing(repository, engine, image, run_module):
    (first,) = run_module(module, images=[image(content="1")])["images"]
    run_module(module, images=[image(content="2")])
    (again,) = run_module(module, images=[image(content="1")])["images"]
    assert (again["changed"], again["digest"]) == (False, first["digest"])
    assert len(engine.builds) == 2


def test_check_mode_needs_no_engine_and_no_repository(aws, image, run_module, monkeypatch):
    monkeypatch.setattr(docker_builder, "engine", lambda: pytest.fail("asked for an engine"))
    (entry,) = run_module(module, check_mode=True, images=[image()])["images"]
    assert (entry["changed"], entry["digest"], entry["uri"]) == (True, None, None)


def test_a_no_op_needs_no_engine(repository, engine, image, run_module, monkeypatch):
    run_module(module, images=[image()])
    monkeypatch.setattr(docker_builder, "engine", lambda: pytest.fail("asked for an engine"))
    assert run_module(module, images=[image()])["changed"] is False


def test_looking_does_not_load_the_docker_sdk():
    code = f"import sys; from {ecr_images.__name__} import find; print('docker' in sys.modules)"
    setup = f"import runpy; runpy.run_path({str(CONFTEST)!r}); "
    run = subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_a_no_op_costs_a_call_and_one_a_repository(repository, engine, image, run_module, monkeypatch):
    wanted = [image(f"task{number}") for number in range(20)]
    run_module(module, images=wanted)
    called = []
    real = calls.Clients.__call__

    def counting(self, service):
        client = real(self, service)
        client.meta.events.register(
            "before-call", lambda model, **_unused: called.append(model.name), unique_id="count"
        )
        return client

    monkeypatch.setattr(calls.Clients, "__call__", counting)
    assert run_module(module, images=wanted)["changed"] is False
    assert called == ["DescribeRepositories", "DescribeImages"]


def test_equal_contexts_are_built_once(repository, engine, image, run_module):
    entries = run_module(module, images=[image("one"), image("other"), image("one")])["images"]
    assert len(engine.builds) == 1
    assert len({entry["digest"] for entry in entries}) == 1
    assert tags() == sorted({entry["tag"] for entry in entries})


def test_the_build_gets_what_it_asks_for(repository, engine, image, run_module, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificates\n")
    more = {"build_args": {"VERSION": 3}, "target": "final", "additional_files": [{"path": "x/y", "content": "z"}]}
    run_module(module, images=[image(**more, exclude=["content"])], build_ca_bundle=str(bundle))
    (build,) = engine.builds
    assert (build["buildargs"], build["target"], build["platform"]) == ({"VERSION": "3"}, "final", "linux/amd64")
    assert build["files"] == {
        "Dockerfile": b"FROM scratch\nCOPY . .\n",
        ".build-ca.pem": b"certificates\n",
        "x/y": b"z",
    }


def test_another_bundle_builds_nothing(repository, engine, image, run_module, tmp_path):
    run_module(module, images=[image()])
    (tmp_path / "ca.pem").write_text("certificates\n")
    assert run_module(module, images=[image()], build_ca_bundle=str(tmp_path / "ca.pem"))["changed"] is False


def test_a_missing_bundle_is_named(repository, image, run_module):
    assert (
        "build_ca_bundle /nowhere is not a file"
        in run_module(module, images=[image()], build_ca_bundle="/nowhere")["msg"]
    )


def test_another_registry_is_pushed_to_and_pinned(repository, engine, image, run_module):
    (entry,) = run_module(module, images=[image()], registry="127.0.0.1:5000")["images"]
    assert [name for name, _unused in engine.pushes] == [f"127.0.0.1:5000/{REPOSITORY}:{entry['tag']}"]
    assert entry["uri"] == f"127.0.0.1:5000/{REPOSITORY}@{entry['digest']}"


def test_the_password_is_handed_over_in_memory_only(repository, engine, image, run_module, capsys):
    result = run_module(module, images=[image()])
    ((_unused, auth),) = engine.pushes
    assert auth["username"] == "AWS"
    assert auth["password"] not in json.dumps(result)


def test_the_engine_keeps_one_named_image_a_task(repository, engine, image, run_module):
    run_module(module, images=[image(content="1")])
    run_module(module, images=[image(content="2")])
    assert list(engine.names.values()) == [{f"farflow/{REPOSITORY}:extract"}]


def test_the_engine_keeps_the_stages_of_the_latest_image(repository, engine, image, run_module):
    two_stages = "FROM scratch AS first\nFROM scratch\n"
    run_module(module, images=[image(content="1", dockerfile=two_stages)])
    run_module(module, images=[image(content="2", dockerfile=two_stages)])
    name = f"farflow/{REPOSITORY}:extract"
    assert sorted(engine.names.values(), key=sorted) == [{name}, {f"{name}.stage1"}]


def test_another_run_that_takes_the_caches_name_takes_no_image_away(repository, engine, image, run_module):
    """As with the same environment in two regions: it removes the image that had the name, if that has no other."""
    tag = engine.tag

    def tag_and_lose(made, repository, name, force):
        tag(made, repository, name, force)
        if "farflow" in repository:
            tag(next(iter(others)), repository, name, force)
            if not engine.names[made]:
                del engine.names[made]

    others = {"sha256:another": engine.names.setdefault("sha256:another", set())}
    engine.tag = tag_and_lose
    result = run_module(module, images=[image("a")])
    assert result["changed"], result
    assert len(tags()) == 1


LAYER_GONE = [{"error": 'unable to find image "sha256:3f6bcfcb681d"'}]


@pytest.mark.parametrize(("times", "builds", "fails"), [(1, 2, False), (2, 3, False), (3, 3, True)])
def test_a_layer_that_another_run_removes_is_built_again(repository, engine, image, run_module, times, builds, fails):
    """The classic builder takes it from its cache, and the engine removes it with the other's former image."""
    build, left = engine.build, [LAYER_GONE] * times

    def build_and_lose(**arguments):
        engine.build_output = dict.fromkeys(["FROM scratch\n"], left.pop()) if left else {}
        return build(**arguments)

    engine.build = build_and_lose
    result = run_module(module, images=[image("a", dockerfile="FROM scratch\n")])
    assert len(engine.builds) == builds
    assert ("unable to find image" in result.get("msg", "")) == fails
    assert len(tags()) == (0 if fails else 1)


def test_an_image_that_a_container_uses_stays(repository, engine, image, run_module):
    run_module(module, images=[image(content="1")])
    engine.conflict = set(engine.names)
    assert "msg" not in run_module(module, images=[image(content="2")])
    assert len(engine.names) == 2


def test_builds_run_side_by_side_within_bounds(repository, engine, image, run_module):
    wanted = [image(f"task{number}", str(number)) for number in range(12)]
    run_module(module, images=wanted, parallel_builds=3)
    assert len(engine.builds) == 12
    assert engine.most_running <= 3


FAILED_STEP = [
    {"stream": "Step 1/2 : FROM debian\n"},
    {"stream": " ---> 0123456789ab\n"},
    {"stream": "of an earlier step\n"},
    {"stream": "Step 2/2 : RUN make\n"},
    *({"stream": f"\x1b[91mline {number}\n\x1b[0m"} for number in range(30)),
    {"errorDetail": {"code": 2, "message": "..."}, "error": "The command 'make' returned a non-zero code: 2"},
]


def test_failed_builds_are_told_together_with_step_and_output(repository, engine, image, run_module):
    engine.build_output = {"bad 1": FAILED_STEP, "bad 2": [{"error": "dockerfile parse error line 1"}]}
    wanted = [image("one", dockerfile="bad 1"), image("two", dockerfile="bad 2"), image("three")]
    message = run_module(module, images=wanted)["msg"]
    assert "test-tasks:one-" in message
    assert "at Step 2/2 : RUN make: The command 'make' returned a non-zero code: 2\n  line 10\n" in message
    assert "  line 29\n" in message
    assert "line 9\n" not in message
    assert "\x1b" not in message
    assert "test-tasks:two-" in message
    assert "dockerfile parse error line 1" in message
    assert [tag.rpartition("-")[0] for tag in tags()] == ["three"]


def test_only_the_failed_steps_output_is_told(repository, engine, image, run_module):
    engine.build_output = {"bad": [*FAILED_STEP[:5], FAILED_STEP[-1]]}
    message = run_module(module, images=[image(dockerfile="bad")])["msg"]
    assert message.endswith("returned a non-zero code: 2\n  line 0")


def test_a_build_without_an_image_is_an_error(repository, engine, image, run_module):
    engine.build_output = {"odd": [{"stream": "Step 1/1 : FROM scratch\n"}]}
    assert "ended without an image" in run_module(module, images=[image(dockerfile="odd")])["msg"]


def test_what_only_buildkit_knows_is_told_with_what_to_do(repository, engine, image, run_module):
    here_document, link = "FROM scratch\nRUN <<EOF\necho\nEOF\n", "FROM scratch\nCOPY --link . .\n"
    engine.refused = {here_document: "dockerfile parse error line 3: unknown instruction: ECHO"}
    engine.build_output = {link: [{"error": "Unknown flag: link"}]}
    wanted = [image("one", dockerfile=here_document), image("two", dockerfile=link)]
    one, two = run_module(module, images=wanted)["msg"].splitlines()
    assert "unknown instruction: ECHO; the Dockerfile uses a here-document (<<EOF), which only BuildKit knows" in one
    assert "Unknown flag: link; the Dockerfile uses --link, which only BuildKit knows: install buildx" in two


def test_the_dockerfiles_own_ignore_file_is_known_to_the_engines_builder(repository, engine, image, run_module):
    wanted = image()
    folder = Path(wanted["context"])
    (folder / "secret").write_text("hunter2\n")
    (folder / ".dockerignore").write_text("*\n")
    (folder / "Dockerfile.dockerignore").write_text("*\n!content\n")
    run_module(module, images=[wanted])
    (build,) = engine.builds
    sent = {**build["files"]}
    assert sent.pop(build["dockerfile"]) == b"FROM scratch\nCOPY . .\n"
    assert sent.pop(".dockerignore").decode().splitlines() == [".dockerignore", build["dockerfile"]]
    assert sent == {"content": b"1"}


def test_a_base_is_built_first_and_told_by_the_build_argument(repository, engine, image, run_module):
    base = image("base")
    (before,) = run_module(module, check_mode=True, images=[base])["images"]
    extract = {**image("extract"), "base": f"{REPOSITORY}:{before['tag']}"}
    entries = run_module(module, images=[extract, base], parallel_builds=2)["images"]
    assert [entry["changed"] for entry in entries] == [True, True]
    of_base, of_extract = engine.builds
    assert "BASE_IMAGE" not in of_base["buildargs"]
    assert of_extract["buildargs"] == {"BASE_IMAGE": f"farflow/{REPOSITORY}:extract.base"}
    ((pulled, auth),) = engine.pulls
    assert pulled.endswith(f".amazonaws.com/{REPOSITORY}:{before['tag']}")
    assert auth["username"] == "AWS"
    assert run_module(module, images=[extract, base])["changed"] is False
    names = {name for names in engine.names.values() for name in names}
    assert names == {f"farflow/{REPOSITORY}:{name}" for name in ("base", "extract", "extract.base")}


def test_a_base_that_is_there_is_not_built(repository, engine, image, run_module):
    (base,) = run_module(module, images=[image("base")])["images"]
    extract = {**image("extract"), "base": f"{REPOSITORY}:{base['tag']}"}
    run_module(module, images=[extract])
    assert len(engine.builds) == 2
    other = {**extract, "base": f"{REPOSITORY}:{base['tag']}x"}
    assert "not found" in run_module(module, images=[other])["msg"]


@pytest.mark.parametrize(
    ("base", "said"),
    [("no reference", "is no reference of an image"), ("nowhere:1", "there is no ECR repository nowhere")],
)
def test_a_base_that_cannot_be_is_refused(repository, engine, image, run_module, base, said):
    assert said in run_module(module, images=[{**image(), "base": base}])["msg"]
    assert engine.builds == []


def test_a_build_again_takes_nothing_from_earlier_ones(repository, engine, image, run_module):
    (first,) = run_module(module, images=[image()])["images"]
    (again,) = run_module(module, images=[image(build=2)])["images"]
    assert again["tag"] == f"{first['tag']}.2"
    assert again["reasons"] == ["built again"]
    assert [(build["nocache"], build["pull"]) for build in engine.builds] == [(False, False), (True, True)]
    assert run_module(module, images=[image(build=2)])["changed"] is False


def test_the_same_image_again_has_the_same_digest(repository, engine, image, run_module):
    (first,) = run_module(module, images=[image()])["images"]
    (again,) = run_module(module, images=[image(build=2)])["images"]
    assert (again["changed"], again["uri"]) == (True, first["uri"])


def test_no_base_image_is_looked_for_where_the_registry_is_emulated(repository, engine, image, run_module):
    run_module(module, images=[image(build=2)], registry="127.0.0.1:5000")
    assert [(build["nocache"], build["pull"]) for build in engine.builds] == [(True, False)]


def test_an_image_for_another_processor_is_refused(repository, engine, image, run_module):
    message = run_module(module, images=[image(architecture="ARM64")])["msg"]
    assert "for linux/arm64: the engine's base image is for linux/amd64" in message
    assert engine.names == {}
    assert tags() == []


@pytest.mark.parametrize("error", ["received unexpected HTTP status: 503", requests.ConnectionError("reset by peer")])
def test_a_push_that_breaks_is_tried_again(repository, engine, image, run_module, error):
    engine.push_errors = [error, error]
    (entry,) = run_module(module, images=[image()])["images"]
    assert len(engine.pushes) == 3
    assert tags() == [entry["tag"]]


def test_a_push_that_breaks_for_good_is_an_error(repository, engine, image, run_module):
    engine.push_errors = ["received unexpected HTTP status: 503"] * 9
    message = run_module(module, images=[image()])["msg"]
    assert "could not push image" in message
    assert "503" in message
    assert len(engine.pushes) == 4


def test_a_push_without_permission_is_not_repeated(repository, engine, image, run_module):
    engine.push_errors = ["denied: User is not authorized to perform: ecr:InitiateLayerUpload"]
    assert "ecr:InitiateLayerUpload" in run_module(module, images=[image()])["msg"]
    assert len(engine.pushes) == 1


def test_a_tag_that_someone_pushed_meanwhile_is_taken(repository, engine, image, run_module):
    wanted = image()
    (predicted,) = run_module(module, check_mode=True, images=[wanted])["images"]
    real = engine.push

    def race(address, tag, **arguments):
        put(REPOSITORY, tag, "theirs")
        engine.push_errors = [f"tag invalid: The image tag '{tag}' already exists and the repository is immutable."]
        return real(address, tag, **arguments)

    engine.push = race
    (entry,) = run_module(module, images=[wanted])["images"]
    assert entry["tag"] == predicted["tag"]
    found = boto3.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
    assert [each["imageDigest"] for each in found] == [entry["digest"]]


def test_a_missing_repository_is_named(aws, engine, image, run_module):
    assert "there is no ECR repository test-tasks: make it first" in run_module(module, images=[image()])["msg"]
    assert engine.builds == []


def test_no_engine_is_told_with_what_to_do(repository, image, run_module, monkeypatch):
    def refuse(**_unused):
        raise DockerException("Error while fetching server API version: no such file")

    monkeypatch.setattr(docker_builder.docker, "from_env", refuse)
    message = run_module(module, images=[image()])["msg"]
    assert "no Docker engine answers" in message
    assert "DOCKER_HOST" in message


def test_unreadable_contexts_are_told_together_before_anything_is_built(repository, engine, image, run_module):
    wanted = [image(), {**image("a"), "context": "/nowhere/a"}, {**image("b"), "context": "/nowhere/b"}]
    message = run_module(module, images=wanted)["msg"]
    assert "/nowhere/a is not a folder" in message
    assert "/nowhere/b is not a folder" in message
    assert engine.builds == []


def test_what_aws_refuses_is_told_with_the_verb(repository, image, run_module, monkeypatch):
    def refuse(*_unused, **__):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeRepositories")

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    message = run_module(module, images=[image()])["msg"]
    assert "could not describe ECR repositories test-tasks" in message
    assert "permission" in message
