# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets of AWS Secrets Manager, read as resources and brought to what is desired."""

from __future__ import annotations

import os.path
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by, doing
from ...engine.compare import differences
from ...engine.errors import FarflowError
from ...engine.parallel import in_parallel
from ...engine.reconcile import Operations, Outcome, reconcile
from ...engine.waiting import NotYet, wait_for
from . import calls, values
from . import documents as secret_documents
from . import value_calls as secret_values

Secret = Mapping[str, Any]
Documents = dict[str, dict[str, Any]]

_WHAT = "secret"
_READABLE_WITHIN = 60.0
_NAME_FREE_WITHIN = 120.0

#: What AWS says of a name that a deleted secret keeps for a while.
_GOING = ("scheduled for deletion", "because it was deleted")


def find(clients: Clients, environment: str, secrets: Sequence[Secret] = ()) -> list[Resource]:
    """Every secret of an environment, named ``farflow/<environment>/...``, whoever made it.

    ``secrets`` are those that are wanted, as ``documents.desired`` takes them: each costs a call for its policy, and
    what is as wanted in the list none but that; the list may be minutes old, so that whatever is not, or was deleted
    or made anew since, is looked at again, one by one.
    """
    listed = _by_name(calls.list_all(clients, f"farflow/{environment}/"))
    return _seen(clients, listed, {**dict.fromkeys(listed, {}), **_wanted(secrets)})


def read(clients: Clients, secrets: Sequence[Secret]) -> list[Resource]:
    """Those of the wanted secrets that exist."""
    wanted = _wanted(secrets)
    listed = _by_name(calls.list_all(clients, os.path.commonprefix(list(wanted))))
    return _seen(clients, listed, wanted)


def _wanted(secrets: Sequence[Secret]) -> dict[str, Secret]:
    return {secret["name"]: secret for secret in secrets}


def _by_name(documents: list[dict[str, Any]]) -> Documents:
    return {document["Name"]: document for document in documents}


def _seen(clients: Clients, listed: Documents, wanted: Mapping[str, Secret]) -> list[Resource]:
    doubtful = {name: secret for name, secret in wanted.items() if not _as_wanted(listed, name, secret)}
    used = {source["secret"] for secret in doubtful.values() for source in secret_documents.sources(secret).values()}
    documents = _described_anew(clients, listed, used.union(doubtful))
    ours = [name for name, secret in wanted.items() if secret and name in documents]
    told = dict(zip(ours, in_parallel(lambda name: calls.resource_policy(clients, name), ours), strict=True))
    others = {name for name, (arn, _unused) in told.items() if arn != documents[name]["ARN"]}
    documents = _described_anew(clients, documents, others.intersection(listed))
    policies = {name: document for name, (_unused, document) in told.items()}
    found = [(name, secret) for name, secret in wanted.items() if name in documents]
    return [_resource(documents, name, secret, policies.get(name)) for name, secret in found]


def _described_anew(clients: Clients, documents: Documents, names: Collection[str]) -> Documents:
    """The documents with those of the names as AWS has them now, without those that are gone."""
    names = sorted(names)
    fresh = dict(zip(names, in_parallel(lambda name: calls.describe(clients, name), names), strict=True))
    return {name: document for name, document in {**documents, **fresh}.items() if document}


def _as_wanted(listed: Documents, name: str, secret: Secret) -> bool:
    """Whether a secret's document is, of which its policy is no part."""
    if name not in listed or not secret:
        return False
    seen = _resource(listed, name, secret, None).properties
    return not differences({**secret_documents.desired(secret).properties, "policy": None}, seen)


def _resource(documents: Documents, name: str, secret: Secret, resource_policy: str | None) -> Resource:
    used = {source["secret"] for source in secret_documents.sources(secret).values()}
    versions = {source: secret_documents.current_version(documents[source]) for source in used if source in documents}
    return secret_documents.canonical(documents[name], secret, versions, resource_policy)


def present(clients: Clients, secrets: Sequence[Secret], check_mode: bool) -> list[Outcome]:
    """Brings all secrets to what is desired: first the generated ones, then what is composed from them."""
    actual = {resource.name: resource for resource in read(clients, secrets)}
    operations = _operations(clients, _wanted(secrets))
    outcomes = {}
    for composed in (False, True):
        desired = [secret_documents.desired(secret) for secret in secrets if bool(secret.get("compose")) is composed]
        found = [actual[wanted.name] for wanted in desired if wanted.name in actual]
        outcomes.update({outcome.name: outcome for outcome in reconcile(desired, found, operations, check_mode)})
    return [outcomes[secret["name"]] for secret in secrets]


def absent(clients: Clients, secrets: Sequence[Secret], check_mode: bool) -> list[Outcome]:
    """Deletes the named secrets, with their recovery window or for ever. One that is pending deletion already is
    deleted only if it shall go for ever.
    """
    wanted = _wanted(secrets)
    listed = _by_name(calls.list_all(clients, os.path.commonprefix(list(wanted))))
    found = [
        resource
        for resource in _seen(clients, listed, dict.fromkeys(wanted, {}))
        if _for_ever(wanted[resource.name]) or resource.properties["state"] == "present"
    ]
    return reconcile([], found, _operations(clients, wanted), check_mode)


def _for_ever(secret: Secret) -> bool:
    return bool(secret.get("force_delete_without_recovery"))


def _operations(clients: Clients, secrets: Mapping[str, Secret]) -> Operations:
    def create(wanted: Resource) -> str:
        secret, properties = secrets[wanted.name], wanted.properties
        value, remembered = _make(clients, secret) if secret_documents.has_value(secret) else (None, {})
        tags = {**properties["tags"], **remembered}

        def check() -> str | NotYet:
            """AWS deletes in the background, and for that while keeps the name of what was deleted for ever."""
            try:
                with doing("create", _WHAT, wanted.name):
                    arn = calls.create(
                        clients, wanted.name, value, properties["description"], properties["kms_key_id"], tags
                    )
            except FarflowError as error:
                if caused_by(error, calls.REFUSED) and any(words in str(error) for words in _GOING):
                    return NotYet(str(error))
                raise
            found = arn or (calls.describe(clients, wanted.name) or {}).get("ARN")
            return found or NotYet("AWS says that it exists, and does not show it")

        made = wait_for(check, _NAME_FREE_WITHIN, f"secret {wanted.name} to be made")
        if properties["policy"]:
            with doing("set the policy of", _WHAT, wanted.name):
                _set_policy(clients, wanted)
        return made

    def change(wanted: Resource, found: Resource) -> None:
        with doing("change", _WHAT, wanted.name):
            change_now(wanted, found)

    def change_now(wanted: Resource, found: Resource) -> None:
        differs = {key for key, value in wanted.properties.items() if differences(value, found.properties[key])}
        if "state" in differs:
            calls.restore(clients, wanted.name)
        if differs & {"state", "policy"}:  # that of a secret that is to be deleted is not told
            _set_policy(clients, wanted)
        if "rotation" in differs:
            calls.cancel_rotation(clients, wanted.name)
        changes = secret_documents.update_of(wanted, differs)
        if changes:
            calls.update(clients, wanted.name, changes)
        remembered: dict[str, str] = {}
        if differs & {"value", "composed_from"}:
            value, remembered = _make(clients, secrets[wanted.name])
            calls.put_value(clients, wanted.name, value)
        if "tags" in differs or remembered:
            tags = {**wanted.properties["tags"], **remembered}
            superfluous = sorted(set(found.properties["tags"]) - set(tags))
            calls.set_tags(clients, wanted.name, tags, superfluous)

    def delete(found: Resource) -> None:
        secret = secrets[found.name]
        window = None if _for_ever(secret) else secret.get("recovery_window_in_days")
        with doing("delete", _WHAT, found.name):
            calls.delete(clients, found.name, window)
        if window is None:
            _wait_until_gone(clients, found.name)

    return Operations(create, change, delete)


def _set_policy(clients: Clients, wanted: Resource) -> None:
    document = wanted.properties["policy"]
    calls.set_resource_policy(clients, wanted.name, policy.to_json(document) if document else None)


def _make(clients: Clients, secret: Secret) -> tuple[str, dict[str, str]]:
    """A secret's new value, and the tag that remembers what it is composed from."""
    generate = secret.get("generate")
    if generate:
        return values.generated(generate["kind"], generate.get("length"), generate.get("exclude_characters")), {}
    compose = secret["compose"]
    parts = {name: str(value) for name, value in (compose.get("values") or {}).items()}
    used: dict[str, str | None] = {}
    for name, source in secret_documents.sources(secret).items():
        found = wait_until_readable(clients, source["secret"], "from which another one is composed")
        value = values.member(found.value, source["json_key"], source["secret"])
        parts[name] = values.encoded(value, source["encoding"])
        used[name] = found.version
    return values.composed(compose["template"], parts), {
        secret_documents.COMPOSED_FROM: secret_documents.composed_from(secret, used)
    }


def wait_until_readable(clients: Clients, name: str, use: str) -> secret_values.SecretValue:
    """The value of a secret that may have been made a moment ago; ``use`` says what it is read for."""
    missing = NotYet("it does not exist or has no value; make it first with farflow.airflow.secretsmanager_secrets")

    def check() -> secret_values.SecretValue | NotYet:
        return secret_values.read(clients, name) or missing

    return wait_for(check, _READABLE_WITHIN, f"secret {name}, {use},", interval=0.5)


def _wait_until_gone(clients: Clients, name: str) -> None:
    wait_for(
        lambda: True if calls.describe(clients, name) is None else NotYet("still there"),
        _READABLE_WITHIN,
        f"secret {name} to be gone",
        interval=0.5,
    )
