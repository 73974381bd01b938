# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Calls that AWS refuses now and takes in a moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .actions import Resource
from .errors import FarflowError
from .reconcile import Hands
from .waiting import NotYet, wait_for

Answer = TypeVar("Answer")
Judge = Callable[[FarflowError], bool]


def patiently(call: Callable[[], Answer], may_pass: Judge, limit: float, what: str) -> Answer:
    """The call's answer; made again, for at most ``limit`` seconds, while it is refused for what may pass. Then raises
    FarflowError that says ``what`` was waited for and AWS's last words.
    """

    def attempt() -> tuple[Answer] | NotYet:
        try:
            return (call(),)
        except FarflowError as error:
            if may_pass(error):
                return NotYet(str(error))
            raise

    return wait_for(attempt, limit, what)[0]


def patient(hands: Hands, what: str, limit: float, may_pass: Judge, of_new: Judge | None = None) -> Hands:
    """The same hands, which begin again while AWS refuses for what may pass; ``of_new`` says what that is of one that
    is being made, where it is more.
    """

    def create(wanted: Resource) -> str | None:
        return patiently(lambda: hands.create(wanted), of_new or may_pass, limit, f"{what} {wanted.name} to be made")

    def change(wanted: Resource, found: Resource) -> Any:
        return patiently(lambda: hands.change(wanted, found), may_pass, limit, f"{what} {wanted.name} to be changed")

    def delete(found: Resource) -> Any:
        return patiently(lambda: hands.delete(found), may_pass, limit, f"{what} {found.name} to be deleted")

    return Hands(create, change, delete)
