# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3 buckets, as they are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource

TYPE = "s3_bucket"

#: Our names for the members of PublicAccessBlockConfiguration.
PUBLIC_ACCESS_BLOCK = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}


_RULE = {
    "expiration_days": ("Expiration", "Days"),
    "noncurrent_version_expiration_days": ("NoncurrentVersionExpiration", "NoncurrentDays"),
    "abort_incomplete_multipart_upload_days": ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
}

#: What else a lifecycle rule may have, and ours never do, by the member that it is in.
_MORE = {
    "Filter": ("Tag", "And", "ObjectSizeGreaterThan", "ObjectSizeLessThan"),
    "Expiration": ("Date", "ExpiredObjectDeleteMarker"),
    "NoncurrentVersionExpiration": ("NewerNoncurrentVersions",),
}
_TRANSITIONS = ("Transitions", "NoncurrentVersionTransitions")


def desired(bucket: Mapping[str, Any]) -> Resource:
    """``{name, versioning?, kms_key_id?, bucket_key_enabled?, public_access_block?, policy?, object_ownership?,
    lifecycle_rules?, tags?}`` as a resource. All public access is blocked unless a member of ``public_access_block``
    says otherwise; a lifecycle rule is ``{id, prefix?, expiration_days?, noncurrent_version_expiration_days?,
    abort_incomplete_multipart_upload_days?}``.
    """
    key, rules = bucket.get("kms_key_id"), bucket.get("lifecycle_rules") or []
    if isinstance(rules, Mapping):
        rules = [{"id": name, **rule} for name, rule in rules.items()]
    block = bucket.get("public_access_block") or {}
    return Resource(
        TYPE,
        bucket["name"],
        {
            "versioning": bool(bucket.get("versioning")),
            "encryption": "aws:kms" if key else "AES256",
            "kms_key_id": key,
            "bucket_key_enabled": bool(key and bucket.get("bucket_key_enabled", True)),
            "public_access_block": {name: block.get(name) is not False for name in PUBLIC_ACCESS_BLOCK},
            "policy": policy.canonical(bucket.get("policy")),
            "object_ownership": bucket.get("object_ownership") or "BucketOwnerEnforced",
            "lifecycle_rules": {
                rule["id"]: {
                    "prefix": rule.get("prefix") or "",
                    **{name: rule.get(name) for name in _RULE},
                    "more": None,
                }
                for rule in rules
            },
            "tags": dict(bucket.get("tags") or {}),
        },
    )


def canonical(
    name: str,
    *,
    versioning: str | None,
    encryption: Iterable[Mapping[str, Any]],
    public_access_block: Mapping[str, bool],
    document: str | None,
    object_ownership: str | None,
    lifecycle_rules: Iterable[Mapping[str, Any]],
    tags: Mapping[str, str],
) -> Resource:
    """A bucket by the answers of seven calls; each is empty where AWS says that nothing is set."""
    rule: Mapping[str, Any] = next(iter(encryption), {})
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": "AES256"}
    return Resource(
        TYPE,
        name,
        {
            "versioning": versioning == "Enabled",
            "encryption": default["SSEAlgorithm"],
            "kms_key_id": default.get("KMSMasterKeyID"),
            "bucket_key_enabled": default["SSEAlgorithm"] != "AES256" and bool(rule.get("BucketKeyEnabled")),
            "public_access_block": {
                ours: bool(public_access_block.get(member)) for ours, member in PUBLIC_ACCESS_BLOCK.items()
            },
            "policy": policy.canonical(document),
            "object_ownership": object_ownership or "ObjectWriter",
            "lifecycle_rules": {rule["ID"]: _canonical_rule(rule) for rule in lifecycle_rules},
            "tags": dict(tags),
        },
        arn(name),
    )


def arn(name: str) -> str:
    """The ARN of the bucket of a name, by which it is known in all partitions here."""
    return f"arn:aws:s3:::{name}"


def _canonical_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """What ours never have (a transition, a filter by tag or size, a rule that is off) is under ``more``."""
    filtered = rule.get("Filter") or {}
    days = {name: (rule.get(member) or {}).get(inner) for name, (member, inner) in _RULE.items()}
    more = {name: rule[name] for name in _TRANSITIONS if rule.get(name)}
    for member, others in _MORE.items():
        inside = rule.get(member) or {}
        more |= {name: inside[name] for name in others if inside.get(name)}
    if rule["Status"] != "Enabled":
        more["Status"] = rule["Status"]
    return {"prefix": filtered.get("Prefix") or rule.get("Prefix") or "", **days, "more": more or None}


def encryption(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A bucket's properties as AWS's ServerSideEncryptionConfiguration."""
    key = {"KMSMasterKeyID": properties["kms_key_id"]} if properties["kms_key_id"] else {}
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": properties["encryption"], **key},
        "BucketKeyEnabled": properties["bucket_key_enabled"],
    }
    return {"Rules": [rule]}


def public_access_block(properties: Mapping[str, Any]) -> dict[str, bool]:
    """A bucket's properties as AWS's PublicAccessBlockConfiguration."""
    return {member: properties["public_access_block"][ours] for ours, member in PUBLIC_ACCESS_BLOCK.items()}


def lifecycle_rules(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A bucket's properties as AWS's lifecycle Rules."""
    return [
        {
            "ID": name,
            "Status": "Enabled",
            "Filter": {"Prefix": rule["prefix"]},
            **{member: {inner: rule[ours]} for ours, (member, inner) in _RULE.items() if rule[ours]},
        }
        for name, rule in properties["lifecycle_rules"].items()
    ]
