# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM roles with their inline and attached policies, as they are compared."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import tag_list

TYPE = "iam_role"

#: A role that is not in the environment's path, and nobody's here: not to be changed or deleted.
ELSEWHERE = "iam_role elsewhere"

#: Attributes: the path of a role elsewhere, and the instance profiles that a role is in.
PATH = "path"
INSTANCE_PROFILES = "instance_profiles"

#: An hour: what AWS gives a role that asks for nothing.
MAX_SESSION_DURATION = 3600

#: Characters of all the inline policies of a role together; AWS does not count white space.
MOST_CHARACTERS = 10_240

IMMUTABLE = {TYPE: {"path": "delete the role, or give the new one another name"}}

#: The properties of a role that has no policies.
NO_POLICIES: Mapping[str, Any] = MappingProxyType({"policies": {}, "managed_policy_arns": []})


def desired(role: Mapping[str, Any]) -> Resource:
    """``{name, path?, assume_role_policy, policies?, managed_policy_arns?, permissions_boundary?,
    max_session_duration?, description?, tags?}`` as a resource. ``policies`` maps inline names to documents.
    """
    return _resource(
        role["name"],
        path=role.get("path") or "/",
        assume_role_policy=role.get("assume_role_policy"),
        policies=role.get("policies") or {},
        managed_policy_arns=role.get("managed_policy_arns") or [],
        permissions_boundary=role.get("permissions_boundary"),
        max_session_duration=role.get("max_session_duration"),
        description=role.get("description"),
        tags=dict(role.get("tags") or {}),
    )


def common_path(roles: Iterable[Mapping[str, Any]]) -> str:
    """How the paths of all the roles begin, as ``desired`` takes them."""
    return os.path.commonprefix([role.get("path") or "/" for role in roles]) or "/"


def create_request(wanted: Resource) -> dict[str, Any]:
    """The arguments of CreateRole, which takes no policies."""
    properties = wanted.properties
    boundary = properties["permissions_boundary"]
    return {
        "RoleName": wanted.name,
        "Path": properties["path"],
        "AssumeRolePolicyDocument": policy.to_json(properties["assume_role_policy"]),
        "Description": properties["description"],
        "MaxSessionDuration": properties["max_session_duration"],
        **({"Tags": tag_list(properties["tags"])} if properties["tags"] else {}),
        **({"PermissionsBoundary": boundary} if boundary else {}),
    }


def size_problem(role: Resource) -> str:
    """Why AWS would not take a role's inline policies, or nothing."""
    documents = [policy.to_json(document) for document in role.properties["policies"].values()]
    characters = sum(len("".join(document.split())) for document in documents)
    if characters <= MOST_CHARACTERS:
        return ""
    return f"IAM role {role.name} has {characters} characters of inline policies, allowed: {MOST_CHARACTERS} of AWS"


def canonical(listed: Mapping[str, Any], details: Mapping[str, Any]) -> Resource:
    """A role as ListRoles and as GetAccountAuthorizationDetails give it, each with what the other leaves out."""
    return _resource(
        listed["RoleName"],
        path=listed["Path"],
        assume_role_policy=details["AssumeRolePolicyDocument"],
        policies={inline["PolicyName"]: inline["PolicyDocument"] for inline in details.get("RolePolicyList") or []},
        managed_policy_arns=[attached["PolicyArn"] for attached in details.get("AttachedManagedPolicies") or []],
        permissions_boundary=(details.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        max_session_duration=listed.get("MaxSessionDuration"),
        description=listed.get("Description"),
        tags={tag["Key"]: tag["Value"] for tag in details.get("Tags") or []},
        id_=listed["Arn"],
        attributes={
            INSTANCE_PROFILES: [each["InstanceProfileName"] for each in details.get("InstanceProfileList") or []]
        },
    )


def elsewhere(listed: Mapping[str, Any]) -> Resource:
    """A role as ListRoles gives it that is not in the environment's path."""
    return Resource(ELSEWHERE, listed["RoleName"], {}, listed["Arn"], {PATH: listed["Path"]})


def _resource(
    name: str, *, id_: str | None = None, attributes: Mapping[str, Any] | None = None, **properties: Any
) -> Resource:
    inline = properties["policies"]
    return Resource(
        TYPE,
        name,
        {
            **properties,
            "assume_role_policy": policy.canonical(properties["assume_role_policy"]),
            "policies": {title: policy.canonical(inline[title]) for title in sorted(inline)},
            "managed_policy_arns": sorted(set(properties["managed_policy_arns"])),
            "permissions_boundary": properties["permissions_boundary"] or None,
            "max_session_duration": properties["max_session_duration"] or MAX_SESSION_DURATION,
            "description": properties["description"] or "",
        },
        id_,
        attributes or {},
    )
