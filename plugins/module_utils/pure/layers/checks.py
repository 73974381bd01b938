# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What has to hold between inputs, and within one, beyond its type. Every problem names the variable, what it is and
what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from ... import naming
from ..fargate import cpu_memory_problem
from ..log_groups import RETENTION_IN_DAYS
from . import network
from .components import ALL, API_SERVER, WORKER, sizing

Inputs = Mapping[str, Any]

_LEAST_STORAGE, _MOST_STORAGE = 20, 65536  # GB, of RDS with gp3
_LONGEST_RETENTION = 35  # days, of automated backups
_MOST_TAGS = 40  # of AWS's 50, to leave room for ours
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_RESERVED_USERS = {"admin", "postgres", "rdsadmin", "rds_superuser", "user", "public", "master"}
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+")


def problems(inputs: Inputs) -> list[str]:
    """All of them together, a line each."""
    checks = (_environment, _network, _database, _retentions, _load_balancer, _components, _scaling, _airflow)
    return [problem for check in checks for problem in check(inputs)]


def _wrong(inputs: Inputs, name: str, allowed: str) -> str:
    return f"{name}: is {inputs[name]!r}, allowed: {allowed}"


def _between(inputs: Inputs, name: str, least: int, most: int, also: tuple[int, ...] = ()) -> Iterator[str]:
    if not least <= inputs[name] <= most and inputs[name] not in also:
        more = "".join(f"{each} or " for each in also)
        yield _wrong(inputs, name, f"{more}{least} to {most}")


def _environment(inputs: Inputs) -> Iterator[str]:
    try:
        naming.validate_environment(inputs["farflow_environment"])
    except ValueError as error:
        yield f"farflow_environment: {error}"
    if not _REGION.fullmatch(inputs["farflow_region"]):
        yield _wrong(inputs, "farflow_region", "an AWS region, such as eu-west-1")
    tags = inputs["farflow_tags"]
    if len(tags) > _MOST_TAGS:
        yield f"farflow_tags: has {len(tags)} tags, allowed: {_MOST_TAGS}"
    for key, value in tags.items():
        if key.lower().startswith(("aws:", "farflow:")) or key == "Name" or not 0 < len(key) <= 128:
            allowed = "1 to 128 characters, not Name, not beginning with aws: or farflow:"
            yield f"farflow_tags: key {key!r}, allowed: {allowed}"
        if not isinstance(value, str) or len(value) > 256:
            yield f"farflow_tags: value {value!r} of {key}, allowed: a text of at most 256 characters"
    if inputs["farflow_access_key"] and not inputs["farflow_endpoint_url"]:
        yield (
            "farflow_access_key: is for an emulated AWS only, together with farflow_endpoint_url; give keys of AWS by "
            "environment variables or farflow_profile"
        )


def _network(inputs: Inputs) -> Iterator[str]:
    try:
        prefix = IPv4Network(inputs["network_cidr"]).prefixlen
    except ValueError:
        prefix = None
    if prefix is None or not 16 <= prefix <= 24:
        yield _wrong(inputs, "network_cidr", "an IPv4 network from /16 to /24 without host bits, such as 10.0.0.0/16")
    zones = inputs["network_availability_zones"]
    if zones and (len(set(zones)) < 2 or len(set(zones)) != len(zones) or len(zones) > network.MOST_ZONES):
        yield _wrong(inputs, "network_availability_zones", f"2 to {network.MOST_ZONES} different zones, or none")
    for zone in zones:
        if not re.fullmatch(rf"{re.escape(inputs['farflow_region'])}[a-z]", zone):
            yield f"network_availability_zones: {zone!r} is not a zone of region {inputs['farflow_region']}"
    yield from _between(inputs, "network_availability_zone_count", 2, 6)
    for cidr in inputs["network_ingress_cidrs"]:
        try:
            IPv4Network(cidr)
        except ValueError:
            allowed = "IPv4 networks without host bits, such as 203.0.113.0/24"
            yield f"network_ingress_cidrs: is {cidr!r}, allowed: {allowed}"


def _database(inputs: Inputs) -> Iterator[str]:
    yield from _between(inputs, "rds_allocated_storage", _LEAST_STORAGE, _MOST_STORAGE)
    yield from _between(inputs, "rds_backup_retention_period", 0, _LONGEST_RETENTION)
    yield from _between(inputs, "rds_wait_minutes", 1, 600)
    limit = inputs["rds_max_allocated_storage"]
    if limit and limit <= inputs["rds_allocated_storage"]:
        yield _wrong(inputs, "rds_max_allocated_storage", "0, or more than rds_allocated_storage")
    if not re.fullmatch(r"\d{2}(\.\d+)?", inputs["rds_engine_version"]):
        yield _wrong(inputs, "rds_engine_version", "a version of Postgres, such as 17 or 17.6")
    if not re.fullmatch(r"db\.[a-z0-9-]+\.[a-z0-9]+", inputs["rds_instance_class"]):
        yield _wrong(inputs, "rds_instance_class", "a class of RDS, such as db.t4g.small")
    for name in ("rds_database_name", "rds_master_username"):
        if not _IDENTIFIER.fullmatch(inputs[name]):
            yield _wrong(inputs, name, "a letter, then letters, digits and underscores, at most 63")
    if inputs["rds_master_username"].lower() in _RESERVED_USERS:
        yield _wrong(inputs, "rds_master_username", f"any but {', '.join(sorted(_RESERVED_USERS))}")


def _retentions(inputs: Inputs) -> Iterator[str]:
    for role in ("dag_tasks", "airflow_service"):
        name = f"{role}_log_retention_in_days"
        if inputs[name] not in RETENTION_IN_DAYS:
            yield _wrong(inputs, name, ", ".join(map(str, RETENTION_IN_DAYS)))
    yield from _between(inputs, "dag_tasks_keep_revisions", 1, 100)


def _load_balancer(inputs: Inputs) -> Iterator[str]:
    yield from _between(inputs, "airflow_service_load_balancer_port", 1, 65535)
    certificate, public = inputs["airflow_service_certificate_arn"], "airflow_service_load_balancer_scheme"
    if inputs[public] == "internet-facing" and not certificate and not inputs["airflow_service_allow_plain_http"]:
        yield (
            f"{public}: is 'internet-facing' without airflow_service_certificate_arn: passwords would cross the "
            "internet unencrypted; give a certificate, or airflow_service_allow_plain_http: true if that is meant"
        )
    if certificate:
        parts = certificate.split(":")
        if len(parts) < 6 or parts[2] not in ("acm", "iam"):
            yield _wrong(inputs, "airflow_service_certificate_arn", "the ARN of a certificate of ACM or IAM")
        elif parts[2] == "acm" and parts[3] != inputs["farflow_region"]:
            region = inputs["farflow_region"]
            yield f"airflow_service_certificate_arn: is of region {parts[3]}, allowed: one of region {region}"
    for name in ("airflow_service_base_url", "airflow_service_execution_api_url"):
        if inputs[name] and not re.match(r"https?://[^/]", inputs[name]):
            yield _wrong(inputs, name, "a URL that begins with http:// or https://, or nothing")


def _components(inputs: Inputs) -> Iterator[str]:
    for component in ALL:
        if not component.service:
            continue
        size = sizing(inputs, component)
        wrong = cpu_memory_problem(size["cpu"], size["memory"])
        where = "worker_pool_memory" if component is WORKER else f"{component.sizing}: memory"
        if wrong:
            yield f"{where}: {wrong}"
        least = 1 if component is API_SERVER else 0
        if not least <= size["count"] <= 1000:
            count = "worker_pool_count" if component is WORKER else f"{component.sizing}: count"
            yield f"{count}: is {size['count']}, allowed: {least} to 1000"
    wrong = cpu_memory_problem(inputs["dag_tasks_cpu"], inputs["dag_tasks_memory"])
    if wrong:
        yield f"dag_tasks_memory: {wrong}"
    yield from _between(inputs, "airflow_service_wait_minutes", 1, 600)


def _scaling(inputs: Inputs) -> Iterator[str]:
    yield from _between(inputs, "worker_pool_concurrency", 1, 1000)
    yield from _between(inputs, "worker_pool_min_count", 0, 1000)
    if inputs["worker_pool_max_count"] < inputs["worker_pool_min_count"]:
        yield _wrong(inputs, "worker_pool_max_count", "at least worker_pool_min_count")
    for load in ("cpu", "memory"):
        yield from _between(inputs, f"worker_pool_{load}_percent", 1, 100, also=(0,))
    if inputs["worker_pool_enabled"] and not inputs["worker_pool_cpu_percent"] + inputs["worker_pool_memory_percent"]:
        yield "worker_pool_enabled: needs worker_pool_cpu_percent or worker_pool_memory_percent to scale by"
    for name in ("worker_pool_scale_in_cooldown", "worker_pool_scale_out_cooldown"):
        yield from _between(inputs, name, 0, 86400)


def _airflow(inputs: Inputs) -> Iterator[str]:
    for section, keys in inputs["airflow_service_config"].items():
        if not isinstance(keys, Mapping):
            yield f"airflow_service_config: {section} is {keys!r}, allowed: a mapping of Airflow's keys to values"
    for name in ("airflow_service_environment", "airflow_service_secrets"):
        for variable in inputs[name]:
            if not _VARIABLE.fullmatch(variable):
                yield f"{name}: {variable!r}, allowed: names of environment variables"
    for variable, arn in inputs["airflow_service_secrets"].items():
        if not _SECRET_ARN.fullmatch(str(arn)):
            yield f"airflow_service_secrets: {variable} is {arn!r}, allowed: the ARN of a secret in Secrets Manager"
    for arn in inputs["airflow_service_managed_policy_arns"]:
        if not re.fullmatch(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/.+", arn):
            yield f"airflow_service_managed_policy_arns: is {arn!r}, allowed: ARNs of managed policies"
    for index, statement in enumerate(inputs["airflow_service_policy"]):
        missing = {"Effect", "Action", "Resource"} - set(statement)
        if missing:
            yield f"airflow_service_policy: statement {index} lacks {', '.join(sorted(missing))}"
    if not re.fullmatch(r"[A-Za-z0-9._@-]{1,64}", inputs["airflow_service_admin_username"]):
        yield _wrong(inputs, "airflow_service_admin_username", "1 to 64 letters, digits and characters of ._@-")
