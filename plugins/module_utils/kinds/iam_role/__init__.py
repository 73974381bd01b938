# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM roles with their policies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import ACCESS_DENIED, Clients, caused_by, pages, tag_dict, tag_list, unless
from ...engine.errors import FarflowError
from ...engine.kind import Document, Kind
from . import documents

_NOT_THERE = {"NoSuchEntity"}
_LARGEST_PAGE = {"PageSize": 1000}

#: In a document of ListRoles of a role in the path: what that leaves out, or None where the account did not tell it.
_DETAILS = "Details"


class IamRole(Kind):
    """A role of IAM. All in the environment's path are the environment's, whoever made them."""

    type = documents.TYPE
    title, titles = "IAM role", "IAM roles"
    gone = frozenset(_NOT_THERE)
    exists = frozenset({"EntityAlreadyExists"})
    busy = frozenset({"ConcurrentModification", "DeleteConflict"})
    immutable = documents.IMMUTABLE
    owned_by_name = True
    names_a_call = 1000
    shown_together = True

    def __init__(self, path: str) -> None:
        """Of the roles whose path begins so when names are looked up, and is that path when an environment's are."""
        self.path = path

    def is_busy(self, error: FarflowError) -> bool:
        """IAM answers from many places, and not all of them know yet of a role that was made."""
        return super().is_busy(error) or (caused_by(error, _NOT_THERE) and "role with name" in str(error))

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        """The roles of the path. Beside them the roles elsewhere whose names begin so, in whatever letters, since a
        name is used once in an account; they are not listed where the account's roles are not ours to list.
        """
        listed = unless(ACCESS_DENIED, lambda: _in_path(clients, "/"))
        listed = _in_path(clients, self.path) if listed is None else listed
        others = [role for role in listed if role["Path"] != self.path]
        ours = _with_details(clients, [role for role in listed if role["Path"] == self.path])
        return [*ours, *(role for role in others if self.name(role).lower().startswith(prefix))]

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        return _with_details(clients, [role for role in _in_path(clients, self.path) if self.name(role) in names])

    def look_up(self, clients: Clients, name: str) -> Document | None:
        client = clients("iam")
        role = client.get_role(RoleName=name)["Role"]
        titles = pages(client, "list_role_policies", "PolicyNames", RoleName=name)
        inline = [_inline_policy(clients, name, title) for title in titles]
        details = {
            **role,
            "RolePolicyList": [each for each in inline if each],
            "AttachedManagedPolicies": pages(client, "list_attached_role_policies", "AttachedPolicies", RoleName=name),
            "InstanceProfileList": pages(client, "list_instance_profiles_for_role", "InstanceProfiles", RoleName=name),
        }
        return {**role, _DETAILS: details}

    def name(self, document: Document) -> str:
        return str(document["RoleName"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        """They come with the details."""
        return tag_dict((document.get(_DETAILS) or {}).get("Tags"))

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        if _DETAILS not in document:
            return documents.elsewhere(document)
        whole = document if document[_DETAILS] else self.look_up(clients, self.name(document))
        return documents.canonical(document, whole[_DETAILS]) if whole else None

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """AWS takes the policies in calls of their own."""
        arn = str(clients("iam").create_role(**documents.create_request(wanted))["Role"]["Arn"])
        _set_policies(clients, wanted.name, wanted.properties, documents.NO_POLICIES)
        return arn

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        client, name, properties = clients("iam"), wanted.name, wanted.properties
        description, boundary = properties["description"], properties["permissions_boundary"]
        if "assume_role_policy" in differs:
            trust = policy.to_json(properties["assume_role_policy"])
            client.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        if "max_session_duration" in differs:  # which takes the description away that it is not given
            seconds = properties["max_session_duration"]
            client.update_role(RoleName=name, Description=description, MaxSessionDuration=seconds)
        if "description" in differs:  # UpdateRole may take an empty one as one that is not given
            client.update_role_description(RoleName=name, Description=description)
        if "permissions_boundary" in differs and boundary:
            client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        elif "permissions_boundary" in differs:
            unless(_NOT_THERE, lambda: client.delete_role_permissions_boundary(RoleName=name))
        _set_policies(clients, name, properties, found.properties)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("iam").tag_role(RoleName=found.name, Tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("iam").untag_role(RoleName=found.name, TagKeys=keys)

    def delete(self, clients: Clients, found: Resource) -> None:
        _set_policies(clients, found.name, documents.NO_POLICIES, found.properties)
        clients("iam").delete_role(RoleName=found.name)


def _in_path(clients: Clients, path: str) -> Sequence[Document]:
    return pages(clients("iam"), "list_roles", "Roles", PathPrefix=path, PaginationConfig=_LARGEST_PAGE)


def _with_details(clients: Clients, listed: Sequence[Document]) -> Sequence[Document]:
    """ListRoles leaves out tags and policies, which AWS gives a role at a time (some five calls) or for the whole
    account (a call a thousand roles): the second is cheaper from the first role on, and not needed where there is none.
    Who may not see the whole account asks for each, as for a role that is too new to be in it.
    """
    if not listed:
        return []
    request = {"Filter": ["Role"], "PaginationConfig": _LARGEST_PAGE}
    account = unless(
        ACCESS_DENIED,
        lambda: pages(clients("iam"), "get_account_authorization_details", "RoleDetailList", **request),
        [],
    )
    details = {role["RoleName"]: role for role in account}
    return [{**role, _DETAILS: details.get(role["RoleName"])} for role in listed]


def _inline_policy(clients: Clients, name: str, title: str) -> Document | None:
    """None of a policy that is gone since it was listed."""
    found: Document | None = unless(_NOT_THERE, lambda: clients("iam").get_role_policy(RoleName=name, PolicyName=title))
    return found


def _set_policies(clients: Clients, name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """What is missing is granted before what is superfluous is taken away."""
    client = clients("iam")
    for title, document in wanted["policies"].items():
        if document != found["policies"].get(title):
            client.put_role_policy(RoleName=name, PolicyName=title, PolicyDocument=policy.to_json(document))
    attached, arns = set(found["managed_policy_arns"]), set(wanted["managed_policy_arns"])
    for arn in sorted(arns - attached):
        client.attach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in sorted(attached - arns):
        _unless_gone(client.detach_role_policy, RoleName=name, PolicyArn=arn)
    for title in sorted(set(found["policies"]) - set(wanted["policies"])):
        _unless_gone(client.delete_role_policy, RoleName=name, PolicyName=title)


def _unless_gone(call: Any, **arguments: Any) -> None:
    unless(_NOT_THERE, lambda: call(**arguments))
