# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM roles: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, doing, pages, tag_list, unless

_WHAT = "IAM role"
_GONE = {"NoSuchEntity"}
DENIED = {"AccessDenied", "AccessDeniedException"}

_LARGEST_PAGE = {"PageSize": 1000}


def in_path(clients: Clients, path_prefix: str) -> list[dict[str, Any]]:
    """ListRoles' documents of the roles whose path starts with the prefix: no tags, boundary or policies."""
    with doing("list", "IAM roles", path_prefix):
        return pages(clients("iam"), "list_roles", "Roles", PathPrefix=path_prefix, PaginationConfig=_LARGEST_PAGE)


def authorization_details(clients: Clients) -> list[dict[str, Any]]:
    """All roles of the account with policies, boundary and tags, but no description or session duration."""
    with doing("read", "the authorization details of IAM roles"):
        return pages(
            clients("iam"),
            "get_account_authorization_details",
            "RoleDetailList",
            Filter=["Role"],
            PaginationConfig=_LARGEST_PAGE,
        )


def get(clients: Clients, name: str) -> dict[str, Any] | None:
    """GetRole's document, or None while there is no such role."""
    with doing("read", _WHAT, name):
        answer = unless(_GONE, lambda: clients("iam").get_role(RoleName=name))
    return answer["Role"] if answer else None


def inline_policies(clients: Clients, name: str) -> list[dict[str, Any]]:
    """A role's inline policies, each with PolicyName and PolicyDocument; none of a role that is gone."""
    client = clients("iam")
    with doing("list the inline policies of", _WHAT, name):
        titles = unless(_GONE, lambda: pages(client, "list_role_policies", "PolicyNames", RoleName=name), [])
    found = [_inline_policy(clients, name, title) for title in titles]
    return [policy for policy in found if policy]


def _inline_policy(clients: Clients, name: str, title: str) -> Any:
    with doing(f"read inline policy {title} of", _WHAT, name):
        return unless(_GONE, lambda: clients("iam").get_role_policy(RoleName=name, PolicyName=title))


def attached_policies(clients: Clients, name: str) -> list[dict[str, Any]]:
    """What is attached to a role, each with PolicyName and PolicyArn; nothing to a role that is gone."""
    client = clients("iam")
    with doing("list the attached policies of", _WHAT, name):
        return list(
            unless(_GONE, lambda: pages(client, "list_attached_role_policies", "AttachedPolicies", RoleName=name), [])
        )


def instance_profiles(clients: Clients, name: str) -> list[dict[str, Any]]:
    """The instance profiles that a role is in; none of a role that is gone."""
    client = clients("iam")
    with doing("list the instance profiles of", _WHAT, name):
        return list(
            unless(
                _GONE,
                lambda: pages(client, "list_instance_profiles_for_role", "InstanceProfiles", RoleName=name),
                [],
            )
        )


def create(clients: Clients, name: str, role: Mapping[str, Any], assume_role_policy: str) -> None:
    """Makes a role without policies; ``role`` has path, description, max_session_duration, permissions_boundary and
    tags. One that another run has just made is taken as it is.
    """
    arguments: dict[str, Any] = {
        "RoleName": name,
        "Path": role["path"],
        "AssumeRolePolicyDocument": assume_role_policy,
        "Description": role["description"],
        "MaxSessionDuration": role["max_session_duration"],
    }
    if role["tags"]:
        arguments["Tags"] = tag_list(role["tags"])
    if role["permissions_boundary"]:
        arguments["PermissionsBoundary"] = role["permissions_boundary"]
    with doing("create", _WHAT, name):
        unless({"EntityAlreadyExists"}, lambda: clients("iam").create_role(**arguments))


def set_trust(clients: Clients, name: str, assume_role_policy: str) -> None:
    """Replaces the document that says who may take on the role."""
    with doing("set the trust policy of", _WHAT, name):
        clients("iam").update_assume_role_policy(RoleName=name, PolicyDocument=assume_role_policy)


def set_description(clients: Clients, name: str, description: str) -> None:
    """Sets the description. UpdateRole may take an empty one as one that is not given."""
    with doing("set the description of", _WHAT, name):
        clients("iam").update_role_description(RoleName=name, Description=description)


def set_duration(clients: Clients, name: str, seconds: int, description: str) -> None:
    """Sets for how long a session of the role may last at most, and leaves it its description."""
    with doing("set the maximum session duration of", _WHAT, name):
        clients("iam").update_role(RoleName=name, Description=description, MaxSessionDuration=seconds)


def set_boundary(clients: Clients, name: str, policy_arn: str | None) -> None:
    """Sets the permissions boundary, or takes it away when None."""
    client = clients("iam")
    with doing("set the permissions boundary of", _WHAT, name):
        if policy_arn:
            client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=policy_arn)
        else:
            unless(_GONE, lambda: client.delete_role_permissions_boundary(RoleName=name))


def put_policy(clients: Clients, name: str, policy_name: str, document: str) -> None:
    """Makes or replaces an inline policy."""
    with doing(f"put inline policy {policy_name} into", _WHAT, name):
        clients("iam").put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=document)


def delete_policy(clients: Clients, name: str, policy_name: str) -> None:
    """Removes an inline policy; one that is gone is fine."""
    with doing(f"delete inline policy {policy_name} of", _WHAT, name):
        unless(_GONE, lambda: clients("iam").delete_role_policy(RoleName=name, PolicyName=policy_name))


def attach(clients: Clients, name: str, policy_arn: str) -> None:
    """Attaches a managed policy."""
    with doing(f"attach {policy_arn} to", _WHAT, name):
        clients("iam").attach_role_policy(RoleName=name, PolicyArn=policy_arn)


def detach(clients: Clients, name: str, policy_arn: str) -> None:
    """Detaches a managed policy; one that is not attached is fine."""
    with doing(f"detach {policy_arn} from", _WHAT, name):
        unless(_GONE, lambda: clients("iam").detach_role_policy(RoleName=name, PolicyArn=policy_arn))


def set_tags(clients: Clients, name: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("iam")
    with doing("tag", _WHAT, name):
        if superfluous:
            client.untag_role(RoleName=name, TagKeys=superfluous)
        if tags:
            client.tag_role(RoleName=name, Tags=tag_list(dict(tags)))


def delete(clients: Clients, name: str) -> None:
    """Deletes a role without policies; one that is gone is fine."""
    with doing("delete", _WHAT, name):
        unless(_GONE, lambda: clients("iam").delete_role(RoleName=name))
