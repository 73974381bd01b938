# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reasons for people, without the values of what looks like a secret."""

from __future__ import annotations

import re

from ....engine.compare import Difference

_HIDDEN = "(hidden)"
_VALUES = {"environment", "options", "properties", "docker_labels"}
_SECRET = re.compile(r"passw|secret|token|credential|fernet|api_?key|private_?key|_conn$|connection", re.IGNORECASE)


def told(difference: Difference) -> str:
    """``environment LOG_LEVEL info -> debug``; ``environment DB_PASSWORD (hidden) -> (hidden)``."""
    if not (_VALUES & set(difference.path[:-1]) and _SECRET.search(difference.path[-1])):
        return str(difference)
    before, after = (None if value is None else _HIDDEN for value in (difference.before, difference.after))
    return str(Difference(difference.path, before, after))
