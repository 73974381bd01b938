"""What another account has, and has not let this one see: neither whether it is there."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import kms, secretsmanager


def apply() -> None:
    kms._describe_key = deny_strangers(kms._describe_key, "KeyId")
    secretsmanager._describe_secret = deny_strangers(secretsmanager._describe_secret, "SecretId")


def deny_strangers(describe, member: str):
    """Fault: of a thing of another account it is told that there is none."""

    def handler(data: dict[str, Any]):
        arn = str(data.get(member)).split(":")
        if len(arn) > 4 and arn[4] != get_account_id():
            return error_response_json(
                "AccessDeniedException",
                "User is not authorized to perform this operation because the resource does not exist in this Region, "
                "no resource-based policies allow access, or a resource-based policy explicitly denies access",
                400,
            )
        return describe(data)

    return handler
