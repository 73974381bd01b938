"""Who pushes images to the registry and pulls them from it: whoever was given the password, with the rights of now.

Sources: "Private registry authentication in Amazon ECR" in its guide, and the pages of its operations in its reference,
which say when each is called as an image is pushed or pulled.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from ministack.services import ecr

from ..behaviours import ENFORCED_IAM
from ..faults import Answer
from ..routing import Request
from . import services

USER = "AWS"
_SECONDS = 12 * 3600
_EXPIRED = "Your authorization token has expired. Reauthenticate and try again."
#: What ECR is called for, by method and kind of path. The last part of a layer may come with what completes it.
_OPERATIONS = {
    "HEAD blob": ["BatchCheckLayerAvailability"],
    "GET blob": ["GetDownloadUrlForLayer"],
    "POST blob_uploads": ["InitiateLayerUpload"],
    "PATCH blob_upload_session": ["UploadLayerPart"],
    "GET blob_upload_session": ["UploadLayerPart"],
    "DELETE blob_upload_session": ["UploadLayerPart"],
    "PUT blob_upload_session": ["UploadLayerPart", "CompleteLayerUpload"],
    "HEAD manifest": ["BatchGetImage"],
    "GET manifest": ["BatchGetImage"],
    "PUT manifest": ["PutImage"],
    "DELETE manifest": ["BatchDeleteImage"],
    "GET tags_list": ["ListImages"],
    "GET catalog": ["DescribeRepositories"],
}


@dataclass(frozen=True)
class _Given:
    """Whose password it is."""

    keys: Mapping[str, str]
    region: str
    until: float = field(default_factory=lambda: time.time() + _SECONDS)


_given: dict[str, _Given] = {}


def password_for(keys: Mapping[str, str], region: str) -> str:
    """A new one, for who calls with these keys."""
    password = secrets.token_urlsafe(32)
    _given[password] = _Given(keys, region)
    return password


def answer(request: Request) -> Answer | None:
    """What is answered in place of what the registry was asked; None where it may be done."""
    asked = ecr._parse_v2_path(request.path)
    if asked is None or not ENFORCED_IAM.is_on:
        return None
    given = _given.get(_password_of(request))
    if given is None:
        ENFORCED_IAM.strike()
        challenge = f'Basic realm="https://{request.headers.get("host", "")}/",service="ecr.amazonaws.com"'
        return 401, [(b"www-authenticate", challenge.encode())], b"Not Authorized\n"
    if time.time() > given.until:
        return _denied(_EXPIRED)
    kind, repository, _unused = asked
    operations = [] if kind == "ping" else _OPERATIONS[f"{request.method} {kind}"]
    refused = (
        services.refused(given.keys, "ecr", each, given.region, repositoryName=repository) for each in operations
    )
    return next((_denied(words) for words in refused if words), None)


def forget() -> None:
    _given.clear()


def _password_of(request: Request) -> str:
    text = request.headers.get("authorization", "").removeprefix("Basic ")
    try:
        return base64.b64decode(text).decode().removeprefix(f"{USER}:")
    except ValueError:
        return ""


def _denied(message: str) -> Answer:
    body = json.dumps({"errors": [{"code": "DENIED", "message": message}]})
    return 403, [(b"content-type", b"application/json")], body.encode()
