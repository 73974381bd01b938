# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Numbers that YAML 1.1, which Ansible and PyYAML speak, reads otherwise than a person may: 017 is 15, 1:30 is 90, 1_0
is 10 and 0x10 is 16.
"""

from __future__ import annotations

import re

#: Source: "Integer Language-Independent Type" and "Floating-Point Language-Independent Type" of yaml.org.
_OCTAL = re.compile("[-+]?0[0-7_]*[1-7][0-7_]*")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_OF_PROGRAMS = re.compile(r"[-+]?0[xb].+|.*_.*")

#: A plain number at the place where it begins; what follows it in the line does not match.
PLAIN = re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0b[01_]+|[0-9_:.]+([eE][-+][0-9]+)?)")


def misread(written: str, read: object) -> str:
    """What to say of a plain scalar that is ``written`` so and ``read`` as that number; empty when it is clear."""
    if _OCTAL.fullmatch(written):
        meant = int(written)
        # A number of one digit is the same in both.
        allowed = f"{read} or {meant}, whichever is meant" if meant != read else f"{read}"
    elif _SEXAGESIMAL.fullmatch(written) or _OF_PROGRAMS.fullmatch(written):
        allowed = f"{read}, if that is meant"
    else:
        return ""
    return f"is {written}, which YAML reads as {read}, allowed: {allowed}, or '{written}' in quotes where a text is"
