"""An account of its own for each file of tests, and a project folder whose images cost nothing to build."""

from __future__ import annotations

import pytest

from tests.stack.playbooks import ROOT, playbooks_on
from tests.stack.project import Project


@pytest.fixture(scope="module")
def playbooks(request):
    """The playbooks, on an account without containers. Their output is kept as artifacts."""
    name = request.module.__name__.rsplit(".", 1)[-1].removeprefix("test_").replace("_", "-")
    with playbooks_on(f"integration-{name}", ROOT / "artifacts" / "integration" / name, fast=True) as playbooks:
        yield playbooks


@pytest.fixture
def aws(playbooks):
    """The account, empty, and its log of calls as well."""
    playbooks.aws.reset()
    playbooks.aws.reset_calls()
    return playbooks.aws


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)
