# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3 buckets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..engine import policy_documents
from ..engine.actions import Resource
from ..engine.clients import Clients, pages, tag_dict, tag_list, unless
from ..engine.errors import FarflowError
from ..engine.kind import Document, Kind
from ..engine.tags import PrefetchedTags

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

_NOT_NOW = {"InternalError", "SlowDown", "ServiceUnavailable"}
_NOT_SET = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}


class S3Bucket(Kind):
    """A bucket of S3 in the client's region. What is listed of one is its name alone; AWS tells each property by a call
    of its own.
    """

    type = TYPE
    title, titles = "S3 bucket", "S3 buckets"
    gone = frozenset({"NoSuchBucket"})
    exists = frozenset({"BucketAlreadyOwnedByYou"})
    busy = frozenset({"OperationAborted"})
    busy_when_new = gone
    #: AWS keeps the name of a deleted bucket for minutes.
    patience = 600
    shown_after = 120

    def __init__(self, empty: bool = False) -> None:
        """With ``empty`` a bucket is deleted with all that it holds. What stops may write a last log meanwhile."""
        self.empty = empty
        self.busy = S3Bucket.busy | {"BucketNotEmpty"} if empty else S3Bucket.busy

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        return _list_buckets(clients, prefix)

    def look_up(self, clients: Clients, name: str) -> Document | None:
        """Whether it is there is told by the first call that asks for a property."""
        return {"Name": name}

    def name(self, document: Document) -> str:
        return str(document["Name"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return _read_tags(clients("s3"), self.name(document))

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        return prefetched.get(arn(self.name(document)))

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        name = self.name(document)
        return canonical(name, _read_properties(clients("s3"), name), tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """AWS takes the rest in calls of their own."""
        client = clients("s3")
        region = client.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=wanted.name, ObjectOwnership=wanted.properties["object_ownership"], **where)
        return None

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        client, name, properties = clients("s3"), wanted.name, wanted.properties
        if "public_access_block" in differs:
            block = _to_public_access_block(properties)
            client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        if "object_ownership" in differs:
            rules = {"Rules": [{"ObjectOwnership": properties["object_ownership"]}]}
            client.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)
        if not {"encryption", "kms_key_id", "bucket_key_enabled"}.isdisjoint(differs):
            encryption = _to_encryption(properties)
            client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encryption)
        if "versioning" in differs:
            if not properties["versioning"]:  # which AWS refuses while there is a replication, for which it was needed
                client.delete_bucket_replication(Bucket=name)
            status = "Enabled" if properties["versioning"] else "Suspended"
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        if "policy" in differs:
            policy = properties["policy"]
            _set_policy(client, name, policy_documents.to_json(policy) if policy else None)
        if "lifecycle_rules" in differs:
            _set_lifecycle_rules(client, name, _to_lifecycle_rules(properties))

    def set_tags(self, clients: Clients, found: Resource, tags: Mapping[str, str], superfluous: Sequence[str]) -> None:
        """AWS takes all tags at once."""
        _set_tags(clients, found.name, tags)

    def delete(self, clients: Clients, found: Resource) -> None:
        client = clients("s3")
        if self.empty:
            _delete_objects(client, found.name)
        client.delete_bucket(Bucket=found.name)


S3_BUCKET = S3Bucket()


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
            "policy": policy_documents.canonical(bucket.get("policy")),
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


def canonical(name: str, answers: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    """A bucket by the answers of ``_read_properties``, each empty where AWS says that nothing is set, and its tags."""
    rule: Mapping[str, Any] = next(iter(answers["encryption"]), {})
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": "AES256"}
    block = answers["public_access_block"]
    return Resource(
        TYPE,
        name,
        {
            "versioning": answers["versioning"] == "Enabled",
            "encryption": default["SSEAlgorithm"],
            "kms_key_id": default.get("KMSMasterKeyID"),
            "bucket_key_enabled": default["SSEAlgorithm"] != "AES256" and bool(rule.get("BucketKeyEnabled")),
            "public_access_block": {ours: bool(block.get(member)) for ours, member in PUBLIC_ACCESS_BLOCK.items()},
            "policy": policy_documents.canonical(answers["policy"]),
            "object_ownership": answers["object_ownership"] or "ObjectWriter",
            "lifecycle_rules": {rule["ID"]: _canonical_rule(rule) for rule in answers["lifecycle_rules"]},
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


def _to_encryption(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A bucket's properties as AWS's ServerSideEncryptionConfiguration."""
    key = {"KMSMasterKeyID": properties["kms_key_id"]} if properties["kms_key_id"] else {}
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": properties["encryption"], **key},
        "BucketKeyEnabled": properties["bucket_key_enabled"],
    }
    return {"Rules": [rule]}


def _to_public_access_block(properties: Mapping[str, Any]) -> dict[str, bool]:
    """A bucket's properties as AWS's PublicAccessBlockConfiguration."""
    return {member: properties["public_access_block"][ours] for ours, member in PUBLIC_ACCESS_BLOCK.items()}


def _to_lifecycle_rules(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
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


def _list_buckets(clients: Clients, prefix: str) -> list[dict[str, Any]]:
    """The buckets of this account and region whose names start with the prefix. AWS lists those of all regions."""
    client = clients("s3")
    region = client.meta.region_name
    found = pages(client, "list_buckets", "Buckets", Prefix=prefix)
    return [each for each in found if each.get("BucketRegion", region) == region and each["Name"].startswith(prefix)]


def _get(client: Any, operation: str, name: str, member: str) -> Any:
    return unless(_NOT_SET, lambda: getattr(client, operation)(Bucket=name), {}).get(member)


def _read_properties(client: Any, name: str) -> dict[str, Any]:
    """What AWS says of each property of a bucket, empty where nothing is set."""
    encryption = _get(client, "get_bucket_encryption", name, "ServerSideEncryptionConfiguration") or {}
    ownership = (_get(client, "get_bucket_ownership_controls", name, "OwnershipControls") or {}).get("Rules") or []
    return {
        "versioning": _get(client, "get_bucket_versioning", name, "Status"),
        "encryption": encryption.get("Rules") or [],
        "public_access_block": _get(client, "get_public_access_block", name, "PublicAccessBlockConfiguration") or {},
        "policy": _get(client, "get_bucket_policy", name, "Policy"),
        "object_ownership": ownership[0]["ObjectOwnership"] if ownership else None,
        "lifecycle_rules": _get(client, "get_bucket_lifecycle_configuration", name, "Rules") or [],
    }


def _read_tags(client: Any, name: str) -> dict[str, str]:
    """The tags of a bucket."""
    return tag_dict(_get(client, "get_bucket_tagging", name, "TagSet"))


def _set_tags(clients: Clients, name: str, wanted: Mapping[str, str]) -> None:
    """Sets all tags but those that are ignored. Of AWS's own S3 itself takes care."""
    client = clients.with_ignored_tags("s3")
    kept = {key: value for key, value in _read_tags(client, name).items() if clients.ignores(key)}
    if kept or wanted:
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list({**kept, **wanted})})
    else:
        client.delete_bucket_tagging(Bucket=name)


def _set_policy(client: Any, name: str, document: str | None) -> None:
    """Sets the bucket policy, or takes it away when None."""
    if document:
        client.put_bucket_policy(Bucket=name, Policy=document)
    else:
        unless(_NOT_SET, lambda: client.delete_bucket_policy(Bucket=name))


def _set_lifecycle_rules(client: Any, name: str, rules: list[dict[str, Any]]) -> None:
    """Sets all lifecycle rules."""
    if rules:
        client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    else:
        client.delete_bucket_lifecycle(Bucket=name)


def _delete_objects(client: Any, name: str) -> None:
    """Deletes all objects, old versions and delete markers for good, but for those that AWS could not delete right now.
    Raises FarflowError for those that it will not delete.
    """
    for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        answer = client.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True}) if objects else {}
        refused = [each for each in answer.get("Errors") or [] if each.get("Code") not in _NOT_NOW]
        if refused:
            first = f"{refused[0].get('Key')}: {refused[0].get('Message') or refused[0].get('Code')}"
            raise FarflowError(f"could not delete {len(refused)} objects of S3 bucket {name}, the first {first}")
