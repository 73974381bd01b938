# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Builds of CodeBuild, their contexts and logs: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from ...engine.clients import Clients, doing, unless


def put_context(clients: Clients, bucket: str, key: str, content: IO[bytes]) -> None:
    """Uploads a build context."""
    with doing("upload", "build context", f"s3://{bucket}/{key}"):
        clients("s3").upload_fileobj(content, bucket, key)


def latest(clients: Clients, project: str) -> list[dict[str, Any]]:
    """The hundred newest builds of a project, the newest first."""
    client = clients("codebuild")
    with doing("list", "builds of CodeBuild project", project):
        ids = client.list_builds_for_project(projectName=project, sortOrder="DESCENDING")["ids"]
        builds = {build["id"]: build for build in client.batch_get_builds(ids=ids)["builds"]} if ids else {}
    return [builds[each] for each in ids if each in builds]


def start(clients: Clients, request: Mapping[str, Any]) -> dict[str, Any]:
    """Starts a build; the build."""
    with doing("start", "a build of CodeBuild project", request["projectName"]):
        build: dict[str, Any] = clients("codebuild").start_build(**request)["build"]
    return build


def get(clients: Clients, build_id: str) -> dict[str, Any]:
    """A build as it is now."""
    with doing("describe", "CodeBuild build", build_id):
        build: dict[str, Any] = clients("codebuild").batch_get_builds(ids=[build_id])["builds"][0]
    return build


def last_lines(clients: Clients, build: Mapping[str, Any], count: int) -> list[str]:
    """The end of a build's log; nothing when it has none."""
    logs = build.get("logs") or {}
    if not (logs.get("groupName") and logs.get("streamName")):
        return []
    place = {"logGroupName": logs["groupName"], "logStreamName": logs["streamName"]}
    call = {**place, "limit": count, "startFromHead": False}
    with doing("read", "log stream", " ".join(place.values())):
        answer = unless({"ResourceNotFoundException"}, lambda: clients("logs").get_log_events(**call), {})
    return [event["message"].rstrip("\n") for event in answer.get("events", [])][-count:]
