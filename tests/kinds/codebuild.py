"""CodeBuild: the project that builds images."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.codebuild_project import CODEBUILD_PROJECT

from .facts import kind, mapping, pairs, tagged_whole


def _tags(aws, name):
    (project,) = aws.client("codebuild").batch_get_projects(names=[name])["projects"]
    return mapping(project.get("tags") or [], "key", "value")


def _set_tags(aws, name, tags):
    aws.client("codebuild").update_project(name=name, tags=pairs(tags, "key", "value"))


kind(
    "codebuild_project",
    made_by="codebuild CreateProject",
    read_by="codebuild BatchGetProjects",
    tags=tagged_whole(_tags, _set_tags),
    changed_by=CODEBUILD_PROJECT,
)
