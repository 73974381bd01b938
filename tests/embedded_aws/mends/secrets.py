"""Secrets Manager: a rotation can be cancelled, who asks for what is to be deleted is refused, and lists are late."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager

from .. import behaviours, late


def apply() -> None:
    secretsmanager.handle_request = cancel_rotations(secretsmanager.handle_request)
    for name in ("_get_resource_policy", "_put_resource_policy", "_delete_resource_policy"):
        setattr(secretsmanager, name, refuse_deleted(getattr(secretsmanager, name)))
    sight = late.Sight(behaviours.LATE_SECRETS, _listed)
    late.watch("secretsmanager", [sight])
    secretsmanager._list_secrets = answer_late(secretsmanager._list_secrets, sight)


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


def answer_late(list_secrets, sight: late.Sight):
    """The behaviour `late_secrets`."""

    def handler(data: dict[str, Any]):
        if not sight.is_late:
            return list_secrets(data)
        with late.in_place(secretsmanager._secrets, sight.shown()):
            return list_secrets(data)

    return handler


def _listed() -> dict[str, dict[str, Any]]:
    """The secrets, but for when their values were read."""
    return {
        name: {key: value for key, value in secret.items() if key != "LastAccessedDate"}
        for name, secret in secretsmanager._secrets.items()
    }


def _cancel_rotation(data: dict[str, Any]):
    secret = secretsmanager._resolve(data.get("SecretId"))[1]
    if not secret:
        return error_response_json("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    secret["RotationEnabled"] = False
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"]})
