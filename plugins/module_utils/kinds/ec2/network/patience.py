# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What EC2 refuses for a while: it does not know yet what it made, or something uses what is to go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ....engine.actions import Resource
from ....engine.clients import Clients, caused_by
from ....engine.patience import retry_while
from ....engine.waiting import NotYet, wait_for
from . import calls, documents

Answer = TypeVar("Answer")

_KNOWN_AFTER = 120
_FREE_AFTER = 600

_UNKNOWN = {
    "InvalidVpcID.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "InvalidAllocationID.NotFound",
}


def retry_until_visible(call: Callable[[], Answer]) -> Answer:
    """The answer of a call about what was just listed or made, as soon as AWS knows it everywhere. Raises FarflowError
    after two minutes.
    """
    return retry_while(call, lambda error: caused_by(error, _UNKNOWN), _KNOWN_AFTER, "AWS to know what was made")


def delete_when_free(clients: Clients, found: Resource, call: Callable[[], str]) -> None:
    """Makes a call that takes an existing one away, or away from its VPC, again while it gives AWS's words for that it
    is used. Raises FarflowError with them, and with the network interfaces that use it, after ten minutes.
    """

    def check() -> bool | NotYet:
        words = call()
        return NotYet(words + _users(clients, found)) if words else True

    wait_for(check, _FREE_AFTER, f"{documents.what(found)} to be free")


def _users(clients: Clients, found: Resource) -> str:
    """Network interfaces are most of what keeps something from being deleted, and what people do not see."""
    filters = documents.filters_of_users(found)
    interfaces = [
        f"network interface {one['NetworkInterfaceId']} ({one.get('Description') or 'without description'})"
        for one in (calls.network_interfaces(clients, filters) if filters else [])
    ]
    return f"; used by {', '.join(interfaces)}" if interfaces else ""
