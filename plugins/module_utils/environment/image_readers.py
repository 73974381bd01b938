# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a look reads of images that are not built here: by CodeBuild, or by others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.reading import read
from ..images import prebuilt as prebuilt_images
from ..images import references as image_references
from ..kinds.codebuild_project import CODEBUILD_PROJECT
from ..kinds.iam_role import documents as iam_roles
from ..kinds.s3_bucket import S3_BUCKET
from ..kinds.s3_bucket import TYPE as BUCKET
from . import arns, image_builder, images, names
from .reader import named, reads

Inputs = Mapping[str, Any]


@reads(image_references.TYPE)
def prebuilt(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """Those of the images that others have built, as far as ECR has them. A teardown wants none."""
    wanted = [*inputs.get("airflow_images", {}).values(), *inputs.get("task_images", {}).values()]
    references = [each.reference for each in wanted if isinstance(each, images.Prebuilt)]
    return prebuilt_images.find(clients, references, images.ecr(inputs))


@reads(
    CODEBUILD_PROJECT.type,
    after=(iam_roles.TYPE, BUCKET, arns.IDENTITY),
    own={CODEBUILD_PROJECT.type: named(lambda inputs, known: [names.image_builder(inputs)])},
)
def builder(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """CodeBuild's project and the bucket of its contexts. They are asked for where they are wanted, and where their
    role is still there, which goes after them. The bucket may have been read with others.
    """
    name = names.image_builder(inputs)
    if not (image_builder.wanted(inputs) or known.get(iam_roles.TYPE, name)):
        return []
    bucket = image_builder.bucket_name(inputs, known)
    unread = [] if known.get(BUCKET, bucket) else [bucket]
    return [*read(CODEBUILD_PROJECT, clients, [name]), *read(S3_BUCKET, clients, unread)]
