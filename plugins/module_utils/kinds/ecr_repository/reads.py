# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ECR tells of a repository and of an image, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import TAGS, Compared, NotCompared, Nothing, OfOthers, Reads

_SCANNING = NotCompared(
    "scanning, where the registry scans by rules of its own (enhanced scanning)",
    "what is set for a repository has no effect there",
)
_REGISTRY = NotCompared(
    "the registry's policy, replication and pull-through cache", "they are the account's, whatever is deployed in it"
)
_FOUND = NotCompared("what scans and signatures say of an image", "they are for who runs the environment to judge")
_OTHER_IMAGES = NotCompared(
    "what is in the registry beside those that a deploy names", "task definitions name images by digest"
)

READS = [
    Reads(
        kind="ecr_repository",
        title="Repositories",
        service="ecr",
        ids=("repositoryName", "repositoryNames", "resourceArn"),
        without=("imageId", "imageIds", "subjectId"),
        operations={
            "BatchGetRepositoryScanningConfiguration": _SCANNING,
            "DescribeRepositories": Compared(),
            "GetDownloadUrlForLayer": Nothing("where a layer of an image is"),
            "GetLifecyclePolicy": Compared(),
            "GetRepositoryPolicy": Compared(),
            "ListImages": OfOthers("image"),
            "ListTagsForResource": TAGS,
        },
        besides=(_REGISTRY,),
    ),
    Reads(
        kind="image",
        title="Images",
        service="ecr",
        ids=("imageId", "imageIds", "subjectId"),
        operations={
            "BatchGetImage": Nothing("its manifest, which never changes"),
            "DescribeImageReplicationStatus": _REGISTRY,
            "DescribeImageScanFindings": _FOUND,
            "DescribeImageSigningStatus": _FOUND,
            "DescribeImages": Compared(),
            "GetLifecyclePolicyPreview": Nothing("what a policy would do that nobody has set"),
            "ListImageReferrers": _FOUND,
        },
        besides=(_OTHER_IMAGES,),
    ),
]
