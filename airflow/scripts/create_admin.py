# contract=2 (see entrypoint.sh)
"""Makes the first user, with every right. A user of that name who exists is left as he is, password included.

FARFLOW_ADMIN_USERNAME and FARFLOW_ADMIN_PASSWORD come from the environment: a command line can be read by others.
"""

from __future__ import annotations

import os

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.providers_manager import ProvidersManager


def main() -> int:
    try:
        username, password = os.environ["FARFLOW_ADMIN_USERNAME"], os.environ["FARFLOW_ADMIN_PASSWORD"]
    except KeyError as missing:
        raise SystemExit(f"admin: {missing.args[0]} is not set") from None
    if not username or not password:
        raise SystemExit("admin: FARFLOW_ADMIN_USERNAME and FARFLOW_ADMIN_PASSWORD must not be empty")

    ProvidersManager().initialize_providers_configuration()
    with get_application_builder() as builder:
        users = builder.sm
        if users.find_user(username=username):
            print(f"admin: {username} exists, left as it is")
            return 0
        role = users.find_role("Admin")
        if not users.add_user(username, "Airflow", "Admin", f"{username}@localhost", role, password):
            raise SystemExit(f"admin: {username} could not be made; the lines above say why")
    print(f"admin: {username} made")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
