"""Amazon ECR. A repository can be another account's."""

from __future__ import annotations

from dataclasses import replace

from ...settings import ACCOUNT_ID
from ..evaluation import Request
from .asked import Asked, Row, by, everything, needs_tagging, rows

_REPOSITORY = "repository/"


def _named(asked: Asked) -> list[Request]:
    account = asked.get("registryId") or ACCOUNT_ID
    found = by("repositoryName", _REPOSITORY)(asked)
    return [replace(each, resource=each.resource.replace(f":{ACCOUNT_ID}:", f":{account}:")) for each in found]


def _new(asked: Asked) -> str:
    return asked.arn(f"{_REPOSITORY}{asked['repositoryName']}")


ROWS: dict[str, Row] = {
    "CreateRepository": needs_tagging(_named, "TagResource", _new),
    "DescribeRepositories": by("repositoryNames", _REPOSITORY, "*"),
    **rows("GetAuthorizationToken GetRegistryScanningConfiguration", everything),
    **rows(
        "BatchCheckLayerAvailability BatchDeleteImage BatchGetImage CompleteLayerUpload DeleteLifecyclePolicy "
        "DeleteRepository DeleteRepositoryPolicy DescribeImages GetDownloadUrlForLayer GetLifecyclePolicy "
        "GetRepositoryPolicy InitiateLayerUpload ListImages PutImage PutImageScanningConfiguration "
        "PutImageTagMutability PutLifecyclePolicy SetRepositoryPolicy UploadLayerPart",
        _named,
    ),
    **rows("TagResource UntagResource ListTagsForResource", by("resourceArn")),
}
