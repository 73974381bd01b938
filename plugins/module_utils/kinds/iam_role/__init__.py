# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM roles, read as resources and brought to what is desired."""

from __future__ import annotations

import os.path
from collections.abc import Mapping, Sequence
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by
from ...engine.errors import FarflowError
from ...engine.parallel import in_parallel
from ...engine.patience import patient
from ...engine.reconcile import Hands
from ...engine.waiting import wait_for
from . import calls as api
from . import documents as pure

_READABLE_AFTER = 60
_SETTLED_AFTER = 120


def find(clients: Clients, environment: str, path: str) -> list[Resource]:
    """Every role in an environment's path, whoever made it. Beside them the roles elsewhere whose names begin as the
    environment's do, in whatever letters, since a name is used once in an account.
    """
    listed = _listed(clients, path)
    ours = _described(clients, [role for role in listed if role["Path"] == path])
    others = [role for role in listed if role["Path"] != path]
    return [*ours, *(pure.elsewhere(role) for role in others if role["RoleName"].lower().startswith(f"{environment}-"))]


def read(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    """Those of the wanted roles that exist, in any order."""
    names = {resource.name for resource in wanted}
    common = os.path.commonprefix([resource.properties["path"] for resource in wanted]) or "/"
    return _described(clients, [role for role in api.in_path(clients, common) if role["RoleName"] in names])


def _listed(clients: Clients, path: str) -> list[dict[str, Any]]:
    """All roles of the account, in as many calls as those in the path; or those where the account's are not ours to
    list.
    """
    try:
        return api.in_path(clients, "/")
    except FarflowError as error:
        if caused_by(error, api.DENIED):
            return api.in_path(clients, path)
        raise


def _described(clients: Clients, listed: Sequence[dict[str, Any]]) -> list[Resource]:
    """ListRoles leaves out tags and policies, which AWS gives a role at a time (some five calls) or for the whole
    account (a call a thousand roles): the second is cheaper from the first role on, and not needed where there is none.
    Who may not see the whole account asks for each, as for a role that is too new to be in it.
    """
    if not listed:
        return []
    details = _of_account(clients)
    missing = [role["RoleName"] for role in listed if role["RoleName"] not in details]
    for found in in_parallel(lambda name: _alone(clients, name), missing):
        details.update({found["RoleName"]: found} if found else {})
    return [pure.canonical(role, details[role["RoleName"]]) for role in listed if role["RoleName"] in details]


def _of_account(clients: Clients) -> dict[str, dict[str, Any]]:
    try:
        return {role["RoleName"]: role for role in api.authorization_details(clients)}
    except FarflowError as error:
        if caused_by(error, api.DENIED):
            return {}
        raise


def _alone(clients: Clients, name: str) -> dict[str, Any] | None:
    """A role as GetAccountAuthorizationDetails gives it, by calls for it alone; None when it is gone."""
    role = api.get(clients, name)
    if role is None:
        return None
    return {
        **role,
        "RolePolicyList": api.inline_policies(clients, name),
        "AttachedManagedPolicies": api.attached_policies(clients, name),
        "InstanceProfileList": api.instance_profiles(clients, name),
    }


def hands(clients: Clients) -> Hands:
    """What creates, changes and deletes a role."""

    def create(wanted: Resource) -> str:
        properties = wanted.properties
        api.create(clients, wanted.name, properties, policy.to_json(properties["assume_role_policy"]))
        made = wait_for(lambda: api.get(clients, wanted.name), _READABLE_AFTER, f"IAM role {wanted.name}")
        if made["Path"] != properties["path"]:
            raise FarflowError(
                f"IAM role {wanted.name} exists already, as {made['Arn']}, and may be another environment's: give this "
                "one another name"
            )
        _set_policies(clients, wanted.name, properties, {"policies": {}, "managed_policy_arns": []})
        return str(made["Arn"])

    def change(wanted: Resource, found: Resource) -> None:
        name, properties, before = wanted.name, wanted.properties, found.properties
        if properties["assume_role_policy"] != before["assume_role_policy"]:
            api.set_trust(clients, name, policy.to_json(properties["assume_role_policy"]))
        if properties["max_session_duration"] != before["max_session_duration"]:
            api.set_duration(clients, name, properties["max_session_duration"], properties["description"])
        if properties["description"] != before["description"]:
            api.set_description(clients, name, properties["description"])
        if properties["permissions_boundary"] != before["permissions_boundary"]:
            api.set_boundary(clients, name, properties["permissions_boundary"])
        _set_policies(clients, name, properties, before)
        if properties["tags"] != before["tags"]:
            api.set_tags(clients, name, properties["tags"], sorted(set(before["tags"]) - set(properties["tags"])))

    def delete(found: Resource) -> None:
        _set_policies(clients, found.name, {"policies": {}, "managed_policy_arns": []}, found.properties)
        api.delete(clients, found.name)

    return patient(Hands(create, change, delete), "IAM role", _SETTLED_AFTER, _may_pass)


def _may_pass(error: FarflowError) -> bool:
    """IAM answers from many places, and not all of them know yet of a role that was made or of a policy that went."""
    if caused_by(error, {"NoSuchEntity"}):
        return "role with name" in str(error)
    return caused_by(error, {"ConcurrentModification", "DeleteConflict"})


def _set_policies(clients: Clients, name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """What is missing is granted before what is superfluous is taken away."""
    for title, document in wanted["policies"].items():
        if document != found["policies"].get(title):
            api.put_policy(clients, name, title, policy.to_json(document))
    attached, arns = set(found["managed_policy_arns"]), set(wanted["managed_policy_arns"])
    for arn in sorted(arns - attached):
        api.attach(clients, name, arn)
    for arn in sorted(attached - arns):
        api.detach(clients, name, arn)
    for title in sorted(set(found["policies"]) - set(wanted["policies"])):
        api.delete_policy(clients, name, title)
