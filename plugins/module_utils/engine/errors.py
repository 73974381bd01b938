# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one error of this collection: what was being done, to what, why not, and what helps."""

from __future__ import annotations


class FarflowError(Exception):
    """Its text is for the person at the terminal; a module ends with it as ``msg``."""


def together(errors: list[Exception]) -> FarflowError:
    """Several failures of parallel work as one error, each on a line of its own."""
    return FarflowError("\n".join(str(error) for error in errors))
