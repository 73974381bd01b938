"""An embedded AWS without containers, on which waits are short: it shows at once what was done."""

from __future__ import annotations

import os
import time
from unittest.mock import patch

import pytest

from tests.embedded_aws import EmbeddedAWS
from tests.kinds import variables
from tests.stack.project import Project

_LONGEST_PAUSE = 0.02


@pytest.fixture(scope="module")
def account():
    sleep = time.sleep
    with (
        EmbeddedAWS(f"test-kinds-{os.getpid()}") as aws,
        patch("time.sleep", lambda seconds: sleep(min(seconds, _LONGEST_PAUSE))),
    ):
        yield aws


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Variables of an environment that has resources of every kind."""
    return {**variables(Project(tmp_path_factory.mktemp("project"))), "farflow_image_builder": "codebuild"}
