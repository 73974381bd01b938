"""CodeBuild: projects keep all that they are given, and a build does what StartBuild says, with the rights of the
service role.
"""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ministack.core.responses import get_region, json_response
from ministack.services import cloudwatch_logs, codebuild

from ..authorization import principals, services
from ..behaviours import ENFORCED_IAM
from ..settings import Settings

PRINCIPAL = "codebuild.amazonaws.com"
NO_BUILDER = "CodeBuild is not authorized to perform: sts:AssumeRole on {}"
_NO_LOG = (
    "Service role {} does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build {}. Error "
    "message: {}"
)
AGENT_IMAGE = "embedded-aws-codebuild:latest"

_DEFAULTS: dict[str, Any] = {
    "queuedTimeoutInMinutes": 480,
    "cache": {"type": "NO_CACHE"},
    "projectVisibility": "PRIVATE",
}
_OVERRIDES = {
    "buildspecOverride": ("source", "buildspec"),
    "imageOverride": ("environment", "image"),
    "environmentTypeOverride": ("environment", "type"),
    "imagePullCredentialsTypeOverride": ("environment", "imagePullCredentialsType"),
}

_asked = threading.local()
_tokens: dict[str, str] = {}


def apply() -> None:
    codebuild._create_project = keep_all_members(codebuild._create_project)
    codebuild._update_project = keep_all_members(codebuild._update_project)
    codebuild._project_shape = dict
    codebuild._delete_project = be_content_when_it_is_gone(codebuild._delete_project)
    codebuild._start_build = start_once_a_token(codebuild._start_build)
    codebuild._make_build_record = fail_at_once(obey_overrides(codebuild._make_build_record))
    codebuild._log_sink = lose_what_is_refused(codebuild._log_sink)


def apply_with_containers(settings: Settings) -> None:
    """What runs a build is made here, when the first one is started: no registry is needed for it."""
    codebuild.AGENT_IMAGE = AGENT_IMAGE
    codebuild.WORKSPACE = str(settings.path("codebuild"))
    codebuild._write_env_file = hand_in_the_buildspec(codebuild._write_env_file)
    codebuild._execute_build = run_what_was_asked(codebuild._execute_build)


def keep_all_members(handler):
    """Faults: cache, logs, time-outs and limits are dropped; the default key is not S3's."""

    def keep(data: dict[str, Any]):
        answer = handler(data)
        if answer[0] != 200:
            return answer
        project = codebuild._projects[data["name"]]
        project.update({key: value for key, value in data.items() if key != "badgeEnabled"})
        if project.get("concurrentBuildLimit") == -1:
            del project["concurrentBuildLimit"]
        for key, value in _DEFAULTS.items():
            project.setdefault(key, value)
        project["encryptionKey"] = project["encryptionKey"].replace("alias/aws/codebuild", "alias/aws/s3")
        return json_response({"project": dict(project)})

    return keep


def be_content_when_it_is_gone(handler):
    """Fault: AWS deletes a project that is not there without an error."""

    def delete(data: dict[str, Any]):
        return handler(data) if data.get("name") in codebuild._projects else json_response({})

    return delete


def start_once_a_token(handler):
    """Faults: overrides and idempotency tokens are ignored."""

    def start(data: dict[str, Any]):
        token = data.get("idempotencyToken")
        known = codebuild._builds.get(_tokens.get(token, ""))
        if known:
            return json_response({"build": copy.deepcopy(known)})
        _asked.data = data
        answer = handler(data)
        if token and answer[0] == 200:
            _tokens[token] = json.loads(answer[2])["build"]["id"]
        return answer

    return start


def obey_overrides(make_record):
    """The same fault, and: a build logs where its project says."""

    def make(project: dict[str, Any], build_id: str, source_version: str | None = None) -> dict[str, Any]:
        effective = copy.deepcopy(project)
        for override, (part, member) in _OVERRIDES.items():
            if override in _asked.data:
                effective[part][member] = _asked.data[override]
        variables = effective["environment"].setdefault("environmentVariables", [])
        variables += _asked.data.get("environmentVariablesOverride") or []
        record = make_record(effective, build_id, source_version)
        group = (project.get("logsConfig") or {}).get("cloudWatchLogs", {}).get("groupName")
        if group:
            record["logs"] = {"groupName": group, "streamName": build_id.rpartition(":")[2]}
        record["queuedTimeoutInMinutes"] = project["queuedTimeoutInMinutes"]
        record["serviceRole"] = project["serviceRole"]
        return record

    return make


def fail_at_once(make_record):
    """Without containers: a build whose role may not begin it has failed."""

    def make(*arguments: Any) -> dict[str, Any]:
        build = make_record(*arguments)
        if not codebuild.EXECUTE_BUILDS and (words := _refusal(build)):
            _fail(build, words)
        return build

    return make


def lose_what_is_refused(log_sink):
    """Lines that the role may not write are lost."""

    def sink(build: dict[str, Any]) -> Callable[[str], None]:
        write: Callable[[str], None] = log_sink(build)
        refused = ENFORCED_IAM.is_on and services.refused(
            _keys_of(build), "logs", "PutLogEvents", get_region(), **_stream(build)
        )
        return (lambda _line: None) if refused else write

    return sink


def hand_in_the_buildspec(write_env_file):
    """Our agent runs the phases itself, in its own container: the one folder that it sees has the buildspec too. Fault:
    a build calls with the rights of the account's root.
    """

    def write(path: str, project: dict[str, Any], build: dict[str, Any]) -> None:
        write_env_file(path, build, build)
        declared = {each["name"] for each in build["environment"].get("environmentVariables") or []}
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={text}\n" for name, text in _keys_of(build).items() if name not in declared)
        Path(path).with_name("buildspec.json").write_text(build["source"]["buildspec"])

    return write


def run_what_was_asked(execute):
    """The same fault: a build is run as its project, not as itself."""
    making = threading.Lock()

    def run(build_id: str, project: dict[str, Any]) -> None:
        from .. import base_images

        build = codebuild._builds[build_id]
        if words := _refusal(build):
            _fail(build, words)
            return
        try:
            with making:
                base_images.ensure_codebuild(AGENT_IMAGE)
        except base_images.ImageError as error:
            codebuild._log_sink(build)(str(error))
            codebuild._finish_build(build, "FAULT")
            return
        execute(build_id, {**project, **{key: build[key] for key in ("source", "environment")}})

    return run


def _refusal(build: Mapping[str, Any]) -> str:
    """Why a build does not begin, in the words of aws/aws-cdk#12179: what its role may not do."""
    role = build["serviceRole"]
    if not ENFORCED_IAM.is_on:
        return ""
    if not services.may_assume(PRINCIPAL, role, codebuild._project_arn(build["projectName"])):
        return NO_BUILDER.format(role)
    stream = _stream(build)
    is_there = stream["logGroupName"] in cloudwatch_logs._log_groups
    for operation in ("CreateLogStream",) if is_there else ("CreateLogGroup", "CreateLogStream"):
        if words := services.refused(_keys_of(build), "logs", operation, get_region(), **stream):
            return _NO_LOG.format(role, build["arn"], words)
    return ""


def _fail(build: dict[str, Any], words: str) -> None:
    now = int(time.time())
    context = {"statusCode": "ACCESS_DENIED", "message": words}
    submitted = {"phaseType": "SUBMITTED", "phaseStatus": "FAILED", "startTime": now, "endTime": now}
    build["phases"] = [{**submitted, "contexts": [context]}]
    codebuild._finish_build(build, "FAILED")


def _keys_of(build: Mapping[str, Any]) -> dict[str, str]:
    return principals.keys_of_session(build["serviceRole"], f"AWSCodeBuild-{build['id'].rpartition(':')[2]}")


def _stream(build: Mapping[str, Any]) -> dict[str, str]:
    return {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"]}
