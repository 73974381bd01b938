# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWX needs to deploy an environment, in the format of ``awx export`` and ``awx import`` (awxkit).

There an object names others by their natural keys, never by ids, and has under ``related`` what is attached to it.
Beside that format an asset may have ``initial``, the names of fields, or of keys such as
``notification_configuration.username``, that are set when it is made and are the user's afterwards, and under
``related`` what awxkit can't import: see ``importable``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .marks import marked
from .messages import messages
from .set import with_settings
from .settings import NO_SCHEDULE, NO_SERVICE, Settings, Template
from .surveys import survey

Asset = dict[str, Any]
Assets = dict[str, list[Asset]]

CREDENTIAL_TYPE = {"name": "Amazon Web Services", "kind": "cloud", "type": "credential_type"}
SCM_TYPE = {"name": "Source Control", "kind": "scm", "type": "credential_type"}
REGISTRY_TYPE = {"name": "Container Registry", "kind": "registry", "type": "credential_type"}

WORKFLOW, DRIFT = "Deploy with approval", "Drift"
NIGHTLY = "Drift, every night"
_NIGHTLY_RULE = "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1"
_MUST_BE_EMPTY = {"farflow_plan_must_be_empty": "true"}

#: Of a template's ``related``, what `awx import` does not know; a label it attaches to the first template alone.
_NOT_IMPORTABLE = ("instance_groups", "labels", "team_roles")
#: The templates that the workflow runs, and that another branch may be named for.
_STEPS = ("Plan", "Deploy")
#: What a team may do with the workflow, for which it has to read the jobs of these.
_OF_WORKFLOW = {"request": "Execute", "deploy": "Execute", "approve": "Approve"}
#: The identifiers of the nodes of our workflows.
NODES = ("plan", "approval", "deploy", "check", "drift")


def assets(settings: Settings, templates: Iterable[Template]) -> Assets:
    """Everything that AWX shall have, by resource, in the order in which it is made."""
    every = list(templates)
    environments = settings.environments
    return {
        # First, as AWX refuses it when another organization has one of its name, which nobody else sees.
        "execution_environments": [_execution_environment(settings)],
        "credentials": [_new_credential(settings, name) for name in environments if name not in settings.credentials],
        "notification_templates": _notification_templates(settings),
        "projects": [_project(settings)],
        "inventory": [_inventory(settings, name) for name in environments],
        "inventory_sources": [_inventory_source(settings, name) for name in environments],
        "job_templates": [_job_template(settings, name, each) for name in environments for each in every],
        "workflow_job_templates": [
            made for name in environments for made in (_workflow(settings, name), _drift(settings, name))
        ],
    }


def importable(wanted: Assets) -> Assets:
    """The assets as ``awx import`` takes them.

    Labels, instance groups and roles of teams are beyond it, and credentials that exist it would empty.
    """
    return {
        resource: [_importable(asset) for asset in some]
        for resource, some in wanted.items()
        if some and resource != "credentials"
    }


def _importable(asset: Asset) -> Asset:
    made = {name: value for name, value in asset.items() if name != "initial"}
    if "related" in asset:
        related = {name: value for name, value in asset["related"].items() if name not in _NOT_IMPORTABLE}
        made["related"] = {
            name: [_importable(each) for each in value] if isinstance(value, list) else value
            for name, value in related.items()
        }
    return made


def titled(settings: Settings, environment: str) -> str:
    """How the names of what belongs to an environment begin."""
    return f"{settings.name_prefix} {environment}"


def _key(kind: str, name: str, organization: str) -> Asset:
    return {"organization": {"name": organization, "type": "organization"}, "name": name, "type": kind}


def _named(settings: Settings, kind: str, name: str, description: str) -> Asset:
    """How an asset begins: its name and organization, its description with our mark, its natural key."""
    key = _key(kind, name, settings.organization)
    return {
        "name": name,
        "description": marked(description, settings.project),
        "organization": key["organization"],
        "natural_key": key,
    }


def credential_key(settings: Settings, name: str, kind: Asset) -> Asset:
    """The natural key of a credential of a type."""
    return {**_key("credential", name, settings.organization), "credential_type": kind}


def _credentials(settings: Settings, environment: str) -> list[Asset]:
    given = settings.credentials.get(environment, [titled(settings, environment)])
    return [credential_key(settings, name, CREDENTIAL_TYPE) for name in given]


def _new_credential(settings: Settings, environment: str) -> Asset:
    """Without keys: a person puts those in. Never written once it exists."""
    key = credential_key(settings, titled(settings, environment), CREDENTIAL_TYPE)
    return {
        "name": key["name"],
        "description": marked("The keys that Airflow's AWS account is reached with", settings.project),
        "organization": key["organization"],
        "credential_type": CREDENTIAL_TYPE,
        "natural_key": key,
        "initial": ["description", "organization", "credential_type"],
    }


def _execution_environment_key(settings: Settings) -> Asset:
    return {"name": settings.execution_environment, "type": "execution_environment"}


def _execution_environment(settings: Settings) -> Asset:
    organization = {"name": settings.organization, "type": "organization"}
    made = {
        "name": settings.execution_environment,
        "description": marked(
            "Ansible with farflow.airflow, made from awx/execution-environment.yml", settings.project
        ),
        "organization": organization,
        "image": settings.execution_environment_image,
        "natural_key": _execution_environment_key(settings),
        "initial": ["organization"],  # AWX lets nobody change it
    }
    if settings.execution_environment_credential:
        made["credential"] = credential_key(settings, settings.execution_environment_credential, REGISTRY_TYPE)
    return made


def _notification_templates(settings: Settings) -> list[Asset]:
    if not settings.notification_url:
        return []
    return [
        {
            **_named(settings, "notification_template", settings.project, "Hears how jobs end"),
            "notification_type": "webhook",
            "notification_configuration": {
                "url": settings.notification_url,
                "http_method": "POST",
                "headers": {"Content-Type": "application/json"},
                "disable_ssl_verification": False,
                "username": "",
                "password": "",
            },
            "messages": messages(settings.notification_format),
            "initial": [
                f"notification_configuration.{name}"
                for name in ("http_method", "disable_ssl_verification", "username", "password")
            ],
        }
    ]


def _project(settings: Settings) -> Asset:
    made = {
        **_named(settings, "project", settings.project, "Airflow's image, DAG tasks, variables and inventories"),
        "scm_type": "git",
        "scm_url": settings.project_url,
        "scm_branch": settings.project_branch,
        "scm_update_on_launch": True,
        "scm_update_cache_timeout": 60,
        "initial": ["scm_update_on_launch", "scm_update_cache_timeout"],
    }
    if settings.project_credential:
        made["credential"] = credential_key(settings, settings.project_credential, SCM_TYPE)
    if settings.branch_on_launch:
        made["allow_override"] = True
    return _keeping(made, "allow_override")


def _inventory(settings: Settings, environment: str) -> Asset:
    """Without variables: those are what its source brings."""
    description = f"What is wanted of the environment, from inventories/{environment} of the project"
    return _named(settings, "inventory", titled(settings, environment), description)


def _inventory_source(settings: Settings, environment: str) -> Asset:
    inventory = _key("inventory", titled(settings, environment), settings.organization)
    return {
        "name": settings.project,
        "description": marked("", settings.project).strip(),
        "source": "scm",
        "source_project": _key("project", settings.project, settings.organization),
        "source_path": f"inventories/{environment}",
        "inventory": inventory,
        "overwrite": True,
        "overwrite_vars": True,
        "update_on_launch": True,
        "update_cache_timeout": 60,
        # AWX shows no organization of it, so its natural key has none.
        "natural_key": {"name": settings.project, "inventory": inventory, "type": "inventory_source"},
        "initial": ["update_cache_timeout"],
    }


def _template_key(settings: Settings, environment: str, name: str, kind: str = "job_template") -> Asset:
    return _key(kind, f"{titled(settings, environment)}: {name}", settings.organization)


def _job_template(settings: Settings, environment: str, template: Template) -> Asset:
    key = _template_key(settings, environment, template.name)
    reads = dict.fromkeys(_OF_WORKFLOW, "Read") if template.name in _STEPS else {}
    made = {
        "name": key["name"],
        "description": marked(template.description, settings.project),
        "job_type": "run",
        "inventory": _key("inventory", titled(settings, environment), settings.organization),
        "project": _key("project", settings.project, settings.organization),
        "playbook": template.playbook,
        "execution_environment": _execution_environment_key(settings),
        "limit": "localhost",
        "diff_mode": True,
        "survey_enabled": True,
        "allow_simultaneous": False,
        "related": {
            "survey_spec": survey(template.asks, template.options, template.required),
            "credentials": _credentials(settings, environment),
            "labels": _labels(settings),
            "instance_groups": _instance_groups(settings),
            "team_roles": _roles(settings, environment, {**reads, template.right: "Execute"}),
            **_hooks(settings, template.tells),
        },
        "natural_key": key,
        "initial": ["diff_mode"],
    }
    if settings.timeout is not None:
        made["timeout"] = settings.timeout
    if settings.branch_on_launch is not None and template.name in _STEPS:
        made["ask_scm_branch_on_launch"] = settings.branch_on_launch
    return _keeping(made, "timeout", "ask_scm_branch_on_launch")


def _workflow(settings: Settings, environment: str) -> Asset:
    """Plan, an approval, Deploy, and a Plan that must be empty.

    AWX cannot branch on what a job tells, so the approval asks also when the plan is empty.
    """
    approval = {
        "name": f"Deploy {titled(settings, environment)}",
        "description": "What a deploy would do is said by the job before: in its output, and in its artifacts "
        "farflow_pending, farflow_counts and farflow_reasons. It asks also when there is nothing to do.",
    }
    steps = "Plan, an approval, Deploy, and a Plan that must be empty"
    made = _workflow_template(settings, environment, WORKFLOW, steps)
    key = made["natural_key"]
    plan, deploy = (_template_key(settings, environment, name) for name in ("Plan", "Deploy"))
    made["related"] = {
        "labels": _labels(settings),
        "team_roles": _roles(settings, environment, _OF_WORKFLOW),
        **_hooks(settings, ("error", "success", "approvals")),
        "workflow_nodes": [
            _node(key, "plan", plan, following="approval"),
            _node(key, "approval", None, following="deploy", approval=approval),
            # AWX runs a node when one of its links is met, such as one that a person adds. This one asks for all.
            {**_node(key, "deploy", deploy, following="check"), "all_parents_must_converge": True},
            _node(key, "check", plan, answers=_MUST_BE_EMPTY),
        ],
    }
    if settings.webhook_service:
        made["webhook_service"] = "" if settings.webhook_service == NO_SERVICE else settings.webhook_service
    return _keeping(made, "webhook_service")


def _drift(settings: Settings, environment: str) -> Asset:
    """A Plan that must be empty, at night. The hook hears of it from the job, which has the reasons."""
    made = _workflow_template(settings, environment, DRIFT, "A Plan that must be empty")
    key = made["natural_key"]
    plan = _template_key(settings, environment, "Plan")
    made["related"] = {
        "labels": _labels(settings),
        "team_roles": _roles(settings, environment, {"plan": "Execute"}),
        "workflow_nodes": [_node(key, "drift", plan, answers=_MUST_BE_EMPTY)],
        "schedules": [] if settings.drift_schedule == NO_SCHEDULE else [_schedule(settings, key)],
    }
    return _keeping(made)


def _keeping(asset: Asset, *fields: str) -> Asset:
    """An asset whose description keeps what optional settings set of it: fields, labels, instance groups."""
    found = [(name, asset[name]) for name in fields if asset.get(name)]
    for name, relation in (("label", "labels"), ("instance_group", "instance_groups")):
        found += [(name, each["name"]) for each in asset.get("related", {}).get(relation, ())]
    return {**asset, "description": with_settings(asset["description"], found)}


def _workflow_template(settings: Settings, environment: str, name: str, steps: str) -> Asset:
    description = f"{steps}, for inventories/{environment} of the project"  # by which a copy with another name is known
    key = _template_key(settings, environment, name, "workflow_job_template")
    return {
        "name": key["name"],
        "description": marked(description, settings.project),
        "organization": key["organization"],
        "allow_simultaneous": False,
        "natural_key": key,
    }


def _node(
    workflow: Asset,
    identifier: str,
    template: Asset | None,
    following: str = "",
    answers: Asset | None = None,
    approval: Asset | None = None,
) -> Asset:
    """A node of a workflow: a job with answers to its survey, or an approval.

    ``following`` is the identifier of the one that follows when it succeeds.
    """

    def key(name: str) -> Asset:
        return {"workflow_job_template": workflow, "identifier": name, "type": "workflow_job_template_node"}

    return {
        "identifier": identifier,
        "workflow_job_template": workflow,
        "extra_data": answers or {},
        **({"unified_job_template": template} if template else {}),
        "natural_key": key(identifier),
        "related": {
            "success_nodes": [key(following)] if following else [],
            **({"create_approval_template": approval} if approval else {}),
        },
    }


def _schedule(settings: Settings, template: Asset) -> Asset:
    return {
        "name": NIGHTLY,
        "description": marked("", settings.project).strip(),
        "rrule": settings.drift_schedule or _NIGHTLY_RULE,
        "enabled": True,
        "unified_job_template": template,
        "natural_key": {"unified_job_template": template, "name": NIGHTLY, "type": "schedule"},
        "initial": ["name", "enabled", *([] if settings.drift_schedule else ["rrule"])],
    }


def _labels(settings: Settings) -> list[Asset]:
    keys = [_key("label", name, settings.organization) for name in settings.labels]
    return [{"name": key["name"], "organization": key["organization"], "natural_key": key} for key in keys]


def _instance_groups(settings: Settings) -> list[Asset]:
    return [{"name": settings.instance_group, "type": "instance_group"}] if settings.instance_group else []


def _roles(settings: Settings, environment: str, roles: dict[str, str]) -> list[Asset]:
    """Team and role, for those who have one of the rights in the environment. Every other role reads, too."""
    rights: dict[str, set[str]] = {}
    for each in settings.teams:
        if each["environments"] is None or environment in each["environments"]:
            rights.setdefault(each["team"], set()).update(each["may"])
    found = []
    for team, may in rights.items():
        names = {role for right, role in roles.items() if right in may}
        key = _key("team", team, settings.organization)
        found += [{"team": key, "role": name} for name in sorted(names - {"Read"} or names)]
    return found


def _hooks(settings: Settings, ends: Iterable[str]) -> dict[str, list[Asset]]:
    if not settings.notification_url:
        return {}
    hook = _key("notification_template", settings.project, settings.organization)
    return {f"notification_templates_{end}": [hook] for end in ends}
