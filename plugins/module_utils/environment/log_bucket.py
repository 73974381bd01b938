# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The bucket of Airflow's task logs and of the versions of the DAGs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds import s3_bucket as s3_buckets
from . import names
from .arns import account
from .desire import made_by

ROLE = "airflow_service"

#: Where in the bucket the logs are.
LOGS = "logs"

Inputs = Mapping[str, Any]


def desired(inputs: Inputs, known: Existing) -> Resource:
    """Encrypted, and closed to the public and to plain HTTP."""
    where = account(known, inputs["farflow_region"])
    name = names.log_bucket(inputs, where.id)
    bucket = {
        "name": name,
        "policy": tls_only(where.bucket(name)),
        "lifecycle_rules": [_expiration(inputs["airflow_service_log_retention_in_days"])],
        "tags": tags(inputs, ROLE),
    }
    return made_by(s3_buckets.desired, bucket)


def _expiration(days: int) -> dict[str, Any]:
    return {
        "id": "expire-task-logs",
        "prefix": f"{LOGS}/",
        "expiration_days": days,
        "abort_incomplete_multipart_upload_days": 7,
    }


def tls_only(arn: str) -> dict[str, Any]:
    """A bucket policy that refuses plain HTTP."""
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
