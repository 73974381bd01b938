# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whose is what AWS lists by the beginning of its name alone: tags tell, and a stranger's may be closed to us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from .clients import caused_by
from .errors import FarflowError
from .tags import ENVIRONMENT

Answer = TypeVar("Answer")

_CLOSED = {"AccessDenied", "AccessDeniedException"}


def unless_closed(ask: Callable[[], Answer | None], is_expected: bool) -> Answer | None:
    """What ``ask`` reads of a resource; None for one that we may not read and that is not ``is_expected``, by its name
    or by what AWS has told of it. Of one that is, that raises FarflowError: it is we who lack a permission.
    """
    try:
        return ask()
    except FarflowError as error:
        if not is_expected and caused_by(error, _CLOSED):
            return None
        raise


def owned_tags(
    environment: str,
    is_ours: bool,
    is_expected: bool,
    prefetched: Mapping[str, str] | None,
    ask: Callable[[], Mapping[str, str]],
) -> Mapping[str, str] | None:
    """The tags of an environment's own resource, None for another's. One that ``is_ours`` by its name is its own,
    whatever the tags say that somebody has left on it, and those that are ``prefetched`` need not be asked for. Of any
    other they are asked for, since AWS may have told what was true a while ago.
    """
    if is_ours and prefetched:
        return prefetched
    tags = unless_closed(ask, is_ours or is_expected)
    return tags if is_ours or (tags or {}).get(ENVIRONMENT) == environment else None
