# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CodeBuild projects, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...engine.actions import Resource
from ...engine.clients import Clients, error_code
from ...engine.errors import FarflowError
from ...engine.reconcile import Hands
from ...engine.waiting import NotYet, wait_for
from . import calls as api
from . import documents as pure

_ROLE_TAKEN_AFTER = 60
_ROLE_NOT_TAKEN = "not authorized to perform: sts:AssumeRole"


def read(clients: Clients, names: Sequence[str]) -> list[Resource]:
    """The named projects that exist."""
    return [pure.canonical(document) for document in api.describe(clients, list(names))]


def hands(clients: Clients) -> Hands:
    """What creates, changes and deletes a project."""

    def create(wanted: Resource) -> str:
        return _when_role_is_taken(lambda: _create(clients, wanted), wanted.name)

    def change(wanted: Resource, found: Resource) -> None:
        visibility = wanted.properties[pure.VISIBILITY]
        if visibility != found.properties[pure.VISIBILITY]:
            api.set_visibility(clients, str(found.id), visibility)
        request = pure.update_request(wanted, found)
        _when_role_is_taken(lambda: api.update(clients, request), wanted.name)

    return Hands(create, change, lambda found: api.delete(clients, found.name))


def _create(clients: Clients, wanted: Resource) -> str:
    try:
        return api.create(clients, pure.create_request(wanted))
    except FarflowError as error:
        if _code(error) != "ResourceAlreadyExistsException":
            raise
    (found,) = read(clients, [wanted.name])  # another run has just made it
    return api.update(clients, pure.update_request(wanted, found))


def _when_role_is_taken(call: Callable[[], str], name: str) -> str:
    """The call's answer. For some seconds CodeBuild cannot take a role that was just made."""

    def attempt() -> str | NotYet:
        try:
            return call()
        except FarflowError as error:
            if _code(error) == "InvalidInputException" and _ROLE_NOT_TAKEN in str(error):
                return NotYet(str(error))
            raise

    return wait_for(attempt, _ROLE_TAKEN_AFTER, f"CodeBuild to take the role of project {name}")


def _code(error: FarflowError) -> str:
    return error_code(error.__cause__) if isinstance(error.__cause__, Exception) else ""
