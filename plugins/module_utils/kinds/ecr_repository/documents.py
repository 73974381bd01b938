# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECR repositories, as they are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import tag_list
from ...engine.errors import FarflowError

TYPE = "ecr_repository"

IMAGE_TAG_MUTABILITY = ["IMMUTABLE", "MUTABLE"]
ENCRYPTION_TYPES = ["AES256", "KMS", "KMS_DSSE"]

_ANOTHER = "delete the repository with its images, or give the new one another name"
IMMUTABLE = {TYPE: {"encryption_type": _ANOTHER, "kms_key": _ANOTHER}}


def desired(repository: Mapping[str, Any]) -> Resource:
    """``{name, image_tag_mutability?, scan_on_push?, encryption_type?, kms_key?, lifecycle_policy?, repository_policy?,
    tags?}`` as a resource. The policies are documents or their JSON.

    Raises: FarflowError for a policy that is not JSON.
    """
    name = repository["name"]
    scan_on_push = repository.get("scan_on_push")
    return Resource(
        TYPE,
        name,
        {
            "image_tag_mutability": repository.get("image_tag_mutability") or "IMMUTABLE",
            "scan_on_push": True if scan_on_push is None else scan_on_push,
            "encryption_type": repository.get("encryption_type") or "AES256",
            "kms_key": repository.get("kms_key"),
            "lifecycle_policy": _lifecycle(_document(repository, "lifecycle_policy")),
            "repository_policy": policy.canonical(_document(repository, "repository_policy")),
            "tags": dict(repository.get("tags") or {}),
        },
    )


def as_scanned(found: Resource, wanted: Resource | None) -> Resource:
    """What is found, as if it were scanned as is wanted, which is on push if nobody wants anything."""
    scan_on_push = wanted.properties["scan_on_push"] if wanted else True
    return replace(found, properties={**found.properties, "scan_on_push": scan_on_push})


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeRepositories' answer, with ``tags``, ``lifecycle_policy`` and ``repository_policy`` (JSON or
    None) added. Its address is the attribute ``uri``.
    """
    encryption = document.get("encryptionConfiguration") or {}
    return Resource(
        TYPE,
        document["repositoryName"],
        {
            "image_tag_mutability": document["imageTagMutability"],
            "scan_on_push": document.get("imageScanningConfiguration", {}).get("scanOnPush", False),
            "encryption_type": encryption.get("encryptionType", "AES256"),
            "kms_key": encryption.get("kmsKey"),
            "lifecycle_policy": _lifecycle(json.loads(document["lifecycle_policy"] or "{}")),
            "repository_policy": policy.canonical(document["repository_policy"]),
            "tags": dict(document["tags"]),
        },
        document["repositoryArn"],
        {"uri": document["repositoryUri"]},
    )


def create_request(wanted: Resource) -> dict[str, Any]:
    """The arguments of CreateRepository, which takes no policies."""
    properties = wanted.properties
    key = {"kmsKey": properties["kms_key"]} if properties["kms_key"] else {}
    return {
        "repositoryName": wanted.name,
        "imageTagMutability": properties["image_tag_mutability"],
        "imageScanningConfiguration": {"scanOnPush": properties["scan_on_push"]},
        "encryptionConfiguration": {"encryptionType": properties["encryption_type"], **key},
        "tags": tag_list(properties["tags"]),
    }


def _document(repository: Mapping[str, Any], key: str) -> Any:
    given = repository.get(key)
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given) if given.strip() else None
    except ValueError as error:
        raise FarflowError(f"{key} of ECR repository {repository['name']} is not JSON: {error}") from error


def _lifecycle(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The rules by priority: their order in the document means nothing. Tag lists are unordered."""
    rules = sorted((document or {}).get("rules", []), key=lambda rule: int(rule["rulePriority"]))
    return {"rules": [{**rule, "selection": _selection(rule["selection"])} for rule in rules]} if rules else None


def _selection(selection: Mapping[str, Any]) -> dict[str, Any]:
    return {key: sorted(value) if isinstance(value, list) else value for key, value in selection.items()}
