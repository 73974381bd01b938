"""Resource Groups Tagging API: GetResources lists what is there, of every kind that we make, in pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import (
    alb,
    cloudwatch,
    cloudwatch_logs,
    ec2,
    ecs,
    rds,
    secretsmanager,
    servicediscovery,
    ssm,
    tagging,
)

from .. import behaviours, late

Tagged = Iterator[tuple[str, list[dict[str, str]]]]
_PAGE = 50
#: Where ministack calls a service by another name than ARNs do.
_HANDLERS = {"cloudwatch": "monitoring"}


def apply() -> None:
    tagging._COLLECTORS["ecs"] = leave_out_inactive(tagging._COLLECTORS["ecs"])
    # Fault: these kinds are not listed at all.
    tagging._COLLECTORS.update(
        {
            "cloudwatch": collect_alarms,
            "ec2": collect_ec2,
            "elasticloadbalancing": collect_elbv2,
            "logs": collect_log_groups,
            "rds": collect_rds,
            "secretsmanager": collect_secrets,
            "servicediscovery": collect_service_discovery,
            "ssm": collect_parameters,
        }
    )
    sights = {}
    for service, collect in tagging._COLLECTORS.items():
        sights[service], tagging._COLLECTORS[service] = be_late(collect)
        late.watch(_HANDLERS.get(service, service), [sights[service]])
    late.watch("tagging", sights.values())
    tagging._HANDLERS["GetResources"] = in_pages(tagging._HANDLERS["GetResources"])


def leave_out_inactive(collect):
    """Fault: deregistered task definitions and deleted services are listed; AWS lists what is active."""

    def collector() -> Tagged:
        for arn, tags in collect():
            kind, _unused, name = arn.split(":", 5)[5].partition("/")
            record = {"task-definition": ecs._task_defs, "service": ecs._services}.get(kind, {}).get(name)
            if record is None or record.get("status") != "INACTIVE":
                yield arn, tags

    return collector


def be_late(collect):
    """The behaviour `late_tags`."""
    sight = late.Sight(behaviours.LATE_TAGS, lambda: dict(collect()))

    def collector() -> Tagged:
        return iter(sight.shown().items()) if sight.is_late else collect()

    return sight, collector


def in_pages(get_resources):
    """Fault: everything comes in one page, so that nobody learns to ask for the next."""

    def handler(data: dict[str, Any]):
        answer = get_resources(data)
        if answer[0] != 200 or data.get("ResourceARNList"):
            return answer
        found = json.loads(answer[2])["ResourceTagMappingList"]
        start, size = int(data.get("PaginationToken") or 0), data.get("ResourcesPerPage", _PAGE)
        token = str(start + size) if start + size < len(found) else ""
        return json_response({"ResourceTagMappingList": found[start : start + size], "PaginationToken": token})

    return handler


def collect_alarms() -> Tagged:
    for alarm in cloudwatch._alarms.values():
        tags = cloudwatch._resource_tags.get(alarm["AlarmArn"], {})
        yield alarm["AlarmArn"], [{"Key": key, "Value": value} for key, value in tags.items()]


def collect_ec2() -> Tagged:
    kinds = {
        "vpc": ec2._vpcs,
        "subnet": ec2._subnets,
        "security-group": ec2._security_groups,
        "internet-gateway": ec2._internet_gateways,
        "natgateway": ec2._nat_gateways,
        "route-table": ec2._route_tables,
        "elastic-ip": ec2._addresses,
        "vpc-endpoint": ec2._vpc_endpoints,
    }
    for identifier, tags in ec2._tags.items():
        for kind, records in kinds.items():
            if identifier in records and records[identifier].get("State") != "deleted":
                yield f"arn:aws:ec2:{get_region()}:{get_account_id()}:{kind}/{identifier}", tags


def collect_elbv2() -> Tagged:
    kinds = (alb._lbs, alb._tgs, alb._listeners, alb._rules)
    yield from ((arn, tags) for arn, tags in alb._tags.items() if any(arn in records for records in kinds))


def collect_log_groups() -> Tagged:
    for name, group in cloudwatch_logs._log_groups.items():
        tags = [{"Key": key, "Value": value} for key, value in group.get("tags", {}).items()]
        yield f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}", tags


def collect_rds() -> Tagged:
    kinds = {"db": rds._instances, "subgrp": rds._subnet_groups, "pg": rds._param_groups, "snapshot": rds._snapshots}
    for arn, tags in rds._tags.items():
        kind, _unused, name = arn.split(":", 5)[5].partition(":")
        if name in kinds.get(kind, {}):
            yield arn, tags


def collect_secrets() -> Tagged:
    for secret in secretsmanager._secrets.values():
        if not secret.get("DeletedDate"):
            yield secret["ARN"], secret.get("Tags") or []


def collect_service_discovery() -> Tagged:
    kinds = (servicediscovery._namespaces, servicediscovery._services)
    for arn, tags in servicediscovery._resource_tags.items():
        if any(arn.rsplit("/", 1)[1] in records for records in kinds):
            yield arn, tags


def collect_parameters() -> Tagged:
    for parameter in ssm._parameters.values():
        tags = ssm._tags.get(parameter["ARN"], {})
        yield parameter["ARN"], [{"Key": key, "Value": value} for key, value in tags.items()]
