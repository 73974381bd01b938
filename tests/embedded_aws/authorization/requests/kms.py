"""KMS, for itself and for services that use a key in the caller's name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ministack.services import kms

from ..evaluation import Request
from .asked import Asked, Row


def used(asked: Asked, key: Any, actions: Iterable[str]) -> list[Request]:
    """A customer's key, used by the service that is asked. Keys that AWS manages are everybody's in the account."""
    if not key or "alias/aws/" in str(key):
        return []
    service = f"{asked.prefix}.{asked.region}.amazonaws.com"
    arn = _arn(asked, key)
    return [
        request
        for action in actions
        for request in asked.without_tags(arn, action=f"kms:{action}", kms__ViaService=service)
    ]


def _arn(asked: Asked, given: Any) -> str:
    """By key id, alias or ARN."""
    found = kms._resolve_key(str(given)) or {}
    return str(found.get("Arn") or found.get("arn") or _by_name(asked, str(given)))


def _by_name(asked: Asked, given: str) -> str:
    if given.startswith("arn:"):
        return given
    return asked.arn(given if given.startswith("alias/") else f"key/{given}", "kms")


def _described(asked: Asked) -> list[Request]:
    return asked.on(_arn(asked, asked["KeyId"]))


ROWS: dict[str, Row] = {"DescribeKey": _described}
