"""Dockerfiles of the project, its samples and its tests: where base images come from, and whose the volumes are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("airflow", "tasks", "playbooks/project", "extensions/molecule", "tests/embedded_aws/images")
DOCKERFILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("Dockerfile*"))

#: By which a reference names a registry. Docker takes any other first part for a name on Docker Hub.
REGISTRY = re.compile(r"^([^/]+[.:][^/]+|localhost)/")


def instructions(dockerfile: str):
    """`(instruction, arguments)` of each, continued lines joined, comments left out."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            instruction, _unused, arguments = line.strip().partition(" ")
            yield instruction.upper(), arguments.strip()


def bases(dockerfile: str):
    """What each stage that begins with an image of others begins with; build arguments have their defaults."""
    arguments, stages = {}, set()
    for instruction, text in instructions(dockerfile):
        if instruction == "ARG":
            name, _unused, default = text.partition("=")
            arguments[name] = default
        elif instruction == "FROM":
            image, _unused, stage = text.partition(" AS ")
            image = re.sub(r"\$\{?(\w+)\}?", lambda found: arguments[found[1]], image)
            if image not in stages | {"scratch"}:
                yield image
            stages.add(stage)


def volumes_without_owner(dockerfile: str):
    """Volumes that no RUN of the same stage before them has given an owner or a mode."""
    prepared = ""
    for instruction, text in instructions(dockerfile):
        if instruction == "FROM":
            prepared = ""
        elif instruction == "RUN":
            prepared += f" {text} "
        elif instruction == "VOLUME":
            volumes = json.loads(text) if text.startswith("[") else text.split()
            for volume in volumes:
                if not re.search(rf"(install --directory|chown|chmod)[^&;]* {re.escape(volume)}(?=\s)", prepared):
                    yield volume


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_base_image_names_its_registry_which_is_not_docker_hub(path):
    """Docker Hub limits pulls without an account by address, and CodeBuild's addresses are shared."""
    for image in bases(path.read_text()):
        registry = REGISTRY.match(image)
        assert registry, f"{image}: no registry"
        assert registry[1] != "docker.io"


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_volume_has_an_owner_or_a_mode_before_it_is_one(path):
    """Where nothing was said before, Fargate mounts a folder that is root's, with mode 0755."""
    assert list(volumes_without_owner(path.read_text())) == []


def test_what_can_be_written_to_is_a_volume_of_the_image():
    from ansible_collections.farflow.airflow.plugins.module_utils.environment import containers

    volumes = [text for name, text in instructions((ROOT / "airflow" / "Dockerfile").read_text()) if name == "VOLUME"]
    assert sorted(json.loads(volumes[-1])) == sorted(containers._WRITABLE.values())


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM debian:trixie-slim", ["debian:trixie-slim"]),
        ("ARG A=debian\nFROM ${A} AS base\nFROM base\nFROM scratch", ["debian"]),
        ("ARG A=quay.io/x\n# FROM y\nFROM $A", ["quay.io/x"]),
    ],
)
def test_bases_are_found(dockerfile, expected):
    assert list(bases(dockerfile)) == expected


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ('FROM x\nVOLUME ["/tmp"]', ["/tmp"]),
        ('FROM x\nRUN a \\\n && chmod 1777 /tmp \\\n && b\nVOLUME ["/tmp", "/data"]', ["/data"]),
        ("FROM x\nRUN chmod 1777 /tmp\nFROM y\nVOLUME /tmp", ["/tmp"]),
        ("FROM x\nVOLUME /tmp\nRUN chmod 1777 /tmp", ["/tmp"]),
    ],
)
def test_volumes_without_owner_are_found(dockerfile, expected):
    assert list(volumes_without_owner(dockerfile)) == expected


@pytest.mark.parametrize(
    ("image", "named"), [("debian", False), ("library/debian:x", False), ("localhost/x", True), ("r:5000/x", True)]
)
def test_a_registry_is_told_from_a_name_on_docker_hub(image, named):
    assert bool(REGISTRY.match(image)) is named
