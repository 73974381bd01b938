"""AWS STS. Nobody needs a right to ask who they are, and no policy takes it (GetCallerIdentity in its reference)."""

from __future__ import annotations

from .asked import Row, by, everything

ROWS: dict[str, Row] = {"GetCallerIdentity": everything, "AssumeRole": by("RoleArn")}
