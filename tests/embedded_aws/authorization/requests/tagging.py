"""The Resource Groups Tagging API."""

from __future__ import annotations

from .asked import Row, everything

ROWS: dict[str, Row] = {"GetResources": everything}
