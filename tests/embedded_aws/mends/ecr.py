"""ECR: a missing image is an error, a deleted one cannot be pulled, and the registry tells how it scans."""

from __future__ import annotations

import base64
import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecr

from ..authorization import registry
from ..behaviours import ENHANCED_SCANNING
from ..routing import Request, credential_of


def apply() -> None:
    ecr._describe_images = refuse_missing_images(ecr._describe_images)
    ecr._batch_delete_image = delete_manifests(ecr._batch_delete_image)
    ecr.handle_request = give_everybody_a_password(tell_scanning(ecr.handle_request))
    ecr._describe_repositories = answer_by_the_registry(ecr._describe_repositories)
    ecr._put_image_scanning_configuration = have_no_effect(ecr._put_image_scanning_configuration)


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


def tell_scanning(handle_request):
    """Fault: GetRegistryScanningConfiguration is an unknown action."""

    async def handler(method, path, headers, body, query_params):
        if headers.get("x-amz-target", "").endswith(".GetRegistryScanningConfiguration"):
            if ENHANCED_SCANNING.is_on:
                ENHANCED_SCANNING.strike()
            scanning = {"scanType": "ENHANCED" if ENHANCED_SCANNING.is_on else "BASIC", "rules": []}
            return json_response({"registryId": ecr._registry_id(), "scanningConfiguration": scanning})
        return await handle_request(method, path, headers, body, query_params)

    return handler


def give_everybody_a_password(handle_request):
    """Fault: GetAuthorizationToken answers the same to all, and the registry does not know who has it."""

    async def handler(method, path, headers, body, query_params):
        answer = await handle_request(method, path, headers, body, query_params)
        if not headers.get("x-amz-target", "").endswith(".GetAuthorizationToken") or answer[0] != 200:
            return answer
        key, _day, region, _service = credential_of(Request(method, path, "", headers))
        keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SESSION_TOKEN": headers.get("x-amz-security-token", "")}
        document = json.loads(answer[2])
        token = f"{registry.USER}:{registry.password_for(keys, region)}"
        document["authorizationData"][0]["authorizationToken"] = base64.b64encode(token.encode()).decode()
        return json_response(document)

    return handler


def answer_by_the_registry(describe):
    """The behaviour: no repository scans on push, as no rule of the registry says so."""

    def handler(data: dict[str, Any]):
        answer = describe(data)
        if not ENHANCED_SCANNING.is_on or answer[0] != 200:
            return answer
        document = json.loads(answer[2])
        for repository in document["repositories"]:
            repository["imageScanningConfiguration"] = {"scanOnPush": False}
        return json_response(document)

    return handler


def have_no_effect(put_scanning):
    """The behaviour: what is set for a repository is answered, and is not so."""

    def handler(data: dict[str, Any]):
        name = data.get("repositoryName", "")
        before = dict(ecr._repositories.get(name, {}))
        answer = put_scanning(data)
        if ENHANCED_SCANNING.is_on and name in ecr._repositories:
            ecr._repositories[name]["imageScanningConfiguration"] = before["imageScanningConfiguration"]
        return answer

    return handler
