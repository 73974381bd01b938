"""CodeBuild: projects keep all that they are given, and a build does what StartBuild says."""

from __future__ import annotations

import copy
import json
import threading
from pathlib import Path
from typing import Any

from ministack.core.responses import json_response
from ministack.services import codebuild

from ..settings import Settings

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
    codebuild._make_build_record = obey_overrides(codebuild._make_build_record)


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
        return record

    return make


def hand_in_the_buildspec(write_env_file):
    """Our agent runs the phases itself, in its own container: the one folder that it sees has the buildspec too."""

    def write(path: str, project: dict[str, Any], build: dict[str, Any]) -> None:
        write_env_file(path, build, build)
        Path(path).with_name("buildspec.json").write_text(build["source"]["buildspec"])

    return write


def run_what_was_asked(execute):
    """The same fault: a build is run as its project, not as itself."""
    making = threading.Lock()

    def run(build_id: str, project: dict[str, Any]) -> None:
        from .. import base_images

        build = codebuild._builds[build_id]
        try:
            with making:
                base_images.ensure_codebuild(AGENT_IMAGE)
        except base_images.ImageError as error:
            codebuild._log_sink(build)(str(error))
            codebuild._finish_build(build, "FAULT")
            return
        execute(build_id, {**project, **{key: build[key] for key in ("source", "environment")}})

    return run
