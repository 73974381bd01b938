# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the credentials of a deployer may do: IAM policies for given variables, each of which IAM takes.

``rights`` has the table of all actions, ``scopes`` the resources and conditions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ..arns import Account
from ..policies import document
from ..statements import Statement, allow
from .rights import DOORS, SCOPES

Inputs = Mapping[str, Any]
Document = dict[str, Any]

#: Characters of a managed policy, without white space. Source: "IAM and AWS STS quotas" in IAM's user guide.
LIMIT = 6144


def documents(inputs: Inputs, where: Account, doors: Collection[str] = DOORS) -> list[Document]:
    """The policies that allow what the doors do, and no more. All of them are to be attached to the deployer's role,
    which takes ten unless AWS was asked for more.
    """
    found: list[list[Statement]] = []
    for statement in statements(inputs, where, doors):
        if not found or size(document([*found[-1], statement])) > LIMIT:
            found.append([])
        found[-1].append(statement)
    return [document(some) for some in found]


def statements(inputs: Inputs, where: Account, doors: Collection[str] = DOORS) -> list[Statement]:
    """A statement for each scope of which the doors need an action, and the variables ask for it."""
    needed = frozenset(doors)
    return [
        allow(scope.sid, actions, *arns, **scope.condition(inputs, where))
        for scope in SCOPES
        if scope.wanted(inputs) and (actions := scope.needed_by(needed)) and (arns := scope.arns(inputs, where))
    ]


def named(environment: str, doors: Collection[str], policies: list[Document]) -> dict[str, Document]:
    """The policies by names that they can have in an account."""
    what = "deployer" if set(doors) == set(DOORS) else "-".join(door for door in DOORS if door in doors)
    return {f"{environment}-{what.replace('_', '-')}-{number}": each for number, each in enumerate(policies, 1)}


def size(policy: Document) -> int:
    """How many characters IAM counts."""
    return len(text(policy))


def text(policy: Document) -> str:
    """A policy without white space between its parts."""
    return json.dumps(policy, separators=(",", ":"))
