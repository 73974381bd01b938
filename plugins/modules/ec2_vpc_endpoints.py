#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_vpc_endpoints
short_description: Reconcile any number of gateway endpoints in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes gateway endpoints of a VPC so that route tables, policy and tags are as given.
  - Endpoints that are not named are left as they are.
  - It returns when AWS shows what was asked for.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do and makes no mutating call.
    support: full
  diff_mode:
    description: One line for each difference.
    support: full
options:
  vpc_endpoints:
    description: The gateway endpoints.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The tag C(Name).
          - Of several endpoints with the name in a VPC the one that differs least becomes as given, the others are left
            alone.
        type: str
        required: true
      vpc_endpoint_id:
        description: The id of an existing endpoint. Needed to delete one of several with the name.
        type: str
      vpc_id:
        description: The VPC of the endpoint.
        type: str
        required: true
      service:
        description: The service, as C(com.amazonaws.eu-west-1.s3). Not needed for O(state=absent).
        type: str
      route_tables:
        description: The ids of all the route tables that lead to it.
        type: list
        elements: str
        default: []
      policy:
        description: The policy of the endpoint; without one it lets everything through.
        type: dict
      tags:
        description: All the tags, apart from C(Name); others are removed.
        type: dict
        default: {}
  state:
    description: Whether the endpoints shall exist. V(absent) deletes interface endpoints as well.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: S3 without the NAT gateway
  farflow.airflow.ec2_vpc_endpoints:
    vpc_endpoints:
      - name: prod-s3
        vpc_id: vpc-0a
        service: com.amazonaws.eu-west-1.s3
        route_tables: [rtb-0a]
"""

RETURN = r"""
vpc_endpoints:
  description: One entry an endpoint, in the order given; after O(state=absent) one for each that was there.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    vpc_endpoint_id:
      description: The id; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(route_tables (none) -> [rtb-0a]).
      type: list
      elements: str
  sample:
    - name: prod-s3
      vpc_endpoint_id: vpce-0a
      changed: true
      reasons: ["route_tables (none) -> [rtb-0a]"]
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, as_result, run
from ..module_utils.kinds.ec2 import in_vpc
from ..module_utils.kinds.ec2.vpc_endpoint import VpcEndpoint, documents

ENDPOINT = {
    "name": {"type": "str", "required": True},
    "vpc_endpoint_id": {"type": "str"},
    "vpc_id": {"type": "str", "required": True},
    "service": {"type": "str"},
    "route_tables": {"type": "list", "elements": "str", "default": []},
    "policy": {"type": "dict"},
    "tags": {"type": "dict", "default": {}},
}

ARGUMENT_SPEC = {
    "vpc_endpoints": {"type": "list", "elements": "dict", "required": True, "options": ENDPOINT},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the endpoints."""
    given = parameters["vpc_endpoints"]
    endpoints = [documents.desired(endpoint) for endpoint in given]
    present = parameters["state"] == "present"
    incomplete = [endpoint["name"] for endpoint in given if present and not endpoint["service"]]
    if incomplete:
        raise FarflowError(f"vpc_endpoints: {', '.join(incomplete)}: service is required")
    do = in_vpc.present if present else in_vpc.absent
    return as_result("vpc_endpoints", do(VpcEndpoint(), clients, endpoints, check_mode), "vpc_endpoint_id")


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
