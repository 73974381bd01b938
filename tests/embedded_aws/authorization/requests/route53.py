"""Amazon Route 53, which is in no region."""

from __future__ import annotations

from ..evaluation import Request
from .asked import Asked, Row, everything, last, rows


def _zone(asked: Asked) -> list[Request]:
    identifier = asked.get("HostedZoneId") or asked["Id"]
    return asked.on(f"arn:aws:route53:::hostedzone/{last(identifier)}")


ROWS: dict[str, Row] = {
    **rows("ChangeResourceRecordSets DeleteHostedZone GetHostedZone ListResourceRecordSets", _zone),
    **rows("CreateHostedZone ListHostedZones ListHostedZonesByName", everything),
}
