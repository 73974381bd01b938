# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes AWX what the settings say: a walk that says what it would do, and, when nothing is wrong, one that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..module_utils.core.errors import FarflowError
from ..module_utils.pure.awx_assets import Assets
from ..module_utils.pure.awx_settings import Settings
from . import awx_project
from .awx import Client, Object
from .awx_bring import Walk, lacking
from .awx_look import Look

#: What a credential of the type Amazon Web Services has to have.
_KEYS = {"username", "password"}

Say = Callable[[str], None]


def converge(client: Client, settings: Settings, wanted: Assets, check_mode: bool, say: Say) -> dict[str, Any]:
    """What plugins/modules/awx_assets.py returns. ``say`` is told of what takes long.

    Raises FarflowError, before anything is made, when something can't be; and when AWX refuses something nevertheless.
    """
    look = Look(client, settings.organization)
    planned = _walk(look, settings, wanted, False, say)
    problems = [*lacking(look, wanted), *planned.problems]
    if problems:
        raise FarflowError("\n".join(["AWX can't be made so, nothing was done:", *(f"- {one}" for one in problems)]))
    if planned.reasons and not check_mode:
        _walk(look, settings, wanted, True, say)
        client.forget()
        look = Look(client, settings.organization)
    return {
        "changed": bool(planned.reasons),
        "reasons": planned.reasons,
        "credentials": _without_keys(look, wanted),
        "unwanted": planned.unwanted,
        "webhooks": _webhooks(look, wanted),
    }


def _walk(look: Look, settings: Settings, wanted: Assets, perform: bool, say: Say) -> Walk:
    playbooks = sorted({asset["playbook"] for asset in wanted.get("job_templates", ())})

    def after_project(project: Object, begun: bool) -> str:
        why = "" if begun else awx_project.needs_update(look.client, project, playbooks)
        if perform and (begun or why or project["status"] in awx_project.UNDER_WAY):
            awx_project.update(look.client, project, begun, playbooks, settings.project_wait_minutes * 60, say)
        return why

    walk = Walk(look, settings.state == "exact", perform, after_project)
    walk.all(wanted)
    unwanted = look.unwanted(wanted, settings.project)
    if settings.state == "present":
        walk.unwanted += [f"{resource} {one['name']}" for resource, one in unwanted]
    else:
        walk.remove(unwanted)
    return walk


def _without_keys(look: Look, wanted: Assets) -> list[str]:
    """The credentials that a person has to put keys into, whenever they were made."""
    found = []
    for asset in wanted.get("credentials", ()):
        one = look.find(asset["natural_key"])
        if one is None or not _has_keys(look.client, one):
            found.append(asset["name"])
    return found


def _has_keys(client: Client, credential: Object) -> bool:
    """By values of its own, or by what AWX looks up in another system."""
    given = {name for name, value in credential["inputs"].items() if value}
    if not given >= _KEYS:
        given |= {each["input_field_name"] for each in client.all(credential["related"]["input_sources"])}
    return given >= _KEYS


def _webhooks(look: Look, wanted: Assets) -> list[dict[str, str]]:
    """Where Git has to send pushes to, of each workflow that waits for them and is there."""
    found = []
    for asset in wanted.get("workflow_job_templates", ()):
        one = look.find(asset["natural_key"])
        if asset.get("webhook_service") and one and one["related"].get("webhook_receiver"):
            found.append({"name": one["name"], "url": look.client.page_of(one["related"]["webhook_receiver"])})
    return found
