# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer dags: the version of the DAGs that Airflow reads, which changes without a change of anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import dag_versions
from ..dags import bundle_documents as dag_bundles
from ..dags.bundles import look, look_back
from ..dags.folder import DagFolder
from ..engine.actions import Action, Resource
from ..engine.clients import Clients
from ..engine.compare import UNKNOWN
from ..engine.known import Existing
from . import names
from .arns import IDENTITY, account
from .reader import reads

#: Where ``airflow_service_dags`` has them from.
BUNDLE, IMAGE = "bundle", "image"

CLASS = "farflow.dag_bundle.VersionedDagBundle"

#: Seconds after which the dag-processor asks for the pointer again. It looks whether so much time has passed every
#: ``CHECK_INTERVAL`` seconds.
REFRESH_INTERVAL = 2
CHECK_INTERVAL = 3

Inputs = Mapping[str, Any]


def are_versions(inputs: Inputs) -> bool:
    """Whether Airflow reads versions from the bucket, and not what its image has."""
    return bool(inputs["airflow_service_dags"] == BUNDLE)


def bucket(inputs: Inputs, known: Existing) -> str:
    """The bucket that they are in, beside the logs."""
    return names.log_bucket(inputs, account(known, inputs["farflow_region"]).id)


@reads(dag_bundles.TYPE, dag_bundles.PLACE, after=(IDENTITY,))
def current_version(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """Which version of the DAGs is the current one; nothing where a deploy does not say which."""
    folder = inputs.get("dags")
    if folder is None or not are_versions(inputs):
        return []
    asked = inputs["dags_version"]
    if not asked:
        return look(clients, bucket(inputs, known), folder.version)
    return look_back(clients, bucket(inputs, known), asked)


def planner(clients: Clients, wanted: list[Resource], actual: list[Resource]) -> list[Action]:
    """The actions for the DAG bundle."""
    return dag_bundles.plan_dag_bundles(wanted, actual)


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """The version of the project's folder, or the earlier one that ``dags_version`` names; nothing where nobody has
    read the folder.
    """
    folder: DagFolder | None = inputs.get("dags")
    if not are_versions(inputs) or folder is None:
        return []
    place, asked = known.get(dag_bundles.PLACE, dag_bundles.PLACE), inputs["dags_version"]
    current = known.get(dag_bundles.TYPE, dag_versions.BUNDLE)
    arguments: dict[str, Any] = {
        "bucket": bucket(inputs, known),
        "pointer": current.attributes["etag"] if current else "",
    }
    if asked:
        version = place.attributes["version"] if place else UNKNOWN
        files = place.attributes["files"] if place else {}
        arguments["version"] = version
    else:
        version, files = folder.version, folder.files
        arguments["path"] = str(folder.path.parent)
    made = dag_bundles.desired({"version": version, "files": files})
    after = [known.id(dag_bundles.PLACE, dag_bundles.PLACE)]
    return [replace(made, arguments=arguments, after=after)]


def bundles(inputs: Inputs, known: Existing) -> list[dict[str, Any]]:
    """Airflow's list of DAG bundles; empty where it is what Airflow has without one."""
    others = list(inputs["airflow_service_dag_bundles"])
    if are_versions(inputs):
        kwargs = {"bucket": bucket(inputs, known), "refresh_interval": REFRESH_INTERVAL}
        return [{"name": dag_versions.BUNDLE, "classpath": CLASS, "kwargs": kwargs}, *others]
    if not others:
        return []
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    return [{"name": dag_versions.BUNDLE, "classpath": local, "kwargs": {}}, *others]
