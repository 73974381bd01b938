"""The collection and the image as they were before they were held against what AWS really does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .playbooks import ROOT

#: Deployed well to an embedded AWS that answered at once, allowed all, forgot nothing and filled in no defaults.
COMMIT = "9e5f54bb183532bc3023316cddd214c70a68a1a4"


def unpack(folder: Path) -> Path:
    """Writes that commit's files to a folder. The test fails where the history of this checkout does not have it."""
    git = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False)
    if git.returncode:
        pytest.fail(
            f"commit {COMMIT[:7]} is not in the history of this checkout: fetch all of it, `git fetch --unshallow`, "
            f"or in CI with fetch-depth 0. Git says: {git.stderr.decode().strip()}",
            pytrace=False,
        )
    subprocess.run(["tar", "--extract", "--directory", folder], input=git.stdout, check=True)
    return folder


#: The family of Postgres 14 has `rds.force_ssl` off. Where it is on by itself, its deploy never gets past the database.
WITHOUT_DEFAULTS_OF_PARAMETERS = {"rds_engine_version": "14"}
