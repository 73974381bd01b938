#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_network
short_description: Reconcile VPCs, subnets, internet gateways, elastic IP addresses and NAT gateways in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes VPCs, their subnets and internet gateways, elastic IP addresses and NAT gateways.
  - AWS has a client token for NAT gateways only. So when a create call gets no answer, as when the connection breaks,
    the module looks for the resource before it repeats the call, and nothing is created twice.
  - Each is created with its tags.
  - The module returns when AWS shows what was asked for. A new NAT gateway is C(pending) for some minutes after that.
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
  vpcs:
    description: The VPCs.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The tag C(Name).
        type: str
        required: true
      id:
        description:
          - The id of an existing one, required for O(state=absent).
          - Without it the VPC with this block and exactly these tags is meant.
        type: str
      cidr:
        description: The IPv4 block, which AWS never changes. Required for one that shall exist.
        type: str
      dns_support:
        description: Whether DNS resolution is enabled.
        type: bool
        default: true
      dns_hostnames:
        description: Whether instances with public IP addresses get public DNS hostnames.
        type: bool
        default: false
      tags:
        description: All the tags, apart from C(Name); others are removed.
        type: dict
        default: {}
  subnets:
    description: The subnets.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The tag C(Name).
        type: str
        required: true
      id:
        description:
          - The id of an existing one, required for O(state=absent).
          - Without it the subnet with this block in the VPC is meant.
        type: str
      vpc_id:
        description: The VPC. AWS never changes it. Required for one that shall exist.
        type: str
      cidr:
        description: The IPv4 block, which AWS never changes. Required for one that shall exist.
        type: str
      availability_zone:
        description: The name of the zone, which AWS never changes. Required for one that shall exist.
        type: str
      map_public_ip_on_launch:
        description: Whether what is launched in the subnet gets a public IPv4 address without asking for it.
        type: bool
        default: false
      tags:
        description: All the tags, apart from C(Name); others are removed.
        type: dict
        default: {}
  internet_gateways:
    description: The internet gateways.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The tag C(Name).
        type: str
        required: true
      id:
        description:
          - The id of an existing one, required for O(state=absent).
          - Without it the one that is attached to the VPC is meant, or one that is attached to none and has exactly
            these tags.
        type: str
      vpc_id:
        description:
          - The VPC to which it is attached. One that is attached to another VPC moves to this one. Required for one
            that shall exist.
        type: str
      tags:
        description: All the tags, apart from C(Name); others are removed.
        type: dict
        default: {}
  elastic_ips:
    description: The elastic IP addresses.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The tag C(Name).
        type: str
        required: true
      id:
        description:
          - The allocation id of an existing one, required for O(state=absent).
          - Without it the one with exactly these tags is meant.
        type: str
      tags:
        description: All the tags, apart from C(Name); others are removed.
        type: dict
        default: {}
  nat_gateways:
    description: The NAT gateways.
    type: list
    version_added: 0.2.0
    elements: dict
    default: []
    suboptions:
      name:
        description: The tag C(Name).
        type: str
        required: true
      id:
        description:
          - The id of an existing one, required for O(state=absent).
          - Without it the one with exactly these tags is meant.
        type: str
      subnet_id:
        description: The subnet of the NAT gateway. AWS never changes it. Required for one that shall exist.
        type: str
      allocation_id:
        description:
          - The allocation id of its elastic IP address. AWS never changes it. Required for one that shall exist.
        type: str
      tags:
        description: All the tags, apart from C(Name); others are removed.
        type: dict
        default: {}
  state:
    description:
      - V(present) makes VPCs before what is in them; V(absent) deletes in the opposite order.
      - The deletion of what is still used, as by network interfaces of stopping tasks, is repeated for ten minutes.
        Then the module fails with AWS's error message, and names the network interfaces that use it, if it finds any.
        An internet
        gateway is detached first.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Two subnets in a VPC, and the internet
  farflow.airflow.ec2_network:
    subnets:
      - name: prod-public-a
        vpc_id: vpc-0a
        cidr: 10.0.0.0/20
        availability_zone: eu-west-1a
        tags:
          team: data
      - name: prod-public-b
        vpc_id: vpc-0a
        cidr: 10.0.16.0/20
        availability_zone: eu-west-1b
        tags:
          team: data
    internet_gateways:
      - name: prod
        vpc_id: vpc-0a
"""

RETURN = r"""
vpcs:
  description: One entry for each VPC, in the order given; with O(state=absent), for each that existed.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    id:
      description: The id (of an elastic IP address the allocation id). Null in check mode for one that does not
        exist.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(dns_hostnames false -> true).
      type: list
      elements: str
  sample:
    - name: prod
      id: vpc-0a
      changed: true
      reasons: ["dns_hostnames false -> true"]
subnets:
  description: The same for the subnets.
  returned: success
  type: list
  elements: dict
internet_gateways:
  description: The same for the internet gateways.
  returned: success
  type: list
  elements: dict
elastic_ips:
  description: The same for the elastic IP addresses.
  returned: success
  type: list
  elements: dict
nat_gateways:
  description: The same for the NAT gateways.
  returned: success
  type: list
  elements: dict
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, as_results, run
from ..module_utils.kinds.ec2 import network
from ..module_utils.kinds.ec2.network import documents

COMMON = {
    "name": {"type": "str", "required": True},
    "id": {"type": "str"},
    "tags": {"type": "dict", "default": {}},
}

VPC = {
    **COMMON,
    "cidr": {"type": "str"},
    "dns_support": {"type": "bool", "default": True},
    "dns_hostnames": {"type": "bool", "default": False},
}

SUBNET = {
    **COMMON,
    "vpc_id": {"type": "str"},
    "cidr": {"type": "str"},
    "availability_zone": {"type": "str"},
    "map_public_ip_on_launch": {"type": "bool", "default": False},
}

INTERNET_GATEWAY = {**COMMON, "vpc_id": {"type": "str"}}

NAT_GATEWAY = {**COMMON, "subnet_id": {"type": "str"}, "allocation_id": {"type": "str"}}

ARGUMENT_SPEC = {
    "vpcs": {"type": "list", "elements": "dict", "default": [], "options": VPC},
    "subnets": {"type": "list", "elements": "dict", "default": [], "options": SUBNET},
    "internet_gateways": {"type": "list", "elements": "dict", "default": [], "options": INTERNET_GATEWAY},
    "elastic_ips": {"type": "list", "elements": "dict", "default": [], "options": COMMON},
    "nat_gateways": {"type": "list", "elements": "dict", "default": [], "options": NAT_GATEWAY},
    "state": STATE,
}

#: In the order in which they are made.
TYPES = {
    "vpcs": documents.VPC,
    "subnets": documents.SUBNET,
    "internet_gateways": documents.INTERNET_GATEWAY,
    "elastic_ips": documents.ELASTIC_IP,
    "nat_gateways": documents.NAT_GATEWAY,
}


def work(parameters, clients, check_mode):
    """Reconciles one type after the other."""
    present = parameters["state"] == "present"
    kinds = {key: [documents.desired(type_, item) for item in parameters[key]] for key, type_ in TYPES.items()}
    missing = [
        problem for resources in kinds.values() for one in resources for problem in documents.missing(one, present)
    ]
    if missing:
        raise FarflowError("\n".join(missing))
    do, order = (network.present, list(kinds)) if present else (network.absent, list(reversed(kinds)))
    outcomes = {key: do(clients, kinds[key], check_mode) for key in order}
    return as_results({key: outcomes[key] for key in kinds}, "id")


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
