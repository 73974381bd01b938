"""CodeBuild: the project that builds images."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.codebuild_project import CODEBUILD_PROJECT

from .facts import Tagging, kind, mapping, pairs


def _tags(aws, name):
    (project,) = aws.client("codebuild").batch_get_projects(names=[name])["projects"]
    return mapping(project.get("tags") or [], "key", "value")


def _set_tags(aws, name, tags):
    aws.client("codebuild").update_project(name=name, tags=pairs(tags, "key", "value"))


kind(
    "codebuild_project",
    made_by="codebuild CreateProject",
    read_by="codebuild BatchGetProjects",
    tags=Tagging(
        lambda aws, name, id_: _tags(aws, name),
        lambda aws, name, id_, tags: _set_tags(aws, name, {**_tags(aws, name), **tags}),
        lambda aws, name, id_, keys: _set_tags(
            aws, name, {key: value for key, value in _tags(aws, name).items() if key not in keys}
        ),
    ),
    changed_by=CODEBUILD_PROJECT,
)
