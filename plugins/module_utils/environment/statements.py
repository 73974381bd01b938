# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM statements of our own, in the form of policy documents."""

from __future__ import annotations

from typing import Any

Statement = dict[str, Any]


def allow(sid: str, actions: list[str], *resources: str, **condition: Any) -> Statement:
    """The actions are allowed on the resources; ``condition`` are IAM's operators with their keys."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}
    return {**statement, **({"Condition": condition} if condition else {})}


def deny(sid: str, actions: list[str], *resources: str, **condition: Any) -> Statement:
    """They are denied, whatever else allows them."""
    return {**allow(sid, actions, *resources, **condition), "Effect": "Deny"}
