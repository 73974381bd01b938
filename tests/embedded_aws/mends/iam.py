"""IAM: what GetAccountAuthorizationDetails tells of a role, and when; a boundary has to be there, a name be free."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from ministack.services import iam

from .. import late
from ..behaviours import LATE_AUTHORIZATION_DETAILS, LATE_IAM

_NAMESPACE = "{https://iam.amazonaws.com/doc/2010-05-08/}"
#: What reads roles.
_READS = (
    *("GetRole", "ListRoles", "ListRoleTags", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies"),
    *("ListInstanceProfilesForRole", "GetAccountAuthorizationDetails"),
)


def apply() -> None:
    name = "GetAccountAuthorizationDetails"
    iam._IAM_HANDLERS[name] = show_boundaries(leave_out_new_roles(iam._IAM_HANDLERS[name]))
    sight = late.Sight(LATE_IAM, lambda: dict(iam._roles.items()))
    late.watch("iam", [sight])
    for read in _READS:
        iam._IAM_HANDLERS[read] = answer_late(iam._IAM_HANDLERS[read], sight)
    iam._boundary_policy_error = refuse_missing_policy
    iam._IAM_HANDLERS["CreateRole"] = refuse_other_letters(refuse_reserved_path(iam._IAM_HANDLERS["CreateRole"]))


def show_boundaries(details):
    """Fault: the permissions boundaries of roles are left out."""

    def handler(parameters: dict[str, Any]):
        status, headers, body = details(parameters)
        document = ElementTree.fromstring(body)
        for role in _roles_in(document):
            arn = iam._roles[_text(role, "RoleName")].get("PermissionsBoundary")
            if arn:
                boundary = ElementTree.SubElement(role, f"{_NAMESPACE}PermissionsBoundary")
                kind = ElementTree.SubElement(boundary, f"{_NAMESPACE}PermissionsBoundaryType")
                kind.text = "PermissionsBoundaryPolicy"
                ElementTree.SubElement(boundary, f"{_NAMESPACE}PermissionsBoundaryArn").text = arn
        return status, headers, ElementTree.tostring(document)

    return handler


def leave_out_new_roles(details):
    """The behaviour: a role is not in it for some time after it was made."""

    def handler(parameters: dict[str, Any]):
        answer = details(parameters)
        if not LATE_AUTHORIZATION_DETAILS.is_on:
            return answer
        document = ElementTree.fromstring(answer[2])
        now = time.time()
        listed = document.find(f".//{_NAMESPACE}RoleDetailList")
        for role in _roles_in(document):
            made = datetime.fromisoformat(_text(role, "CreateDate").replace("Z", "+00:00")).timestamp()
            if now - made < LATE_AUTHORIZATION_DETAILS.seconds(_text(role, "RoleName")):
                listed.remove(role)
                LATE_AUTHORIZATION_DETAILS.strike()
        return answer[0], answer[1], ElementTree.tostring(document)

    return handler


def answer_late(read, sight: late.Sight):
    """The behaviour `late_iam`."""

    def handler(parameters: dict[str, Any]):
        if not sight.is_late:
            return read(parameters)
        with late.in_place(iam._roles, sight.shown()):
            return read(parameters)

    return handler


def refuse_missing_policy(arn: str):
    """Fault: a policy of the account that does not exist can be a boundary."""
    if iam._is_aws_managed_arn(arn) or iam._policy_exists(arn):
        return None
    return iam._error(404, "NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", ns="iam")


def refuse_reserved_path(create):
    """Fault: a role can be made where service-linked roles are, and those of IAM Identity Center."""

    def handler(parameters: dict[str, Any]):
        path = iam._p(parameters, "Path").lower()
        if path.startswith(("/aws-service-role/", "/aws-reserved/")):
            return iam._error(400, "InvalidInput", f"Path prefix of {path} can only be used by AWS", ns="iam")
        return create(parameters)

    return handler


def refuse_other_letters(create):
    """Fault: names of roles are told apart by their letter case."""

    def handler(parameters: dict[str, Any]):
        name = iam._p(parameters, "RoleName")
        if name.lower() in (other.lower() for other in iam._roles):
            return iam._error(409, "EntityAlreadyExists", f"Role with name {name} already exists.", ns="iam")
        return create(parameters)

    return handler


def _roles_in(document: ElementTree.Element) -> list[ElementTree.Element]:
    return document.findall(f".//{_NAMESPACE}RoleDetailList/{_NAMESPACE}member")


def _text(element: ElementTree.Element, tag: str) -> str:
    return element.findtext(f"{_NAMESPACE}{tag}") or ""
