# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The project in AWX: its updates, which have to succeed before a template can name a playbook."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.waiting import NotYet, wait_for
from .awx import Client, Object

UNDER_WAY = ("new", "pending", "waiting", "running")
_LINES = 12


def lacks(client: Client, project: Object, playbooks: Collection[str]) -> list[str]:
    """The playbooks that the last update did not find."""
    there = client.texts(project["related"]["playbooks"])
    return [playbook for playbook in playbooks if playbook not in there]


def needs_update(client: Client, project: Object, playbooks: Collection[str]) -> str:
    """Why an existing project has to be updated before templates can be made; nothing when it has not."""
    status = project["status"]
    if status in UNDER_WAY:
        return ""
    if status != "successful":
        return f"updated, as its last update is {status}"
    missing = lacks(client, project, playbooks)
    return f"updated, as it has no {', '.join(missing)}" if missing else ""


def update(
    client: Client, project: Object, begun: bool, playbooks: Collection[str], limit: float, say: Callable[[str], None]
) -> None:
    """Updates a project, or waits for the update that AWX has begun by itself, and sees that the playbooks are there.
    ``limit`` is in seconds.

    Raises FarflowError with the last lines of an update that fails, and with its URL.
    """
    name = project["name"]
    if not begun and project["status"] not in UNDER_WAY:
        client.post(project["related"]["update"], {})
    told: list[str] = []

    def check() -> Object | NotYet:
        client.forget()
        seen: Object = client.get(project["url"])
        state = seen["status"]
        if state not in UNDER_WAY:
            return seen
        words = f"its update is {state}: {client.page_of(_last(seen))}"
        if words not in told:
            told.append(words)
            say(f"waiting for the project {name}: {words}")
        return NotYet(f"{words}; does AWX reach the repository, and has it capacity for jobs?")

    seen = wait_for(check, limit, f"the project {name!r}")
    if seen["status"] != "successful":
        raise FarflowError(_failed(client, seen))
    missing = lacks(client, seen, playbooks)
    if missing:
        where = f"branch {seen['scm_branch']!r} of {seen['scm_url']}"
        raise FarflowError(f"{where} has no {', '.join(missing)}: farflow.airflow.init lays a project's playbooks down")


def _failed(client: Client, project: Object) -> str:
    url = _last(project)
    lines = client.text(f"{url}stdout/", format="txt").strip().splitlines()[-_LINES:]
    helps = "a private repository needs farflow_awx_project_credential"
    return "\n".join(
        [f"its update is {project['status']}, nothing was made after it: {client.page_of(url)}", *lines, helps]
    )


def _last(project: Object) -> str:
    """The URL of the update that runs or was the last."""
    related = project["related"]
    return str(related.get("current_update") or related.get("current_job") or related.get("last_job") or project["url"])
