# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Making what AWS has no client token for: a call whose answer is lost must not be made again blindly."""

from __future__ import annotations

from collections.abc import Callable

from ..aws.calls import caused_by, unanswered
from ..core.errors import FarflowError
from .waiting import NotYet, wait_for

_ANSWERED_AFTER = 180

#: What AWS says of a second one, where it allows one only; the first may not be shown yet.
_THERE = {"InvalidSubnet.Conflict"}


def make_once(create: Callable[[], str], look: Callable[[], str | None], what: str) -> str:
    """The id that ``create`` gives. Where no answer comes, ``look`` tells the id of what was made all the same before
    it is made again. Raises FarflowError when three minutes bring no answer, and for what AWS refuses at once.
    """
    unknown: list[FarflowError] = []

    def attempt() -> str | NotYet:
        made = look() if unknown else None
        if made:
            return made
        try:
            return create()
        except FarflowError as error:
            if not unanswered(error) and not (unknown and caused_by(error, _THERE)):
                raise
            unknown.append(error)
            return NotYet(str(error))

    return wait_for(attempt, _ANSWERED_AFTER, f"{what} to be made")
