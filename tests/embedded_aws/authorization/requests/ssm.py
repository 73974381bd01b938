"""Parameters of AWS Systems Manager. One that is made with tags needs ssm:AddTagsToResource (PutParameter in its API
reference), and its key is used in the caller's name ("AWS KMS encryption for AWS Systems Manager Parameter Store
SecureString parameters" in its guide).
"""

from __future__ import annotations

from ministack.services import ssm

from ..evaluation import Request
from . import kms
from .asked import Asked, Row, needs_tagging, rows


def _names(asked: Asked) -> list[str]:
    return list(asked.get("Names") or [asked["Name"]])


def _arn(asked: Asked, name: str) -> str:
    return asked.arn(f"parameter/{name.lstrip('/')}")


def _named(asked: Asked) -> list[Request]:
    return asked.on(*(_arn(asked, name) for name in _names(asked)))


def _put(asked: Asked) -> list[Request]:
    return [*_named(asked), *kms.used(asked, asked.get("KeyId"), ("Encrypt",))]


def _read(asked: Asked) -> list[Request]:
    keys = {(ssm._parameters.get(name) or {}).get("KeyId") for name in _names(asked)}
    decrypts = [request for key in sorted(filter(None, keys)) for request in kms.used(asked, key, ("Decrypt",))]
    return [*_named(asked), *(decrypts if asked.get("WithDecryption") else ())]


ROWS: dict[str, Row] = {
    "PutParameter": needs_tagging(_put, "AddTagsToResource", lambda asked: _arn(asked, asked["Name"])),
    **rows("DeleteParameter DeleteParameters", _named),
    **rows("GetParameter GetParameterHistory GetParameters", _read),
}
