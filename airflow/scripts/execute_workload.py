# contract=3 (see entrypoint.sh)
"""Runs one task of Airflow in this container: what the executor of tasks with executor="ecs" hands over, which is the
one argument (plugins/farflow/ecs_workload.py). The task's end is told to Airflow by its API; the exit code says only
whether there was a task to run.
"""

from __future__ import annotations

import importlib
import sys


def main() -> int:
    if len(sys.argv) != 2:
        print("execute-workload: takes one argument, the encrypted workload", file=sys.stderr)
        return 64
    importlib.import_module("airflow")  # brings the plugins' folder into sys.path
    from airflow.executors import workloads
    from airflow.sdk.execution_time.execute_workload import execute_workload
    from pydantic import TypeAdapter

    from farflow.ecs_workload import WorkloadError, decrypted

    try:
        workload = TypeAdapter(workloads.All).validate_json(decrypted(sys.argv[1]))
    except WorkloadError as error:
        print(f"execute-workload: {error}", file=sys.stderr)
        return 65
    execute_workload(workload)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
