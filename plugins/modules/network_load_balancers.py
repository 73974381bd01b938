#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: network_load_balancers
short_description: Reconcile network load balancers with their target groups and listeners in one call
version_added: 0.2.0
description:
  - Brings network load balancers, their target groups and their listeners to what is given, with every field compared.
    Listeners and target groups of a load balancer that are not given are deleted.
  - Another scheme, or first security groups for a load balancer without any, make AWS build it anew. That is done under
    the same name after the old one is gone, so its address changes; target groups and what is registered in them stay.
    A load balancer with deletion protection is left alone and the module fails.
  - Protocol, port, VPC and target type of a target group cannot change; the module fails and says so. When one
    load balancer is refused, none is changed.
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
  load_balancers:
    description: The load balancers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, at most 32 characters.
        type: str
        required: true
      scheme:
        description: Whether it has private or public addresses.
        type: str
        choices: [internal, internet-facing]
        default: internal
      subnets:
        description: A subnet in each availability zone. Required with O(state=present).
        type: list
        elements: str
        default: []
      security_groups:
        description: Security groups. Required with O(state=present).
        type: list
        elements: str
        default: []
      ip_address_type:
        description: Kinds of addresses.
        type: str
        choices: [ipv4, dualstack]
        default: ipv4
      attributes:
        description:
          - Load balancer attributes by AWS's names, such as C(deletion_protection.enabled). One that is not given gets
            AWS's default.
        type: dict
        default: {}
      tags:
        description: All the tags of the load balancer, its listeners and its target groups; others are removed.
        type: dict
        default: {}
      target_groups:
        description: All the target groups.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The name, at most 32 characters.
            type: str
            required: true
          protocol:
            description: What the targets speak.
            type: str
            choices: [TCP, TLS]
            default: TCP
          port:
            description: Where a target listens that is registered without a port.
            type: int
            required: true
          vpc_id:
            description: The VPC of the targets.
            type: str
            required: true
          target_type:
            description: How targets are named. Fargate's are addresses.
            type: str
            choices: [ip, instance]
            default: ip
          health_check:
            description: How a target is found healthy. By a TCP connection when it is not given.
            type: dict
            suboptions:
              protocol:
                description: What is spoken.
                type: str
                choices: [TCP, HTTP, HTTPS]
                default: TCP
              port:
                description: A port, or the one that serves.
                type: str
                default: traffic-port
              path:
                description: What is asked for by HTTP. C(/) when it is not given.
                type: str
              matcher:
                description: Status codes of a healthy answer by HTTP. C(200-399) when it is not given.
                type: str
              interval_seconds:
                description: Time between checks, 5 to 300.
                type: int
                default: 30
              timeout_seconds:
                description: When no answer is a failure, 2 to 120. 6 for HTTP and 10 otherwise when it is not given.
                type: int
              healthy_threshold_count:
                description: Successes in a row that make a target healthy, 2 to 10.
                type: int
                default: 5
              unhealthy_threshold_count:
                description: Failures in a row that make a target unhealthy, 2 to 10.
                type: int
                default: 2
          attributes:
            description:
              - Target group attributes by AWS's names, such as C(deregistration_delay.timeout_seconds). One that is not
                given gets AWS's default.
            type: dict
            default: {}
          tags:
            description: Tags beside those of the load balancer.
            type: dict
            default: {}
      listeners:
        description: All the listeners.
        type: list
        elements: dict
        default: []
        suboptions:
          protocol:
            description: What clients speak.
            type: str
            choices: [TCP, TLS]
            default: TCP
          port:
            description: Where it listens.
            type: int
            required: true
          certificate_arn:
            description: ARN of the certificate in this region. Required with TLS.
            type: str
          ssl_policy:
            description: The security policy of TLS.
            type: str
            default: ELBSecurityPolicy-TLS13-1-2-2021-06
          alpn_policy:
            description: The ALPN policy of TLS.
            type: str
            choices: [HTTP1Only, HTTP2Only, HTTP2Optional, HTTP2Preferred]
          target_group:
            description: Name of the target group that gets the connections.
            type: str
            required: true
  wait:
    description: Whether to wait until the load balancers serve.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait, in seconds.
    type: int
    default: 600
  state:
    description:
      - Whether the named load balancers shall exist. With V(absent) the target groups that are attached to them or
        named are deleted, too, and the module returns when AWS has taken their network interfaces out of the subnets.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: TLS in front of the API server
  farflow.airflow.network_load_balancers:
    load_balancers:
      - name: prod-airflow
        scheme: internet-facing
        subnets: [subnet-0a, subnet-0b]
        security_groups: [sg-0c]
        attributes:
          deletion_protection.enabled: true
        target_groups:
          - name: prod-airflow
            port: 8080
            vpc_id: vpc-0d
            health_check:
              protocol: HTTP
              path: /api/v2/version
        listeners:
          - protocol: TLS
            port: 443
            certificate_arn: arn:aws:acm:eu-west-1:123456789012:certificate/e
            target_group: prod-airflow
"""

RETURN = r"""
load_balancers:
  description: One entry a load balancer, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    arn:
      description: The ARN; null in check mode for one that does not exist yet, and when it is absent.
      type: str
    dns_name:
      description: Its address; null as RV(load_balancers[].arn).
      type: str
    canonical_hosted_zone_id:
      description: The Route 53 zone of that address, for alias records; null as RV(load_balancers[].arn).
      type: str
    target_groups:
      description: ARNs of the target groups by name, without those that check mode would make.
      type: dict
    listeners:
      description: The same for the listeners, with names as C(prod-airflow:443).
      type: dict
    changed:
      description: Whether anything of it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(listener prod-airflow:443 protocol TCP -> TLS).
      type: list
      elements: str
"""

from functools import partial
from itertools import chain

from ..module_utils.engine.immutable import refuse_changes
from ..module_utils.engine.module import STATE, refuse, run, side_by_side
from ..module_utils.engine.parallel import in_parallel
from ..module_utils.kinds import load_balancer
from ..module_utils.kinds.load_balancer import documents

HEALTH_CHECK = {
    "protocol": {"type": "str", "choices": ["TCP", "HTTP", "HTTPS"], "default": "TCP"},
    "port": {"type": "str", "default": "traffic-port"},
    "path": {"type": "str"},
    "matcher": {"type": "str"},
    "interval_seconds": {"type": "int", "default": 30},
    "timeout_seconds": {"type": "int"},
    "healthy_threshold_count": {"type": "int", "default": 5},
    "unhealthy_threshold_count": {"type": "int", "default": 2},
}

TARGET_GROUP = {
    "name": {"type": "str", "required": True},
    "protocol": {"type": "str", "choices": ["TCP", "TLS"], "default": "TCP"},
    "port": {"type": "int", "required": True},
    "vpc_id": {"type": "str", "required": True},
    "target_type": {"type": "str", "choices": ["ip", "instance"], "default": "ip"},
    "health_check": {"type": "dict", "options": HEALTH_CHECK},
    "attributes": {"type": "dict", "default": {}},
    "tags": {"type": "dict", "default": {}},
}

LISTENER = {
    "protocol": {"type": "str", "choices": ["TCP", "TLS"], "default": "TCP"},
    "port": {"type": "int", "required": True},
    "certificate_arn": {"type": "str"},
    "ssl_policy": {"type": "str", "default": documents.SSL_POLICY},
    "alpn_policy": {"type": "str", "choices": ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"]},
    "target_group": {"type": "str", "required": True},
}

LOAD_BALANCER = {
    "name": {"type": "str", "required": True},
    "scheme": {"type": "str", "choices": ["internal", "internet-facing"], "default": "internal"},
    "subnets": {"type": "list", "elements": "str", "default": []},
    "security_groups": {"type": "list", "elements": "str", "default": []},
    "ip_address_type": {"type": "str", "choices": ["ipv4", "dualstack"], "default": "ipv4"},
    "attributes": {"type": "dict", "default": {}},
    "tags": {"type": "dict", "default": {}},
    "target_groups": {"type": "list", "elements": "dict", "default": [], "options": TARGET_GROUP},
    "listeners": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": LISTENER,
        "required_if": [("protocol", "TLS", ["certificate_arn"])],
    },
}

ARGUMENT_SPEC = {
    "load_balancers": {"type": "list", "elements": "dict", "required": True, "options": LOAD_BALANCER},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the load balancers, and says where they are."""
    given, present = parameters["load_balancers"], parameters["state"] == "present"
    refuse(line for each in given if present for line in documents.refusals(each))
    named = [documents.desired(each) for each in given]
    found = in_parallel(partial(load_balancer.read, clients), named)
    wanted = named if present else [[] for _unused in named]
    refuse(line for pair in zip(wanted, found, strict=True) for line in documents.protections(*pair))
    refuse_changes(chain(*wanted), chain(*found), documents.IMMUTABLE)
    do = partial(reconcile, parameters, clients, check_mode)
    return side_by_side("load_balancers", do, [each["name"] for each in given], named, found)


def reconcile(parameters, clients, check_mode, name, named, found):
    """Converges one load balancer. ``named`` are the resources that it is given as, also when it shall be absent."""
    present = parameters["state"] == "present"
    steps = load_balancer.converge(clients, named if present else [], found, check_mode)
    if steps.changed and not check_mode:
        found = load_balancer.read(clients, named)
    entry = documents.result(name, found if present else [])
    if present and parameters["wait"] and not check_mode:
        load_balancer.await_active(clients, name, parameters["wait_timeout"])
    return {**entry, **steps.as_result()}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
