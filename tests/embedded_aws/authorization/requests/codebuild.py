"""AWS CodeBuild, which is given the project's service role."""

from __future__ import annotations

from ..evaluation import Request
from .asked import Asked, Row, by, last, rows

_PROJECT = "project/"


def _change(asked: Asked) -> list[Request]:
    passed = asked.passes(asked.get("serviceRole"), "codebuild.amazonaws.com")
    return [*asked.on(asked.named(_PROJECT, asked["name"])), *passed]


def _builds(asked: Asked) -> list[Request]:
    """Builds are judged by their project: `<project>:<id>`."""
    projects = sorted({last(each).partition(":")[0] for each in asked.get("ids") or [asked.get("id")]})
    return asked.on(*(asked.arn(f"{_PROJECT}{project}") for project in projects))


ROWS: dict[str, Row] = {
    **rows("CreateProject UpdateProject", _change),
    "DeleteProject": by("name", _PROJECT),
    **rows("ListBuildsForProject StartBuild", by("projectName", _PROJECT)),
    "UpdateProjectVisibility": by("projectArn"),
    "BatchGetProjects": by("names", _PROJECT),
    **rows("BatchGetBuilds StopBuild", _builds),
}
