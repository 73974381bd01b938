# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets of AWS Secrets Manager, as they are compared: everything but their values.

A value that exists is never compared. What a composed value was made from is remembered on the secret itself, as
digests in the tag ``farflow:composed-from``, so that neither a value nor a call is needed to see that it is outdated.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from . import values as secret_values

TYPE = "secret"

COMPOSED_FROM = "farflow:composed-from"
_LONGEST_TAG = 256
_DIGEST_LENGTH = 10

#: Current version of secrets by name; a secret without a value has none.
Versions: TypeAlias = "Mapping[str, str | None]"

_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_SOURCE_KEYS = ("secret", "json_key", "encoding")
_OTHER = "(another)"
_AWS_KEY = "alias/aws/secretsmanager"


def desired(secret: Mapping[str, Any]) -> Resource:
    """``{name, description?, kms_key_id?, policy?, tags, generate? | compose?}`` as a resource. Secrets Manager rotates
    none: another value is made by who asks for it.
    """
    properties = {**_metadata(secret), "state": "present", "rotation": False, **_wanted_value(secret)}
    return Resource(TYPE, secret["name"], properties)


def _metadata(secret: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": secret.get("description") or None,
        "kms_key_id": _own_key(secret.get("kms_key_id")),
        "policy": policy.canonical(secret.get("policy")),
        "tags": {key: str(value) for key, value in (secret.get("tags") or {}).items()},
    }


def _own_key(kms_key_id: str | None) -> str | None:
    return None if not kms_key_id or kms_key_id.endswith(_AWS_KEY) else kms_key_id


def _wanted_value(secret: Mapping[str, Any]) -> dict[str, Any]:
    compose = secret.get("compose")
    if not compose:
        return {"value": "generated"} if secret.get("generate") else {}
    values = {name: str(value) for name, value in (compose.get("values") or {}).items()}
    return {
        "composed_from": {
            "template": compose["template"],
            **values,
            **{name: f"current version of {source['secret']}" for name, source in sources(secret).items()},
        }
    }


def has_value(secret: Mapping[str, Any]) -> bool:
    """Whether a value is to be made; else the secret waits for one, and has its ARN already."""
    return bool(secret.get("generate") or secret.get("compose"))


def sources(secret: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The secrets that one is composed from: placeholder -> ``{secret, json_key, encoding}``."""
    given = (secret.get("compose") or {}).get("secrets") or {}
    return {
        name: {
            "secret": source["secret"],
            "json_key": source.get("json_key"),
            "encoding": source.get("encoding") or "percent",
        }
        for name, source in given.items()
    }


def canonical(
    document: Mapping[str, Any], secret: Mapping[str, Any], versions: Versions, resource_policy: str | None
) -> Resource:
    """A member of ListSecrets' answer, and its resource policy, as a resource, seen by one who wants ``secret`` (``{}``
    when nobody does).
    """
    tags = {tag["Key"]: tag["Value"] for tag in document.get("Tags") or [] if not tag["Key"].startswith("aws:")}
    remembered = tags.pop(COMPOSED_FROM, None)
    value = current_version(document)
    properties = {
        "description": document.get("Description") or None,
        "kms_key_id": _own_key(document.get("KmsKeyId")),
        "policy": policy.canonical(resource_policy),
        "tags": tags,
        "state": "pending deletion" if document.get("DeletedDate") else "present",
        "rotation": bool(document.get("RotationEnabled")),
    }
    if secret.get("compose"):
        properties["composed_from"] = _seen_parts(secret, remembered, versions) if value else None
    elif secret.get("generate"):
        properties["value"] = "generated" if value else None
    return Resource(TYPE, document["Name"], properties, document["ARN"])


def current_version(document: Mapping[str, Any]) -> str | None:
    """Id of the version that is in force; None when the secret has no value."""
    stages = document.get("SecretVersionsToStages") or {}
    return next((version for version, labels in stages.items() if "AWSCURRENT" in labels), None)


def _seen_parts(secret: Mapping[str, Any], remembered: str | None, versions: Versions) -> dict[str, str]:
    found = dict(part.partition("=")[::2] for part in (remembered or "").split())
    wanted = _wanted_value(secret)["composed_from"]
    digests = _digests(secret, {name: versions.get(source["secret"]) for name, source in sources(secret).items()})
    seen = {name: text if found.get(name) == digests[name] else _OTHER for name, text in wanted.items()}
    return {**seen, **{name: _OTHER for name in found if name not in wanted}}


def composed_from(secret: Mapping[str, Any], used: Versions) -> str:
    """The tag that remembers what a value was composed from. ``used`` names the version by placeholder."""
    return " ".join(f"{name}={digest}" for name, digest in _digests(secret, used).items())


def _digests(secret: Mapping[str, Any], used: Versions) -> dict[str, str]:
    parts: dict[str, Any] = dict(_wanted_value(secret)["composed_from"])
    for name, source in sources(secret).items():
        parts[name] = [*source.values(), used.get(name)]
    return {name: _digest(part) for name, part in parts.items()}


def _digest(part: Any) -> str:
    return hashlib.sha256(json.dumps(part).encode()).hexdigest()[:_DIGEST_LENGTH]


def update_of(wanted: Resource, differs: set[str]) -> dict[str, str]:
    """Those members of UpdateSecret's input that bring about what differs."""
    members = {
        "description": {"Description": wanted.properties["description"] or ""},
        "kms_key_id": {"KmsKeyId": wanted.properties["kms_key_id"] or _AWS_KEY},
    }
    return {member: value for name in sorted(differs & set(members)) for member, value in members[name].items()}


def errors(secrets: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a list of secrets that shall exist, each with the secret's name; empty when nothing is."""
    names = [secret["name"] for secret in secrets]
    composed = {secret["name"] for secret in secrets if secret.get("compose")}
    found = [f"secret {name}: named more than once" for name in sorted({n for n in names if names.count(n) > 1})]
    for secret in secrets:
        problems = []
        if secret.get("generate") and secret.get("compose"):
            problems = ["give one of generate and compose"]
        elif secret.get("compose"):
            problems = _compose_errors(secret, composed)
        elif secret.get("generate"):
            problems = _generate_errors(secret["generate"])
        if not _NAME.fullmatch(secret["name"]):
            problems.append("a name has 1 to 512 letters, digits and characters of /_+=.@-")
        found += [f"secret {secret['name']}: {problem}" for problem in problems]
    return found


def _generate_errors(generate: Mapping[str, Any]) -> list[str]:
    kind, length, excluded = generate["kind"], generate.get("length"), generate.get("exclude_characters")
    problems = []
    if kind != "password" and excluded is not None:
        problems.append(f"exclude_characters is for passwords, not for a {kind}")
    if kind == "password" and secret_values.password_characters(excluded or "") < 10:
        problems.append("exclude_characters leaves fewer than 10 characters for a password")
    if kind == "fernet_key" and length is not None:
        problems.append("a fernet_key has no length")
    elif length is not None and length not in secret_values.LENGTHS[kind]:
        bounds = secret_values.LENGTHS[kind]
        problems.append(f"length {length} of a {kind} is not between {bounds.start} and {bounds.stop - 1}")
    return problems


def _compose_errors(secret: Mapping[str, Any], composed: set[str]) -> list[str]:
    compose = secret["compose"]
    unreadable = _source_errors(compose.get("secrets") or {})
    if unreadable:
        return unreadable
    values, taken = set(compose.get("values") or {}), set(sources(secret))
    used = secret_values.placeholders(compose["template"])
    problems = [f"{{{name}}} stands in the template but not under values or secrets" for name in used - values - taken]
    problems += [f"{name} is given but the template has no {{{name}}}" for name in (values | taken) - used]
    problems += [f"{name} is given under values and under secrets" for name in values & taken]
    problems += ["a part can't have the name template"] if "template" in values | taken else []
    problems += [
        f"{name} can't come from {source['secret']}, which is composed itself"
        for name, source in sources(secret).items()
        if source["secret"] in composed
    ]
    if not problems and len(composed_from(secret, {})) > _LONGEST_TAG:
        problems.append(f"has too many parts: what it is composed from has to fit a tag of {_LONGEST_TAG} characters")
    return sorted(problems)


def _source_errors(given: Mapping[str, Any]) -> list[str]:
    problems = []
    for name, source in given.items():
        if not isinstance(source, Mapping) or not source.get("secret"):
            problems.append(f"{name} needs a dictionary with secret, the name of the secret that it comes from")
            continue
        problems += [f"{name} has the unknown key {key}" for key in source if key not in _SOURCE_KEYS]
        if (source.get("encoding") or "percent") not in secret_values.ENCODINGS:
            problems.append(f"{name} has the encoding {source['encoding']}, not one of percent, json and none")
    return problems
