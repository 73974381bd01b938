# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ...engine.actions import Resource
from ...engine.clients import Clients
from ...engine.errors import FarflowError
from ...engine.ownership import own_tags
from ...engine.parallel import in_parallel
from ...engine.reconcile import Hands
from ...engine.tags import NOTHING, Told
from ...engine.waiting import NotYet, wait_for
from . import calls as api
from . import documents as pure

_READABLE_AFTER = 60
_SHOWN_AFTER = 90
_NAME_FREE_AFTER = 120
_GONE_AFTER = 120


def find(
    clients: Clients,
    environment: str,
    names: Collection[str] = (),
    expected: Collection[str] = (),
    told: Told = NOTHING,
) -> list[Resource]:
    """The queues that begin with the environment's name and are tagged as its own; those of the ``names``
    whatever their tags say. Whose tags we may not read is a stranger's, unless it is ``expected``.
    """
    known = {arn.rsplit(":", 1)[1]: tags for arn, tags in told.items() if arn.split(":")[2] == "sqs"}

    def look(url: str) -> Resource | None:
        name = pure.name_of(url)
        tags = own_tags(environment, name in names, name in expected, known.get(name), lambda: api.tags(clients, url))
        return None if tags is None else _queue(clients, url, tags)

    found = in_parallel(look, api.urls(clients, f"{environment}-"))
    return [queue for queue in found if queue]


def read(clients: Clients, names: Iterable[str]) -> list[Resource]:
    """The named queues that exist."""
    found = in_parallel(lambda name: _one(clients, name), names)
    return [queue for queue in found if queue]


def _one(clients: Clients, name: str) -> Resource | None:
    url = api.url(clients, name)
    return _queue(clients, url) if url else None


def _queue(clients: Clients, url: str, tags: Mapping[str, str] | None = None) -> Resource | None:
    """The queue, or None when it is gone: AWS lists one for some time after its deletion."""
    attributes = api.attributes(clients, url)
    if not attributes:
        return None
    return pure.canonical(url, attributes, api.tags(clients, url) if tags is None else tags)


def hands(clients: Clients) -> Hands:
    """What creates, changes and deletes a queue."""

    def create(wanted: Resource) -> str | None:
        attributes, tags = pure.attributes_of(wanted.properties), wanted.properties["tags"]
        wait_for(
            lambda: api.create(clients, wanted.name, attributes, tags) or NotYet("AWS keeps a deleted name a minute"),
            _NAME_FREE_AFTER,
            f"SQS queue {wanted.name} to be made",
            5,
        )

        found = wait_for(lambda: _one(clients, wanted.name), _READABLE_AFTER, f"SQS queue {wanted.name} to be readable")
        change(wanted, found)
        return found.id

    def change(wanted: Resource, found: Resource) -> None:
        url, tags, before = str(found.attributes["url"]), wanted.properties["tags"], found.properties["tags"]
        if tags != before:
            api.set_tags(clients, url, tags, sorted(set(before) - set(tags)))
        if wanted.properties != {**found.properties, "tags": tags}:
            api.set_attributes(clients, url, pure.attributes_of(wanted.properties))
            _await_change(clients, url, wanted)

    def delete(found: Resource) -> None:
        """AWS takes up to a minute to delete a queue, in which it answers as before."""
        url = str(found.attributes["url"])
        api.delete(clients, url)

        def check() -> bool | NotYet:
            return NotYet("AWS still tells its attributes") if api.attributes(clients, url) else True

        wait_for(check, _GONE_AFTER, f"SQS queue {found.name} to be gone")

    return Hands(create, change, delete)


def _await_change(clients: Clients, url: str, wanted: Resource) -> None:
    """AWS takes up to a minute to show attributes that were set, and says so."""

    def check() -> bool | NotYet:
        found = _queue(clients, url)
        if found is None:
            raise FarflowError(f"SQS queue {wanted.name} was deleted by another while it was changed")
        left = [name for name, value in wanted.properties.items() if name != "tags" and value != found.properties[name]]
        return NotYet(f"{', '.join(left)} not shown yet") if left else True

    wait_for(check, _SHOWN_AFTER, f"SQS queue {wanted.name} to show its attributes")
