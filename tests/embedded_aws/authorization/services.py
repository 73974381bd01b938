"""What services of AWS do with a role that they are given: whether they may assume it, and what they may call with it.

Sources: "Amazon ECS task IAM role" and "Amazon ECS task execution IAM role" in the developer guide of Amazon ECS, and
"Allow CodeBuild to interact with other AWS services" in the guide of AWS CodeBuild.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import iam

from ..behaviours import ENFORCED_IAM
from ..parsed import Call
from ..routing import Request
from ..settings import ACCOUNT_ID
from . import enforcement, evaluation, principals


def may_assume(service: str, role_arn: str, source_arn: str) -> bool:
    """Whether the trust policy of a role lets a service assume it, for this source."""
    if not ENFORCED_IAM.is_on:
        return True
    role = iam._roles.get(role_arn.rpartition("/")[2]) or {}
    document = role.get("AssumeRolePolicyDocument")
    context = {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": source_arn}
    asked = evaluation.Request("sts:AssumeRole", role_arn, context, ("Service", service))
    allowed = bool(document) and evaluation.decide([principals.read(document)], asked) == evaluation.ALLOWED
    if not allowed:
        ENFORCED_IAM.strike()
    return allowed


def refused(keys: Mapping[str, str], service: str, operation: str, region: str, **parameters: Any) -> str:
    """AWS's words for what IAM does not allow of a call with these keys; none where it allows all."""
    if not ENFORCED_IAM.is_on:
        return ""
    try:
        return enforcement.complaint(call(keys, service, operation, region, parameters))
    except NotImplementedError as error:
        return f"the embedded AWS cannot judge this: {error}"


def call(keys: Mapping[str, str], service: str, operation: str, region: str, parameters: Mapping[str, Any]) -> Call:
    """A call with keys that a role's session, or somebody else, was given. Its service is one that speaks JSON."""
    signed = f"AWS4-HMAC-SHA256 Credential={keys['AWS_ACCESS_KEY_ID']}/20260101/{region}/{service}/aws4_request"
    headers = {"authorization": signed, "content-type": "application/x-amz-json-1.1"}
    if token := keys.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    return Call(service, operation, Request("POST", "/", "", headers), json.dumps(parameters).encode())
