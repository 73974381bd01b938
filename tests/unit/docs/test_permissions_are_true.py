"""docs/permissions.md lists the actions that are called, and no others."""

from __future__ import annotations

import importlib

import pytest
from test_readme_is_true import DOCS, ROOT, rows


@pytest.fixture(scope="module")
def needed():
    """By the prefix of their service the actions that scripts/permissions.py finds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return importlib.import_module("permissions").needed()


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("s3", "GetEncryptionConfiguration"),
        ("elasticloadbalancing", "CreateListener"),
        ("ec2", "AuthorizeSecurityGroupIngress"),
        ("iam", "PassRole"),
        ("tag", "GetResources"),
    ],
)
def test_actions_are_found_by_the_names_that_iam_has(needed, service, action):
    assert action in needed[service]


def test_the_table_is_what_is_needed(needed):
    table = rows(DOCS / "permissions.md", "Permissions")
    assert {service.strip("`"): set(actions.split(", ")) for service, actions in table} == needed
