# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What GuardDuty's Runtime Monitoring makes in the VPC of a Fargate task: an interface endpoint and its security group.

They are not ours, so a deploy lets them be. But AWS deletes neither the subnets nor the VPC that they are in, and
GuardDuty itself deletes them only when Runtime Monitoring is switched off for all of the account; so they go with a VPC
that is ours. Sources: "Using Infrastructure as Code (IaC) with GuardDuty automated security agents" and "Disabling,
uninstalling, and cleaning up resources in Runtime Monitoring" in GuardDuty's user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.actions import Resource
from ...engine.tags import tags_of

ENDPOINT = "guardduty_endpoint"
GROUP = "guardduty_security_group"
TYPES = frozenset({ENDPOINT, GROUP})

_TAG = "GuardDutyManaged"
_ENDPOINT_SERVICE = "guardduty-data"


def group_name(vpc_id: str) -> str:
    """How GuardDuty names the group that it makes in a VPC."""
    return f"GuardDutyManagedSecurityGroup-{vpc_id}"


def is_endpoint(document: Mapping[str, Any]) -> bool:
    """Whether a member of DescribeVpcEndpoints' answer is one that GuardDuty has made; one of the user's is not."""
    return _ENDPOINT_SERVICE in document["ServiceName"] and _is_managed(document)


def is_group(document: Mapping[str, Any]) -> bool:
    """The same for DescribeSecurityGroups."""
    return bool(document["GroupName"] == group_name(document["VpcId"])) and _is_managed(document)


def _is_managed(document: Mapping[str, Any]) -> bool:
    return tags_of(document).get(_TAG) == "true"


def endpoint(document: Mapping[str, Any]) -> Resource:
    """GuardDuty's endpoint as a resource, which is only ever deleted."""
    endpoint_id = document["VpcEndpointId"]
    properties = {"vpc_id": document["VpcId"]}
    return Resource(ENDPOINT, endpoint_id, properties, endpoint_id, {"vpc_endpoint_id": endpoint_id})


def group(document: Mapping[str, Any]) -> Resource:
    """GuardDuty's group as a resource, which is only ever deleted."""
    return Resource(GROUP, document["GroupName"], {"vpc_id": document["VpcId"]}, document["GroupId"])
