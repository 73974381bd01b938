# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What has to hold between inputs, and within one, beyond its type. Every problem names the variable, what it is and
what is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

from ...engine.ignored_tags import ignores
from ...images.references import Ecr, parse, unpinned
from ...lock.claim import break_problem
from ...project.task_yml import LARGEST
from ...validation.value_checks import network, told
from .. import dags, ecs_executor, execution_api, executors, pools, settings
from ..network import subnet_cidr
from . import airflow_settings, worker_pools
from .variables import VARIABLES, fargate_size

Inputs = Mapping[str, Any]
Relation = Callable[..., Iterator[str]]

#: Of a security group. Source: "Amazon VPC quotas" in the guide of Amazon VPC.
_INBOUND_RULES = 60

#: The api-server's task definition has them twice, as it has two containers.
_LARGEST_SETTINGS = LARGEST // 2

#: What has to hold between the variables of these names: it is given their values.
_RELATIONS: list[tuple[tuple[str, ...], Relation]] = []


def problems(inputs: Inputs) -> list[str]:
    """All of them together, a line each. What hangs on a variable that is not among the inputs is not judged."""
    alone = [each for name in inputs for each in _alone(name, inputs[name])]
    right = sound(inputs)
    between = [
        each
        for names, relation in _RELATIONS
        if all(name in right for name in names)
        for each in relation(*(right[name] for name in names))
    ]
    return alone + between


def sound(inputs: Inputs) -> dict[str, Any]:
    """Those inputs that are right, whatever the others are."""
    return {name: value for name, value in inputs.items() if not any(_alone(name, value))}


def warnings(inputs: Inputs) -> list[str]:
    """What AWS takes from some accounts only, or at a price, of inputs that are right; a line each."""
    return [
        *_many_networks(inputs),
        *_images_from_afar(inputs),
        *_pools_without_workers(inputs),
        *_small_workers(inputs),
    ]


def _pools_without_workers(inputs: Inputs) -> Iterator[str]:
    if not inputs.keys() >= set(_POOLS):
        return
    for pool in pools.pools(inputs):
        if not pool.maximum:
            given = f"worker_pools.{pool.name}.min" if pool.name in inputs["worker_pools"] else "worker_pool_count"
            yield f"{given}: is 0, so pool {pool.name} has no worker, and a task that is sent to its queue never begins"


def _small_workers(inputs: Inputs) -> Iterator[str]:
    """A worker that runs out of memory is killed with all its tasks, and Airflow learns it five minutes later."""
    if not inputs.keys() >= set(_POOLS):
        return
    for pool in pools.pools(inputs):
        least = _WORKER_MIB + pool.concurrency * _TASK_MIB
        if pool.memory < least:
            given = f"worker_pools.{pool.name}.memory" if pool.name in inputs["worker_pools"] else "worker_pool_memory"
            yield (
                f"{given}: is {pool.memory} MiB for {pool.concurrency} tasks at once, which take some {least} MiB "
                "before they do anything: a worker that runs out of memory is killed with all its tasks"
            )


def _many_networks(inputs: Inputs) -> Iterator[str]:
    networks = len(inputs.get("network_ingress_cidrs") or [])
    if networks > _INBOUND_RULES:
        yield (
            f"network_ingress_cidrs: are {networks}, and AWS takes {_INBOUND_RULES} inbound rules for a security "
            "group, unless it has raised that quota for the account"
        )


def _images_from_afar(inputs: Inputs) -> Iterator[str]:
    if not inputs.keys() >= set(_WHERE_IMAGES_ARE):
        return
    here = Ecr(*(inputs[name] for name in _WHERE_IMAGES_ARE))
    given = {f"dag_tasks_images.{task}": image for task, image in inputs.get("dag_tasks_images", {}).items()}
    if image := inputs.get("airflow_service_image"):
        given["airflow_service_image"] = image
    for place, image in given.items():
        if there := parse(image).other_region(here):
            yield (
                f"{place}: is in ECR in {there}, while the environment is in {here.region}: each container that starts "
                "pulls it from there, which is slower, costs the transfer between regions, and fails where VPC "
                f"endpoints are the only way to ECR; copy or replicate it to {here.region}"
            )


def _alone(name: str, value: Any) -> Iterator[str]:
    return told(name, VARIABLES[name](value)) if name in VARIABLES else iter(())


def _between(*names: str) -> Callable[[Relation], Relation]:
    def add(relation: Relation) -> Relation:
        _RELATIONS.append((names, relation))
        return relation

    return add


@_between("farflow_access_key", "farflow_secret_key", "farflow_endpoint_url", "farflow_profile")
def _keys(
    access_key: str | None, secret_key: str | None, endpoint_url: str | None, profile: str | None
) -> Iterator[str]:
    if access_key and not endpoint_url:
        yield (
            "farflow_access_key: is for an emulated AWS only, allowed: together with farflow_endpoint_url; give keys "
            "of AWS by environment variables or farflow_profile"
        )
    if bool(access_key) != bool(secret_key):
        given, other = ("access", "secret") if access_key else ("secret", "access")
        yield f"farflow_{given}_key: is given alone, allowed: together with farflow_{other}_key, or neither"
    if access_key and profile:
        yield f"farflow_profile: is {profile!r} beside farflow_access_key, allowed: one of them"


@_between("farflow_ignored_tags", "farflow_tags")
def _ignored_tags(ignored: list[str], tags: Mapping[str, Any]) -> Iterator[str]:
    for index, pattern in enumerate(ignored):
        wanted = sorted(filter(ignores([pattern]), tags))
        if wanted:
            yield f"farflow_ignored_tags.{index}: is {pattern!r}, allowed: none that farflow_tags gives, as {wanted[0]}"


@_between("farflow_environment", "farflow_lock_break")
def _lock(environment: str, broken: str | None) -> Iterator[str]:
    if problem := break_problem(environment, broken):
        yield problem


@_between("network_availability_zones", "farflow_region")
def _zones_of_region(zones: list[str], region: str) -> Iterator[str]:
    for index, zone in enumerate(zones):
        if zone[:-1] != region:
            yield f"network_availability_zones.{index}: is {zone!r}, allowed: zones of region {region}"


_COMPONENTS = [
    f"airflow_service_{component}" for component in ("api_server", "scheduler", "dag_processor", "triggerer")
]
#: Measured with Airflow 3.3: what a worker takes without a task, and what each task takes that has begun.
_WORKER_MIB, _TASK_MIB = 500, 80

#: What the pools of workers hang on.
_POOLS = ("farflow_environment", "airflow_service_architecture", "worker_pools", *pools.OF_DEFAULT)


@_between(
    "network_cidr",
    "network_availability_zones",
    "network_availability_zone_count",
    "airflow_service_executors",
    *_COMPONENTS,
    *_POOLS,
)
def _room(cidr: str, zones: list[str], count: int, which: list[str], *values: Any) -> Iterator[str]:
    """Every container has an address in a private subnet, and a deployment starts new ones before it stops the old."""
    components, of_pools = values[: len(_COMPONENTS)], dict(zip(_POOLS, values[len(_COMPONENTS) :], strict=True))
    workers = sum(pool.maximum for pool in pools.pools(of_pools))
    subnets = len(zones) or count
    addresses = subnets * _addresses(cidr)
    containers = 2 * (sum(component["count"] for component in components) + workers)
    containers += executors.ecs_tasks({"airflow_service_executors": which})
    others = 2 * subnets + 2  # load balancer and shared volume in each, the database and its standby
    if containers + others > addresses:
        enough = [each for each in range(16, 25) if subnets * _addresses(f"0.0.0.0/{each}") >= containers + others]
        cure = f"such as a /{enough[-1]}" if enough else "which takes more zones or fewer containers"
        yield (
            f"network_cidr: is {cidr!r}, whose {subnets} private subnets have {addresses} addresses, allowed: a "
            f"network with room for {containers + others}, {cure}: the most that there is of containers and others "
            "while services roll"
        )


def _addresses(cidr: str) -> int:
    """Of each private subnet of a VPC, without the five that AWS keeps."""
    subnet = network(subnet_cidr(cidr, "private", 0))
    return subnet.num_addresses - 5 if subnet else 0


@_between("rds_max_allocated_storage", "rds_allocated_storage")
def _storage(limit: int, storage: int) -> Iterator[str]:
    least = -(-storage * 11 // 10)
    if limit and limit < least:
        yield (
            f"rds_max_allocated_storage: is {limit}, allowed: 0, or from {least}: RDS wants a tenth more than "
            f"rds_allocated_storage, which is {storage}"
        )


@_between("rds_kms_key_id", "farflow_region")
def _key_of_region(key: str | None, region: str) -> Iterator[str]:
    if key and key.split(":")[3] != region:
        yield f"rds_kms_key_id: is {key!r}, allowed: a key of region {region}"


_WHERE_IMAGES_ARE = ("farflow_region", "farflow_registry")


@_between("dag_tasks_images", *_WHERE_IMAGES_ARE)
def _task_images(images: Mapping[str, str], region: str, registry: str | None) -> Iterator[str]:
    for task, image in images.items():
        yield from told(f"dag_tasks_images.{task}", unpinned(image, Ecr(region, registry)))


@_between("airflow_service_image", *_WHERE_IMAGES_ARE)
def _airflow_image(image: str | None, region: str, registry: str | None) -> Iterator[str]:
    if image:
        yield from told("airflow_service_image", unpinned(image, Ecr(region, registry)))


@_between("dag_tasks_cpu", "dag_tasks_memory")
def _size_of_tasks(cpu: int, memory: int) -> Iterator[str]:
    for (which,), problem in fargate_size(cpu, memory):
        yield f"dag_tasks_{which}: {problem}"


@_between("airflow_service_load_balancer_scheme", "airflow_service_certificate_arn", "airflow_service_allow_plain_http")
def _plain_http(scheme: str, certificate: str | None, allowed: bool) -> Iterator[str]:
    if scheme == "internet-facing" and not certificate and not allowed:
        yield (
            "airflow_service_load_balancer_scheme: is 'internet-facing' without airflow_service_certificate_arn: "
            "passwords would cross the internet unencrypted; allowed: with a certificate, or with "
            "airflow_service_allow_plain_http: true if that is meant"
        )


@_between("farflow_alarm_topic_arns", "farflow_region")
def _topics_of_region(topics: list[str], region: str) -> Iterator[str]:
    for place, topic in enumerate(topics):
        if topic.split(":")[3] != region:
            yield f"farflow_alarm_topic_arns.{place}: is {topic!r}, allowed: a topic of region {region}, as alarms are"


@_between("airflow_service_certificate_arn", "farflow_region")
def _certificate_of_region(certificate: str | None, region: str) -> Iterator[str]:
    found = certificate.split(":")[3] if certificate else ""  # those of IAM have no region
    if found and found != region:
        yield f"airflow_service_certificate_arn: is of region {found}, allowed: one of region {region}"


@_between("airflow_service_execution_api_url", "farflow_environment", "airflow_service_base_url")
def _execution_api(url: str | None, environment: str, base_url: str | None) -> Iterator[str]:
    if url and (problem := execution_api.problem(url, environment, base_url)):
        default = execution_api.default(environment, base_url)
        yield (
            f"airflow_service_execution_api_url: is {url!r}, {problem}, allowed: {default}, which is the default, or "
            "another name for that"
        )


@_between("airflow_service_secrets", "airflow_service_environment", "airflow_service_config")
def _given_twice(
    secrets: Mapping[str, str], environment: Mapping[str, Any], config: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    given = {
        "airflow_service_secrets": set(secrets),
        "airflow_service_environment": set(environment),
        "airflow_service_config": airflow_settings.variables(config),
    }
    for one, other in combinations(given, 2):
        for name in sorted(given[one] & given[other]):
            yield f"{one}.{name}: is given by {other} too, allowed: one of them"


@_between("airflow_service_secrets", "worker_pools")
def _given_to_a_pool_too(secrets: Mapping[str, str], given: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for pool, keys in given.items():
        for name in sorted(set(secrets) & set(keys.get("environment") or ())):
            place = f"worker_pools.{pool}.environment.{name}"
            yield f"{place}: is given by airflow_service_secrets too, allowed: one of them"


@_between("airflow_service_config", "airflow_service_config_of_plugins")
def _unknown_settings(config: Mapping[str, Mapping[str, Any]], others: list[str]) -> Iterator[str]:
    yield from told("airflow_service_config", airflow_settings.unknown_settings(config, others))


@_between("airflow_service_config", "airflow_service_environment", "airflow_service_dags")
def _versions_of_dags(
    config: Mapping[str, Mapping[str, Any]], environment: Mapping[str, Any], from_: str
) -> Iterator[str]:
    name = settings.variable("dag_processor", "disable_bundle_versioning")
    value = settings.given(config, environment).get(name, "false")
    if from_ == dags.BUNDLE and value.strip().lower() in ("true", "t", "1"):
        yield (
            "airflow_service_dags: is 'bundle' while airflow_service_config disables bundle versioning, allowed: "
            "image, or without that setting, since a run without a version reads the DAGs that the image was built with"
        )


@_between("airflow_service_executors", "airflow_service_config", "airflow_service_environment")
def _executor_twice(
    which: list[str], config: Mapping[str, Mapping[str, Any]], environment: Mapping[str, Any]
) -> Iterator[str]:
    """Whoever has set up an executor of ECS in another way can go on with that."""
    if executors.ECS not in which:
        return
    ours = settings.variable(ecs_executor.SECTION, "")
    free = [settings.variable(ecs_executor.SECTION, key) for key in ecs_executor.FREE]
    for name in sorted(settings.given(config, environment)):
        if name == settings.variable("core", "executor") or (name.startswith(ours) and name not in free):
            yield (
                f"airflow_service_executors: is {which} while {name} is given by airflow_service_config or "
                "airflow_service_environment, which the deploy sets itself then, allowed: one of them"
            )


@_between("airflow_service_environment", "airflow_service_config_of_plugins")
def _unknown_variables(environment: Mapping[str, Any], others: list[str]) -> Iterator[str]:
    yield from told("airflow_service_environment", airflow_settings.unknown_variables(environment, others))


@_between("airflow_service_secrets", "airflow_service_config_of_plugins")
def _unknown_secrets(secrets: Mapping[str, str], others: list[str]) -> Iterator[str]:
    yield from told("airflow_service_secrets", airflow_settings.unknown_names(secrets, others))


@_between("airflow_service_environment", "airflow_service_config", "airflow_service_secrets")
def _size_of_settings(
    environment: Mapping[str, Any], config: Mapping[str, Mapping[str, Any]], secrets: Mapping[str, str]
) -> Iterator[str]:
    """As they are told to ECS."""
    variables = {**settings.given(config, environment), **secrets}
    size = len(json.dumps([{"name": name, "value": value} for name, value in variables.items()]))
    if size > _LARGEST_SETTINGS:
        yield (
            f"airflow_service_environment, airflow_service_config and airflow_service_secrets: have {size} bytes "
            f"together, allowed: {_LARGEST_SETTINGS}, since ECS takes no larger task definition than 64 KiB, and the "
            "api-server's holds them for both of its containers"
        )


@_between("worker_pool_min_count", "worker_pool_max_count", "worker_pool_scaling")
def _least_and_most(least: int, most: int, scaling: str) -> Iterator[str]:
    """Also where they are not used yet; where they are, this is said with all pools."""
    if scaling == pools.NONE and most < least:
        yield f"worker_pool_max_count: is {most}, allowed: at least worker_pool_min_count, which is {least}"


@_between(*_POOLS)
def _pools(*values: Any) -> Iterator[str]:
    yield from worker_pools.together(dict(zip(_POOLS, values, strict=True)))


@_between("worker_pool_cpu_percent", "worker_pool_memory_percent", *_POOLS)
def _something_to_scale_by(cpu: int, memory: int, *values: Any) -> Iterator[str]:
    scaled = [each.name for each in pools.pools(dict(zip(_POOLS, values, strict=True))) if each.scaling == pools.CPU]
    if scaled and not cpu and not memory:
        yield (
            f"worker_pool_cpu_percent: is 0 as worker_pool_memory_percent is, while pool {scaled[0]} has scaling cpu, "
            "allowed: at least one of them to scale by"
        )
