"""Who makes a call, by the access key that signed it, and which policies hold for them at this moment.

Source: "Global condition context keys" and "IAM identifiers" in the guide of IAM; "Task IAM role" in that of ECS.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import CredentialResolutionError, ResolvedCredential
from ministack.services import iam, sts

from ..parsed import Call
from ..settings import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY
from .evaluation import Document, Policies

ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"
#: ministack's way to call from another account.
_OTHER_ACCOUNT = re.compile(r"\d{12}")
_LETTERS = string.ascii_uppercase + string.digits


class UnknownKey(Exception):
    """No call is made with this key: AWS's code, and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Principal:
    """`arn` is what AWS's messages say: that of a user, or of the session of a role. `named` is what policies name: the
    user, or the role. Nobody judges the account's root: it has no policies. `keys` are those of the request's context.
    """

    arn: str
    named: str = ""
    policies: Policies | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)

    @property
    def session(self) -> str:
        return "" if self.arn == self.named else self.arn


#: Users that there are for tests alone, which IAM does not list, by their access keys.
_identities: dict[str, Policies] = {}
#: By role and session: whoever takes a role for the same gets the same keys. They do not expire.
_keys_of_sessions: dict[tuple[str, str], dict[str, str]] = {}
_organization: list[tuple[Document, ...]] = []
_numbers = itertools.count(1)


def of_call(call: Call) -> Principal:
    """Raises: UnknownKey"""
    return _of(call.access_key_id, call.session_token)


def secret_of(call: Call) -> str:
    """The secret key that goes with the access key; empty for calls from another account, which have any.

    Raises: UnknownKey
    """
    key = call.access_key_id
    if key == ACCESS_KEY_ID:
        return SECRET_ACCESS_KEY
    return "" if _OTHER_ACCOUNT.fullmatch(key) else str(_resolve(key, call.session_token).secret_access_key)


def arn_of(call: Call) -> str:
    """For the log; empty for a key that nobody has been given."""
    try:
        return of_call(call).arn
    except UnknownKey:
        return ""


def make(asked: Mapping[str, Any]) -> dict[str, str]:
    """A user with these `policies`, and at most what the `boundary` allows: the keys, as environment variables. It is
    there until the account is emptied.

    Raises: ValueError for a policy without statements.
    """
    documents = [*asked["policies"], *([asked["boundary"]] if asked.get("boundary") else [])]
    if wrong := [each for each in documents if "Statement" not in each]:
        raise ValueError(f"no policy: {wrong[0]}")
    name = f"identity-{next(_numbers)}"
    key, secret = f"AKIA{_random(16)}", _random(40)
    record = {
        "Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/{name}",
        "UserId": f"AIDA{_random(17)}",
        "SecretAccessKey": secret,
        "AccountId": ACCOUNT_ID,
        "PrincipalType": "User",
    }
    sts.register_session(key, record)
    _identities[key] = Policies(tuple(asked["policies"]), asked.get("boundary"))
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}


def set_organization(asked: Mapping[str, Any]) -> None:
    """The service control policies of each level above the account, as `levels`: from the next call on."""
    _organization[:] = [tuple(level) for level in asked["levels"]]


def organization() -> tuple[tuple[Document, ...], ...]:
    return tuple(_organization)


def keys_of_task(task_arn: str, role_arn: str) -> dict[str, str]:
    """The environment variables of a task's own keys, as the agent of ECS hands them out; none without a role. They are
    good for as long as the task runs, as the agent renews them on AWS.
    """
    return keys_of_session(role_arn, task_arn.rpartition("/")[2]) if role_arn else {}


def keys_of_session(role_arn: str, session: str) -> dict[str, str]:
    """The environment variables of the keys of a session of a role."""
    role = role_arn.rpartition("/")[2]
    if (role, session) not in _keys_of_sessions:
        _keys_of_sessions[role, session] = _give_keys(role, session)
    return _keys_of_sessions[role, session]


def forget() -> None:
    _identities.clear()
    _keys_of_sessions.clear()
    _organization.clear()


def _give_keys(role: str, session: str) -> dict[str, str]:
    key, secret, token = f"ASIA{_random(16)}", _random(40), _random(60)
    record = {
        "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session}",
        "UserId": f"AROA{_random(17)}:{session}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "AccountId": ACCOUNT_ID,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, record)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _unused in range(length))


def _of(key: str, token: str) -> Principal:
    if key == ACCESS_KEY_ID:
        return Principal(ROOT)
    if _OTHER_ACCOUNT.fullmatch(key):
        return Principal(ROOT.replace(ACCOUNT_ID, key))
    found = _resolve(key, token)
    if found.principal_type == "Root":
        return Principal(found.principal_arn)
    if key in _identities:
        user_keys = {"aws:username": found.principal_name, **_keys(found, {})}
        return Principal(found.principal_arn, found.principal_arn, _identities[key], user_keys)
    if found.principal_type == "User":
        return _user(found)
    if found.principal_type == "AssumedRole":
        return _session(found)
    raise NotImplementedError(f"calls of a {found.principal_type}")


def _resolve(key: str, token: str) -> ResolvedCredential:
    """Raises: UnknownKey"""
    found = iam_evaluator.resolve_credential(key, ACCOUNT_ID, token)
    if isinstance(found, CredentialResolutionError):
        raise UnknownKey(found.code, found.message)
    return found


def _user(found: ResolvedCredential) -> Principal:
    name = found.principal_name
    user = iam._users.get(name) or {}
    inline = iam._user_inline_policies.get(name) or {}
    for group_name, group in iam._groups.items():
        if name in group.get("Users", []):
            inline = {**inline, **{f"{group_name}/{key}": each for key, each in _inline_of_group(group_name).items()}}
            user = {**user, "AttachedPolicies": [*user.get("AttachedPolicies", []), *group.get("AttachedPolicies", [])]}
    policies = Policies(_documents(inline.values(), user), _boundary(user))
    keys = {"aws:username": name, **_keys(found, user)}
    return Principal(found.principal_arn, found.principal_arn, policies, keys)


def _inline_of_group(name: str) -> Mapping[str, Any]:
    return iam._group_inline_policies.get(name) or {}


def _session(found: ResolvedCredential) -> Principal:
    name = found.principal_arn.split("/")[1]
    session = sts._sessions[found.access_key_id]
    role = iam._roles.get(name) or {}
    policies = Policies(
        _documents((role.get("InlinePolicies") or {}).values(), role), _boundary(role), _of_session(session)
    )
    keys = {**_keys(found, role), **_tags(session.get("SessionTags") or [])}
    return Principal(found.principal_arn, role.get("Arn", f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"), policies, keys)


def _documents(inline: Iterable[Any], entity: Mapping[str, Any]) -> tuple[Document, ...]:
    return (*map(read, inline), *map(_managed, entity.get("AttachedPolicies", [])))


def _boundary(entity: Mapping[str, Any]) -> Document | None:
    arn = entity.get("PermissionsBoundary")
    return _managed(arn) if arn else None


def _of_session(session: Mapping[str, Any]) -> tuple[Document, ...] | None:
    passed = session.get("SessionPolicies")
    if passed is None:
        return None
    return (*map(read, filter(None, [passed.get("Policy")])), *map(_managed, passed.get("PolicyArns") or []))


def _managed(arn: str) -> Document:
    """A managed policy's document; one that is gone allows nothing."""
    document = iam_evaluator._resolve_managed_policy_document(arn, ACCOUNT_ID)
    return read(document) if document else {"Statement": []}


def read(document: Any) -> Document:
    """A document as IAM keeps it, which may be JSON."""
    found: Document = json.loads(document) if isinstance(document, str) else document
    return found


def _keys(found: ResolvedCredential, entity: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "aws:PrincipalAccount": found.account_id,
        "aws:PrincipalType": found.principal_type,
        "aws:userid": found.principal_id,
        **_tags(entity.get("Tags") or []),
    }


def _tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in tags}
