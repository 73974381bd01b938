# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What no text file of a project may hold, whoever reads it: what some editors and shells write in place of UTF-8."""

from __future__ import annotations

import codecs

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def problem(content: bytes) -> str:
    """``<line>: <what is wrong>``, empty where nothing is."""
    if content.startswith(UTF_16):
        return "1: is UTF-16, allowed: UTF-8"
    before, nul, _after = content.partition(b"\0")
    line = before.count(b"\n") + 1
    return f"{line}: holds the character NUL, allowed: a text without it" if nul else ""
