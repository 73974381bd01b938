# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Objects of S3, read and written as a whole: one thin function for each call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.clients import Clients, chunks, doing, is_unanswered, pages, unless
from ..engine.errors import FarflowError
from ..engine.patience import retry_while
from ..engine.waiting import NotYet, wait_for

GONE = {"NoSuchKey", "404"}
NO_BUCKET = {"NoSuchBucket"}

#: Somebody has been quicker: the object is, or is no longer, as the condition asks. AWS answers 409 where the other
#: write has not ended yet, and 404 where the object is gone that a write was to take the place of.
_NOT_AS_ASKED = {"PreconditionFailed", "ConditionalRequestConflict", "412", "NoSuchKey"}

_WHAT = "S3 object"

_ANSWERED_AFTER = 60


def get(clients: Clients, bucket: str, key: str) -> tuple[bytes, str] | None:
    """Content and ETag; None where there is no such object. botocore repeats no call whose content breaks off."""

    def read() -> tuple[bytes, str] | None:
        with doing("read", _WHAT, _address(bucket, key)):
            answer = unless(GONE, lambda: clients("s3").get_object(Bucket=bucket, Key=key))
            return (answer["Body"].read(), answer["ETag"]) if answer else None

    return retry_while(read, is_unanswered, _ANSWERED_AFTER, f"{_WHAT} {_address(bucket, key)} to be read")


def head(clients: Clients, bucket: str, key: str) -> dict[str, Any] | None:
    """What AWS tells of an object; None where there is none. An answer that was cut has no ETag: it is asked again."""

    def look() -> tuple[dict[str, Any] | None] | NotYet:
        with doing("look up", _WHAT, _address(bucket, key)):
            found = unless(GONE, lambda: clients("s3").head_object(Bucket=bucket, Key=key))
        return (found,) if not found or "ETag" in found else NotYet("its answer had no ETag")

    return wait_for(look, _ANSWERED_AFTER, f"AWS to tell of {_WHAT} {_address(bucket, key)}")[0]


def create(
    clients: Clients, bucket: str, key: str, content: bytes, metadata: Mapping[str, str] | None = None
) -> str | None:
    """Writes an object that is not there yet, and gives its ETag; None where there is one, which stays."""
    return _put(clients, bucket, key, content, metadata, IfNoneMatch="*")


def replace(
    clients: Clients, bucket: str, key: str, content: bytes, etag: str, metadata: Mapping[str, str] | None = None
) -> str | None:
    """Writes an object in the place of the one with that ETag, and gives the new one's; None where it is another by
    now, or gone.
    """
    return _put(clients, bucket, key, content, metadata, IfMatch=etag)


def _put(
    clients: Clients, bucket: str, key: str, content: bytes, metadata: Mapping[str, str] | None, **condition: str
) -> str | None:
    arguments = {"Bucket": bucket, "Key": key, "Body": content, "Metadata": dict(metadata or {}), **condition}
    with doing("write", _WHAT, _address(bucket, key)):
        answer = unless(_NOT_AS_ASKED, lambda: clients("s3").put_object(**arguments))
        return str(answer["ETag"]) if answer else None


def listed(clients: Clients, bucket: str, prefix: str) -> list[dict[str, Any]]:
    """The objects whose keys begin so, in the order of their keys: ``Key``, ``Size``, ``LastModified``."""
    with doing("list", "S3 objects", _address(bucket, prefix)):
        return pages(clients("s3"), "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix)


def delete(clients: Clients, bucket: str, keys: Iterable[str]) -> None:
    """Deletes objects; those that are gone are fine."""
    for some in chunks(list(keys), 1000):
        with doing("delete", "objects of S3 bucket", bucket):
            objects = [{"Key": key} for key in some]
            answer = clients("s3").delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors") or []:
            told = error.get("Message") or error.get("Code")
            raise FarflowError(f"could not delete {_WHAT} {_address(bucket, error.get('Key', ''))}: {told}")


def _address(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"
