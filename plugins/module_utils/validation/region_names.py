# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of AWS's regions: whether one that nobody knows can be new, or is a mistake of who typed it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

#: Beside those of the regions that there are.
_DIRECTIONS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central")
#: Of 1: "esat" and "east" have 0.75.
_LIKE = 0.75
_SHORT = 2


def misspelt(region: str, known: Iterable[str]) -> str:
    """The word of a region's name that is like a word of AWS's and not one; empty where there is none. Numbers are not
    judged: AWS goes on counting them.
    """
    areas = {each.partition("-")[0] for each in known}
    area, *others = re.findall("[a-z]+", region)
    wrong = [area] if _is_mistake(area, areas) else []
    wrong += [word for word in others if word not in _others(known) and _is_mistake(word, _DIRECTIONS)]
    return wrong[0] if wrong else ""


def _others(known: Iterable[str]) -> set[str]:
    return {word for each in known for word in re.findall("[a-z]+", each)[1:]}


def _is_mistake(word: str, words: Iterable[str]) -> bool:
    if word in words:
        return False
    if any(sorted(word) == sorted(each) for each in words):
        return True
    return len(word) > _SHORT and bool(difflib.get_close_matches(word, words, cutoff=_LIKE))
