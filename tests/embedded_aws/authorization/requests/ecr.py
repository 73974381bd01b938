"""Amazon ECR."""

from __future__ import annotations

from .asked import Asked, Row, by, everything, needs_tagging, rows

_REPOSITORY = "repository/"
_named = by("repositoryName", _REPOSITORY)


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
