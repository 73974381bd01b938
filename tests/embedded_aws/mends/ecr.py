"""ECR: a missing image is an error."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecr


def apply() -> None:
    ecr._describe_images = refuse_missing_images(ecr._describe_images)


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
