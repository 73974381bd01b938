# contract=2 (see entrypoint.sh)
"""Brings the database's schema to this image's version of Airflow, and says what there was to do.

    migrate                does it
    migrate --no-upgrade   leaves the schema of an older Airflow as it is, and ends with exit code 4
    migrate --check        only says it, by its exit code too: 0 up to date, 3 empty database, 4 older schema

The last line names the state: `migration: up to date`, `migration: needed (empty database)`,
`migration: needed (older schema)` or `migration: done`. It covers Airflow's own tables and those of its sign-in (FAB).
"""

from __future__ import annotations

import argparse
import enum

from airflow import settings
from airflow.providers_manager import ProvidersManager
from airflow.utils import db
from sqlalchemy import inspect


class State(enum.Enum):
    """The schema's state: the exit code of `--check` and the word for it."""

    UP_TO_DATE = 0, "up to date"
    EMPTY = 3, "needed (empty database)"
    OLDER = 4, "needed (older schema)"


def state() -> State:
    if not inspect(settings.get_engine()).has_table("alembic_version"):
        return State.EMPTY
    try:
        db.check_migrations(timeout=0)
    except TimeoutError:
        return State.OLDER
    return State.UP_TO_DATE


def main() -> int:
    parser = argparse.ArgumentParser(prog="migrate", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--no-upgrade", action="store_true", help="change nothing of an older schema")
    given = parser.parse_args()
    ProvidersManager().initialize_providers_configuration()

    found = state()
    exit_code, word = found.value
    if found is State.UP_TO_DATE or given.check or (found is State.OLDER and given.no_upgrade):
        print(f"migration: {word}")
        return exit_code
    print(f"migration: {word}, beginning", flush=True)
    db.upgradedb()
    print("migration: done")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
