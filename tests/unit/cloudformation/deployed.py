"""Everything that a deploy with a vars file desires, as it is when the deploy is through: each with an id as AWS gives
it, so that nothing is yet to be known.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import arns
from ansible_collections.farflow.airflow.plugins.module_utils.environment.images import Image
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service.documents import FIRST_COUNT
from ansible_collections.farflow.airflow.plugins.module_utils.project.task_folders import DagTask
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs as given

ROOT = Path(__file__).parents[3]
ACCOUNT = "123456789012"
REGION = "eu-west-1"
_ROUNDS = 8

_TASK = {"path": "/nowhere", "cpu": 256, "memory": 512, "architecture": "ARM64"}
_DIGEST = f"sha256:{'0' * 64}"

#: How ids look that have a form of their own, by type: {name} and {number}, which is 17 hexadecimal digits.
_IDS = {
    arns.IDENTITY: ACCOUNT,
    "vpc": "vpc-{number}",
    "subnet": "subnet-{number}",
    "internet_gateway": "igw-{number}",
    "nat_gateway": "nat-{number}",
    "elastic_ip": "eipalloc-{number}",
    "security_group": "sg-{number}",
    "route_table": "rtb-{number}",
    "vpc_endpoint": "vpce-{number}",
    "dns_namespace": "ns-{number}",
    "discovery_service": "srv-{number}",
    "file_system": "fs-{number}",
    "access_point": "fsap-{number}",
    "mount_target": "fsmt-{number}",
    "secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "target_group": "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/0123456789abcdef",
    "load_balancer": "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/net/{name}/0123456789abcdef",
    "scaling_policy": "arn:aws:autoscaling:{region}:{account}:scalingPolicy:0f1e:resource/ecs/service/{name}",
    "ecs_task_definition": "arn:aws:ecs:{region}:{account}:task-definition/{name}:1",
}
_ATTRIBUTES = {
    "state": "available",
    "partition": "aws",
    "address": "database.eu-west-1.rds.amazonaws.com",
    "port": 5432,
    "dns_name": "airflow.elb.eu-west-1.amazonaws.com",
}


@cache
def resources(vars_file: str, **more: str) -> tuple[Resource, ...]:
    """What the layers desire with this file and more variables, and two DAG tasks, one with all that it can ask for."""
    inputs = _inputs({**yaml.safe_load((ROOT / vars_file).read_text(encoding="utf-8")), **more})
    known = Existing(_before())
    for _unused in range(_ROUNDS):
        desired = [each for layer in LAYERS.values() for each in layer.desired(inputs, known)]
        known = Existing([*_before(), *(_made(each) for each in desired)])
    return tuple(desired)


def _before() -> list[Resource]:
    zones = [Resource("availability_zone", f"{REGION}{letter}", id=f"euw1-az{letter}") for letter in "abc"]
    return [*zones, _made(Resource(arns.IDENTITY, arns.IDENTITY))]


def _made(desired: Resource) -> Resource:
    number = hashlib.sha256(f"{desired.type} {desired.name}".encode()).hexdigest()[:17]
    form = _IDS.get(desired.type, "{name}")
    id_ = form.format(name=desired.name, number=number, region=REGION, account=ACCOUNT)
    repository = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{desired.name.partition(':')[0]}"
    of_its_own = {
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{desired.name}",
        "arn": f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/{id_}",
        "uri": f"{repository}@{_DIGEST}",
    }
    count = {"desired_count": desired.attributes[FIRST_COUNT]} if FIRST_COUNT in desired.attributes else {}
    properties = {**desired.properties, **count}
    return replace(
        desired, id=id_, properties=properties, attributes={**desired.attributes, **_ATTRIBUTES, **of_its_own}
    )


def _inputs(variables: dict[str, Any]) -> dict[str, Any]:
    def load(path: str) -> Any:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))

    # The two defaults that are templates, which only Ansible can fill in.
    filled_in = {"network_ingress_cidrs": ["10.0.0.0/16"], "airflow_service_load_balancer_port": 80}
    wanted = {**given.defaults(load), **filled_in, **variables}
    gathered, problems = given.gather(given.declared(load), wanted, lambda value: value)
    assert not problems, problems
    environment = variables["farflow_environment"]
    tasks = [
        DagTask("plain", family=f"{environment}-plain", **_TASK),
        DagTask(
            "reporter",
            family=f"{environment}-reporter",
            secrets={"API_KEY": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:api-key-a1b2c3"},
            policy=[{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::reports/*"]}],
            shared_volume=True,
            **_TASK,
        ),
    ]
    images = {each.name: Image(f"{environment}-tasks:{each.name}", {"repository": "tasks"}) for each in tasks}
    airflow = Image(f"{environment}-airflow:airflow", {"repository": "airflow"})
    return {**gathered, "dag_tasks": tasks, "task_images": images, "airflow_images": {"X86_64": airflow}}
