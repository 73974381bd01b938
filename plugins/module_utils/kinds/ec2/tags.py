# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tags of EC2's resources: in the call that makes one, and afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, tag_list


def specification(resource_type: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """The parameter of a Create call that tags what it makes, so that no killed run leaves anything untagged."""
    return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": tag_list(dict(tags))}]} if tags else {}


def set_tags(clients: Clients, identifier: str, tags: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    if superfluous:
        clients("ec2").delete_tags(Resources=[identifier], Tags=[{"Key": key} for key in superfluous])
    if tags:
        clients("ec2").create_tags(Resources=[identifier], Tags=tag_list(dict(tags)))
