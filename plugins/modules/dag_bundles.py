#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dag_bundles
short_description: Put versions of DAG folders into buckets, and say which one Airflow reads
version_added: 0.2.0
description:
  - Packs a DAG folder into an archive that is named by what its files hold, puts that into a bucket as an object that
    never changes, and moves the pointer, a small object that says which version is the current one. The DAG bundle
    of Airflow's image follows it.
  - The pointer is written on the condition that it is the one that was read. When somebody else has moved it meanwhile
    it stays, and the module fails and says who it was.
  - With O(state=uploaded) the pointer is not moved; with O(state=pruned) versions are deleted.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do and makes no mutating call.
    support: full
  diff_mode:
    description: One line for each file that differs.
    support: full
options:
  bundles:
    description: The buckets, and what is to be in them.
    type: list
    elements: dict
    required: true
    suboptions:
      bucket:
        description: The bucket. It has to exist.
        type: str
        required: true
      path:
        description: The folder of Airflow's image. The DAGs are in C(dags) below it, and its C(.dockerignore) holds.
        type: path
      version:
        description: An earlier version that shall be the current one again, or its first digits. Instead of
          O(bundles[].path).
        type: str
      pointer:
        description: The ETag of the pointer that a plan has seen, or an empty string where there was none. When
          somebody has moved the pointer since then, the module fails. Without it, only a move while the module runs is
          noticed.
        type: str
      keep_versions:
        description: How many versions stay, those of runs not counted. With O(state=pruned) the others are deleted,
          else it is only counted how many they are.
        type: int
        default: 50
      in_use:
        description: Versions that stay however old they are, such as those of runs that are not finished.
        type: list
        elements: str
        default: []
  state:
    description: Whether the version shall be the current one, only lie in the bucket, or superfluous ones shall go.
    type: str
    choices: [current, uploaded, pruned]
    default: current
"""

EXAMPLES = r"""
- name: The DAGs of this project
  farflow.airflow.dag_bundles:
    bundles:
      - bucket: prod-airflow-logs-123456789012-eu-west-1
        path: airflow

- name: Back to what was before
  farflow.airflow.dag_bundles:
    bundles:
      - bucket: prod-airflow-logs-123456789012-eu-west-1
        version: 67ed6ebb
"""

RETURN = r"""
bundles:
  description: One entry a bucket, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the DAG bundle in Airflow.
      type: str
    version:
      description: The version; null with O(state=pruned).
      type: str
      sample: 67ed6ebb4bd467e9
    changed:
      description: Whether something was, or in check mode would be, changed.
      type: bool
    reasons:
      description: What differed, as C(reports/daily.py changed), or what was deleted.
      type: list
      elements: str
    superfluous:
      description: How many versions O(state=pruned) could delete at the most, none of them younger than an hour.
        Counted only where something has changed.
      type: int
"""

from ..module_utils.dags import bundles as dag_bundles
from ..module_utils.engine.module import as_result, run
from ..module_utils.engine.reconcile import Outcome

BUNDLE = {
    "bucket": {"type": "str", "required": True},
    "path": {"type": "path"},
    "version": {"type": "str"},
    "pointer": {"type": "str"},
    "keep_versions": {"type": "int", "default": 50},
    "in_use": {"type": "list", "elements": "str", "default": []},
}

ARGUMENT_SPEC = {
    "bundles": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": BUNDLE,
        "mutually_exclusive": [("path", "version")],
    },
    "state": {"type": "str", "choices": ["current", "uploaded", "pruned"], "default": "current"},
}


def work(parameters, clients, check_mode):
    """Reconciles the bundles."""
    do = {"current": _current, "uploaded": _uploaded, "pruned": _pruned}[parameters["state"]]
    outcomes = [do(clients, bundle, check_mode) for bundle in parameters["bundles"]]
    result = as_result("bundles", outcomes, "version")
    for bundle, told in zip(parameters["bundles"], result["bundles"], strict=True):
        count = told["changed"] and parameters["state"] == "current"
        deletable = dag_bundles.superfluous(clients, bundle["bucket"], bundle["keep_versions"]) if count else 0
        told["superfluous"] = deletable
    return result


def _current(clients, bundle, check_mode):
    return dag_bundles.put(clients, bundle, check_mode)


def _uploaded(clients, bundle, check_mode):
    return dag_bundles.upload(clients, bundle, check_mode)


def _pruned(clients, bundle, check_mode):
    gone = dag_bundles.prune(clients, bundle["bucket"], bundle["keep_versions"], bundle["in_use"], check_mode)
    return Outcome(dag_bundles.NAME, None, bool(gone), [f"version {version} deleted" for version in gone])


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
