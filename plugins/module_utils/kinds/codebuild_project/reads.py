# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What CodeBuild tells of a project, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import Compared, NotCompared, Nothing, Reads

_SHARED = NotCompared(
    "with which accounts it is shared",
    "they can read its settings and the builds' statuses, which name no secret; to start a build they cannot",
)
_BUILDS = Nothing("builds, and what was run by hand in its environment")

READS = [
    Reads(
        kind="codebuild_project",
        title="CodeBuild project",
        service="codebuild",
        ids=("BatchGetProjects.names", "projectName", "resourceArn"),
        operations={
            "BatchGetProjects": Compared("tests/integration/test_builders.py changes it by hand"),
            "GetResourcePolicy": _SHARED,
            "ListBuildBatchesForProject": _BUILDS,
            "ListBuildsForProject": _BUILDS,
            "ListSandboxesForProject": _BUILDS,
        },
    ),
]
