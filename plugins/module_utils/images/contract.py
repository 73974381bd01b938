# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a deploy expects of Airflow's image, which is built from a folder of the user's own: as a number, raised with
every new expectation. Each file of the folder that fulfils some of it says in a line of its own which it has. What else
stands in the file is the user's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from ..validation.value_checks import printable

#: By this variable every container is told, and refuses to run an image that has less.
VARIABLE = "FARFLOW_CONTRACT"

#: The file that a container begins with.
ENTRYPOINT = "entrypoint.sh"

#: The contract that each file has to have. It is raised for the entry point, and for the files that the new expectation
#: is of. A package is one part, by its first file.
FILES: dict[str, int] = {
    ENTRYPOINT: 3,
    "config/airflow_local_settings.py": 3,
    "plugins/behind_load_balancer.py": 2,
    "plugins/farflow/__init__.py": 3,
    "plugins/fargate_page.py": 2,
    "plugins/stop_orphans.py": 2,
    "scripts/airflow-healthcheck": 2,
    "scripts/check_dags.py": 3,
    "scripts/command.py": 2,
    "scripts/create_admin.py": 2,
    "scripts/dag_versions_in_use.py": 2,
    "scripts/execute_workload.py": 3,
    "scripts/healthcheck.py": 2,
    "scripts/migrate.py": 2,
    "scripts/orphans.py": 2,
    "scripts/publish_workers_wanted.py": 3,
    "scripts/wait_for_execution_api.py": 2,
}

NEEDED = FILES[ENTRYPOINT]

_FOLDERS = ("plugins", "scripts")
_OF_PACKAGE = "/__init__.py"
_ASSIGNED = re.compile(r"^contract=(\d+)$", re.MULTILINE)
_COMMENT = re.compile(r"^# contract=(\d+)\b", re.MULTILINE)


def expected(present: Iterable[str], copied: Iterable[str]) -> list[str]:
    """Those of ``FILES`` that a folder in which these names lie has to have, if its Dockerfile copies these paths.

    A folder that has no ``plugins``, and whose Dockerfile does not name them, is of an image of the user's own making,
    which offers in its own way what lies there in ours; and so with the other folders.
    """
    needed = {ENTRYPOINT, *present, *map(_top, copied)}
    return sorted(name for name in FILES if _top(name) in needed)


def left_out(ignore_file: Path, names: Collection[str], there: Collection[str], copied: Iterable[str]) -> list[str]:
    """What is wrong with a file that says what is left out of the build context, in which is what is ``there``: that
    one of these names is not, and the Dockerfile would copy it; one sentence, or none.
    """
    patterns = [*copied]
    missing = [name for name in names if name not in there and any(_copies(pattern, name) for pattern in patterns)]
    if not missing:
        return []
    parts = ", ".join(part for part, _names in _parts(missing, names))
    needed = "since the Dockerfile copies these, and the deploy needs them"
    return [f"{printable(ignore_file)}: leaves out {parts}, allowed: other files, {needed}"]


def _copies(pattern: str, name: str) -> bool:
    """Whether COPY of the one brings the other."""
    asked, parts = pattern.split("/"), name.split("/")
    is_below = len(asked) <= len(parts) and all(map(fnmatchcase, parts, asked))
    return pattern == "." or is_below


def problems(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """What is wrong with a folder whose ``expected`` files have these texts, empty where one is missing: one sentence,
    or none.
    """
    found = {name: _contract(name, text) for name, text in texts.items()}
    older = {name: has for name, has in found.items() if has is None or has < FILES[name]}
    if not older:
        return []
    parts = _parts(older, found)
    said = [
        f"{part} {_has(older, names)}, allowed: {max(FILES[name] for name in names)} or more" for part, names in parts
    ]
    needs = f"{printable(folder)}: this version of the collection needs more of Airflow's image: {'; '.join(said)}"
    return [f"{needs}; {_init(folder, [part for part, _names in parts])}"]


def _top(name: str) -> str:
    return name.partition("/")[0]


def _contract(name: str, text: str) -> int | None:
    found = (_ASSIGNED if name == ENTRYPOINT else _COMMENT).search(text)
    return int(found[1]) if found else None


def _parts(older: Collection[str], found: Collection[str]) -> list[tuple[str, list[str]]]:
    """What `init` is to overwrite, and the files that each stands for: a folder in which all are older, or the file."""
    parts: dict[str, list[str]] = {}
    for name in older:
        whole = _top(name) in _FOLDERS and all(other in older for other in found if _top(other) == _top(name))
        parts.setdefault(_top(name) if whole else name.removesuffix(_OF_PACKAGE), []).append(name)
    return list(parts.items())


def _has(older: Mapping[str, int | None], names: list[str]) -> str:
    contracts = [each for name in names if (each := older[name]) is not None]
    return f"has contract {min(contracts)}" if len(contracts) == len(names) else "has no contract"


def _init(folder: Path, parts: list[str]) -> str:
    """What brings start-up scripts and plugins that have it, and leaves the rest as it is."""
    command = "ansible-playbook farflow.airflow.init -e farflow_init_path="
    if folder.name != "airflow":  # as a project has it
        return f"take {', '.join(parts)} from airflow/ of the project that `{command}...` lays down in a new folder"
    overwrite = ",".join(f"airflow/{part}" for part in parts)
    return f"this brings it: {command}{shlex.quote(str(folder.parent))} -e farflow_init_overwrite={overwrite}"
