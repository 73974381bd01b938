"""Service Quotas."""

from __future__ import annotations

from .asked import Row, everything

ROWS: dict[str, Row] = {"GetServiceQuota": everything}
