"""docs/permissions.md lists the actions that are called, and no others."""

from __future__ import annotations

import re
from collections import defaultdict

import botocore.session
import pytest
from botocore import xform_name
from test_readme_is_true import DOCS, ROOT, rows

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

#: What is needed without a call of ours by that name: composed names, modules of amazon.aws, Docker, and what a service
#: does in the caller's name.
IMPLIED = {
    "ec2": {
        *(f"{verb}SecurityGroup{way}" for verb in ("Authorize", "Revoke") for way in ("Ingress", "Egress")),
        *(f"UpdateSecurityGroupRuleDescriptions{way}" for way in ("Ingress", "Egress")),
    },
    "ecr": {
        *("BatchCheckLayerAvailability", "CompleteLayerUpload", "GetDownloadUrlForLayer", "InitiateLayerUpload"),
        *("PutImage", "UploadLayerPart"),
    },
    "iam": {"CreateServiceLinkedRole", "PassRole"},
    "rds": {"DeleteDBSnapshot"},
    "route53": {"ChangeResourceRecordSets", "CreateHostedZone", "DeleteHostedZone", "ListHostedZonesByName"},
    "s3": {"PutObject"},
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
    for path in (ROOT / "plugins" / "module_utils").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        words = {one or other for one, other in _OPERATION.findall(text)}
        for service in {one or other for one, other in _CLIENT.findall(text)}:
            operations = {xform_name(each): each for each in session.get_service_model(service).operation_names}
            mine = {operations[word] for word in words & operations.keys()} - NOT_CALLED.get(service, set())
            renamed = (ACTIONS.get(each, [each]) if service == "s3" else [each] for each in mine)
            found[PREFIXES.get(service, service)].update(action for some in renamed for action in some)
    return found


def documented() -> dict[str, set[str]]:
    table = rows(DOCS / "permissions.md", "Permissions")
    return {service.strip("`"): set(actions.split(", ")) for service, actions in table}


@pytest.mark.parametrize("service", sorted(called()))
def test_the_actions_of_a_service(service):
    assert documented()[service] == called()[service] | IMPLIED.get(service, set())


def test_no_other_service_is_listed():
    assert documented().keys() == called().keys()
