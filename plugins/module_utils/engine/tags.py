# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tags that every resource of an environment carries."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: Tags by ARN, of many resources at once.
PrefetchedTags = Mapping[str, Mapping[str, str]]

NOTHING: PrefetchedTags = MappingProxyType({})

ENVIRONMENT = "farflow:environment"
ROLE = "farflow:role"


def tags(inputs: Mapping[str, Any], role: str, name: str | None = None) -> dict[str, str]:
    """The user's tags and ours; ``name`` adds EC2's ``Name``."""
    ours = {ENVIRONMENT: inputs["farflow_environment"], ROLE: role}
    return {**(inputs.get("farflow_tags") or {}), **ours, **({"Name": name} if name else {})}


def trusted_tags(inputs: Mapping[str, Any], prefetched: PrefetchedTags) -> PrefetchedTags:
    """Those of the tags that are what a resource of this environment carries. Who tells the tags of everything
    (AWS's tagging API) lags behind: where it tells anything else, each resource is to be asked for its own.
    """
    return {
        arn: found for arn, found in prefetched.items() if found == tags(inputs, found.get(ROLE, ""), found.get("Name"))
    }


def tags_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The tags in a document of EC2, without those that AWS itself sets."""
    return {tag["Key"]: tag["Value"] for tag in document.get("Tags", []) if not tag["Key"].startswith("aws:")}
