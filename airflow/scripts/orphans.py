# contract=2 (see entrypoint.sh)
"""Lists Fargate tasks for which no Airflow task waits any more; with --stop it stops them.

The deploy's playbook orphans.yml runs it. Exit code 1 where one can't be stopped.
"""

from __future__ import annotations

import importlib
import logging
import sys


def main() -> int:
    importlib.import_module("airflow")  # brings the plugins' folder into sys.path
    logging.disable(logging.INFO)
    from farflow import fargate_task_orphans

    return fargate_task_orphans.main(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
