# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The keys of a DAG task's task.yml: what each may be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .. import naming
from ..validation.fargate import CPU_MEMORY, EPHEMERAL_STORAGE_GIB, STOP_TIMEOUT_SECONDS
from ..validation.iam_statements import statements
from ..validation.plain_secrets import is_plain_secret
from ..validation.value_checks import (
    Check,
    Problem,
    between,
    boolean,
    list_of,
    map_of,
    members,
    number,
    one_of,
    plain_text,
    secret_text,
    text,
)

ARCHITECTURES = ("X86_64", "ARM64")

#: Of ECS's 64 KiB for a task definition, which holds the image, the log group and tags beside what task.yml says.
LARGEST = 56 * 1024

_SECRET_BEGINS = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+"
#: Whole, with the six characters that AWS adds to the name: a policy that names less of it grants nothing. A JSON key,
#: a version's stage and its id may follow: all three, empty or not.
_SECRET_ARN = rf"{_SECRET_BEGINS}-[A-Za-z0-9]{{6}}(:[^:]*:[^:]*:[^:]*)?"
_SECRET_NAME = r"[\w/+=.@-]{1,400}"
_SECRET_WITH_LESS = re.compile(rf"(?P<arn>{_SECRET_BEGINS}):(?P<key>[^:]*)(:[^:]*)?", re.ASCII)


def secret(words: str, also: str = "") -> Check:
    """The ARN of a secret as ECS takes it, or what else a pattern allows."""
    check = secret_text(f"{_SECRET_ARN}|{also}" if also else _SECRET_ARN, words)

    def with_colons(value: Any) -> Iterator[Problem]:
        short = _SECRET_WITH_LESS.fullmatch(value) if isinstance(value, str) else None
        if short:
            whole = f"{short['arn']}:{short['key']}::"
            yield (), f"is {value!r}, which lacks colons at its end, allowed: '{whole}', in quotes"
        else:
            yield from check(value)

    return with_colons


def problems(document: Mapping[Any, Any]) -> Iterator[Problem]:
    """Everything that is wrong with a task.yml, each with its place."""
    yield from members(document, KEYS)
    environment, secrets = document.get("environment"), document.get("secrets")
    if isinstance(environment, Mapping) and isinstance(secrets, Mapping):
        for name in secrets:
            if name in environment:
                yield ("secrets", name), "is given under environment too, allowed: one of them"
    for key in ("environment", "command", "secrets"):
        size = len(json.dumps(document.get(key), default=str, skipkeys=True))
        if size > LARGEST:
            yield (key,), f"has {size} bytes, allowed: {LARGEST}, since ECS takes no larger task definition"


_TEXT = plain_text("a text, in quotes where YAML would read something else")


def _environment(value: Any) -> Iterator[Problem]:
    secrets = (
        {name for name in value if is_plain_secret(str(name), value[name])} if isinstance(value, Mapping) else set()
    )
    for place, said in map_of(_TEXT, "a mapping of names to texts")(value):
        if place[:1] not in [(name,) for name in secrets]:  # it may show the value
            yield place, said
    for name in secrets:
        yield (
            (name,),
            "holds a password or a key, allowed: under secrets, the ARN of a secret in Secrets Manager, or its name "
            "within the environment",
        )


def _path(words: str) -> Check:
    return text(r"[^\0/~][^\0]*", words, re.DOTALL)


#: Every key of a task.yml.
KEYS: dict[str, Check] = {
    "cpu": number(CPU_MEMORY, f"CPU units, one of {', '.join(map(str, CPU_MEMORY))} (1024 are a vCPU)"),
    "memory": number(
        (size for sizes in CPU_MEMORY.values() for size in sizes), "MiB that Fargate has, such as 512, 1024, 2048, 4096"
    ),
    # the default of 20 GiB can't be asked for
    "ephemeral_storage": between(EPHEMERAL_STORAGE_GIB[0] + 1, EPHEMERAL_STORAGE_GIB[1], "GiB"),
    "architecture": one_of(*ARCHITECTURES),
    "capacity": one_of(*naming.CAPACITIES),
    "command": list_of(_TEXT, 'a list of texts, as ["python", "main.py"]'),
    "environment": _environment,
    "secrets": map_of(
        secret("the whole ARN of a secret, or its name within the environment", _SECRET_NAME),
        "a mapping of names to secrets",
    ),
    "policy": statements,
    "readonly_root_filesystem": boolean,
    "shared_volume": boolean,
    "stop_timeout": between(*STOP_TIMEOUT_SECONDS, "seconds"),
    "context": _path("a folder of the project, as seen from the task's, such as .."),
    "dockerfile": _path("a file of the project, as seen from the task's folder, such as ../Dockerfile"),
    "base": text(naming.TASK.pattern, "the name of another DAG task"),
}
