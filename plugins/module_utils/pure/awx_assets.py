# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWX needs to deploy an environment, in the format of ``awx export`` and ``awx import`` (awxkit).

There an object names others by their natural keys, never by ids, and has under ``related`` what is attached to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .awx_surveys import Option, survey

Asset = dict[str, Any]
Assets = dict[str, list[Asset]]

CREDENTIAL_TYPE = {"name": "Amazon Web Services", "kind": "cloud", "type": "credential_type"}

_SIZES = ("worker_pool_count", "worker_pool_min_count", "worker_pool_max_count")
_LOCK = ("farflow_lock_wait_minutes", "farflow_lock_break")


@dataclass(frozen=True)
class Schedule:
    """When a job template runs by itself, as an iCalendar rule, with its answers to the survey."""

    name: str
    rule: str
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """A job template of every environment. ``asks`` are its survey's variables, ``required`` those of no default.

    ``tells`` are the ends of a job that the notification hook hears of.
    """

    name: str
    description: str
    playbook: str
    asks: tuple[str, ...]
    required: tuple[str, ...] = ()
    tells: tuple[str, ...] = ("error",)
    schedules: tuple[Schedule, ...] = ()


TEMPLATES = (
    Template(
        "Plan",
        "Says what a deploy would create, change and delete, and why. Changes nothing.",
        "playbooks/plan.yml",
        ("farflow_plan_must_be_empty", *_SIZES),
        schedules=(
            Schedule(
                "Drift, every night",
                "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1",
                {"farflow_plan_must_be_empty": "true"},
            ),
        ),
    ),
    Template(
        "Deploy",
        "Makes the environment what the inventory says.",
        "playbooks/deploy.yml",
        (
            *(*_SIZES, "airflow_service_enable_execute_command", "airflow_service_wait_minutes"),
            *("airflow_service_migration_wait_minutes", "rds_wait_minutes", "farflow_rebuild", *_LOCK),
        ),
        tells=("error", "success"),
    ),
    Template(
        "DAG tasks",
        "Brings out what has changed under tasks/. Airflow is not touched.",
        "playbooks/dag_tasks.yml",
        ("farflow_rebuild", *_LOCK),
    ),
    Template(
        "Teardown",
        "Removes the environment, but for what farflow_teardown_keep names.",
        "playbooks/teardown.yml",
        ("farflow_teardown_confirm", "farflow_teardown_keep", "rds_skip_final_snapshot", *_LOCK),
        required=("farflow_teardown_confirm",),
        tells=("error", "success"),
    ),
)


@dataclass(frozen=True)
class Settings:
    """What a user says: the inputs of playbooks/awx.yml without ``farflow_awx_``."""

    organization: str
    project: str
    project_url: str
    project_branch: str
    environments: list[str]
    execution_environment: str
    execution_environment_image: str
    notification_url: str | None


def assets(settings: Settings, options: Mapping[str, Option]) -> Assets:
    """Everything but credentials, by resource. ``options`` are the argument specs that surveys are made from."""
    return {
        "execution_environments": [_execution_environment(settings)],
        "notification_templates": _notification_templates(settings),
        "projects": [_project(settings)],
        "inventory": [_inventory(settings, name) for name in settings.environments],
        "inventory_sources": [_inventory_source(settings, name) for name in settings.environments],
        "job_templates": [
            _job_template(settings, name, template, options) for name in settings.environments for template in TEMPLATES
        ],
    }


def credentials(settings: Settings) -> list[Asset]:
    """One for each environment, of AWX's own type, without keys: a person puts those in.

    Not one of the ``assets``, since an import of a credential that exists empties it.
    """
    return [
        {
            "name": key["name"],
            "description": "The keys that Airflow's AWS account is reached with",
            "organization": key["organization"],
            "credential_type": CREDENTIAL_TYPE,
            "natural_key": key,
        }
        for key in (_credential(settings, name) for name in settings.environments)
    ]


def _key(kind: str, name: str, organization: str) -> Asset:
    return {"organization": {"name": organization, "type": "organization"}, "name": name, "type": kind}


def _named(settings: Settings, kind: str, name: str) -> Asset:
    """How an asset begins: its name, its organization, its natural key."""
    key = _key(kind, name, settings.organization)
    return {"name": name, "organization": key["organization"], "natural_key": key}


def _credential(settings: Settings, environment: str) -> Asset:
    return {
        **_key("credential", _titled(environment), settings.organization),
        "credential_type": CREDENTIAL_TYPE,
    }


def _titled(environment: str) -> str:
    return f"Airflow {environment}"


def _execution_environment_key(settings: Settings) -> Asset:
    return {"name": settings.execution_environment, "type": "execution_environment"}


def _execution_environment(settings: Settings) -> Asset:
    return {
        "name": settings.execution_environment,
        "description": "Ansible with farflow.airflow, made from awx/execution-environment.yml",
        "image": settings.execution_environment_image,
        "natural_key": _execution_environment_key(settings),
    }


def _notification_templates(settings: Settings) -> list[Asset]:
    if not settings.notification_url:
        return []
    return [
        {
            **_named(settings, "notification_template", settings.project),
            "description": "Hears how jobs end",
            "notification_type": "webhook",
            "notification_configuration": {
                "url": settings.notification_url,
                "http_method": "POST",
                "headers": {"Content-Type": "application/json"},
                "disable_ssl_verification": False,
                "username": "",
                "password": "",
            },
        }
    ]


def _project(settings: Settings) -> Asset:
    return {
        **_named(settings, "project", settings.project),
        "description": "Airflow's image, DAG tasks, variables and inventories",
        "scm_type": "git",
        "scm_url": settings.project_url,
        "scm_branch": settings.project_branch,
        "scm_update_on_launch": True,
        "scm_update_cache_timeout": 60,
    }


def _inventory(settings: Settings, environment: str) -> Asset:
    return {
        **_named(settings, "inventory", _titled(environment)),
        "description": f"What is wanted of the environment, from inventories/{environment} of the project",
        "kind": "",
        "variables": "",
    }


def _inventory_source(settings: Settings, environment: str) -> Asset:
    inventory = _key("inventory", _titled(environment), settings.organization)
    return {
        "name": settings.project,
        "description": "",
        "source": "scm",
        "source_project": _key("project", settings.project, settings.organization),
        "source_path": f"inventories/{environment}",
        "inventory": inventory,
        "overwrite": True,
        "overwrite_vars": True,
        "update_on_launch": True,
        "update_cache_timeout": 60,
        "natural_key": {**_key("inventory_source", settings.project, settings.organization), "inventory": inventory},
    }


def _job_template(settings: Settings, environment: str, template: Template, options: Mapping[str, Option]) -> Asset:
    name = f"{_titled(environment)}: {template.name}"
    key = _key("job_template", name, settings.organization)
    return {
        "name": name,
        "description": template.description,
        "job_type": "run",
        "inventory": _key("inventory", _titled(environment), settings.organization),
        "project": _key("project", settings.project, settings.organization),
        "playbook": template.playbook,
        "execution_environment": _execution_environment_key(settings),
        "limit": "localhost",
        "verbosity": 0,
        "diff_mode": True,
        "extra_vars": "",
        "survey_enabled": True,
        "allow_simultaneous": False,
        "related": {
            "survey_spec": survey(template.asks, options, template.required),
            "credentials": [_credential(settings, environment)],
            "schedules": [_schedule(key, schedule) for schedule in template.schedules],
            **_hooks(settings, template.tells),
        },
        "natural_key": key,
    }


def _schedule(template: Asset, schedule: Schedule) -> Asset:
    return {
        "name": schedule.name,
        "description": "",
        "rrule": schedule.rule,
        "extra_data": dict(schedule.answers),
        "enabled": True,
        "unified_job_template": template,
        "natural_key": {"unified_job_template": template, "name": schedule.name, "type": "schedule"},
    }


def _hooks(settings: Settings, ends: Iterable[str]) -> dict[str, list[Asset]]:
    if not settings.notification_url:
        return {}
    hook = _key("notification_template", settings.project, settings.organization)
    return {f"notification_templates_{end}": [hook] for end in ends}
