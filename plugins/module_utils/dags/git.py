# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What git says of a folder, where there is a git and the folder is one of a checkout."""

from __future__ import annotations

from pathlib import Path

from ..engine.commands import run

_LENGTH = 12


def commit_of(folder: Path) -> str | None:
    """The commit that a folder is of, with ``+`` behind it where the folder differs from that; None without one."""
    try:
        code, commit = run(["git", "-C", str(folder), "rev-parse", "HEAD"])
    except OSError:  # there is no git
        return None
    if code:
        return None
    code, differs = run(["git", "-C", str(folder), "--no-optional-locks", "status", "--porcelain", "--", "."])
    return commit.strip()[:_LENGTH] + ("+" if code or differs.strip() else "")
