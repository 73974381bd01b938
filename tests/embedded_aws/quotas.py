"""Service Quotas, which neither emulator has for Fargate: GetServiceQuota of its vCPU, where an account has a quota."""

from __future__ import annotations

import json
from typing import Any

from . import behaviours

_NAME = "Fargate On-Demand vCPU resource count"


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI application."""
    status, document = 400, {"__type": "NoSuchResourceException", "message": "The request failed: no such quota."}
    if behaviours.FARGATE_VCPUS.is_on:
        quota = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538", "QuotaName": _NAME}
        status, document = 200, {"Quota": {**quota, "Value": behaviours.FARGATE_VCPUS.value, "Adjustable": True}}
    headers = [(b"content-type", b"application/x-amz-json-1.1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
