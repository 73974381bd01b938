# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CodeBuild projects: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, chunks, doing

_WHAT = "CodeBuild project"
_MOST_A_CALL = 100


def describe(clients: Clients, names: list[str]) -> list[dict[str, Any]]:
    """Those of the named projects that exist."""
    found: list[dict[str, Any]] = []
    for some in chunks(names, _MOST_A_CALL):
        with doing("describe", "CodeBuild projects", ", ".join(some)):
            found += clients("codebuild").batch_get_projects(names=some)["projects"]
    return found


def create(clients: Clients, request: Mapping[str, Any]) -> str:
    """Makes a project; its ARN."""
    with doing("create", _WHAT, request["name"]):
        return str(clients("codebuild").create_project(**request)["project"]["arn"])


def update(clients: Clients, request: Mapping[str, Any]) -> str:
    """Changes what the request has, which includes all tags but those that are ignored; the ARN."""
    client, name = clients.with_ignored_tags("codebuild"), request["name"]
    with doing("change", _WHAT, name):
        found = [tag for each in client.batch_get_projects(names=[name])["projects"] for tag in each.get("tags") or []]
        kept = [tag for tag in found if clients.ignores(tag["key"]) and not tag["key"].startswith("aws:")]
        tags = [*kept, *request.get("tags", [])]
        return str(client.update_project(**{**request, "tags": tags})["project"]["arn"])


def set_visibility(clients: Clients, arn: str, visibility: str) -> None:
    """Whether everyone may read the builds and their logs."""
    with doing("set the visibility of", _WHAT, arn):
        clients("codebuild").update_project_visibility(projectArn=arn, projectVisibility=visibility)


def delete(clients: Clients, name: str) -> None:
    """Deletes a project; AWS is content when it is gone."""
    with doing("delete", _WHAT, name):
        clients("codebuild").delete_project(name=name)
