# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a deploy expects of Airflow's image, which is built from a folder of the user's own: as a number, raised with
every new expectation. The folder's entrypoint.sh says which it has.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from .value_checks import printable

NEEDED = 2

#: By this variable every container is told, and refuses to run an image that has less.
VARIABLE = "FARFLOW_CONTRACT"

#: The file of the folder that says what the folder has.
FILE = "entrypoint.sh"

#: What of the folder is the collection's rather than the user's, and fulfils the contract together.
PARTS = ("config/airflow_local_settings.py", "entrypoint.sh", "plugins", "scripts")

_CONTRACT = re.compile(r"^contract=(\d+)$", re.MULTILINE)


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with a folder whose entrypoint.sh is ``text``, empty where there is none."""
    found = _CONTRACT.search(text)
    if found and int(found[1]) >= NEEDED:
        return []
    has = f"has contract {found[1]}" if found else "has no contract"
    return [
        f"{printable(folder / FILE)}: {has}, allowed: {NEEDED} or more, which this version of the collection needs of "
        f"Airflow's image; {_init(folder)}"
    ]


def _init(folder: Path) -> str:
    """What brings start-up scripts and plugins that have it, and leaves the rest as it is."""
    command = "ansible-playbook farflow.airflow.init -e farflow_init_path="
    if folder.name != "airflow":  # as a project has it
        return f"take {', '.join(PARTS)} from airflow/ of the project that `{command}...` lays down in a new folder"
    overwrite = ",".join(f"airflow/{part}" for part in PARTS)
    return f"this brings it: {command}{shlex.quote(str(folder.parent))} -e farflow_init_overwrite={overwrite}"
