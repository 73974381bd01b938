"""Secrets Manager: a rotation can be cancelled, and who asks for what is to be deleted is refused."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager


def apply() -> None:
    secretsmanager.handle_request = cancel_rotations(secretsmanager.handle_request)
    for name in ("_get_resource_policy", "_put_resource_policy", "_delete_resource_policy"):
        setattr(secretsmanager, name, refuse_deleted(getattr(secretsmanager, name)))


def cancel_rotations(handle_request):
    """Fault: CancelRotateSecret is an unknown action."""

    async def handler(method, path, headers, body, query_params):
        if headers.get("x-amz-target", "").endswith(".CancelRotateSecret"):
            return refuse_deleted(_cancel_rotation)(json.loads(body))
        return await handle_request(method, path, headers, body, query_params)

    return handler


def refuse_deleted(action):
    """Fault: the resource policy of a secret that is to be deleted can be read and set."""

    def handler(data: dict[str, Any]):
        secret = secretsmanager._resolve(data.get("SecretId"))[1]
        if secret and secret.get("DeletedDate"):
            return error_response_json(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
                400,
            )
        return action(data)

    return handler


def _cancel_rotation(data: dict[str, Any]):
    secret = secretsmanager._resolve(data.get("SecretId"))[1]
    if not secret:
        return error_response_json("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    secret["RotationEnabled"] = False
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"]})
