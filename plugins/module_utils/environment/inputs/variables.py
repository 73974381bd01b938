# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each variable may be beyond its type, whatever the others are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ... import naming
from ...engine.ignored_tags import ignores
from ...images import references as image_references
from ...kinds.log_group import RETENTION_IN_DAYS
from ...validation.fargate import CPU_MEMORY, cpu_memory_problem
from ...validation.iam_statements import statements
from ...validation.value_checks import (
    VARIABLE,
    Check,
    Name,
    Problem,
    below,
    between,
    cidr,
    if_given,
    in_turn,
    list_of,
    map_of,
    network,
    number,
    plain_text,
    scalar,
    text,
    wrong,
)
from .. import executors
from ..network import MOST_ZONES
from . import airflow_settings, worker_pools

_MOST_TAGS = 40  # of AWS's 50, to leave room for ours
_MOST_MANAGED_POLICIES = 10  # a role, unless AWS has raised it for the account
_LONGEST_WAIT = 600  # minutes
_LONGEST_WAIT_FOR_LOCK = 24 * 60  # minutes
_LONGEST_WAIT_FOR_WORKERS = 12 * 60  # minutes
_STORAGE = (20, 65536)  # GB, of RDS with gp2 and gp3

_REGION = r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}"

#: What the names of resources would begin with, and of which kind AWS reserves that.
_RESERVED_ENVIRONMENTS = {
    "internal": "load balancers",
    "sg": "security groups",
    "sthree": "buckets",
    "amzn-s3-demo": "buckets",
}
#: No network of ours can be in these. Source: "VPC CIDR blocks" in the guide of Amazon VPC.
_NO_VPC = [network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")]

#: For service-linked roles, and for those of IAM Identity Center.
_RESERVED_PATHS = ("/aws-service-role/", "/aws-reserved/")

#: Words that PostgreSQL keeps for itself. Source: "SQL Key Words" in its documentation.
_SQL = re.compile(
    "all|analyse|analyze|and|any|array|as|asc|asymmetric|both|case|cast|check|collate|column|constraint|create|"
    "current_catalog|current_date|current_role|current_time|current_timestamp|current_user|default|deferrable|desc|"
    "distinct|do|else|end|except|false|fetch|for|foreign|from|grant|group|having|in|initially|intersect|into|lateral|"
    "leading|limit|localtime|localtimestamp|not|null|offset|on|only|or|order|placing|primary|references|returning|"
    "select|session_user|some|symmetric|system_user|table|then|to|trailing|true|union|unique|user|using|variadic|when|"
    "where|window|with",
    re.IGNORECASE,
)
_DATABASES = {"rdsadmin", "template0", "template1"}
_USERS = {"admin", "master", "public", "rdsadmin", "rds_superuser"}

_ENVIRONMENT = (
    "2 to 32 lower-case letters, digits and single hyphens, beginning with a letter and not ending with a hyphen"
)
#: What all services take in a tag; RDS keeps a prefix for itself, in values too. Source: each service's API reference.
_TAG = r"[\w .:/=+\-@]"
_RESERVED_TAG = "(?!(?i:aws:|rds:))"


def _environment(value: Any) -> Iterator[Problem]:
    try:
        naming.validate_environment(value)
    except ValueError:
        yield wrong(value, _ENVIRONMENT)


def _no_reserved_environment(value: str) -> Iterator[Problem]:
    for reserved, kind in _RESERVED_ENVIRONMENTS.items():
        if f"{value}-".startswith(f"{reserved}-"):
            yield wrong(value, f"any but {reserved} and {reserved}-..., which AWS reserves as names of {kind}")


def _tags(value: Mapping[str, Any]) -> Iterator[Problem]:
    letters = "letters, digits, spaces and _.:/=+-@, no space at an end, not beginning with aws: or rds:"
    key = rf"{_RESERVED_TAG}(?! )(?!(?i:farflow:))(?!Name$){_TAG}{{1,128}}(?<! )"
    yield from map_of(
        text(f"{_RESERVED_TAG}(?! ){_TAG}{{0,256}}(?<! )", f"a text of at most 256 {letters}"),
        "a mapping",
        Name(key, "key of a tag", f"1 to 128 {letters} or farflow:, not Name"),
    )(value)
    if len(value) > _MOST_TAGS:
        yield (), f"has {len(value)} tags, allowed: {_MOST_TAGS}"
    for key, times in Counter(key.lower() for key in value).items():
        if times > 1:
            yield (key,), "is given in several letter cases, allowed: one, since IAM does not tell them apart"


_IGNORED_TAG = "keys of tags, or beginnings of keys that end with *, without Name, GuardDutyManaged and farflow:..."


def _needed_tag(value: str) -> Iterator[Problem]:
    """AWS tells ``name`` from ``Name``. Only IAM does not, and of our tags its roles have those of farflow: alone."""
    needed = ("Name", "GuardDutyManaged", "farflow:")
    is_ours = value.lower().startswith("farflow:")
    if is_ours or any(map(ignores([value]), needed)):
        yield wrong(value, f"{_IGNORED_TAG} in any letters" if is_ours else _IGNORED_TAG)


def _tag_of_aws(value: str) -> Iterator[Problem]:
    if value.lower().startswith("aws:"):
        yield wrong(value, f"{_IGNORED_TAG}; those that begin with aws: are AWS's own, and ignored anyway")


def _no_execution_api(value: str) -> Iterator[Problem]:
    if re.match(rf"{_HTTP}/execution(/|$)", value):
        yield wrong(value, "another path than /execution, where Airflow has its task execution API")


def _no_reserved_network(value: Any) -> Iterator[Problem]:
    found = network(value)
    if found and any(found.overlaps(block) for block in _NO_VPC if block):
        yield wrong(value, f"no part of {', '.join(map(str, _NO_VPC))}, of which AWS makes no VPC")


def _number_of_zones(value: list[Any]) -> Iterator[Problem]:
    if value and not (len(set(value)) == len(value) and 2 <= len(value) <= MOST_ZONES):
        yield wrong(value, f"2 to {MOST_ZONES} different zones, or none")


def _different(check: Check) -> Check:
    def once(value: list[Any]) -> Iterator[Problem]:
        for index, item in enumerate(value):
            if item in value[:index]:
                yield (index,), f"is {item!r} once more, allowed: each once"

    return in_turn(check, once)


def _no_more_than(most: int, what: str) -> Check:
    def check(value: list[Any]) -> Iterator[Problem]:
        if len(value) > most:
            yield (), f"are {len(value)}, allowed: at most {most} {what}"

    return check


_MANAGED_POLICY = r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]+"


def _number_of_policies(value: list[Any]) -> Iterator[Problem]:
    if len(value) > _MOST_MANAGED_POLICIES:
        yield (
            (),
            f"has {len(value)} policies, allowed: {_MOST_MANAGED_POLICIES}, which is all that IAM takes for a role",
        )


def _all_alone(value: list[Any]) -> Iterator[Problem]:
    if len(value) > 1 and "all" in value:
        yield wrong(value, "all alone, or names without it")


def _no_reserved_path(value: str) -> Iterator[Problem]:
    if value.lower().startswith(_RESERVED_PATHS):
        yield wrong(value, f"none below {' and '.join(_RESERVED_PATHS)}, where AWS alone makes roles")


def _or_zero(check: Check) -> Check:
    return lambda value: check(value) if value else iter(())


def _identifier(words: set[str], *more: str) -> Check:
    allowed = "a letter, then letters, digits and underscores, at most 63, no word of SQL"

    def reserved(value: str) -> Iterator[Problem]:
        if _SQL.fullmatch(value) or value.lower() in words or value.lower().startswith(more):
            yield wrong(value, f"{allowed}, none of {', '.join([*sorted(words), *(f'{each}...' for each in more)])}")

    return in_turn(text(r"[A-Za-z][A-Za-z0-9_]{0,62}", allowed), reserved)


def _parameters(value: Mapping[str, Any]) -> Iterator[Problem]:
    name = Name(r"[a-z][a-z0-9_.]*", "parameter of Postgres", "lower-case letters, digits, _ and .")
    yield from map_of(scalar, "a mapping", name)(value)
    tls = value.get("rds.force_ssl", 1)
    if tls is not True and str(tls) != "1":  # true is told to RDS as 1
        allowed = "1, which it is anyway: else passwords would cross the network unencrypted"
        yield from below("rds.force_ssl", [wrong(tls, allowed)])


def fargate_size(cpu: int, memory: int) -> Iterator[Problem]:
    """What is wrong with a task of so many CPU units and MiB of memory, at ``cpu`` or at ``memory``."""
    if problem := cpu_memory_problem(cpu, memory):
        yield ("memory" if cpu in CPU_MEMORY else "cpu",), problem


def _celery_first(value: list[Any]) -> Iterator[Problem]:
    if value[:1] != [executors.CELERY]:
        yield wrong(value, f"{executors.CELERY} first, which runs tasks that ask for no executor, and others behind it")


def _size(least: int) -> Check:
    """``{count, cpu, memory}``"""

    def check(value: Mapping[str, int]) -> Iterator[Problem]:
        yield from below("count", between(least, 1000, "tasks")(value["count"]))
        yield from fargate_size(value["cpu"], value["memory"])

    return check


_CIDR = cidr("IPv4 networks without host bits, such as 203.0.113.0/24")
_TASK = Name(naming.TASK.pattern, "name of a task", "letters, digits, _ and -")
_BUILD_ARGS = map_of(plain_text(), "a mapping of names to texts", VARIABLE._replace(of="name of a build argument"))
_RETENTION = number(RETENTION_IN_DAYS, f"days, one of {', '.join(map(str, RETENTION_IN_DAYS))}")
_PORT = r"(:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?"
_HTTP = rf"https?://(\[[0-9a-f:.]+\]|[\w-]+(\.[\w-]+)*){_PORT}"
_URL = text(
    rf"{_HTTP}(/[^\s?#]*)?",
    "a URL that begins with http:// or https://, without user and query, no dot at its host's end, a port up to 65535",
)
_BASE_URL = text(
    rf"{_HTTP}(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*/?",
    "a URL that begins with http:// or https://, without user and query, no dot at its host's end, a port up to 65535, "
    "in its path letters, digits and characters of ._~-, no . or .. alone between slashes",
)
_EXECUTION_API = text(
    rf"{_HTTP}/([^\s?#]*/)?execution/",
    "a URL that ends with /execution/, no dot at its host's end, a port up to 65535",
)
_HOST = text(rf"[a-z0-9]([a-z0-9.-]*[a-z0-9])?{_PORT}", "a host's name, and where it has one : and a port up to 65535")
_KEY = text(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+", "the ARN of a key of KMS, not of an alias")
_TOPIC = text(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}", "the ARN of a topic of SNS, not of a FIFO one"
)
_PERCENT = number(range(101), "percent from 1 to 100, or 0")
_COOLDOWN = between(0, 86400, "seconds")

VARIABLES: dict[str, Check] = {
    "farflow_environment": in_turn(_environment, _no_reserved_environment),
    "farflow_region": text(_REGION, "an AWS region, such as eu-west-1"),
    "farflow_tags": _tags,
    "farflow_ignored_tags": _different(
        list_of(
            in_turn(
                text(rf"(?! ){_TAG}{{1,128}}(?<! )\*?", f"{_IGNORED_TAG}, no space at an end"), _needed_tag, _tag_of_aws
            ),
            "a list of keys",
            may_be_empty=True,
        )
    ),
    "farflow_profile": if_given(text(r"\S(.*\S)?", "the name of a profile")),
    "farflow_endpoint_url": if_given(_URL),
    "farflow_access_key": if_given(text(r"\w{1,128}", "letters, digits and _", re.ASCII)),
    "farflow_registry": if_given(_HOST),
    "farflow_secret_kms_key_arns": _different(list_of(_KEY, "a list of ARNs", may_be_empty=True)),
    "farflow_rebuild": in_turn(
        _different(
            list_of(text(_TASK.pattern, "names of DAG tasks, airflow, or all"), "a list of names", may_be_empty=True)
        ),
        _all_alone,
    ),
    "farflow_iam_path": in_turn(
        text(
            r"/([\w+=,.@-]{1,64}/){0,5}",
            "a path of at most 5 parts of 1 to 64 letters, digits and characters of _+=,.@-, such as /farflow/, or / "
            "alone",
            re.ASCII,
        ),
        _no_reserved_path,
    ),
    "farflow_alarm_topic_arns": in_turn(
        _different(list_of(_TOPIC, "a list of ARNs", may_be_empty=True)), _no_more_than(5, "topics, as an alarm has")
    ),
    "farflow_permissions_boundary_arn": if_given(text(_MANAGED_POLICY, "the ARN of a managed policy", re.ASCII)),
    "farflow_teardown_keep": _different(lambda value: iter(())),
    "farflow_teardown_wait_minutes": between(0, _LONGEST_WAIT_FOR_WORKERS, "minutes"),
    "farflow_lock_wait_minutes": between(0, _LONGEST_WAIT_FOR_LOCK, "minutes"),
    "network_cidr": in_turn(
        cidr("an IPv4 network from /16 to /24 without host bits, such as 10.0.0.0/16", range(16, 25)),
        _no_reserved_network,
    ),
    "network_availability_zone_count": between(2, 6, "zones"),
    "network_availability_zones": in_turn(
        list_of(text(rf"{_REGION}[a-z]", "zones such as eu-west-1a"), "a list", may_be_empty=True), _number_of_zones
    ),
    "network_ingress_cidrs": _different(list_of(_CIDR, "a list of networks", may_be_empty=True)),
    "rds_engine_version": text(r"(1[4-9]|[2-9]\d)(\.\d{1,3})?", "a version of Postgres from 14 on, such as 17 or 17.6"),
    "rds_instance_class": text(r"db\.[a-z0-9-]+\.[a-z0-9]+", "a class of RDS, such as db.t4g.small"),
    "rds_allocated_storage": between(*_STORAGE, "GB"),
    "rds_max_allocated_storage": _or_zero(between(*_STORAGE, "0, or GB")),
    "rds_kms_key_id": if_given(_KEY),
    "rds_backup_retention_period": between(0, 35, "days"),
    "rds_database_name": _identifier(_DATABASES),
    "rds_master_username": _identifier(_USERS, "pg_"),
    "rds_parameters": _parameters,
    "rds_snapshot_identifier": if_given(
        text(
            r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,254}(?<!-)",
            "the name of a manual snapshot of this account; an automated one, and one of another account, has to be "
            "copied first (aws rds copy-db-snapshot)",
        )
    ),
    "rds_wait_minutes": between(1, _LONGEST_WAIT, "minutes"),
    "farflow_codebuild_image": text(r"\S+", "the name of an image"),
    "farflow_codebuild_arm_image": text(r"\S+", "the name of an image"),
    "farflow_codebuild_policy": lambda value: statements(value) if value else iter(()),
    "dag_tasks_images": map_of(image_references.problems, "a mapping of tasks to images", _TASK),
    "dag_tasks_build_args": _BUILD_ARGS,
    "dag_tasks_log_retention_in_days": _RETENTION,
    "dag_tasks_keep_revisions": between(1, 100, "revisions"),
    "dags_version": if_given(text("[0-9a-f]{4,16}", "the name of a version, or at least the first 4 digits of it")),
    "dags_allow_broken": _different(
        list_of(
            text(r"(?!\./|/)\S(.*\S)?", "paths of files, as seen from the DAG folder, without ./"),
            "a list of files",
            may_be_empty=True,
        )
    ),
    "dags_pools": _different(list_of(text(r"\S(.*\S)?", "names of pools"), "a list of names", may_be_empty=True)),
    "dags_most": between(1, 500, "versions"),
    "dags_test_arguments": list_of(text(r"\S(.*\S)?", "arguments in a line each"), "a list", may_be_empty=True),
    "dags_parse_seconds": between(1, 600, "seconds"),
    "airflow_service_dags_keep_versions": between(1, 10000, "versions"),
    "airflow_service_dag_bundles": airflow_settings.bundles,
    "airflow_service_image": if_given(image_references.problems),
    "airflow_service_build_args": _BUILD_ARGS,
    "airflow_service_log_retention_in_days": _RETENTION,
    "airflow_service_api_server": _size(1),
    "airflow_service_scheduler": _size(0),
    "airflow_service_dag_processor": _size(0),
    "airflow_service_triggerer": _size(0),
    "airflow_service_executors": in_turn(_different(lambda value: iter(())), _celery_first),
    "airflow_service_ecs_task": lambda value: fargate_size(value["cpu"], value["memory"]),
    "airflow_service_load_balancer_port": between(1, 65535),
    "airflow_service_certificate_arn": if_given(
        text(
            r"arn:aws[a-z-]*:(acm:[a-z0-9-]+:\d{12}:certificate|iam::\d{12}:server-certificate)/[\w+=,.@/-]+",
            "the ARN of a certificate of ACM or IAM",
            re.ASCII,
        )
    ),
    "airflow_service_ssl_policy": text(
        r"ELBSecurityPolicy-[A-Za-z0-9-]+", "the name of a policy of Elastic Load Balancing, ELBSecurityPolicy-..."
    ),
    "airflow_service_base_url": if_given(in_turn(_BASE_URL, _no_execution_api)),
    "airflow_service_execution_api_url": if_given(_EXECUTION_API),
    "airflow_service_admin_username": text(r"[A-Za-z0-9._@-]{1,64}", "1 to 64 letters, digits and characters of ._@-"),
    "airflow_service_config": airflow_settings.config,
    "airflow_service_config_of_plugins": airflow_settings.of_plugins,
    "airflow_service_environment": airflow_settings.environment,
    "airflow_service_secrets": airflow_settings.secrets,
    "airflow_service_policy": lambda value: statements(value) if value else iter(()),
    "airflow_service_managed_policy_arns": in_turn(
        _different(list_of(text(_MANAGED_POLICY, "ARNs of managed policies", re.ASCII), "a list", may_be_empty=True)),
        _number_of_policies,
    ),
    "airflow_service_wait_minutes": between(1, _LONGEST_WAIT, "minutes"),
    "airflow_service_migration_wait_minutes": between(1, _LONGEST_WAIT, "minutes"),
    "worker_pools": worker_pools.problems,
    "worker_drain_hours": between(1, 12, "hours"),
    "worker_pool_count": between(0, 1000, "workers"),
    "worker_pool_concurrency": between(1, 1000, "tasks"),
    "worker_pool_min_count": between(0, 1000, "workers"),
    "worker_pool_max_count": between(1, 1000, "workers"),
    "worker_pool_cpu_percent": _PERCENT,
    "worker_pool_memory_percent": _PERCENT,
    "worker_pool_scale_in_cooldown": _COOLDOWN,
    "worker_pool_scale_out_cooldown": _COOLDOWN,
}
