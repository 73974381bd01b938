# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images in ECR: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from ..engine.clients import Clients, chunks, doing, pages, unless
from ..engine.errors import FarflowError

_GONE = {"RepositoryNotFoundException"}
_MOST_A_PAGE = {"PageSize": 1000}
_MOST_AT_ONCE = 100

# Of an image that is there for several processors, the one digest of all is meant.
_MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]


def addresses(clients: Clients, repositories: list[str]) -> dict[str, str]:
    """``<registry>/<repository>`` of each repository that exists. One call, or one each when some are missing."""
    client = clients("ecr")

    def describe(names: list[str]) -> list[dict[str, Any]] | None:
        none = {"repositories": None}
        answer = unless(_GONE, lambda: client.describe_repositories(repositoryNames=names), none)
        found: list[dict[str, Any]] | None = answer["repositories"]
        return found

    with doing("describe", "ECR repositories", ", ".join(repositories)):
        found = describe(repositories) if repositories else []
        if found is None:
            found = [document for name in repositories for document in describe([name]) or []]
    return {document["repositoryName"]: document["repositoryUri"] for document in found}


def describe(clients: Clients, repository: str) -> list[dict[str, Any]]:
    """Every image of a repository; none when it does not exist."""
    client = clients("ecr")
    call = {"repositoryName": repository, "PaginationConfig": _MOST_A_PAGE}
    with doing("describe the images of", "ECR repository", repository):
        found: list[dict[str, Any]] = unless(
            _GONE, lambda: pages(client, "describe_images", "imageDetails", **call), []
        )
        return found


def get(clients: Clients, account: str, repository: str, image_ids: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Those of the images that exist, by BatchGetImage, which who may pull may call. ``account`` is empty for the one
    in use; a repository that does not exist has none.
    """
    whose = {"registryId": account} if account else {}
    found: list[dict[str, Any]] = []
    for some in chunks(image_ids, _MOST_AT_ONCE):
        call = {**whose, "repositoryName": repository, "imageIds": some, "acceptedMediaTypes": _MANIFESTS}
        with doing("look for images in", "ECR repository", repository):
            answer = unless(_GONE, partial(clients("ecr").batch_get_image, **call), {})
        found += answer.get("images", [])
    return found


def credentials(clients: Clients) -> tuple[str, str]:
    """User and password for the registry, good for twelve hours."""
    with doing("get", "the authorization token of ECR"):
        token = clients("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _unused, password = base64.b64decode(token).decode().partition(":")
    return user, password


def delete(clients: Clients, repository: str, digests: list[str]) -> None:
    """Deletes images with all their tags; those that are gone are fine."""
    client = clients("ecr")
    with doing("delete images of", "ECR repository", repository):
        for some in chunks(digests, _MOST_AT_ONCE):
            image_ids = [{"imageDigest": digest} for digest in some]
            answer = client.batch_delete_image(repositoryName=repository, imageIds=image_ids)
            failures = [each for each in answer.get("failures", []) if each["failureCode"] != "ImageNotFound"]
            if failures:
                reasons = "; ".join(f"{each['imageId']}: {each['failureReason']}" for each in failures)
                raise FarflowError(f"could not delete images of ECR repository {repository}: {reasons}")
