"""Secrets Manager. A secret's ARN ends with six letters of its own, of which a new one has none yet.

Keys of KMS: by the pages of the operations in its API reference.
"""

from __future__ import annotations

from typing import Any

from ministack.services import secretsmanager

from ..evaluation import Request
from . import kms
from .asked import Asked, Row, everything, needs_tagging, rows

_TO_WRITE = ("GenerateDataKey", "Decrypt")


def _secret(asked: Asked) -> dict[str, Any]:
    _name, found = secretsmanager._resolve(asked["SecretId"])
    return found or {}


def _arn(asked: Asked) -> str:
    return str(_secret(asked).get("ARN") or asked.named("secret:", f"{last_name(asked['SecretId'])}-??????"))


def last_name(given: str) -> str:
    return given.partition(":secret:")[2] or given


def _new(asked: Asked) -> str:
    return asked.arn(f"secret:{asked['Name']}-??????")


def _named(asked: Asked) -> list[Request]:
    return asked.on(_arn(asked))


def _create(asked: Asked) -> list[Request]:
    context = {"secretsmanager__Name": asked["Name"], "secretsmanager__KmsKeyId": asked.get("KmsKeyId")}
    return [*asked.on(_new(asked), **context), *kms.used(asked, asked.get("KmsKeyId"), _TO_WRITE)]


def _read(asked: Asked) -> list[Request]:
    return [*_named(asked), *kms.used(asked, _secret(asked).get("KmsKeyId"), ("Decrypt",))]


def _write(asked: Asked) -> list[Request]:
    return [*_named(asked), *kms.used(asked, _secret(asked).get("KmsKeyId"), _TO_WRITE)]


def _update(asked: Asked) -> list[Request]:
    key = asked.get("KmsKeyId") or _secret(asked).get("KmsKeyId")
    return [*_named(asked), *kms.used(asked, key, (*_TO_WRITE, "Encrypt"))]


ROWS: dict[str, Row] = {
    "CreateSecret": needs_tagging(_create, "TagResource", _new),
    "GetSecretValue": _read,
    "PutSecretValue": _write,
    "UpdateSecret": _update,
    **rows(
        "CancelRotateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy PutResourcePolicy "
        "RestoreSecret TagResource UntagResource",
        _named,
    ),
    "ListSecrets": everything,
}
