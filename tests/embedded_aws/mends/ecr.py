"""ECR: a missing image is an error, and a deleted one cannot be pulled."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecr


def apply() -> None:
    ecr._describe_images = refuse_missing_images(ecr._describe_images)
    ecr._batch_delete_image = delete_manifests(ecr._batch_delete_image)


def refuse_missing_images(describe):
    """Fault: DescribeImages leaves out images that are not there; AWS raises ImageNotFoundException."""

    def handler(data: dict[str, Any]):
        name = data.get("repositoryName", "")
        if name in ecr._repositories:
            for image in data.get("imageIds") or ():
                if not ecr._find_image(name, image):
                    return error_response_json(
                        "ImageNotFoundException",
                        f"The image with imageId {image} does not exist within the repository with name '{name}'",
                        400,
                    )
        return describe(data)

    return handler


def delete_manifests(delete):
    """Fault: the registry goes on to hand out the manifests of deleted images."""

    def handler(data: dict[str, Any]):
        name = data.get("repositoryName", "")
        answer = delete(data)
        there = {image["imageId"]["imageDigest"] for image in ecr._images.get(name, [])}
        for deleted in json.loads(answer[2]).get("imageIds", []):
            if deleted["imageDigest"] not in there:
                ecr._manifest_blobs.get(name, {}).pop(deleted["imageDigest"], None)
        return answer

    return handler
