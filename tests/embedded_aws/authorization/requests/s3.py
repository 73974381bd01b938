"""Amazon S3, whose actions often have other names than its operations. What is not of a bucket's name is in the pages
of its operations: a missing object is told as missing only to who may list. Keys of KMS: by "Using server-side
encryption with AWS KMS keys (SSE-KMS)" in its guide.
"""

from __future__ import annotations

from typing import Any

from ministack.services import s3

from ..evaluation import Request
from . import kms
from .asked import Asked, Row, rows

_KEY = "x-amz-server-side-encryption-aws-kms-key-id"

#: Operations on a bucket whose action has another name.
RENAMED = {
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
}


def _bucket(name: Any) -> str:
    return f"arn:aws:s3:::{name}"


def _object(asked: Asked, key: Any = None) -> str:
    return f"{_bucket(asked['Bucket'])}/{key or asked['Key']}"


def _on_bucket(asked: Asked) -> list[Request]:
    return asked.without_tags(_bucket(asked["Bucket"]), action=RENAMED.get(asked.operation, ""))


def _create(asked: Asked) -> list[Request]:
    where = (asked.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    requests = asked.without_tags(_bucket(asked["Bucket"]), s3__locationconstraint=where)
    if asked.get("ObjectOwnership"):
        requests += asked.without_tags(_bucket(asked["Bucket"]), action="PutBucketOwnershipControls")
    return requests


def _list(asked: Asked) -> list[Request]:
    context = {
        "s3__prefix": asked.get("Prefix"),
        "s3__delimiter": asked.get("Delimiter"),
        "s3__max-keys": asked.get("MaxKeys"),
    }
    action = "ListBucketVersions" if asked.operation == "ListObjectVersions" else "ListBucket"
    return asked.without_tags(_bucket(asked["Bucket"]), action=action, **context)


def _get(asked: Asked) -> list[Request]:
    version = asked.get("VersionId")
    action = "GetObjectVersion" if version else "GetObject"
    requests = asked.without_tags(_object(asked), action=action, s3__versionid=version)
    if not _stored(asked["Bucket"], asked["Key"]):
        requests += asked.without_tags(_bucket(asked["Bucket"]), action="ListBucket")
    return requests if asked.operation == "HeadObject" else [*requests, *_decrypt(asked, asked["Bucket"], asked["Key"])]


def _stored(bucket: str, key: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key)
    return found


def _decrypt(asked: Asked, bucket: str, key: str) -> list[Request]:
    return kms.used(asked, s3._stored_sse_headers(_stored(bucket, key) or {}).get(_KEY), ("Decrypt",))


def _put(asked: Asked) -> list[Request]:
    """Of an upload in parts, too."""
    requests = asked.without_tags(_object(asked), action="PutObject")
    if asked.get("Tagging"):
        requests += asked.without_tags(_object(asked), action="PutObjectTagging")
    key = asked.get("SSEKMSKeyId") or s3._bucket_default_sse_headers(asked["Bucket"]).get(_KEY)
    decrypts = () if asked.operation in ("PutObject", "CopyObject") else ("Decrypt",)
    return [*requests, *kms.used(asked, key, ("GenerateDataKey", *decrypts))]


def _copy(asked: Asked) -> list[Request]:
    source = asked["CopySource"].lstrip("/").partition("?")[0]
    bucket, _unused, key = source.partition("/")
    read = asked.without_tags(_bucket(source), action="GetObject")
    return [*read, *_decrypt(asked, bucket, key), *_put(asked)]


def _delete(asked: Asked) -> list[Request]:
    return _deleted(asked, asked["Key"], asked.get("VersionId"))


def _delete_several(asked: Asked) -> list[Request]:
    several = asked["Delete"]["Objects"]
    return [request for each in several for request in _deleted(asked, each["Key"], each.get("VersionId"))]


def _deleted(asked: Asked, key: str, version: str | None) -> list[Request]:
    action = "DeleteObjectVersion" if version else "DeleteObject"
    return asked.without_tags(_object(asked, key), action=action, s3__versionid=version)


def _replicate(asked: Asked) -> list[Request]:
    role = asked["ReplicationConfiguration"].get("Role")
    arn = _bucket(asked["Bucket"])
    return [
        *asked.without_tags(arn, action="PutReplicationConfiguration"),
        *asked.passes(role, "s3.amazonaws.com"),
    ]


ROWS: dict[str, Row] = {
    "ListBuckets": lambda asked: asked.on("*", action="ListAllMyBuckets"),
    "CreateBucket": _create,
    **rows("ListObjects ListObjectsV2 ListObjectVersions", _list),
    **rows("GetObject HeadObject", _get),
    **rows("PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload", _put),
    "AbortMultipartUpload": lambda asked: asked.without_tags(_object(asked)),
    **rows("CopyObject UploadPartCopy", _copy),
    "DeleteObject": _delete,
    "DeleteObjects": _delete_several,
    "PutBucketReplication": _replicate,
    **rows(" ".join(RENAMED), _on_bucket),
    **rows(
        "DeleteBucket DeleteBucketPolicy GetBucketLocation GetBucketOwnershipControls GetBucketPolicy "
        "GetBucketTagging GetBucketVersioning PutBucketOwnershipControls PutBucketPolicy PutBucketTagging "
        "PutBucketVersioning",
        _on_bucket,
    ),
}
