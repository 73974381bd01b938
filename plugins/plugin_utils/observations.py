# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where it is recorded what AWS answers, and what it is recorded with."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.validation import check_type_path
from ansible.release import __version__ as ansible_core

from ..module_utils.engine.errors import FarflowError
from ..module_utils.validation.value_checks import printable
from .inputs import COLLECTION

VARIABLE = "farflow_observations_path"

#: What says which version a collection is, as it is installed and in its repository, and Airflow in its image's folder.
_INSTALLED = r'^ *"version": "([\w.+-]+)"'
_OURS = r"^version: ([\w.+-]+)"
_AIRFLOW = r"^apache-airflow(?:\[.*\])?==([\w.+-]+)"


def path(variables: Mapping[str, Any], resolve: Callable[[Any], Any]) -> str | None:
    """The file that Ansible's variables name; None where they name none."""
    given = variables.get(VARIABLE) and resolve(variables[VARIABLE])
    if not given:
        return None
    if not isinstance(given, str):
        raise FarflowError(f"{VARIABLE}: is {given!r}, allowed: the path of a file")
    return str(check_type_path(given))


def problems(inputs: Mapping[str, Any]) -> list[str]:
    """What is wrong with the file, as only this machine can tell."""
    given = inputs.get(VARIABLE)
    if not given:
        return []
    file = Path(given).absolute()
    place = file if file.exists() else file.parent
    if not file.is_dir() and place.exists() and os.access(place, os.W_OK):
        return []
    return [f"{VARIABLE}: is {printable(given)}, allowed: a file that can be written, in a folder that exists"]


def versions(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Of what takes part in a deploy, as far as it is known here."""
    import botocore

    found = {
        "ansible-core": ansible_core,
        "botocore": botocore.__version__,
        "farflow.airflow": _version(COLLECTION / "MANIFEST.json", _INSTALLED)
        or _version(COLLECTION / "galaxy.yml", _OURS),
    }
    if not inputs["airflow_service_image"]:
        found["Airflow"] = _version(Path(inputs["airflow_service_path"]) / "requirements.txt", _AIRFLOW)
    return {name: version for name, version in found.items() if version}


def _version(file: Path, pattern: str) -> str:
    """What the pattern finds in the file; empty where it finds none, or there is no such file."""
    try:
        found = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, UnicodeError):
        return ""
    return found[1] if found else ""
