# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The words of the tables that say, for each kind, what AWS can tell of one and what of that a look compares.

The tables are the files ``reads.py`` and ``<kind>_reads.py`` beside the kinds. No deploy imports them. A test compares
them with botocore's models, so that an operation that AWS adds asks for a decision, and a part of docs/security.md is
written from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Compared:
    """A look calls it, and compares what can be changed of what it tells. ``untried`` is the reason where no drift of
    the tests shows in its answer.
    """

    untried: str = ""


@dataclass(frozen=True)
class Told:
    """What of it can be changed is told by another operation that is compared, for example ``ec2 DescribeVpcs``, or by
    two.
    """

    by: str
    and_by: str = ""


@dataclass(frozen=True)
class OfOthers:
    """It tells of resources of another kind, which has a table of its own."""

    kind: str


@dataclass(frozen=True)
class Nothing:
    """It tells nothing that is set on one: what has happened, what is in it, or what cannot be on one of ours."""

    why: str


@dataclass(frozen=True)
class NotCompared:
    """Neither seen nor put back: ``what`` it is, and ``why``."""

    what: str
    why: str


@dataclass(frozen=True)
class Reads:
    """What AWS's operations can tell of one ``kind``, which ``title`` names in a sentence.

    ``ids`` are the members of requests that take an id, a name or an ARN of one, where only one operation's does as
    ``Operation.Member``. Operations that have a member of ``without`` are about something else. ``filters`` are the
    names of filters that take an id of one, whatever stands before them and a full stop. ``operations`` has at least
    every read operation of the ``service`` that takes one of these. ``besides`` is not compared, and no matter of one
    operation.
    """

    kind: str
    title: str
    service: str
    ids: tuple[str, ...]
    operations: Mapping[str, Compared | Told | OfOthers | Nothing | NotCompared]
    filters: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    besides: tuple[NotCompared, ...] = field(default=())


#: How a look hears of the tags of most of what an environment has: by one call for all of it.
TAGS = Told("resourcegroupstaggingapi GetResources")
