# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ECS refuses now and may take in a moment: it sees what was just made, or just deleted, a little late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...engine import patience
from ...engine.clients import error_code
from ...engine.errors import FarflowError

Answer = TypeVar("Answer")

_PASSING_CODES = {"ClusterContainsServicesException", "ClusterContainsTasksException", "UpdateInProgressException"}
_PASSING_WORDS = (
    "Role is not valid",
    "Too many concurrent attempts",
    "does not have an associated load balancer",
    "service linked role",
    "still Draining",
    "unable to assume",
)


def retry_while(call: Callable[[], Answer], limit: float, what: str) -> Answer:
    """The call's answer; asked again, for at most ``limit`` seconds, while ECS refuses it for what may pass."""
    return patience.retry_while(call, is_transient, limit, what)


def is_transient(error: FarflowError) -> bool:
    """Whether ECS may do in a moment what it refused with that error."""
    cause = error.__cause__
    if not isinstance(cause, Exception) or not error_code(cause):
        return False
    return error_code(cause) in _PASSING_CODES or any(words in str(cause) for words in _PASSING_WORDS)
