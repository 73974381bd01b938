# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3 buckets: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...engine.clients import Clients, doing, pages, tag_dict, tag_list, unless
from ...engine.errors import FarflowError

_WHAT = "S3 bucket"
GONE = {"NoSuchBucket", "404"}
BUSY = {"OperationAborted"}
NOT_EMPTY = {"BucketNotEmpty"}
_NOT_NOW = {"InternalError", "SlowDown", "ServiceUnavailable"}
_NOT_SET = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}


def names(clients: Clients, prefix: str) -> list[str]:
    """The buckets of this account and region whose names start with the prefix. AWS lists those of all regions."""
    client = clients("s3")
    with doing("list", "S3 buckets", prefix):
        found = pages(client, "list_buckets", "Buckets", Prefix=prefix)
    region = client.meta.region_name
    ours = [bucket["Name"] for bucket in found if bucket.get("BucketRegion", region) == region]
    return [name for name in ours if name.startswith(prefix)]


def exists(clients: Clients, name: str) -> bool:
    """Whether the bucket is there and may be seen."""
    with doing("look up", _WHAT, name):
        return unless(GONE, lambda: clients("s3").head_bucket(Bucket=name)) is not None


def _get(clients: Clients, what: str, operation: str, name: str) -> dict[str, Any]:
    with doing(f"read the {what} of", _WHAT, name):
        return dict(unless(_NOT_SET, lambda: getattr(clients("s3"), operation)(Bucket=name), {}))


def versioning(clients: Clients, name: str) -> str | None:
    """Enabled, Suspended, or None where it never was."""
    status: str | None = _get(clients, "versioning", "get_bucket_versioning", name).get("Status")
    return status


def encryption(clients: Clients, name: str) -> list[dict[str, Any]]:
    """The rules of default encryption; there is one."""
    answer = _get(clients, "encryption", "get_bucket_encryption", name)
    return list((answer.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or [])


def public_access_block(clients: Clients, name: str) -> dict[str, bool]:
    """AWS's PublicAccessBlockConfiguration."""
    answer = _get(clients, "public access block", "get_public_access_block", name)
    return dict(answer.get("PublicAccessBlockConfiguration") or {})


def policy(clients: Clients, name: str) -> str | None:
    """The bucket policy's JSON."""
    document: str | None = _get(clients, "policy", "get_bucket_policy", name).get("Policy")
    return document


def object_ownership(clients: Clients, name: str) -> str | None:
    """BucketOwnerEnforced, BucketOwnerPreferred or ObjectWriter."""
    answer = _get(clients, "object ownership", "get_bucket_ownership_controls", name)
    rules = (answer.get("OwnershipControls") or {}).get("Rules") or []
    return str(rules[0]["ObjectOwnership"]) if rules else None


def lifecycle_rules(clients: Clients, name: str) -> list[dict[str, Any]]:
    """AWS's lifecycle Rules."""
    answer = _get(clients, "lifecycle", "get_bucket_lifecycle_configuration", name)
    return list(answer.get("Rules") or [])


def tags(clients: Clients, name: str) -> dict[str, str]:
    """The tags."""
    return tag_dict(_get(clients, "tags", "get_bucket_tagging", name).get("TagSet"))


def create(clients: Clients, name: str, ownership: str) -> None:
    """Makes a bucket in the client's region; one that this account has already is taken as it is."""
    client = clients("s3")
    region = client.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with doing("create", _WHAT, name):
        unless(
            {"BucketAlreadyOwnedByYou"},
            lambda: client.create_bucket(Bucket=name, ObjectOwnership=ownership, **where),
        )


def set_versioning(clients: Clients, name: str, enabled: bool) -> None:
    """Turns versioning on, or suspends it: versions that are there stay."""
    status = {"Status": "Enabled" if enabled else "Suspended"}
    with doing("set the versioning of", _WHAT, name):
        clients("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration=status)


def delete_replication(clients: Clients, name: str) -> None:
    """Ends the replication of what is put into the bucket; where there is none is fine."""
    with doing("end the replication of", _WHAT, name):
        clients("s3").delete_bucket_replication(Bucket=name)


def set_encryption(clients: Clients, name: str, configuration: Mapping[str, Any]) -> None:
    """Sets the encryption of new objects."""
    with doing("set the encryption of", _WHAT, name):
        clients("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=dict(configuration))


def set_public_access_block(clients: Clients, name: str, configuration: Mapping[str, bool]) -> None:
    """Sets all four blocks."""
    with doing("set the public access block of", _WHAT, name):
        clients("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict(configuration))


def set_object_ownership(clients: Clients, name: str, ownership: str) -> None:
    """Sets who owns objects that others put."""
    with doing("set the object ownership of", _WHAT, name):
        clients("s3").put_bucket_ownership_controls(
            Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]}
        )


def set_policy(clients: Clients, name: str, document: str | None) -> None:
    """Sets the bucket policy, or takes it away when None."""
    client = clients("s3")
    with doing("set the policy of", _WHAT, name):
        if document:
            client.put_bucket_policy(Bucket=name, Policy=document)
        else:
            unless(_NOT_SET, lambda: client.delete_bucket_policy(Bucket=name))


def set_lifecycle_rules(clients: Clients, name: str, rules: list[dict[str, Any]]) -> None:
    """Sets all lifecycle rules."""
    client = clients("s3")
    with doing("set the lifecycle of", _WHAT, name):
        if rules:
            client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
        else:
            client.delete_bucket_lifecycle(Bucket=name)


def set_tags(clients: Clients, name: str, wanted: Mapping[str, str]) -> None:
    """Sets all tags but those that are ignored. Of AWS's own S3 itself takes care."""
    client = clients.with_ignored_tags("s3")
    with doing("tag", _WHAT, name):
        found = tag_dict(unless(_NOT_SET, lambda: client.get_bucket_tagging(Bucket=name), {}).get("TagSet"))
        tags = {**{key: value for key, value in found.items() if clients.ignores(key)}, **wanted}
        if tags:
            client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})
        else:
            client.delete_bucket_tagging(Bucket=name)


def versions(clients: Clients, name: str) -> Iterator[list[dict[str, str]]]:
    """All objects, old versions and delete markers as Key and VersionId, at most a thousand at a time."""
    with doing("list", "object versions of S3 bucket", name):
        for page in clients("s3").get_paginator("list_object_versions").paginate(Bucket=name):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            yield [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def delete_versions(clients: Clients, name: str, objects: list[dict[str, str]]) -> list[dict[str, str]]:
    """Deletes at most a thousand versions for good; gives those that AWS could not delete right now."""
    with doing("delete", "objects of S3 bucket", name):
        answer = clients("s3").delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
    left = answer.get("Errors") or []
    refused = [one for one in left if one.get("Code") not in _NOT_NOW]
    if refused:
        first = f"{refused[0].get('Key')}: {refused[0].get('Message') or refused[0].get('Code')}"
        raise FarflowError(f"could not delete {len(refused)} objects of S3 bucket {name}, the first {first}")
    return [{key: one[key] for key in ("Key", "VersionId") if key in one} for one in left]


def delete(clients: Clients, name: str) -> None:
    """Deletes an empty bucket; one that is gone is fine."""
    with doing("delete", _WHAT, name):
        unless(GONE, lambda: clients("s3").delete_bucket(Bucket=name))
