# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Making what AWS has no client token for: a call whose answer is lost must not be made again blindly."""

from __future__ import annotations

from collections.abc import Callable

from .clients import caused_by, is_turned_away, is_unanswered
from .errors import FarflowError
from .waiting import NotYet, wait_for

_ANSWERED_AFTER = 180

#: So many looks have to find nothing, over 16 s, before it counts as not made: AWS shows what is new a little late.
_LOOKS = 4

#: What AWS says of a second one where it allows no more; the first may not be shown yet.
_THERE = {
    "InvalidSubnet.Conflict",
    "VpcLimitExceeded",
    "SubnetLimitExceeded",
    "InternetGatewayLimitExceeded",
    "AddressLimitExceeded",
}


def create_exactly_once(create: Callable[[], str], look: Callable[[], str | None], what: str) -> str:
    """The id that ``create`` gives. Where no answer comes, ``look`` tells the id of what was made all the same before
    it is made again. Raises FarflowError when three minutes bring no answer, and for what AWS refuses at once.
    """
    lost: list[FarflowError] = []
    looks = 0

    def attempt() -> str | NotYet:
        nonlocal looks
        made = look() if lost else None
        if made:
            return made
        looks -= 1
        if looks > 0:
            return NotYet(str(lost[-1]))
        try:
            return create()
        except FarflowError as error:
            if is_unanswered(error):
                lost.append(error)
                looks = _LOOKS
            elif not is_turned_away(error) and not (lost and caused_by(error, _THERE)):
                raise
            return NotYet(str(error))

    return wait_for(attempt, _ANSWERED_AFTER, f"{what} to be made")
