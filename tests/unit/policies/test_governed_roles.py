"""In an organization that rules who may make roles: every role has the boundary, and is below the path."""

from __future__ import annotations

import json

import pytest
from deployed_policies import ACCOUNT, made, roles

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bounds"


@pytest.mark.parametrize("given", [None, BOUNDARY])
def test_every_role_has_the_boundary(given):
    found = roles(of=made(farflow_permissions_boundary_arn=given or ""))
    assert {name: role.properties["permissions_boundary"] for name, role in found.items()} == dict.fromkeys(
        roles(), given
    )


@pytest.mark.parametrize("path", ["/", "/teams/data/"])
def test_every_role_is_below_the_path_and_named_so(path):
    resources = made(farflow_iam_path=path)
    assert {role.properties["path"] for role in roles(of=resources).values()} == {f"{path}dev/"}
    said = json.dumps([resource.arguments for resource in resources], default=str)
    assert f"arn:aws:iam::{ACCOUNT}:role{path}dev/dev-tasks-execution" in said
    assert "role/farflow/" not in said
