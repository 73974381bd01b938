# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which classes of instance Amazon RDS has for PostgreSQL, as far as one that it does not have makes that be asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from ....engine.actions import Resource

TYPE = "rds_instance_class"

#: Attributes of one that can't be had: for which version, and those that can; or AWS's words where it does not let us
#: look.
VERSION, OTHERS, DENIED = "version", "others", "denied"

_SIZES = ("nano", "micro", "small", "medium", "large", "xlarge")
_NEAREST = 6


@dataclass(frozen=True)
class Wanted:
    """A class to be ordered. ``version`` is that of PostgreSQL, or a major one, which stands for any of its minor ones;
    ``example`` is a full version that is meant by that.
    """

    name: str
    version: str
    example: str


def missing(wanted: Wanted, others: Collection[str]) -> Resource:
    """That the class can't be had, and these can."""
    return Resource(TYPE, wanted.name, attributes={VERSION: wanted.version, OTHERS: nearest(wanted.name, others)})


def denied(wanted: Wanted, words: str) -> Resource:
    """That AWS did not let us look."""
    return Resource(TYPE, wanted.name, attributes={DENIED: words})


def nearest(name: str, others: Collection[str]) -> list[str]:
    """Those of the same family, smallest first; where there is none, those that are written most like it."""
    family = name.rpartition(".")[0]
    same = [each for each in others if each.rpartition(".")[0] == family]
    return sorted(same, key=_size) or get_close_matches(name, sorted(others), n=_NEAREST, cutoff=0)


def _size(name: str) -> tuple[int, int, str]:
    size = name.rpartition(".")[2]
    word = size.lstrip("0123456789")
    times = size.removesuffix(word)
    return (_SIZES.index(word) if word in _SIZES else len(_SIZES)), int(times or 1), name
