"""IAM. A role's ARN has its path, which most operations do not give.

A role that is created with tags needs iam:TagRole ("Tagging IAM roles" in the guide of IAM).
"""

from __future__ import annotations

from ministack.services import iam

from ...settings import ACCOUNT_ID
from ..evaluation import Request
from .asked import Asked, Row, by, everything, needs_tagging, rows


def _of_account(resource: str) -> str:
    """IAM is in no region."""
    return f"arn:aws:iam::{ACCOUNT_ID}:{resource}"


def _role(asked: Asked) -> str:
    name = asked["RoleName"]
    return str((iam._roles.get(name) or {}).get("Arn") or _of_account(f"role/{name}"))


def _boundary(asked: Asked) -> str | None:
    return (iam._roles.get(asked["RoleName"]) or {}).get("PermissionsBoundary")


def _on_role(asked: Asked) -> list[Request]:
    return asked.on(_role(asked))


def _change_rights(asked: Asked) -> list[Request]:
    context = {"iam__PermissionsBoundary": _boundary(asked), "iam__PolicyARN": asked.get("PolicyArn")}
    return asked.on(_role(asked), **context)


def _new_role(asked: Asked) -> str:
    return _of_account(f"role{asked.get('Path', '/')}{asked['RoleName']}")


def _set_boundary(asked: Asked) -> list[Request]:
    return asked.on(_role(asked), iam__PermissionsBoundary=asked["PermissionsBoundary"])


def _create_role(asked: Asked) -> list[Request]:
    return asked.on(_new_role(asked), iam__PermissionsBoundary=asked.get("PermissionsBoundary"))


def _service_linked_role(asked: Asked) -> list[Request]:
    service = asked["AWSServiceName"]
    return asked.on(_of_account(f"role/aws-service-role/{service}/*"), iam__AWSServiceName=service)


ROWS: dict[str, Row] = {
    "CreateRole": needs_tagging(_create_role, "TagRole", _new_role),
    "PutRolePermissionsBoundary": _set_boundary,
    **rows(
        "AttachRolePolicy DetachRolePolicy PutRolePolicy DeleteRolePolicy DeleteRolePermissionsBoundary", _change_rights
    ),
    **rows(
        "DeleteRole GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies "
        "TagRole UntagRole ListRoleTags UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
        _on_role,
    ),
    "CreateServiceLinkedRole": _service_linked_role,
    **rows("ListRoles GetAccountAuthorizationDetails", everything),
    "GetPolicy": by("PolicyArn"),
    "SimulatePrincipalPolicy": by("PolicySourceArn"),
    **rows(
        "DeleteServerCertificate GetServerCertificate UploadServerCertificate",
        lambda asked: asked.on(_of_account(f"server-certificate/{asked['ServerCertificateName']}")),
    ),
    "ListServerCertificates": everything,
}
