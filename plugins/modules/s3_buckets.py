#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_buckets
short_description: Reconcile any number of private, encrypted S3 buckets in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes S3 buckets so that versioning, encryption, public access block, policy, object
    ownership, all lifecycle rules and tags are as given. New objects are always encrypted, by S3 itself or with a key
    of KMS.
  - Returns when AWS shows what was set.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do and makes no mutating call.
    support: full
  diff_mode:
    description: One line for each difference.
    support: full
options:
  buckets:
    description: The buckets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, unique in the world.
        type: str
        required: true
      versioning:
        description: Whether old versions are kept. Turned off later it is suspended; versions that are there stay.
        type: bool
        default: false
      kms_key_id:
        description: ARN of the KMS key that encrypts new objects. S3's own encryption when it is not given.
        type: str
      bucket_key_enabled:
        description: Whether fewer calls to KMS are made by a key for the bucket. Only with O(buckets[].kms_key_id).
        type: bool
        default: true
      public_access_block:
        description: What of public access is blocked; all when it is not given.
        type: dict
        suboptions:
          block_public_acls:
            description: Refuse new public ACLs.
            type: bool
            default: true
          ignore_public_acls:
            description: Ignore public ACLs.
            type: bool
            default: true
          block_public_policy:
            description: Refuse a public bucket policy.
            type: bool
            default: true
          restrict_public_buckets:
            description: Let only this account in where the policy is public.
            type: bool
            default: true
      policy:
        description: The bucket policy. Compared by what it allows.
        type: dict
      object_ownership:
        description: Who owns what others put.
        type: str
        choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]
        default: BucketOwnerEnforced
      lifecycle_rules:
        description: All the lifecycle rules; others are removed.
        type: list
        elements: dict
        default: []
        suboptions:
          id:
            description: The name of the rule.
            type: str
            required: true
          prefix:
            description: The keys that it is about; all when it is not given.
            type: str
            default: ""
          expiration_days:
            description: When objects are deleted.
            type: int
          noncurrent_version_expiration_days:
            description: When old versions are deleted.
            type: int
          abort_incomplete_multipart_upload_days:
            description: When uploads that were not finished are deleted.
            type: int
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  empty:
    description: Whether a bucket that shall not exist is emptied first, of old versions and delete markers too.
    type: bool
    default: false
  state:
    description: Whether the named buckets shall exist. One that holds anything is only deleted with O(empty).
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: The bucket of the task logs
  farflow.airflow.s3_buckets:
    buckets:
      - name: prod-logs-123456789012
        lifecycle_rules:
          - id: logs
            expiration_days: 90
            abort_incomplete_multipart_upload_days: 7
"""

RETURN = r"""
buckets:
  description: One entry a bucket, in the order given; after O(state=absent) one for each that was there.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    arn:
      description: The ARN; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(versioning false -> true).
      type: list
      elements: str
"""

from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.s3_bucket import PUBLIC_ACCESS_BLOCK, S3Bucket

LIFECYCLE_RULE = {
    "id": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
    "expiration_days": {"type": "int"},
    "noncurrent_version_expiration_days": {"type": "int"},
    "abort_incomplete_multipart_upload_days": {"type": "int"},
}

BUCKET = {
    "name": {"type": "str", "required": True},
    "versioning": {"type": "bool", "default": False},
    "kms_key_id": {"type": "str", "no_log": False},
    "bucket_key_enabled": {"type": "bool", "default": True, "no_log": False},
    "public_access_block": {
        "type": "dict",
        "options": {name: {"type": "bool", "default": True} for name in PUBLIC_ACCESS_BLOCK},
    },
    "policy": {"type": "dict"},
    "object_ownership": {
        "type": "str",
        "choices": ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"],
        "default": "BucketOwnerEnforced",
    },
    "lifecycle_rules": {"type": "list", "elements": "dict", "default": [], "options": LIFECYCLE_RULE},
    "tags": {"type": "dict", "default": {}},
}

ARGUMENT_SPEC = {
    "buckets": {"type": "list", "elements": "dict", "required": True, "options": BUCKET},
    "empty": {"type": "bool", "default": False},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the buckets."""
    return batch(S3Bucket(parameters["empty"]), "buckets", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
