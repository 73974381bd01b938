"""S3: a new bucket blocks public access, as on AWS since 2023; and what AWS refuses to change or delete."""

from __future__ import annotations

import time
from typing import Any
from xml.etree import ElementTree

from ministack.services import s3

from ..authorization import denials
from ..behaviours import BUCKET_BUSY, BUCKET_NOT_EMPTY

_CONFLICT = "A conflicting conditional operation is currently in progress against this resource. Please try again."
_CHANGES = frozenset({"PUT", "DELETE"})


def apply() -> None:
    s3._new_bucket_public_access_block = block_public_access
    s3._put_bucket_versioning = refuse_while_replicated(s3._put_bucket_versioning)
    s3._delete_bucket = refuse_though_empty(s3._delete_bucket)
    s3._dispatch = refuse_while_busy(s3._dispatch)
    s3._delete_objects = delete_what_is_allowed(s3._delete_objects)


def block_public_access():
    """Fault: GetPublicAccessBlock of a new bucket finds nothing."""
    return {"_public_access_block": s3._NEW_BUCKET_PUBLIC_ACCESS_BLOCK}


def refuse_while_replicated(put_versioning):
    """Fault: versioning is suspended while there is a replication, which needs it."""

    def handler(name: str, body: bytes):
        if b"Suspended" in body and name in s3._bucket_replication:
            words = (
                "A replication configuration is present on this bucket, so you cannot change the versioning state. To "
                "change the versioning state, first delete the replication configuration."
            )
            return s3._error("InvalidBucketState", words, 409, f"/{name}")
        return put_versioning(name, body)

    return handler


def refuse_though_empty(delete):
    """The behaviour: a bucket that was emptied is not empty yet."""

    def handler(name: str):
        refused = BUCKET_NOT_EMPTY.memory
        if name in s3._buckets and refused.get(name, 0) < BUCKET_NOT_EMPTY.value:
            refused[name] = refused.get(name, 0) + 1
            BUCKET_NOT_EMPTY.strike()
            return s3._error("BucketNotEmpty", "The bucket you tried to delete is not empty", 409, f"/{name}")
        return delete(name)

    return handler


def refuse_while_busy(dispatch):
    """The behaviour `bucket_busy`: what changes a bucket, not an object in it, soon after another such change. A second
    try succeeds.
    """

    def handler(method: str, bucket: str, key: str, headers: dict, body: bytes, query: dict[str, Any]):
        if not BUCKET_BUSY.is_on or key or not bucket or method not in _CHANGES:
            return dispatch(method, bucket, key, headers, body, query)
        changed, refused = BUCKET_BUSY.memory.setdefault(bucket, (-BUCKET_BUSY.seconds(bucket), False))
        if not refused and time.monotonic() - changed < BUCKET_BUSY.seconds(bucket):
            BUCKET_BUSY.memory[bucket] = (changed, True)
            BUCKET_BUSY.strike()
            return s3._error("OperationAborted", _CONFLICT, 409, f"/{bucket}")
        answer = dispatch(method, bucket, key, headers, body, query)
        if answer[0] < 300:
            BUCKET_BUSY.memory[bucket] = (time.monotonic(), False)
        return answer

    return handler


def delete_what_is_allowed(delete_objects):
    """The behaviour `enforced_iam`: those of several objects that the caller may not delete are told, and stay."""

    def handler(name: str, body: bytes, *rest: Any):
        refused = denials.of_objects.get()
        if not refused:
            return delete_objects(name, body, *rest)
        asked = ElementTree.fromstring(body)
        told = []
        for each in [each for each in asked if _local(each) == "Object"]:
            named = {_local(part): part.text or "" for part in each}
            key, version = named["Key"], named.get("VersionId", "")
            if message := refused.get((f"arn:aws:s3:::{name}/{key}", version)):
                asked.remove(each)
                told.append({"Key": key, "VersionId": version, "Code": "AccessDenied", "Message": message})
        status, headers, answer = delete_objects(name, ElementTree.tostring(asked), *rest)
        return status, headers, _with_errors(answer, told) if status == 200 else answer

    return handler


def _with_errors(answer: bytes, told: list[dict[str, str]]) -> bytes:
    result = ElementTree.fromstring(answer)
    space = result.tag.rpartition("}")[0] + "}" if "}" in result.tag else ""
    for each in told:
        error = ElementTree.SubElement(result, f"{space}Error")
        for name, text in each.items():
            if text:
                ElementTree.SubElement(error, f"{space}{name}").text = text
    return ElementTree.tostring(result)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
