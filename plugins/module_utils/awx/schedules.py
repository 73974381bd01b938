# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules of schedules, such as ``DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1``: what AWX would refuse one for.

Source: ansible/awx 24.6.1, awx/api/serializers.py, SchedulePreviewSerializer.validate_rrule, and
awx/main/models/schedules.py, Schedule.rrulestr and Schedule.coerce_naive_until.
"""

from __future__ import annotations

import re

_SHAPE = re.compile(r"DTSTART(;TZID=(?P<zone>[\w/+-]+))?:\d{8}T\d{6}(?P<utc>Z?) RRULE:(?P<parts>\S+)")
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
_MOST_TIMES = 999


def wrong(rule: str) -> str | None:
    """What is wrong with a rule, as the end of the sentence ``is '...'``; None when nothing is."""
    shape = _SHAPE.fullmatch(rule)
    if shape is None:
        return ""
    if not shape["zone"] and not shape["utc"]:
        return ", whose DTSTART has neither a TZID nor a Z at its end"
    parts = {name: value for name, _is, value in (part.partition("=") for part in shape["parts"].split(";"))}
    return _wrong_part(parts) or _never(rule, shape["zone"], parts["FREQ"])


def _wrong_part(parts: dict[str, str]) -> str | None:
    if parts.get("FREQ") not in _FREQUENCIES:
        return f", whose FREQ is none of {', '.join(_FREQUENCIES)}"
    if not re.fullmatch("0*[1-9][0-9]*", parts.get("INTERVAL", "")):
        return ", whose INTERVAL is not 1 or more"
    if "COUNT" in parts and "UNTIL" in parts:
        return ", which has both COUNT and UNTIL"
    count = parts.get("COUNT", "1")
    if count.isdecimal() and not 1 <= int(count) <= _MOST_TIMES:
        return f", whose COUNT is not 1 to {_MOST_TIMES}"
    if re.match("[0-9]", parts.get("BYDAY", "")):
        return ", whose BYDAY begins with a number"
    if "UNTIL" in parts and not parts["UNTIL"].endswith("Z"):
        return ", whose UNTIL has no Z at its end; AWX would store another one"
    return None


def _never(rule: str, zone: str | None, frequency: str) -> str | None:
    """What dateutil, by which AWX reads rules, finds wrong; or that the rule has no time at all."""
    # imported late, as it comes with botocore
    try:
        from dateutil.rrule import rrulestr
        from dateutil.tz import gettz
    except ImportError:
        return ", which can't be checked: python-dateutil is not installed"
    if zone and gettz(zone) is None:
        return f", whose TZID {zone!r} is no time zone"
    try:
        times = rrulestr(rule)
        # Among hours and minutes one that never comes would be looked for until the year 9999.
        first = True if frequency in ("HOURLY", "MINUTELY") else next(iter(times), None)
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        return f", which can't be read ({error})"
    return ", which never comes" if first is None else None
