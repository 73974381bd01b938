# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parameter groups of Amazon RDS, as they are compared: what is wanted and what somebody set, not the hundreds of AWS's
defaults.

The description can't be changed after the creation, so that it is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.actions import Resource
from ..offer.family_parameters import DEFINITIONS, by_name

TYPE = "rds_parameter_group"

#: What AWS never changes, and what to do instead.
IMMUTABLE = {TYPE: {"family": "give the group for the other version another name"}}


def desired(group: Mapping[str, Any]) -> Resource:
    """``{name, family, description?, parameters, tags}`` as a resource."""
    return Resource(
        TYPE,
        group["name"].lower(),
        {
            "family": group["family"],
            "parameters": {name: _text(value) for name, value in (group.get("parameters") or {}).items()},
            "tags": {key: str(value) for key, value in (group.get("tags") or {}).items()},
        },
    )


def _text(value: Any) -> str:
    """A parameter's value in AWS's words: PostgreSQL's booleans are 1 and 0 there."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeDBParameterGroups' answer as a resource, with its ``tags`` and with those of its
    ``parameters`` that somebody set, or wants. Its attribute DEFINITIONS tells what these may be.
    """
    return Resource(
        TYPE,
        document["DBParameterGroupName"],
        {
            "family": document["DBParameterGroupFamily"],
            "parameters": {
                parameter["ParameterName"]: parameter.get("ParameterValue") for parameter in document["parameters"]
            },
            "tags": dict(document["tags"]),
        },
        document["DBParameterGroupArn"],
        {DEFINITIONS: by_name(document["parameters"])},
    )


def settings(parameters: Mapping[str, str | None], static: set[str]) -> list[dict[str, str]]:
    """Parameters in the form of the AWS API; None resets one. What is static waits for the next reboot."""
    return [
        {
            "ParameterName": name,
            **({} if value is None else {"ParameterValue": value}),
            "ApplyMethod": "pending-reboot" if name in static else "immediate",
        }
        for name, value in sorted(parameters.items())
    ]
