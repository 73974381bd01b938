"""AWS Certificate Manager."""

from __future__ import annotations

from .asked import Row, by

ROWS: dict[str, Row] = {"DescribeCertificate": by("CertificateArn")}
