# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes AWX what the settings say: a walk that says what it would do, and, when nothing is wrong, one that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..module_utils.awx.assets import Assets, titled
from ..module_utils.awx.settings import Settings
from ..module_utils.engine.errors import FarflowError
from . import awx_credentials, awx_project
from .awx import Client, Object
from .awx_bring import Walk, lacking
from .awx_leaving import Leaving
from .awx_look import Look
from .awx_ours import Ours
from .awx_rights import Rights

Say = Callable[[str], None]

_CANNOT = "AWX can't be made so, nothing was done:"


def converge(client: Client, settings: Settings, wanted: Assets, check_mode: bool, say: Say) -> dict[str, Any]:
    """What plugins/modules/awx_assets.py returns. ``wanted`` is what AWX shall have, but for the state absent.
    ``say`` is told of what takes long.

    Raises FarflowError, before anything is made, when something can't be; and when AWX refuses something nevertheless.
    """
    look = Look(client, settings.organization)
    templates = {
        asset["name"].removeprefix(f"{titled(settings, name)}: ")
        for resource in ("job_templates", "workflow_job_templates")
        for asset in wanted.get(resource, ())
        for name in settings.environments
    }
    wanted = {} if settings.state == "absent" else wanted
    look.expect(wanted)
    leaving = Leaving(look, settings, wanted, templates)
    planned = _walk(look, settings, wanted, leaving, False, say)
    if planned.reasons and not client.may_write():
        raise FarflowError(f"{_CANNOT}\n- the token has the scope Read; make one of the scope Write")
    problems = [*lacking(look, wanted), *awx_credentials.problems(look, settings), *planned.problems]
    if problems:
        raise FarflowError("\n".join([_CANNOT, *(f"- {one}" for one in problems)]))
    if planned.reasons and not check_mode:
        _walk(look, settings, wanted, leaving, True, say)
        client.forget()
        look = Look(client, settings.organization)
    return {
        "changed": bool(planned.reasons),
        "reasons": planned.reasons,
        "credentials": awx_credentials.keyless(look, wanted),
        "unwanted": planned.unwanted,
        "notices": [*leaving.notices, *planned.notices],
        "webhooks": _webhooks(look, wanted),
    }


def _walk(look: Look, settings: Settings, wanted: Assets, leaving: Leaving, perform: bool, say: Say) -> Walk:
    playbooks = sorted({asset["playbook"] for asset in wanted.get("job_templates", ())})

    def after_project(project: Object, begun: bool) -> str:
        why = "" if begun else awx_project.needs_update(look.client, project, playbooks)
        if perform and (begun or why or project["status"] in awx_project.UNDER_WAY):
            awx_project.update(look.client, project, begun, playbooks, settings.project_wait_minutes * 60, say)
        return why

    walk = Walk(
        look,
        Ours(look, settings, leaving.templates),
        Rights(look, settings.organization),
        settings.state == "exact",
        perform,
        after_project,
    )
    walk.all(wanted)
    if settings.state == "present":
        walk.unwanted += [f"{resource} {look.called(resource, one)}" for resource, one in leaving.unwanted]
    else:
        walk.remove(leaving.unwanted, leaving.losses)
    walk.finish()
    return walk


def _webhooks(look: Look, wanted: Assets) -> list[dict[str, str]]:
    """Where Git has to send pushes to, of each workflow that waits for them and is there."""
    found = []
    for asset in wanted.get("workflow_job_templates", ()):
        one = look.find(asset["natural_key"])
        if asset.get("webhook_service") and one and one["related"].get("webhook_receiver"):
            found.append({"name": one["name"], "url": look.client.page_of(one["related"]["webhook_receiver"])})
    return found
