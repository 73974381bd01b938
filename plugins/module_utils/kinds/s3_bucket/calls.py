# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Calls of S3 that are more than one line: what AWS answers where nothing is set, and sets that are replaced whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, pages, tag_dict, tag_list, unless
from ...engine.errors import FarflowError

_NOT_NOW = {"InternalError", "SlowDown", "ServiceUnavailable"}
_NOT_SET = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}


def list_buckets(clients: Clients, prefix: str) -> list[dict[str, Any]]:
    """The buckets of this account and region whose names start with the prefix. AWS lists those of all regions."""
    client = clients("s3")
    region = client.meta.region_name
    found = pages(client, "list_buckets", "Buckets", Prefix=prefix)
    return [each for each in found if each.get("BucketRegion", region) == region and each["Name"].startswith(prefix)]


def _get(client: Any, operation: str, name: str, member: str) -> Any:
    return unless(_NOT_SET, lambda: getattr(client, operation)(Bucket=name), {}).get(member)


def properties(client: Any, name: str) -> dict[str, Any]:
    """What AWS says of each property of a bucket, empty where nothing is set; the arguments of ``canonical``."""
    encryption = _get(client, "get_bucket_encryption", name, "ServerSideEncryptionConfiguration") or {}
    ownership = (_get(client, "get_bucket_ownership_controls", name, "OwnershipControls") or {}).get("Rules") or []
    return {
        "versioning": _get(client, "get_bucket_versioning", name, "Status"),
        "encryption": encryption.get("Rules") or [],
        "public_access_block": _get(client, "get_public_access_block", name, "PublicAccessBlockConfiguration") or {},
        "document": _get(client, "get_bucket_policy", name, "Policy"),
        "object_ownership": ownership[0]["ObjectOwnership"] if ownership else None,
        "lifecycle_rules": _get(client, "get_bucket_lifecycle_configuration", name, "Rules") or [],
    }


def tags(client: Any, name: str) -> dict[str, str]:
    """The tags of a bucket."""
    return tag_dict(_get(client, "get_bucket_tagging", name, "TagSet"))


def set_tags(clients: Clients, name: str, wanted: Mapping[str, str]) -> None:
    """Sets all tags but those that are ignored. Of AWS's own S3 itself takes care."""
    client = clients.with_ignored_tags("s3")
    kept = {key: value for key, value in tags(client, name).items() if clients.ignores(key)}
    if kept or wanted:
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list({**kept, **wanted})})
    else:
        client.delete_bucket_tagging(Bucket=name)


def set_policy(client: Any, name: str, document: str | None) -> None:
    """Sets the bucket policy, or takes it away when None."""
    if document:
        client.put_bucket_policy(Bucket=name, Policy=document)
    else:
        unless(_NOT_SET, lambda: client.delete_bucket_policy(Bucket=name))


def set_lifecycle_rules(client: Any, name: str, rules: list[dict[str, Any]]) -> None:
    """Sets all lifecycle rules."""
    if rules:
        client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    else:
        client.delete_bucket_lifecycle(Bucket=name)


def delete_objects(client: Any, name: str) -> None:
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
