# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch log groups, as they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.actions import Resource

TYPE = "log_group"

RETENTION_IN_DAYS = [
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
]


def desired(log_group: Mapping[str, Any]) -> Resource:
    """``{name, retention_in_days, kms_key_id?, tags}`` as a resource."""
    return Resource(
        TYPE,
        log_group["name"],
        {
            "retention_in_days": log_group.get("retention_in_days"),
            "kms_key_id": log_group.get("kms_key_id"),
            "tags": dict(log_group.get("tags") or {}),
        },
    )


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeLogGroups' answer, with its ``tags``, as a resource."""
    return Resource(
        TYPE,
        document["logGroupName"],
        {
            "retention_in_days": document.get("retentionInDays"),
            "kms_key_id": document.get("kmsKeyId"),
            "tags": dict(document["tags"]),
        },
        arn(document),
    )


def arn(document: Mapping[str, Any]) -> str:
    """The ARN by which AWS takes tags. AWS shows it with an asterisk for the log streams at its end."""
    return str(document["arn"]).removesuffix(":*")
