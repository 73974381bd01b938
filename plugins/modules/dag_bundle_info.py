#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dag_bundle_info
short_description: Tell which versions of the DAGs there were
version_added: 0.2.0
description:
  - Reads the pointers that M(farflow.airflow.dag_bundles) has left in a bucket, the last one first. Changes nothing.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Reads only, so check mode is the same.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
options:
  bucket:
    description: The bucket.
    type: str
    required: true
  most:
    description: How many are told.
    type: int
    default: 20
"""

EXAMPLES = r"""
- name: Which versions of the DAGs there were
  farflow.airflow.dag_bundle_info:
    bucket: prod-airflow-logs-123456789012-eu-west-1
"""

RETURN = r"""
history:
  description: One entry for each time that a version was made the current one, the last one first.
  returned: always
  type: list
  elements: dict
  contains:
    version:
      description: The version.
      type: str
      sample: 67ed6ebb4bd467e9
    previous:
      description: The version before; null for the first one.
      type: str
    when:
      description: When that was, in UTC.
      type: str
      sample: "2026-11-29T12:00:00Z"
    by:
      description: The ARN of whoever did it.
      type: str
      sample: arn:aws:iam::123456789012:user/ada
    commit:
      description: The commit of git that the files are of, with C(+) behind it where they differ from that; null where
        the folder is in no checkout.
      type: str
      sample: 9e5f54b2c1d0+
    files:
      description: How many files the version has.
      type: int
    size:
      description: The bytes of its archive.
      type: int
    current:
      description: Whether Airflow reads it now.
      type: bool
    is_there:
      description: Whether it can be gone back to.
      type: bool
    is_repair:
      description: Whether it was the current one before as well, and a deploy has put its archive there anew.
      type: bool
problem:
  description: What is wrong with the pointer; empty where nothing is.
  returned: always
  type: str
damaged:
  description: A sentence for each entry that is left out, since somebody has changed it in the bucket.
  returned: always
  type: list
  elements: str
"""

from ..module_utils.dags import bundle_documents
from ..module_utils.dags import bundles as dag_bundles
from ..module_utils.engine.module import run

ARGUMENT_SPEC = {
    "bucket": {"type": "str", "required": True},
    "most": {"type": "int", "default": 20},
}

TOLD = ("version", "previous", "when", "by", "commit", "files", "size")


def work(parameters, clients, check_mode):
    """Reads the history."""
    bucket = parameters["bucket"]
    pointer, there = dag_bundles.read_pointer_of_bucket(clients, bucket), dag_bundles.versions(clients, bucket)
    number = pointer.content["number"] if pointer.content else None
    moves, damaged = dag_bundles.read_history(clients, bucket, parameters["most"])
    history = [
        {
            **{key: one[key] for key in TOLD},
            "current": one["number"] == number,
            "is_there": one["version"] in there,
            "is_repair": bundle_documents.is_repair(one),
        }
        for one in moves
    ]
    problem = dag_bundles.gone(bucket) if moves and not pointer.etag else pointer.problem
    return {"changed": False, "history": history, "problem": problem, "damaged": damaged}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
