# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Builds of images by CodeBuild: what one is asked to do, and why it failed."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..build_context import PLATFORMS, BuildContext, sent_dockerfile

#: The environment variable by which a build tells which image it is for.
IMAGE = "FARFLOW_IMAGE"

IN_PROGRESS = "IN_PROGRESS"
SUCCEEDED = "SUCCEEDED"

#: The folder in the bucket in which contexts lie.
CONTEXTS = "contexts"

#: The buildspec of a project whose builds each bring their own.
NOTHING = json.dumps(
    {"version": 0.2, "phases": {"build": {"commands": ["echo 'nothing to build: farflow.airflow starts builds'"]}}}
)

# What is pushed is an image, and not an index with statements beside it: one digest, whoever builds it.
_VARIABLES = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}

_ENDED_WELL = (SUCCEEDED, IN_PROGRESS, None)
_BEFORE_ITS_COMMANDS = ("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE")
_DENIED = ("ACCESS_DENIED", "not authorized to perform")


def object_key(repository: str, tag: str) -> str:
    """Where in the bucket the context of an image lies."""
    return f"{CONTEXTS}/{repository}/{tag}.tar.gz"


def pull_credentials(image: str) -> str:
    """Who pulls the image that a build runs in: CodeBuild its own, the project's role all others."""
    return "CODEBUILD" if image.startswith("aws/codebuild/") else "SERVICE_ROLE"


def buildspec(
    context: BuildContext, location: str, address: str, tags: Sequence[str], options: Sequence[str] = ()
) -> str:
    """Unpacks the context from ``location`` (``s3://...``), builds it, and pushes it as ``<address>:<tag>`` for each
    tag. ``options`` are further ones of ``docker build``. JSON, which is YAML.
    """
    registry, _unused, repository = address.partition("/")
    commands = [
        ["aws", "s3", "cp", "--only-show-errors", location, "context.tar.gz"],
        ["mkdir", "context"],
        ["tar", "--extract", "--gzip", "--file", "context.tar.gz", "--directory", "context"],
        _docker_build(context, [f"{address}:{tag}" for tag in tags], options),
    ]
    login = shlex.join(["docker", "login", "--username", "AWS", "--password-stdin", registry])
    lines = [f"aws ecr get-login-password | {login}", *map(shlex.join, commands)]
    lines += [_push(address, repository, tag) for tag in tags]
    return json.dumps({"version": 0.2, "env": {"variables": _VARIABLES}, "phases": {"build": {"commands": lines}}})


def _push(address: str, repository: str, tag: str) -> str:
    """A tag that has been pushed meanwhile, and can't be moved, holds the same context."""
    there = ["aws", "ecr", "describe-images", "--repository-name", repository, "--image-ids", f"imageTag={tag}"]
    return f"{shlex.join(['docker', 'push', '--quiet', f'{address}:{tag}'])} || {shlex.join(there)}"


def _docker_build(context: BuildContext, names: Iterable[str], options: Sequence[str]) -> list[str]:
    """Without a platform: it is built on a machine of that kind."""
    command = ["docker", "build", "--file", f"context/{sent_dockerfile(context)}"]
    for name in names:
        command += ["--tag", name]
    for name, value in context.build_args.items():
        command += ["--build-arg", f"{name}={value}"]
    if context.target:
        command += ["--target", context.target]
    return [*command, *options, "context"]


def start_request(project: str, image: str, spec: str, platform: str, arm_image: str, after: str) -> dict[str, Any]:
    """The arguments of StartBuild. Who asks for the same, ``after`` the same earlier build, gets the same build."""
    request: dict[str, Any] = {
        "projectName": project,
        "buildspecOverride": spec,
        "environmentVariablesOverride": [{"name": IMAGE, "value": image, "type": "PLAINTEXT"}],
    }
    if platform == PLATFORMS["ARM64"]:
        request |= {
            "environmentTypeOverride": "ARM_CONTAINER",
            "imageOverride": arm_image,
            "imagePullCredentialsTypeOverride": pull_credentials(arm_image),
        }
    token = hashlib.sha256(json.dumps([request, after], sort_keys=True).encode()).hexdigest()
    return {**request, "idempotencyToken": token}


def by_image(builds: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The newest build of each image; ``builds`` has the newest first."""
    found: dict[str, Mapping[str, Any]] = {}
    for build in builds:
        for variable in (build.get("environment") or {}).get("environmentVariables") or []:
            if variable["name"] == IMAGE:
                found.setdefault(variable["value"], build)
    return found


def progress(build: Mapping[str, Any]) -> str:
    """Where a build is, for the person who waits."""
    return f"build {build['id']} is in phase {build.get('currentPhase')}"


def was_not_allowed_to_begin(build: Mapping[str, Any]) -> bool:
    """Whether a build failed before its commands ran, as what the project's role may do was not known."""
    failed = _failed_phase(build)
    contexts = failed.get("contexts") or []
    words = [f"{context.get('statusCode')} {context.get('message')}" for context in contexts]
    denied = any(each in text for text in words for each in _DENIED)
    return denied and failed.get("phaseType") in _BEFORE_ITS_COMMANDS


def failure(build: Mapping[str, Any]) -> str:
    """How and why a build ended that did not succeed."""
    failed = _failed_phase(build)
    where = f" in phase {failed['phaseType']}" if failed else ""
    messages = [context["message"] for context in failed.get("contexts") or [] if context.get("message")]
    why = "".join(f": {message.strip()}" for message in messages)
    return f"CodeBuild build {build['id']} ended as {build['buildStatus']}{where}{why}"


def _failed_phase(build: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((phase for phase in build.get("phases") or [] if phase.get("phaseStatus") not in _ENDED_WELL), {})


def limit(build: Mapping[str, Any]) -> float:
    """Seconds after which CodeBuild itself has ended a build, and a minute."""
    minutes: int = build.get("queuedTimeoutInMinutes", 480) + build.get("timeoutInMinutes", 60) + 1
    return 60.0 * minutes
