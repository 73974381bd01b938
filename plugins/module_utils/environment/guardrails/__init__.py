# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an organization forbids of what a deploy is about to make, asked of IAM before anything is done.

IAM's simulation looks at service control policies with their conditions: SimulatePrincipalPolicy in its API reference.
It does not know all that a real call tells, so this warns and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine import identity
from ...engine.actions import Action
from ...engine.clients import Clients
from ...engine.errors import FarflowError
from ..arns import Account
from . import calls, documents


def warnings(clients: Clients, inputs: Mapping[str, Any], where: Account, actions: Iterable[Action]) -> list[str]:
    """A line each; also where IAM does not tell."""
    wanted = documents.to_ask(actions)
    if not wanted:
        return []
    try:
        caller = identity.arn(clients)
        name = documents.role_of(caller)
        source = documents.source(caller, calls.role_arn(clients, name) if name else "")
        if not source:
            return [f"what the organization forbids is not known: AWS simulates nothing for {caller}"]
        results = calls.simulate(clients, source, wanted, documents.context(inputs, where))
    except FarflowError as error:
        return [f"what the organization forbids is not known: {error}"]
    return list(documents.warnings(documents.forbidden(results)))
