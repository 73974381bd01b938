# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM's simulation of policies: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.clients import Clients, doing, pages


def role_arn(clients: Clients, name: str) -> str:
    """With its path, which the ARN of a session lacks."""
    with doing("describe", "IAM role", name):
        return str(clients("iam").get_role(RoleName=name)["Role"]["Arn"])


def simulate(
    clients: Clients, source: str, actions: Sequence[str], context: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What the policies of a user or role, and those of the organization, would say to these actions."""
    with doing("ask what is allowed to", source):
        return pages(
            clients("iam"),
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=source,
            ActionNames=list(actions),
            ContextEntries=list(context),
        )
