#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: service_discovery
short_description: Reconcile private DNS namespaces and the services in them in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes private DNS namespaces of AWS Cloud Map and services in them, and waits until Cloud Map
    has done it. Services and namespaces that are not named are left alone.
  - The VPC of a namespace, and the routing policy and custom health check of a service, cannot change; the module fails
    and says so.
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
  namespaces:
    description: The namespaces.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The domain, seen in the VPC only.
        type: str
        required: true
      vpc_id:
        description: The VPC. Required for one that shall exist.
        type: str
      description:
        description: For people.
        type: str
        default: ""
      soa_ttl:
        description: How long resolvers remember that a name does not exist, in seconds.
        type: int
        default: 15
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  services:
    description: The services.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name in DNS, C(service.namespace), of a namespace that exists or is given.
        type: str
        required: true
      description:
        description: For people.
        type: str
        default: ""
      dns_records:
        description: Seconds to live for each type of record.
        type: dict
        default: {A: 10}
      routing_policy:
        description: Whether a resolver gets all healthy instances or one.
        type: str
        choices: [MULTIVALUE, WEIGHTED]
        default: MULTIVALUE
      custom_health_check:
        description: Whether the health of an instance is told to Cloud Map, as Amazon ECS does.
        type: bool
        default: true
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description:
      - Whether they shall exist. A service is deleted when the last instance has left it, a namespace when it has no
        services.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: A private name for the API server
  farflow.airflow.service_discovery:
    namespaces:
      - name: prod.farflow.internal
        vpc_id: vpc-0a
    services:
      - name: api-server.prod.farflow.internal
        dns_records:
          A: 10
"""

RETURN = r"""
namespaces:
  description: One entry a namespace, in the order given; after O(state=absent) one for each that was there.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    namespace_id:
      description: The id; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(soa_ttl 15 -> 60).
      type: list
      elements: str
services:
  description: The same for the services, with C(service_id).
  returned: always
  type: list
  elements: dict
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, as_result, run
from ..module_utils.kinds import service_discovery
from ..module_utils.kinds.service_discovery import documents

NAMESPACE = {
    "name": {"type": "str", "required": True},
    "vpc_id": {"type": "str"},
    "description": {"type": "str", "default": ""},
    "soa_ttl": {"type": "int", "default": documents.SOA_TTL},
    "tags": {"type": "dict", "default": {}},
}

SERVICE = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "default": ""},
    "dns_records": {"type": "dict", "default": documents.DNS_RECORDS},
    "routing_policy": {"type": "str", "choices": documents.ROUTING_POLICIES, "default": "MULTIVALUE"},
    "custom_health_check": {"type": "bool", "default": True},
    "tags": {"type": "dict", "default": {}},
}

ARGUMENT_SPEC = {
    "namespaces": {"type": "list", "elements": "dict", "default": [], "options": NAMESPACE},
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the namespaces and the services."""
    namespaces = [documents.desired_namespace(namespace) for namespace in parameters["namespaces"]]
    services = [documents.desired_service(service) for service in parameters["services"]]
    present = parameters["state"] == "present"
    nowhere = [namespace.name for namespace in namespaces if not namespace.properties["vpc_id"]]
    if present and nowhere:
        raise FarflowError(f"namespaces without vpc_id: {', '.join(nowhere)}")
    outcomes = service_discovery.converge(clients, namespaces, services, present, check_mode)
    keys = ("namespaces", "namespace_id"), ("services", "service_id")
    parts = [as_result(key, some, id_name) for (key, id_name), some in zip(keys, outcomes, strict=True)]
    diff = {"prepared": "".join(part["diff"]["prepared"] for part in parts)}
    return {**parts[0], **parts[1], "changed": any(part["changed"] for part in parts), "diff": diff}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
