#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_route_tables
short_description: Reconcile any number of route tables in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes route tables so that routes, subnets and tags are as given.
  - The VPC's own local routes, routes that a virtual private gateway propagates and those of gateway endpoints are left
    as they are. So are a VPC's main table, and tables that are not named.
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
  route_tables:
    description: The route tables.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The tag C(Name).
          - Of several tables with the name in a VPC the one that differs least becomes as given, the others are left
            alone.
        type: str
        required: true
      route_table_id:
        description: The id of an existing table. Needed to delete one of several with the name.
        type: str
      vpc_id:
        description: The VPC of the table.
        type: str
        required: true
      routes:
        description:
          - All the routes that are set, each destination with the id of its target, such as an internet gateway, a NAT
            gateway, a transit gateway, a network interface or a peering connection.
          - A destination is a CIDR or a prefix list.
        type: dict
        default: {}
      subnets:
        description:
          - The ids of all the subnets that use the table. One that uses another table moves; one that leaves for no
            other table uses the VPC's main table.
        type: list
        elements: str
        default: []
      tags:
        description: All the tags, apart from C(Name); others are removed.
        type: dict
        default: {}
  state:
    description: Whether the tables shall exist. For V(absent) their associations end first.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Private subnets reach the world through a NAT gateway
  farflow.airflow.ec2_route_tables:
    route_tables:
      - name: prod-private
        vpc_id: vpc-0a
        routes:
          0.0.0.0/0: nat-0a
        subnets: [subnet-0a, subnet-0b]
"""

RETURN = r"""
route_tables:
  description: One entry a table, in the order given; after O(state=absent) one for each that was there.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    route_table_id:
      description: The id; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(routes 0.0.0.0/0 (none) -> nat-0a).
      type: list
      elements: str
  sample:
    - name: prod-private
      route_table_id: rtb-0a
      changed: true
      reasons: ["routes 0.0.0.0/0 (none) -> nat-0a"]
"""

from ..module_utils.engine.module import STATE, as_result, run
from ..module_utils.kinds.ec2 import in_vpc
from ..module_utils.kinds.ec2.route_table import RouteTable, documents

TABLE = {
    "name": {"type": "str", "required": True},
    "route_table_id": {"type": "str"},
    "vpc_id": {"type": "str", "required": True},
    "routes": {"type": "dict", "default": {}},
    "subnets": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict", "default": {}},
}

ARGUMENT_SPEC = {
    "route_tables": {"type": "list", "elements": "dict", "required": True, "options": TABLE},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the route tables."""
    tables = [documents.desired(table) for table in parameters["route_tables"]]
    do = in_vpc.present if parameters["state"] == "present" else in_vpc.absent
    return as_result("route_tables", do(RouteTable(tables), clients, tables, check_mode), "route_table_id")


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
