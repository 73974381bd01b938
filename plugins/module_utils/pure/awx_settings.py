# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a user says of AWX, and the playbooks that become job templates there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..naming import validate_environment
from .awx_surveys import Option

#: The value of ``drift_schedule`` for no schedule at all.
NO_SCHEDULE = "none"
#: The value of ``webhook_service`` for no pushes at all.
NO_SERVICE = "none"

_GIT_URL = re.compile(r"(https?|ssh|git)://[^\s/]+/\S+|[\w.-]+@[\w.-]+:\S+")
_WEB_URL = re.compile(r"https?://[^\s/]+\S*")
_PASSWORD = re.compile(r"https?://[^/\s]*@")
_IMAGE = re.compile(r"[a-z0-9][^\s]*")
_RULE = re.compile(r"DTSTART(;TZID=[\w/+-]+)?:\d{8}T\d{6}Z? RRULE:(?=\S*FREQ=)(?=\S*INTERVAL=\d)\S+")
_RULE_IS = "a rule such as DTSTART;TZID=Europe/Berlin:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1, or none"
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Template:
    """A job template of every environment, as the playbook's meta file declares it under ``job_template``.

    ``asks`` are its survey's variables, ``required`` those that must be answered, ``tells`` the ends of a job that the
    notification hook hears of, ``right`` what a team may do that may launch it. ``options`` are the argument specs that
    its survey is made from.
    """

    name: str
    description: str
    playbook: str
    asks: tuple[str, ...]
    required: tuple[str, ...]
    tells: tuple[str, ...]
    right: str
    options: Mapping[str, Option]


@dataclass(frozen=True)
class Settings:
    """The inputs of playbooks/awx.yml without ``farflow_awx_``; playbooks/awx.meta.yml says what they are."""

    state: str
    assets_file: str | None
    organization: str
    name_prefix: str
    project: str
    project_url: str
    project_branch: str
    project_credential: str | None
    project_wait_minutes: int
    branch_on_launch: bool | None
    environments: list[str]
    credentials: Mapping[str, list[str]]
    execution_environment: str
    execution_environment_image: str
    execution_environment_credential: str | None
    notification_url: str | None
    notification_format: str
    drift_schedule: str | None
    webhook_service: str | None
    labels: list[str]
    instance_group: str | None
    timeout: int | None
    teams: list[Mapping[str, Any]]


def template(playbook: str, meta: Mapping[str, Any], options: Mapping[str, Option]) -> Template | None:
    """The job template that a playbook's meta file declares, or None. ``options`` are those of a deploy."""
    entry = meta["argument_specs"][playbook]
    declared = entry["job_template"]
    if not declared:
        return None
    return Template(
        name=declared["name"],
        description=declared.get("description", meta["description"]),
        playbook=f"playbooks/{playbook}.yml",
        asks=tuple(declared["asks"]),
        required=tuple(declared.get("required", ())),
        tells=tuple(declared["tells"]),
        right=declared["right"],
        options={**options, **entry["options"]},
    )


def problems(settings: Settings) -> Iterator[str]:
    """What is wrong with settings whose types are right, a sentence each without the prefix ``farflow_awx_``."""
    yield from _names(settings)
    if not _GIT_URL.fullmatch(settings.project_url):
        yield f"project_url: is {settings.project_url!r}, allowed: the URL of a Git repository"
    elif _PASSWORD.match(settings.project_url):
        yield "project_url: has a user or password in it, which AWX shows to everybody; name a project_credential"
    if not _IMAGE.fullmatch(settings.execution_environment_image):
        yield f"execution_environment_image: is {settings.execution_environment_image!r}, allowed: the name of an image"
    if settings.notification_url and not _WEB_URL.fullmatch(settings.notification_url):
        yield "notification_url: is not shown, allowed: a URL that begins with http:// or https://"
    rule = settings.drift_schedule
    if rule and rule != NO_SCHEDULE and not _RULE.fullmatch(rule):
        yield f"drift_schedule: is {rule!r}, allowed: {_RULE_IS}"
    if settings.timeout is not None and settings.timeout < 0:
        yield f"timeout: is {settings.timeout}, allowed: a number of seconds, or 0 for no limit"
    if settings.project_wait_minutes < 1:
        yield f"project_wait_minutes: is {settings.project_wait_minutes}, allowed: 1 or more"
    yield from _environments(settings)


def _names(settings: Settings) -> Iterator[str]:
    for name in ("organization", "name_prefix", "project", "project_branch", "execution_environment"):
        value = getattr(settings, name)
        if not value.strip() or value != value.strip() or len(value) > _LONGEST_NAME or not value.isprintable():
            yield f"{name}: is {value!r}, allowed: 1 to {_LONGEST_NAME} characters, no space first or last"
    for index, label in enumerate(settings.labels):
        if not label.strip():
            yield f"labels.{index}: is empty, allowed: a text"


def _environments(settings: Settings) -> Iterator[str]:
    known = settings.environments
    if not known:
        yield "environments: is empty, allowed: a list of names of environments"
    for index, name in enumerate(known):
        try:
            validate_environment(name)
        except ValueError as error:
            yield f"environments.{index}: {error}"
        if name in known[:index]:
            yield f"environments.{index}: {name!r} is there twice"
    for name, given in settings.credentials.items():
        if name not in known:
            yield f"credentials.{name}: is none of the environments {', '.join(known)}"
        if not isinstance(given, list) or not all(isinstance(one, str) and one.strip() for one in given):
            yield f"credentials.{name}: is {given!r}, allowed: a list of names of credentials"
    for index, each in enumerate(settings.teams):
        for name in each["environments"] or []:
            if name not in known:
                yield f"teams.{index}.environments: {name!r} is none of the environments {', '.join(known)}"
