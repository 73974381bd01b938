# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What CodeBuild needs to build images: a project, its role and log group, and a bucket for what is sent to it.

All of it belongs to the layer dag_tasks, so that a deploy of the DAG tasks alone can build. Airflow's image is built
by the same project.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.known import Existing
from ..engine.tags import tags
from ..images.builders import codebuild_documents as codebuild_builds
from ..kinds import log_group as log_groups
from ..kinds import s3_bucket as s3_buckets
from ..kinds.codebuild_project import documents as codebuild_projects
from ..kinds.iam_role import documents as iam_roles
from . import log_bucket, names, policies
from .arns import account
from .desire import made_by

ROLE = "dag_tasks"
CODEBUILD = "codebuild"

_CONTEXT_DAYS = 7
_TIMEOUT_MINUTES = 60
_QUEUED_TIMEOUT_MINUTES = 50

Inputs = Mapping[str, Any]
Document = dict[str, Any]


def wanted(inputs: Inputs) -> bool:
    """Whether CodeBuild builds the images."""
    return bool(inputs["farflow_image_builder"] == CODEBUILD)


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """These resources, in the order in which they are made; none when CodeBuild does not build."""
    if not wanted(inputs):
        return []
    group = {
        "name": names.image_builder_log_group(inputs),
        "retention_in_days": inputs["dag_tasks_log_retention_in_days"],
        "tags": tags(inputs, ROLE),
    }
    role = known.id(iam_roles.TYPE, names.image_builder(inputs))
    return [
        made_by(s3_buckets.desired, _bucket(inputs, known)),
        made_by(log_groups.desired, group),
        made_by(iam_roles.desired, _role(inputs, known)),
        made_by(codebuild_projects.desired, _project(inputs, known), role),
    ]


def place(inputs: Inputs, known: Existing) -> dict[str, str] | None:
    """The option ``codebuild`` of the module ecr_images; None when CodeBuild does not build."""
    if not wanted(inputs):
        return None
    return {
        "project": names.image_builder(inputs),
        "bucket": bucket_name(inputs, known),
        "arm_image": inputs["farflow_codebuild_arm_image"],
    }


def needed(inputs: Inputs, known: Existing) -> list[str]:
    """The ids of the project and the bucket, which have to be there before an image can be built."""
    if not wanted(inputs):
        return []
    project = known.id(codebuild_projects.TYPE, names.image_builder(inputs))
    return [project, known.id(s3_buckets.TYPE, bucket_name(inputs, known))]


def bucket_name(inputs: Inputs, known: Existing) -> str:
    """The bucket of the build contexts."""
    return names.context_bucket(inputs, account(known, inputs["farflow_region"]).id)


def _bucket(inputs: Inputs, known: Existing) -> Document:
    name, where = bucket_name(inputs, known), account(known, inputs["farflow_region"])
    expiration = {
        "id": "expire-contexts",
        "expiration_days": _CONTEXT_DAYS,
        "abort_incomplete_multipart_upload_days": _CONTEXT_DAYS,
    }
    return {
        "name": name,
        "policy": log_bucket.tls_only(where.bucket(name)),
        "lifecycle_rules": [expiration],
        "tags": tags(inputs, ROLE),
    }


def _project(inputs: Inputs, known: Existing) -> Document:
    image = inputs["farflow_codebuild_image"]
    return {
        "name": names.image_builder(inputs),
        "description": f"Builds the images of environment {names.environment(inputs)}",
        "service_role": policies.role_arn(inputs, known, names.image_builder(inputs)),
        "image": image,
        "image_pull_credentials_type": codebuild_builds.pull_credentials(image),
        "compute_type": inputs["farflow_codebuild_compute_type"],
        "privileged_mode": True,  # a build runs a Docker engine, which needs it
        "buildspec": codebuild_builds.NOTHING,
        "cache_modes": ["LOCAL_DOCKER_LAYER_CACHE"],
        "log_group": names.image_builder_log_group(inputs),
        "timeout_in_minutes": _TIMEOUT_MINUTES,
        "queued_timeout_in_minutes": _QUEUED_TIMEOUT_MINUTES,
        "tags": tags(inputs, ROLE),
    }


def _role(inputs: Inputs, known: Existing) -> Document:
    where = account(known, inputs["farflow_region"])
    project = where.arn("codebuild", f"project/{names.image_builder(inputs)}")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": where.id, "aws:SourceArn": project}},
    }
    rights = {
        "build-images": policies.document(_rights(inputs, known)),
        **policies.theirs(inputs, "farflow_codebuild_policy"),
    }
    return policies.role(inputs, known, ROLE, names.image_builder(inputs), rights, policies.document([trust]))


def _rights(inputs: Inputs, known: Existing) -> list[Document]:
    where = account(known, inputs["farflow_region"])
    repositories = [names.task_repository(inputs), names.airflow_repository(inputs)]
    pushes = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
    ]
    writes = ["logs:CreateLogStream", "logs:PutLogEvents"]
    group = f"log-group:{names.image_builder_log_group(inputs)}:*"
    contexts = f"{where.bucket(bucket_name(inputs, known))}/{codebuild_builds.CONTEXTS}/*"
    return [
        # AWS allows this action for all resources only.
        _allow("SignInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
        _allow("PushImages", pushes, [where.arn("ecr", f"repository/{each}") for each in repositories]),
        _allow("ReadContexts", ["s3:GetObject"], [contexts]),
        _allow("WriteLogs", writes, [where.arn("logs", group)]),
    ]


def _allow(sid: str, actions: list[str], resources: list[str]) -> Document:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
