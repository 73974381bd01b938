# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Calls that AWS refuses now and takes in a moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .actions import Resource
from .errors import FarflowError
from .reconcile import Operations
from .waiting import NotYet, wait_for

Answer = TypeVar("Answer")
Judge = Callable[[FarflowError], bool]


def retry_while(call: Callable[[], Answer], is_transient: Judge, limit: float, what: str) -> Answer:
    """The call's answer; made again, for at most ``limit`` seconds, while it is refused for what may pass. Then raises
    FarflowError that says ``what`` was waited for and AWS's last words.
    """

    def attempt() -> tuple[Answer] | NotYet:
        try:
            return (call(),)
        except FarflowError as error:
            if is_transient(error):
                return NotYet(str(error))
            raise

    return wait_for(attempt, limit, what)[0]


def retrying(
    operations: Operations, what: str, limit: float, is_transient: Judge, of_new: Judge | None = None
) -> Operations:
    """The same operations, which begin again while AWS refuses for what may pass; ``of_new`` says what that is of a
    resource that is being made, where it is more.
    """

    def create(wanted: Resource) -> str | None:
        return retry_while(
            lambda: operations.create(wanted), of_new or is_transient, limit, f"{what} {wanted.name} to be made"
        )

    def change(wanted: Resource, found: Resource) -> Any:
        return retry_while(
            lambda: operations.change(wanted, found), is_transient, limit, f"{what} {wanted.name} to be changed"
        )

    def delete(found: Resource) -> Any:
        return retry_while(lambda: operations.delete(found), is_transient, limit, f"{what} {found.name} to be deleted")

    return Operations(create, change, delete)
