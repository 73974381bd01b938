"""Writes the table of docs/permissions.md: the actions that are called, by the prefix of their service.

`permissions.py` writes it, `permissions.py --check` only says whether it is up to date. Calls are found in the code: by
the names of a client's service and of its operations.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

import botocore.session
from botocore import xform_name
from generated import write

ROOT = Path(__file__).parent.parent
CODE = ROOT / "plugins" / "module_utils"
DOCUMENT = ROOT / "docs" / "permissions.md"

#: Services whose actions IAM knows by another prefix than botocore's name.
PREFIXES = {
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
}

#: Operations whose actions have another name. Source: "Actions, resources, and condition keys for Amazon S3" in the
#: service authorization reference.
ACTIONS = {
    "GetBucketEncryption": ["GetEncryptionConfiguration"],
    "PutBucketEncryption": ["PutEncryptionConfiguration"],
    "GetBucketLifecycleConfiguration": ["GetLifecycleConfiguration"],
    "PutBucketLifecycleConfiguration": ["PutLifecycleConfiguration"],
    "DeleteBucketLifecycle": ["PutLifecycleConfiguration"],
    "DeleteBucketReplication": ["PutReplicationConfiguration"],
    "DeleteBucketTagging": ["PutBucketTagging"],
    "GetPublicAccessBlock": ["GetBucketPublicAccessBlock"],
    "PutPublicAccessBlock": ["PutBucketPublicAccessBlock"],
    "HeadObject": ["GetObject"],
    "ListObjectsV2": ["ListBucket"],
    "ListBuckets": ["ListAllMyBuckets"],
    "ListObjectVersions": ["ListBucketVersions"],
    "DeleteObjects": ["DeleteObject", "DeleteObjectVersion"],
}

#: What is needed without a call of ours by that name: composed names, modules of amazon.aws, Docker, tags of what is
#: created, and what a service does in the caller's name: the pages of EFS's operations name actions of EC2, "AWS Cloud
#: Map API permissions" in its guide those of Route 53 and EC2.
IMPLIED = {
    "ec2": {
        "DescribeRegions",  # Cloud Map, for a private namespace
        *(f"{verb}SecurityGroup{way}" for verb in ("Authorize", "Revoke") for way in ("Ingress", "Egress")),
        *(f"UpdateSecurityGroupRuleDescriptions{way}" for way in ("Ingress", "Egress")),
        # EFS, for mount targets. Source: CreateMountTarget, DeleteMountTarget, DescribeMountTargetSecurityGroups and
        # ModifyMountTargetSecurityGroups in its API reference.
        *("CreateNetworkInterface", "DeleteNetworkInterface"),
        *("DescribeNetworkInterfaceAttribute", "ModifyNetworkInterfaceAttribute"),
    },
    "ecr": {
        *("BatchCheckLayerAvailability", "CompleteLayerUpload", "GetDownloadUrlForLayer", "InitiateLayerUpload"),
        *("PutImage", "UploadLayerPart"),
    },
    "iam": {"CreateServiceLinkedRole", "PassRole"},
    # RDS, with a key of the user's own. Source: "Authorizing use of a customer managed key" in its user guide.
    "kms": {"CreateGrant", "Decrypt", "GenerateDataKey"},
    "rds": {"DeleteDBSnapshot"},
    "route53": {"ChangeResourceRecordSets", "CreateHostedZone", "DeleteHostedZone", "ListHostedZonesByName"},
    "s3": {"PutObject"},
    "ssm": {"AddTagsToResource"},
}

#: Files that call several services: these operations are those of the other one.
NOT_CALLED = {
    "kms": {"TagResource", "UntagResource"},
    "route53": {"ListTagsForResource"},
    "ec2": {"DescribeTags"},
}

_CLIENT = re.compile(
    r'clients(?:\.once|\.briefly|\.with_ignored_tags)?\(\s*"([a-z0-9-]+)"\s*\)|^_SERVICE = "([a-z0-9-]+)"', re.MULTILINE
)
_OPERATION = re.compile(r'(?:\)|client)\.([a-z][a-z_0-9]+)\b|"([a-z]+(?:_[a-z0-9]+)+)"')


def called() -> dict[str, set[str]]:
    """By the prefix of their service the actions of all calls in the code."""
    session, found = botocore.session.get_session(), defaultdict(set)
    for path in CODE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        words = {one or other for one, other in _OPERATION.findall(text)}
        for service in {one or other for one, other in _CLIENT.findall(text)}:
            operations = {xform_name(each): each for each in session.get_service_model(service).operation_names}
            mine = {operations[word] for word in words & operations.keys()} - NOT_CALLED.get(service, set())
            renamed = (ACTIONS.get(each, [each]) if service == "s3" else [each] for each in mine)
            found[PREFIXES.get(service, service)].update(action for some in renamed for action in some)
    return found


def needed() -> dict[str, set[str]]:
    """The same, with what is needed without a call of ours."""
    return {service: actions | IMPLIED.get(service, set()) for service, actions in called().items()}


def table(actions: dict[str, set[str]]) -> str:
    """A Markdown table, a row a service."""
    rows = [f"| `{service}` | {', '.join(sorted(actions[service]))} |" for service in sorted(actions)]
    return "\n".join(["| Service | Actions |", "| --- | --- |", *rows]) + "\n"


def main() -> int:
    text = DOCUMENT.read_text(encoding="utf-8")
    wanted = re.sub(r"^\| Service \| Actions \|\n(\|.*\n)+", lambda _found: table(needed()), text, flags=re.MULTILINE)
    return write({DOCUMENT: wanted}, "the calls in the code", ROOT)


if __name__ == "__main__":
    sys.exit(main())
