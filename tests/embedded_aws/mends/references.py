"""What names something that others have made: AWS refuses what is not there, or can't be used."""

from __future__ import annotations

from typing import Any

from ministack.services import iam


def apply() -> None:
    iam._IAM_HANDLERS["AttachRolePolicy"] = look_up_policy(iam._IAM_HANDLERS["AttachRolePolicy"])


def look_up_policy(attach):
    """Fault: a managed policy that does not exist can be attached."""

    def handler(parameters: dict[str, Any]):
        arn = iam._p(parameters, "PolicyArn")
        if not iam._policy_exists(arn):
            message = f"Policy {arn} does not exist or is not attachable."
            return iam._error(404, "NoSuchEntity", message, ns="iam")
        return attach(parameters)

    return handler
