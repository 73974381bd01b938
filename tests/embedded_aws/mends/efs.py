"""EFS: the token of an access point."""

from __future__ import annotations

from typing import Any

from ministack.services import efs


def apply() -> None:
    efs._create_access_point = take_tokens_once(efs._create_access_point)


def take_tokens_once(create_access_point):
    """Fault: two access points can have one token. AWS refuses the second one, of whichever file system of the account
    and region (aws-efs-csi-driver#1725).
    """

    def handler(data: dict[str, Any]):
        token = data.get("ClientToken")
        if any(each["ClientToken"] == token for each in efs._access_points.values()):
            return efs._error(409, "AccessPointAlreadyExists", f"Access point with token '{token}' already exists.")
        return create_access_point(data)

    return handler
