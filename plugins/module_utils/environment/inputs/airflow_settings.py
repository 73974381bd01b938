# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which settings of Airflow a user may give, and where: those that there are, but not those that the rest of the
environment hangs on, and no secret as plain text. A former name of a setting is judged as its name of today.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ... import dag_versions
from ...project.task_yml import secret
from ...validation import airflow_options
from ...validation.plain_secrets import holds_secret
from ...validation.value_checks import (
    Problem,
    below,
    in_turn,
    list_of,
    map_of,
    nearest,
    plain_text,
    scalar,
    text,
    wrong,
)
from ..broker import broker
from ..settings import COMMAND_SECRETS, SHARED_SECRETS, variable

_QUEUE = "none: the queue is the environment's"
_IMAGE = "none: it is the image's"
_CONCURRENCY = "worker_pool_concurrency, or concurrency in worker_pools"
_PORT = "none: the security groups know it by its port"

#: Variables that the deploy sets and nobody else can, with what is allowed instead.
OURS = {
    **dict.fromkeys((*SHARED_SECRETS, *COMMAND_SECRETS), "none: the deploy makes it, in Secrets Manager"),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": "none: Airflow derives it from the one that the deploy makes",
    "AIRFLOW__API__BASE_URL": "airflow_service_base_url",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "airflow_service_execution_api_url",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": _CONCURRENCY,
    "AIRFLOW__CELERY__WORKER_AUTOSCALE": _CONCURRENCY,
    "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": "none: a worker takes no more than it can begin",
    "AIRFLOW__CELERY__TASK_ACKS_LATE": "none: a message is kept until its task has ended, or it would be lost",
    **dict.fromkeys((variable(*key) for key in broker.RESERVED), _QUEUE),
    "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "worker_drain_hours, from which it follows",
    "AIRFLOW__API__PORT": _PORT,
    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": _PORT,
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": _PORT,
    "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": "airflow_service_dag_bundles",
    "AIRFLOW_CONN_AWS_DEFAULT": "a connection of another name: logs and secrets are reached by this one",
    "AIRFLOW__API__HOST": "none: the load balancer and the health check reach each address of the container",
    "AIRFLOW__API__SSL_CERT": "airflow_service_certificate_arn: behind the load balancer Airflow speaks plain HTTP",
    "AIRFLOW__API__SSL_KEY": "airflow_service_certificate_arn: behind the load balancer Airflow speaks plain HTTP",
    "AIRFLOW__CORE__PLUGINS_FOLDER": _IMAGE,
    "AIRFLOW_HOME": _IMAGE,
    "AIRFLOW_CONFIG": _IMAGE,
    "AWS_REGION": "farflow_region",
    "AWS_DEFAULT_REGION": "farflow_region",
}

_RESERVED_BUNDLES = {
    dag_versions.BUNDLE: "it is that of the project's own DAGs",
    "example_dags": "Airflow keeps it for its examples",
}

#: What names that begin so are for.
_RESERVED = {
    "FARFLOW_": "none: the deploy sets those that begin with FARFLOW_",
    "AWS_CONTAINER_": "none: ECS sets those that begin with AWS_CONTAINER_",
    "ECS_": "none: ECS sets those that begin with ECS_",
}

_PREFIX = "AIRFLOW__"


def _variable_of(name: str) -> str:
    """Of a setting ``<section>.<key>``; a section may have dots, a key has none."""
    section, _unused, key = name.rpartition(".")
    return variable(section, key)


_KNOWN = {_variable_of(name): name for name in airflow_options.KNOWN}
_REMOVED = {_variable_of(name) for name in airflow_options.REMOVED}
_RENAMED = {_variable_of(old): _variable_of(name) for old, name in airflow_options.RENAMED.items()}
_DOTTED = [section for section in airflow_options.SECTIONS if "." in section]
_OWN_SECTIONS = {variable(section, "") for section in airflow_options.SECTIONS}
_WHOLE_SECTIONS = tuple(variable(section, "") for section in airflow_options.WHOLE_SECTIONS)
_SENSITIVE = {_variable_of(name) for name in airflow_options.SENSITIVE}
#: These are sensitive for what they may hold.
_DOCUMENTS = tuple(name for name in _SENSITIVE if name.endswith(("ARGS", "KWARGS")))
_KEYS_OF_AWS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}

#: How Airflow reads a sensitive setting from elsewhere: from a command's output, or from the secrets backend.
_ELSEWHERE = re.compile("_(CMD|SECRET)$")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


_EXECUTOR = "AIRFLOW__CORE__EXECUTOR"
#: At the end of a name; what is of a secret, as its name or its age, has more behind it.
_NAME_OF_SECRET = re.compile(r"(PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|(ACCESS|API|PRIVATE|SECRET)_?KEY)$")

_WORDS = {
    "boolean": "true or false",
    "float": "a number",
    "integer": "a whole number",
    "text": "a text or a number",
}


def config(value: Mapping[Any, Any]) -> Iterator[Problem]:
    """``{section: {key: value}}``"""
    names: set[str] = set()
    for section, keys in value.items():
        if not isinstance(keys, Mapping):
            yield from below(section, [wrong(keys, "a mapping of Airflow's keys to values")])
            continue
        for key, setting in keys.items():
            yield from below(section, below(key, _setting(section, key, setting)))
            name = variable(str(section), str(key))
            if name in names:
                yield (section, key), f"is {name} once more, allowed: each setting once, in whatever letters"
            names.add(name)


def environment(value: Mapping[Any, Any]) -> Iterator[Problem]:
    """``{name: value}``"""
    yield from map_of(plain_text(), "a mapping of names to texts")(value)
    for name, content in value.items():
        named = list(_variable(str(name), content))
        yield from below(name, named or (_kind(str(name), content) if isinstance(content, str) else ()))


def secrets(value: Mapping[Any, Any]) -> Iterator[Problem]:
    """``{name: ARN}``"""
    yield from map_of(secret("the whole ARN of a secret in Secrets Manager"), "a mapping")(value)
    for name in value:
        yield from below(name, _ours(str(name)))


def bundles(value: list[Any]) -> Iterator[Problem]:
    """``[{name, classpath, kwargs}]``"""
    names: set[Any] = set()
    for index, bundle in enumerate(value):
        yield from below(index, _bundle(bundle))
        if bundle.get("name") in names:
            yield (index, "name"), f"is {bundle['name']!r} once more, allowed: each name once"
        names.add(bundle.get("name"))


def _bundle(bundle: Mapping[str, Any]) -> Iterator[Problem]:
    name, kwargs = bundle["name"], bundle.get("kwargs") or {}
    yield from below("name", text(r"[A-Za-z0-9_.-]{1,200}", "1 to 200 letters, digits and characters of _.-")(name))
    if name in _RESERVED_BUNDLES:
        yield ("name",), f"is {name!r}, allowed: another name, since {_RESERVED_BUNDLES[name]}"
    allowed = "the Python path of a class, such as airflow.providers.git.bundles.git.GitDagBundle"
    yield from below("classpath", text(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", allowed, re.ASCII)(bundle["classpath"]))
    if holds_secret(kwargs):
        yield (
            ("kwargs",),
            "hold a password or a key, allowed: a connection, in a secret named farflow/<environment>/connections/<id>",
        )


def of_plugins(value: list[Any]) -> Iterator[Problem]:
    """``[section]`` or ``[section.key]``"""
    dotted = "|".join(map(re.escape, _DOTTED))
    name = text(
        rf"(?!(?i:airflow__))([A-Za-z][A-Za-z0-9_-]*|{dotted})(\.[A-Za-z0-9_-]+)?",
        "a section, or a setting as section.key",
    )
    yield from in_turn(list_of(name, "a list", may_be_empty=True), _sections)(value)


def _sections(value: list[str]) -> Iterator[Problem]:
    given: dict[str, str] = {}
    for index, each in enumerate(value):
        prefix = variable(each, "")
        if prefix in given:
            again = f"is {each!r}, which is {given[prefix]!r} once more, allowed: each once, in whatever letters"
            yield (index,), again
        else:
            yield from below(index, _known_already(each, prefix))
        given.setdefault(prefix, each)


def _known_already(each: str, prefix: str) -> Iterator[Problem]:
    section, _unused, key = each.rpartition(".")
    name = variable(section, key)
    if prefix in _OWN_SECTIONS:
        yield (
            (),
            f"is {each!r}, a section of Airflow's own or its providers', in which no mistake would be seen any more, "
            "allowed: the setting in it that they do not know, as section.key",
        )
    elif name in _RENAMED:
        yield (), f"is {each!r}, which Airflow has given up, allowed: its name of today, {_today(_RENAMED[name])}"
    elif section and _is_known(name, []):
        yield (), f"is {each!r}, which Airflow or a provider knows, allowed: what they do not know"


def variables(settings: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The variables by which a configuration reaches Airflow."""
    return {variable(section, key) for section, keys in settings.items() for key in keys}


def unknown_settings(config: Mapping[str, Mapping[str, Any]], others: Collection[str]) -> Iterator[Problem]:
    """What Airflow does not know of a configuration in which nothing else is wrong, and what of others is a secret;
    ``others`` as in ``of_plugins``.
    """
    for section, keys in config.items():
        for key, value in keys.items():
            name = variable(section, key)
            if not _is_known(name, others):
                yield (section, key), _unknown(f"{section}.{key}", airflow_options.KNOWN)
            elif _is_plain_secret(name, value):
                yield (section, key), _secret(name)


def unknown_variables(variables: Mapping[str, Any], others: Collection[str]) -> Iterator[Problem]:
    """The same of environment variables; those that are no settings of Airflow are the user's."""
    for name, value in variables.items():
        if name.startswith(_PREFIX) and not _is_known(name, others):
            yield (name,), _unknown(name, _KNOWN)
        elif _is_plain_secret(name, value):
            yield (name,), _secret(name)


def unknown_names(names: Iterable[str], others: Collection[str]) -> Iterator[Problem]:
    """The same of variables whose values are secrets anyway."""
    yield from unknown_variables(dict.fromkeys(names), others)


def _unknown(name: str, known: Iterable[str]) -> str:
    version = airflow_options.PACKAGES["apache-airflow"]
    return (
        f"is no setting of Airflow {version} and its providers{nearest(name, known)}; allowed: those, and what "
        "airflow_service_config_of_plugins names"
    )


def _is_known(name: str, others: Collection[str]) -> bool:
    if name in _KNOWN or name.startswith(_WHOLE_SECTIONS) or _ELSEWHERE.sub("", name) in _SENSITIVE:
        return True
    # What Airflow has given up is read by a plugin only where that is said of it by its name.
    return any(
        name == _variable_of(each) or (name not in _REMOVED and name.startswith(variable(each, ""))) for each in others
    )


def _setting(section: Any, key: Any, value: Any) -> Iterator[Problem]:
    if not all(isinstance(each, str) and _NAME.fullmatch(each) for each in (section, key)):
        yield (), "is no setting of Airflow, allowed: a section and a key of letters, digits and _"
        return
    name = variable(section, key)
    found = list(_variable(name, value))
    if not isinstance(value, (Mapping, list)):  # those become JSON
        found = found or list(scalar(value))
    yield from found or _kind(name, value)


def _variable(name: str, value: Any) -> Iterator[Problem]:
    present = _present(name)
    is_sensitive = present in _SENSITIVE and (present not in _DOCUMENTS or holds_secret(value))
    if present not in OURS and is_sensitive:
        yield (), f"is a secret, allowed: its ARN, under airflow_service_secrets as {present}"
    elif found := list(_ours(name)):
        yield from found
    elif name.startswith(_PREFIX) and holds_secret(value):
        yield (), _secret(name)
    if name in _KEYS_OF_AWS:
        yield (), "is a key of AWS, allowed: rights by airflow_service_policy, which need none"
    if name.startswith("AIRFLOW_CONN_") and holds_secret(value):
        yield (), "holds a password, allowed: a secret named farflow/<environment>/connections/<id>"


def _is_plain_secret(name: str, value: Any) -> bool:
    """Whether a setting of which Airflow says nothing has the name of a secret, and a text."""
    is_text = isinstance(value, str) and bool(value) and not value.isdecimal()
    is_told_of = not name.startswith(_PREFIX) or name in _KNOWN or _ELSEWHERE.sub("", name) in _SENSITIVE
    return is_text and not is_told_of and bool(_NAME_OF_SECRET.search(name.upper()))


def _secret(name: str) -> str:
    return f"holds a password or a key, allowed: its ARN, under airflow_service_secrets as {name}"


def _kind(name: str, value: Any) -> Iterator[Problem]:
    """Whether Airflow can read a value for what the setting is: it ends, or falls back to nothing, where it can not."""
    setting = _KNOWN.get(name, "")
    kind, choices = airflow_options.KNOWN.get(setting, ""), airflow_options.CHOICES.get(setting, "").split()
    if name == _EXECUTOR and "CeleryExecutor" not in str(value):
        yield wrong(value, "CeleryExecutor, alone or with others: it is what hands tasks to the workers")
    elif choices and value not in ("", *choices):
        yield wrong(value, f"{' or '.join(choices)}{nearest(value, choices)}")
    elif kind == "json":
        if not isinstance(value, (Mapping, list)) and not _is_json(value):
            yield (), "is no JSON, allowed: a mapping or a list, or one of them as JSON in a text"
    elif isinstance(value, (Mapping, list)):
        if kind:
            yield wrong(value, f"{_WORDS[kind]}, as Airflow reads it")
    elif value is not None and kind in _READS and not _READS[kind](str(value).strip().lower()):
        yield wrong(value, _WORDS[kind])


def _is_json(value: Any) -> bool:
    """A text without anything is nothing."""
    try:
        return value in ("", None) or isinstance(json.loads(value), (dict, list))
    except (TypeError, ValueError, RecursionError):
        return False


def _is_boolean(text: str) -> bool:
    return text.partition("#")[0].strip() in {"t", "true", "1", "f", "false", "0"}


def _is_float(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_integer(text: str) -> bool:
    return _is_float(text) and float(text).is_integer()


#: How Airflow reads a value, which is in small letters here.
_READS = {"boolean": _is_boolean, "float": _is_float, "integer": _is_integer}


def _ours(name: str) -> Iterator[Problem]:
    """What is wrong with the name alone."""
    present = _present(name)
    instead = OURS.get(_ELSEWHERE.sub("", present)) or OURS.get(present)
    instead = instead or next((text for prefix, text in _RESERVED.items() if name.startswith(prefix)), None)
    if instead:
        yield (), f"is {present}, which the deploy sets itself, allowed: {instead}"
    elif present != name:
        yield (), f"is a name that Airflow has given up, allowed: its name of today, {_today(present)}"


def _present(name: str) -> str:
    """The name that a variable has today."""
    if name in _KNOWN:
        return name
    elsewhere = _ELSEWHERE.search(name)
    suffix = elsewhere[0] if elsewhere and name not in _RENAMED else ""
    base = name.removesuffix(suffix)
    return _RENAMED.get(base, base) + suffix


def _today(name: str) -> str:
    setting = _KNOWN.get(_ELSEWHERE.sub("", name), name)
    return f"{setting} in airflow_service_config, {name} elsewhere"
