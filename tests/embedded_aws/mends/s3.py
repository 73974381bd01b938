"""S3: a new bucket blocks public access, as on AWS since 2023."""

from __future__ import annotations

from ministack.services import s3


def apply() -> None:
    """Fault: GetPublicAccessBlock of a new bucket finds nothing."""
    s3._new_bucket_public_access_block = lambda: {"_public_access_block": s3._NEW_BUCKET_PUBLIC_ACCESS_BLOCK}
