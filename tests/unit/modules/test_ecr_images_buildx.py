"""Images built by ``docker buildx``. The CLI is one of our own that notes what it is asked for; the engine, and what
BuildKit makes of a Dockerfile, are not here.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.images.builders import docker as docker_builder
from ansible_collections.farflow.airflow.plugins.modules import ecr_images as module
from docker.errors import ImageNotFound

REPOSITORY = "test-tasks"
IMAGE = f"sha256:{'1' * 64}"

#: Notes the arguments and the files of the context, and names an image; or fails as BuildKit does.
DOCKER = """#!{python}
import json, pathlib, sys
arguments = sys.argv[1:]
if arguments == ["buildx", "version"]:
    sys.exit({version})
context = pathlib.Path(arguments[-1])
files = {{str(each.relative_to(context)): each.read_text() for each in context.rglob("*") if each.is_file()}}
modes = {{str(each.relative_to(context)): each.stat().st_mode & 0o777 for each in context.rglob("*")}}
with open({notes!r}, "a") as notes:
    notes.write(json.dumps({{"arguments": arguments, "files": files, "modes": modes}}) + "\\n")
if "fail" in files.get("Dockerfile", ""):
    print("\\n".join(f"#5 line {{number}}" for number in range(50)))
    sys.exit("ERROR: failed to solve: process did not complete successfully: exit code: 2")
pathlib.Path(arguments[arguments.index("--iidfile") + 1]).write_text({image!r})
"""


class Engine:
    """Has the image that the CLI names, and takes pushes to moto's ECR."""

    def __init__(self):
        self.architecture, self.pushes, self.bases = "amd64", [], {}

    def build(self, **_unused):
        raise AssertionError("asked to build")

    def inspect_image(self, name):
        if name != IMAGE and name not in self.bases:
            raise ImageNotFound(name)
        return {"Id": IMAGE, "RepoTags": [], "Os": "linux", "Architecture": self.architecture}

    def tag(self, image, repository, tag, force):
        assert image == IMAGE

    def remove_image(self, name, noprune=False):
        pass

    def pull(self, name, stream, decode, auth_config):
        yield {"status": "Pulled"} if name in self.bases else {"error": f"manifest for {name} not found"}

    def push(self, address, tag, stream, decode, auth_config):
        self.pushes.append((f"{address}:{tag}", auth_config["password"]))
        layers = [{"digest": IMAGE}]
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = json.dumps({"mediaType": kind, "layers": layers, "config": {"size": 1}})
        boto3.client("ecr").put_image(repositoryName=REPOSITORY, imageManifest=manifest, imageTag=tag)
        yield {"status": "Pushed"}


class Cli:
    """The ``docker`` on the PATH."""

    def __init__(self, folder):
        self.path, self._notes = folder / "docker", folder / "notes"

    def write(self, version=0):
        self.path.write_text(DOCKER.format(python=sys.executable, version=version, notes=str(self._notes), image=IMAGE))
        self.path.chmod(0o755)

    @property
    def builds(self):
        return [json.loads(line) for line in self._notes.read_text().splitlines()] if self._notes.exists() else []


@pytest.fixture
def engine(aws, monkeypatch):
    engine = Engine()
    monkeypatch.setattr(docker_builder, "engine", lambda: engine)
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    return engine


@pytest.fixture
def docker(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    cli = Cli(folder)
    cli.write()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)
    return cli


@pytest.fixture
def image(tmp_path):
    def make(dockerfile="FROM scratch\n", **more):
        folder = tmp_path / "extract"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(dockerfile)
        (folder / "run").write_text("1")
        (folder / "run").chmod(0o755)
        (folder / "task.yml").write_text("cpu: 256\n")
        return {"repository": REPOSITORY, "name": "extract", "context": str(folder), "exclude": ["task.yml"], **more}

    return make


def test_builds_from_exactly_the_context_and_pushes(engine, docker, image, run_module):
    (entry,) = run_module(module, images=[image()])["images"]
    ((pushed, _unused),) = engine.pushes
    assert pushed.endswith(f"/{REPOSITORY}:{entry['tag']}")
    (build,) = docker.builds
    assert build["files"] == {"Dockerfile": "FROM scratch\n", "run": "1"}
    assert build["modes"] == {"Dockerfile": 0o644, "run": 0o755}
    assert run_module(module, images=[image()])["changed"] is False


def test_asks_for_what_the_image_is(engine, docker, image, run_module, tmp_path):
    (tmp_path / "ca.pem").write_text("certificates\n")
    more = {"build_args": {"VERSION": "it's 3"}, "target": "final", "architecture": "ARM64"}
    engine.architecture = "arm64"
    run_module(module, images=[image(**more)], build_ca_bundle=str(tmp_path / "ca.pem"))
    (build,) = docker.builds
    arguments = build["arguments"]
    assert arguments[:4] == ["buildx", "build", "--platform", "linux/arm64"]
    options = dict(zip(arguments, arguments[1:], strict=False))
    assert options["--build-arg"] == "VERSION=it's 3"
    assert options["--target"] == "final"
    assert options["--secret"] == f"id=build-ca,src={tmp_path / 'ca.pem'}"
    assert Path(options["--file"]).name == "Dockerfile"
    assert build["files"][".build-ca.pem"] == "certificates\n"


def test_a_build_again_takes_nothing_from_earlier_ones(engine, docker, image, run_module):
    run_module(module, images=[image()])
    run_module(module, images=[image(build=2)])
    asked = [{"--no-cache", "--pull"} & set(build["arguments"]) for build in docker.builds]
    assert asked == [set(), {"--no-cache", "--pull"}]


def test_a_base_is_the_one_that_the_engine_has(engine, docker, image, run_module):
    boto3.client("ecr").create_repository(repositoryName="team/base")
    engine.bases = {"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/base:1": IMAGE}
    run_module(module, images=[image(base="team/base:1", build=2)])
    (build,) = docker.builds
    options = list(zip(build["arguments"], build["arguments"][1:], strict=False))
    assert ("--build-arg", f"BASE_IMAGE=farflow/{REPOSITORY}:extract.base") in options
    assert ("--builder", "default") in options
    assert "--pull" not in build["arguments"]


def test_the_dockerfiles_own_ignore_file_leaves_out_as_much(engine, docker, image, run_module):
    wanted = image()
    folder = Path(wanted["context"])
    (folder / "secret").write_text("hunter2\n")
    (folder / "Dockerfile.dockerignore").write_text("*\n!run\n")
    run_module(module, images=[wanted])
    (build,) = docker.builds
    dockerfile = Path(build["arguments"][build["arguments"].index("--file") + 1]).name
    assert set(build["files"]) == {"run", ".dockerignore", dockerfile}
    assert build["files"][".dockerignore"].splitlines() == [".dockerignore", dockerfile]


def test_the_password_is_on_no_command_line(engine, docker, image, run_module):
    run_module(module, images=[image()])
    ((_unused, password),) = engine.pushes
    assert password
    assert password not in json.dumps(docker.builds)


def test_a_failure_shows_the_end_of_the_output(engine, docker, image, run_module):
    message = run_module(module, images=[image("FROM scratch\nRUN fail\n")])["msg"]
    assert "could not build image" in message
    assert message.endswith("  ERROR: failed to solve: process did not complete successfully: exit code: 2")
    assert "#5 line 49\n" in message
    assert "#5 line 1\n" not in message
    assert engine.pushes == []


def test_what_is_unpacked_is_gone_afterwards(engine, docker, image, run_module):
    run_module(module, images=[image()])
    (build,) = docker.builds
    assert not Path(build["arguments"][-1]).exists()


@pytest.mark.parametrize("without", ["cli", "plugin", "wish"])
def test_without_buildx_the_engine_is_asked(engine, docker, image, run_module, monkeypatch, without):
    if without == "cli":
        docker.path.unlink()
        monkeypatch.setenv("PATH", str(docker.path.parent))
    elif without == "plugin":
        docker.write(version=1)
    else:
        monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    with pytest.raises(AssertionError, match="asked to build"):
        run_module(module, images=[image()])
    assert docker.builds == []
