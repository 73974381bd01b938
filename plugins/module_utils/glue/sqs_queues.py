# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Iterable

from ..aws import sqs_queues as api
from ..aws.calls import Clients
from ..core.actions import Resource
from ..core.errors import FarflowError
from ..pure import sqs_queues as pure
from ..pure.tags import ENVIRONMENT, NOTHING, Told
from .parallel import in_parallel
from .reconcile import Hands
from .waiting import NotYet, wait_for

_READABLE_AFTER = 60
_SHOWN_AFTER = 90
_NAME_FREE_AFTER = 120


def find(clients: Clients, environment: str, told: Told = NOTHING) -> list[Resource]:
    """The queues whose names begin with the environment's, but for those tagged as another environment's."""
    found = _describe(clients, api.urls(clients, f"{environment}-"), told)
    return [queue for queue in found if queue.properties["tags"].get(ENVIRONMENT, environment) == environment]


def read(clients: Clients, names: Iterable[str]) -> list[Resource]:
    """The named queues that exist."""
    urls = in_parallel(lambda name: api.url(clients, name), names)
    return _describe(clients, [url for url in urls if url])


def _describe(clients: Clients, urls: Iterable[str], told: Told = NOTHING) -> list[Resource]:
    found = in_parallel(lambda url: _queue(clients, url, told), urls)
    return [queue for queue in found if queue]


def _queue(clients: Clients, url: str, told: Told = NOTHING) -> Resource | None:
    attributes = api.attributes(clients, url)
    if not attributes:
        return None
    return pure.canonical(url, attributes, told.get(attributes["QueueArn"]) or api.tags(clients, url))


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

        def made() -> Resource | None:
            return next(iter(read(clients, [wanted.name])), None)

        found = wait_for(made, _READABLE_AFTER, f"SQS queue {wanted.name} to be readable")
        change(wanted, found)
        return found.id

    def change(wanted: Resource, found: Resource) -> None:
        url, tags, before = str(found.attributes["url"]), wanted.properties["tags"], found.properties["tags"]
        if tags != before:
            api.set_tags(clients, url, tags, sorted(set(before) - set(tags)))
        if wanted.properties != {**found.properties, "tags": tags}:
            api.set_attributes(clients, url, pure.attributes_of(wanted.properties))
            _await_change(clients, url, wanted)

    return Hands(create, change, lambda found: api.delete(clients, str(found.attributes["url"])))


def _await_change(clients: Clients, url: str, wanted: Resource) -> None:
    """AWS takes up to a minute to show attributes that were set, and says so."""

    def check() -> bool | NotYet:
        found = _queue(clients, url)
        if found is None:
            raise FarflowError(f"SQS queue {wanted.name} was deleted by another while it was changed")
        left = [name for name, value in wanted.properties.items() if name != "tags" and value != found.properties[name]]
        return NotYet(f"{', '.join(left)} not shown yet") if left else True

    wait_for(check, _SHOWN_AFTER, f"SQS queue {wanted.name} to show its attributes")
