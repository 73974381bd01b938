# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWX by its own command line, `awx` of the Python package awxkit. The environment says where AWX is, and who asks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..module_utils.core.errors import FarflowError
from ..module_utils.pure.awx_assets import Assets

_MISSING = "the command awx was not found: pip install awxkit 'setuptools<81'"
_ADVICE = "CONTROLLER_HOST says where AWX is, CONTROLLER_OAUTH_TOKEN or CONTROLLER_USERNAME and CONTROLLER_PASSWORD who"
_LINES = 12


def export(assets: Assets) -> Assets:
    """What AWX has under the names of the assets. Raises FarflowError when it can't be read."""
    names = []
    for resource, some in assets.items():
        if some:
            names += [f"--{resource}", *sorted({asset["name"] for asset in some})]
    found: Assets = json.loads(_awx("export", *names))
    return found


def bring(assets: Assets) -> None:
    """Creates the assets, or writes them anew. Raises FarflowError when AWX refuses one."""
    _awx("import", given=json.dumps(assets))


def _awx(command: str, *arguments: str, given: str | None = None) -> str:
    beside = Path(sys.executable).with_name("awx")
    program = shutil.which("awx") or (str(beside) if beside.exists() else None)
    if program is None:
        raise FarflowError(_MISSING)
    done: subprocess.CompletedProcess[Any] = subprocess.run(
        [program, "--conf.color", "f", command, "-f", "json", *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-_LINES:])
        raise FarflowError(f"awx {command} failed:\n{said}\n{_ADVICE}")
    return str(done.stdout)
