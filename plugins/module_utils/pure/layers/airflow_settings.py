# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which settings of Airflow a user may give, and where: not those that the rest of the environment hangs on, and no
secret as plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..task_yml import SECRET_ARN
from ..value_checks import Problem, below, exact, map_of, scalar, secret_text, wrong
from .settings import COMMAND_SECRETS, SHARED_SECRETS, variable

_QUEUE = "none: the queue is the environment's"
_PORT = "none: the security groups know it by its port"

#: Variables that the deploy sets and nobody else can, with what is allowed instead.
OURS = {
    **dict.fromkeys((*SHARED_SECRETS, *COMMAND_SECRETS), "none: the deploy makes it, in Secrets Manager"),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": "none: Airflow derives it from the one that the deploy makes",
    "AIRFLOW__API__BASE_URL": "airflow_service_base_url",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "airflow_service_execution_api_url",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "worker_pool_concurrency",
    "AIRFLOW__CELERY__BROKER_URL": _QUEUE,
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__REGION": _QUEUE,
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": _QUEUE,
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__PREDEFINED_QUEUES": _QUEUE,
    "AIRFLOW__OPERATORS__DEFAULT_QUEUE": _QUEUE,
    "AIRFLOW__API__PORT": _PORT,
    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": _PORT,
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": _PORT,
    "AIRFLOW_CONN_AWS_DEFAULT": "a connection of another name: logs and secrets are reached by this one",
    "AIRFLOW_HOME": "none: it is the image's",
    "AIRFLOW_CONFIG": "none: it is the image's",
    "AWS_REGION": "farflow_region",
    "AWS_DEFAULT_REGION": "farflow_region",
}

#: What names that begin so are for.
_RESERVED = {
    "FARFLOW_": "none: the deploy sets those that begin with FARFLOW_",
    "AWS_CONTAINER_": "none: ECS sets those that begin with AWS_CONTAINER_",
    "ECS_": "none: ECS sets those that begin with ECS_",
}

#: Further settings that are secrets. Source: the options that Airflow's own configuration reference marks as sensitive.
_SENSITIVE = {
    variable(*name.split("."))
    for name in ("smtp.smtp_password", "celery.flower_basic_auth", "sentry.sentry_dsn", "opensearch.password")
}
_KEYS_OF_AWS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_PASSWORD_IN_URI = re.compile(r"://[^/?#@]*:[^/?#@]+@")


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
    yield from map_of(exact, "a mapping of names to texts")(value)
    for name, content in value.items():
        yield from below(name, _variable(str(name), content))


def secrets(value: Mapping[Any, Any]) -> Iterator[Problem]:
    """``{name: ARN}``"""
    yield from map_of(secret_text(SECRET_ARN, "the whole ARN of a secret in Secrets Manager"), "a mapping")(value)
    for name in value:
        yield from below(name, _ours(str(name)))


def variables(settings: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The variables by which a configuration reaches Airflow."""
    return {variable(section, key) for section, keys in settings.items() for key in keys}


def has_password(connection: Any) -> bool:
    """Whether a connection, as a URI or as JSON, holds its password."""
    if not isinstance(connection, str):
        return False
    try:
        parsed = json.loads(connection)
    except ValueError:
        return bool(_PASSWORD_IN_URI.search(connection))
    return isinstance(parsed, dict) and bool(parsed.get("password"))


def _setting(section: Any, key: Any, value: Any) -> Iterator[Problem]:
    if not all(isinstance(each, str) and _NAME.fullmatch(each) for each in (section, key)):
        yield (), "is no setting of Airflow, allowed: a section and a key of letters, digits and _"
        return
    yield from _variable(variable(section, key), value)
    if not isinstance(value, (Mapping, list)):  # those become JSON
        yield from scalar(value)


def _variable(name: str, value: Any) -> Iterator[Problem]:
    yield from _ours(name)
    if name in _SENSITIVE:
        yield (), f"is a secret, allowed: its ARN, under airflow_service_secrets as {name}"
    if name in _KEYS_OF_AWS:
        yield (), "is a key of AWS, allowed: rights by airflow_service_policy, which need none"
    if name.startswith("AIRFLOW_CONN_") and has_password(value):
        yield (), "holds a password, allowed: a secret named farflow/<environment>/connections/<id>"


def _ours(name: str) -> Iterator[Problem]:
    instead = OURS.get(re.sub("_(CMD|SECRET)$", "", name)) or OURS.get(name)
    instead = instead or next((text for prefix, text in _RESERVED.items() if name.startswith(prefix)), None)
    if instead:
        yield (), f"is {name}, which the deploy sets itself, allowed: {instead}"
