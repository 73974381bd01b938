"""An embedded AWS with containers for the tests of one file, beside the story's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.playbooks import ROOT, playbooks_on


def fixtures_of(name: str) -> tuple[Any, Any]:
    """The fixtures `playbooks` and `aws` of a file of tests: the playbooks, and the account that they deploy to.

    The embedded AWS is called `name`, and so is the folder below artifacts/ that the output goes to.
    """

    @pytest.fixture(scope="module")
    def playbooks():
        with playbooks_on(name, ROOT / "artifacts" / name, fast=False) as playbooks:
            yield playbooks

    @pytest.fixture(scope="module")
    def aws(playbooks):
        return playbooks.aws

    return playbooks, aws
