# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECR repositories, read as resources and brought to what is desired."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import Clients
from ...engine.ownership import own_tags
from ...engine.parallel import in_parallel
from ...engine.reconcile import Hands
from ...engine.tags import NOTHING, Told
from ...engine.waiting import wait_for
from . import calls as api
from . import documents as pure

_READABLE_AFTER = 60
_NO_WISH: Mapping[str, bool] = MappingProxyType({})


def find(
    clients: Clients,
    environment: str,
    names: Collection[str] = (),
    expected: Collection[str] = (),
    told: Told = NOTHING,
) -> list[Resource]:
    """The repositories that begin with the environment's name and are tagged as its own; those of the ``names``
    whatever their tags say. Whose tags we may not read is a stranger's, unless it is ``expected``.
    """

    def look(document: Mapping[str, Any]) -> Resource | None:
        name, arn = document["repositoryName"], document["repositoryArn"]
        tags = own_tags(environment, name in names, name in expected, told.get(arn), lambda: api.tags(clients, arn))
        return None if tags is None else _resource(clients, document, tags)

    listed = [each for each in api.list_all(clients) if each["repositoryName"].startswith(f"{environment}-")]
    found = in_parallel(look, listed)
    return _scanned(clients, [repository for repository in found if repository])


def read(clients: Clients, names: Iterable[str], wanted: Iterable[Resource] = ()) -> list[Resource]:
    """The named repositories that exist, as one sees them who has ``wanted``."""
    found = in_parallel(lambda name: api.describe(clients, name), names)
    there = in_parallel(lambda document: _resource(clients, document), [document for document in found if document])
    return _scanned(clients, there, {one.name: one.properties["scan_on_push"] for one in wanted})


def _scanned(clients: Clients, found: list[Resource], wanted: Mapping[str, bool] = _NO_WISH) -> list[Resource]:
    """The repositories, with whether the registry decides about scanning; that is asked where one is not scanned as is
    wanted, which is on push if nothing else is.
    """
    differs = any(one.properties["scan_on_push"] != wanted.get(one.name, True) for one in found)
    if not differs or api.registry_scan_type(clients) != "ENHANCED":
        return found
    return [replace(one, attributes={**one.attributes, pure.SCANNED_BY_REGISTRY: True}) for one in found]


def _resource(clients: Clients, document: Mapping[str, Any], known: Mapping[str, str] | None = None) -> Resource:
    name, arn = document["repositoryName"], document["repositoryArn"]
    calls: list[Callable[[], Any]] = [
        lambda: api.tags(clients, arn) if known is None else known,
        lambda: api.lifecycle_policy(clients, name),
        lambda: api.repository_policy(clients, name),
    ]
    tags, lifecycle_policy, repository_policy = in_parallel(lambda call: call(), calls)
    details = {"tags": tags, "lifecycle_policy": lifecycle_policy, "repository_policy": repository_policy}
    return pure.canonical({**document, **details})


def hands(clients: Clients, force: bool = False) -> Hands:
    """What creates, changes and deletes a repository; with ``force`` also one that holds images."""

    def create(wanted: Resource) -> str:
        name, properties = wanted.name, wanted.properties
        api.create(clients, name, properties)
        made = wait_for(lambda: api.describe(clients, name), _READABLE_AFTER, f"ECR repository {name}")
        _set_policies(clients, name, properties, {})
        return str(made["repositoryArn"])

    def change(wanted: Resource, found: Resource) -> None:
        name, properties, before = wanted.name, wanted.properties, found.properties
        if properties["image_tag_mutability"] != before["image_tag_mutability"]:
            api.set_tag_mutability(clients, name, properties["image_tag_mutability"])
        if properties["scan_on_push"] != before["scan_on_push"]:
            api.set_scan_on_push(clients, name, properties["scan_on_push"])
        _set_policies(clients, name, properties, before)
        if properties["tags"] != before["tags"]:
            superfluous = sorted(set(before["tags"]) - set(properties["tags"]))
            api.set_tags(clients, str(wanted.id), properties["tags"], superfluous)

    return Hands(create, change, lambda found: api.delete(clients, found.name, force))


def _set_policies(clients: Clients, name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    lifecycle, resource = wanted["lifecycle_policy"], wanted["repository_policy"]
    if lifecycle != found.get("lifecycle_policy"):
        api.set_lifecycle_policy(clients, name, json.dumps(lifecycle) if lifecycle else None)
    if resource != found.get("repository_policy"):
        api.set_repository_policy(clients, name, policy.to_json(resource) if resource else None)
