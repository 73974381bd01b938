"""AWS Cloud Map, which makes hosted zones in the caller's name ("AWS Cloud Map API permissions" in its guide)."""

from __future__ import annotations

from ..evaluation import Request
from .asked import Asked, Row, by, everything, rows

_NAMESPACE = "namespace/"
_SERVICE = "service/"
_TO_CREATE = (
    "route53:CreateHostedZone",
    "route53:GetHostedZone",
    "route53:ListHostedZonesByName",
    "ec2:DescribeVpcs",
    "ec2:DescribeRegions",
)
_ZONES = "arn:aws:route53:::hostedzone/*"
_WITHOUT_ZONE = {"route53:CreateHostedZone", "route53:ListHostedZonesByName", "ec2:DescribeVpcs", "ec2:DescribeRegions"}


def _create_namespace(asked: Asked) -> list[Request]:
    others = [
        request
        for action in _TO_CREATE
        for request in asked.without_tags("*" if action in _WITHOUT_ZONE else _ZONES, action=action)
    ]
    return [*asked.on("*"), *others]


def _with_zone(action: str) -> Row:
    def row(asked: Asked) -> list[Request]:
        return [*by("Id", _NAMESPACE)(asked), *asked.without_tags(_ZONES, action=f"route53:{action}")]

    return row


def _create_service(asked: Asked) -> list[Request]:
    namespace = asked.get("NamespaceId") or (asked.get("DnsConfig") or {}).get("NamespaceId")
    return asked.on(asked.named(_NAMESPACE, namespace), asked.arn(f"{_SERVICE}*"))


ROWS: dict[str, Row] = {
    "CreatePrivateDnsNamespace": _create_namespace,
    "DeleteNamespace": _with_zone("DeleteHostedZone"),
    "UpdatePrivateDnsNamespace": _with_zone("ChangeResourceRecordSets"),
    "CreateService": _create_service,
    **rows("DeleteService UpdateService GetService", by("Id", _SERVICE)),
    "GetNamespace": by("Id", _NAMESPACE),
    "DeregisterInstance": by("ServiceId", _SERVICE),
    **rows(
        "GetOperation ListNamespaces ListServices ListInstances TagResource UntagResource ListTagsForResource",
        everything,
    ),
}
