# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a user says of AWX, and the playbooks that become job templates there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..images import references as image_references
from ..naming import validate_environment
from . import schedules as awx_schedules
from .surveys import Option

#: The value of ``drift_schedule`` for no schedule at all.
NO_SCHEDULE = "none"
#: The value of ``webhook_service`` for no pushes at all.
NO_SERVICE = "none"

_GIT_URL = re.compile(
    r"(https?|ssh|git)://([^\s/:@]+@)?([^\s/:@\[]+|\[[\da-fA-F:.]+\])(:\d+)?/\S+|[\w.-]+@[\w.-]+:[^\s:]+"
)
_GIT_URLS = "such as https://host/a.git, ssh://git@host:22/a.git or git@host:a.git"
_WEB_URL = re.compile(r"https?://[^\s/]+\S*")
#: A user that is no secret is that of SSH alone: ssh://git@host.
_SECRET = re.compile(r"(?!ssh://[^/@:]*@)[^/@]*//[^/]*@|[^/@]*:[^/@]*@")
_RULE_IS = "a rule such as DTSTART;TZID=Europe/Berlin:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1, or none"
_LONGEST_NAME = 200
_LONGEST_LABEL = 512
_MOST_LABELS = 100
#: The largest number in a column of AWX's database.
_LARGEST = 2147483647
#: A day.
_LONGEST_WAIT = 1440
# What git check-ref-format refuses; a commit is fine, too.
_NO_BRANCH = re.compile(r"^[-/]|[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|^@$|(^|/)\.|\.lock(/|$)|[./]$")


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
    if settings.assets_file and settings.state != "present":
        yield f"assets_file: removes nothing, so it does not go with the state {settings.state}, allowed: present"
    yield from _names(settings)
    yield from _project_url(settings.project_url)
    yield from _image(settings.execution_environment_image)
    if settings.notification_url and not _WEB_URL.fullmatch(settings.notification_url):
        yield "notification_url: is not shown, allowed: a URL that begins with http:// or https://"
    rule = settings.drift_schedule
    mistake = awx_schedules.wrong(rule) if rule and rule != NO_SCHEDULE else None
    if mistake is not None:
        yield f"drift_schedule: is {rule!r}{mistake}, allowed: {_RULE_IS}"
    if settings.timeout is not None and not 0 <= settings.timeout <= _LARGEST:
        yield f"timeout: is {settings.timeout}, allowed: 1 to {_LARGEST} seconds, or 0 for no limit"
    if not 1 <= settings.project_wait_minutes <= _LONGEST_WAIT:
        yield f"project_wait_minutes: is {settings.project_wait_minutes}, allowed: 1 to {_LONGEST_WAIT}"
    yield from _environments(settings)


def _project_url(url: str) -> Iterator[str]:
    if _SECRET.match(url):
        yield "project_url: has a user or password in it, which AWX shows to everybody; name a project_credential"
    elif not _is_git_url(url):
        # A password may stand where none is looked for.
        shown = "not shown" if "@" in url else repr(url)
        yield f"project_url: is {shown}, allowed: the URL of a Git repository, {_GIT_URLS}"


def _is_git_url(url: str) -> bool:
    """As AWX judges one: awx/main/utils/common.py, update_scm_url, of ansible/awx 24.6.1."""
    try:
        return _GIT_URL.fullmatch(url) is not None and (urlsplit(url).port or 0) >= 0
    except ValueError:  # a port beyond 65535
        return False


def _image(image: str) -> Iterator[str]:
    try:
        image_references.parse(image)
    except ValueError:
        yield f"execution_environment_image: is {image!r}, allowed: the name of an image, with a tag or a digest"


def _names(settings: Settings) -> Iterator[str]:
    for name in ("organization", "name_prefix", "project", "execution_environment"):
        value = getattr(settings, name)
        if not _is_name(value, _LONGEST_NAME):
            yield f"{name}: is {value!r}, allowed: 1 to {_LONGEST_NAME} characters, no space first or last"
    branch = settings.project_branch
    if not _is_name(branch, _LONGEST_NAME) or _NO_BRANCH.search(branch):
        yield f"project_branch: is {branch!r}, allowed: the name of a branch or tag of Git, or a commit"
    yield from _labels(settings.labels)


def _labels(labels: list[str]) -> Iterator[str]:
    for index, label in enumerate(labels):
        if not _is_name(label, _LONGEST_LABEL):
            yield f"labels.{index}: is {label!r}, allowed: 1 to {_LONGEST_LABEL} characters, no space first or last"
        elif label in labels[:index]:
            yield f"labels.{index}: {label!r} is there twice"
    if len(labels) > _MOST_LABELS:
        yield f"labels: are {len(labels)}, allowed: {_MOST_LABELS}, as many as AWX has of a template"


def _is_name(value: str, longest: int) -> bool:
    """Whether AWX stores a name as it is: it takes spaces off both ends."""
    return bool(value) and value == value.strip() and len(value) <= longest and value.isprintable()


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
    yield from _teams(settings.teams, known)


def _teams(teams: list[Mapping[str, Any]], environments: list[str]) -> Iterator[str]:
    for index, each in enumerate(teams):
        if not each["may"]:
            yield f"teams.{index}.may: is empty, allowed: a list with what the team may do"
        if each["environments"] is not None and not each["environments"]:
            yield f"teams.{index}.environments: is empty, allowed: a list of names, or nothing for all environments"
        for name in each["environments"] or []:
            if name not in environments:
                yield f"teams.{index}.environments: {name!r} is none of the environments {', '.join(environments)}"
