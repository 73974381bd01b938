# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3 buckets, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by
from ...engine.errors import FarflowError
from ...engine.ownership import own_tags
from ...engine.parallel import in_parallel
from ...engine.patience import patient
from ...engine.reconcile import Hands
from ...engine.tags import NOTHING, Told
from ...engine.waiting import NotYet, wait_for
from . import calls as api
from . import documents as pure

_FREE_AFTER = 600


def find(
    clients: Clients,
    environment: str,
    names: Collection[str] = (),
    expected: Collection[str] = (),
    told: Told = NOTHING,
) -> list[Resource]:
    """The buckets that begin with the environment's name and are tagged as its own; those of the ``names``
    whatever their tags say. Whose tags we may not read is a stranger's, unless it is ``expected``.
    """

    def look(name: str) -> Resource | None:
        known = told.get(f"arn:aws:s3:::{name}")
        tags = own_tags(environment, name in names, name in expected, known, lambda: api.tags(clients, name))
        return None if tags is None else _bucket(clients, name, tags)

    found = in_parallel(lambda name: _unless_gone(lambda: look(name)), api.names(clients, f"{environment}-"))
    return [bucket for bucket in found if bucket]


def read(clients: Clients, names: Iterable[str]) -> list[Resource]:
    """The named buckets that exist."""
    found = in_parallel(lambda name: _one(clients, name), names)
    return [bucket for bucket in found if bucket]


def _one(clients: Clients, name: str) -> Resource | None:
    return _unless_gone(lambda: _bucket(clients, name)) if api.exists(clients, name) else None


def _unless_gone(call: Callable[[], Resource | None]) -> Resource | None:
    """AWS lists a bucket for some time after its deletion, and of a new one not all of AWS knows at once."""
    try:
        return call()
    except FarflowError as error:
        if caused_by(error, api.GONE):
            return None
        raise


def _bucket(clients: Clients, name: str, tags: Mapping[str, str] | None = None) -> Resource:
    """AWS tells each of these by a call of its own."""
    return pure.canonical(
        name,
        versioning=api.versioning(clients, name),
        encryption=api.encryption(clients, name),
        public_access_block=api.public_access_block(clients, name),
        document=api.policy(clients, name),
        object_ownership=api.object_ownership(clients, name),
        lifecycle_rules=api.lifecycle_rules(clients, name),
        tags=api.tags(clients, name) if tags is None else tags,
    )


def hands(clients: Clients, empty: bool = False) -> Hands:
    """What creates, changes and deletes a bucket; with ``empty`` what it holds is deleted first."""

    def create(wanted: Resource) -> str | None:
        api.create(clients, wanted.name, wanted.properties["object_ownership"])
        found = _bucket(clients, wanted.name)
        change(wanted, found)
        return found.id

    def change(wanted: Resource, found: Resource) -> None:
        """Tags first, so that a bucket of a run that was killed is known as ours."""
        name, properties = wanted.name, wanted.properties
        differs = {key for key, value in properties.items() if value != found.properties[key]}
        if "tags" in differs:
            api.set_tags(clients, name, properties["tags"])
        if "public_access_block" in differs:
            api.set_public_access_block(clients, name, pure.public_access_block(properties))
        if "object_ownership" in differs:
            api.set_object_ownership(clients, name, properties["object_ownership"])
        if differs.intersection(("encryption", "kms_key_id", "bucket_key_enabled")):
            api.set_encryption(clients, name, pure.encryption(properties))
        if "versioning" in differs:
            if not properties["versioning"]:  # which AWS refuses while there is a replication, for which it was needed
                api.delete_replication(clients, name)
            api.set_versioning(clients, name, properties["versioning"])
        if "policy" in differs:
            document = properties["policy"]
            api.set_policy(clients, name, policy.to_json(document) if document else None)
        if "lifecycle_rules" in differs:
            api.set_lifecycle_rules(clients, name, pure.lifecycle_rules(properties))

    def delete(found: Resource) -> None:
        if empty:
            _empty(clients, found.name)
        api.delete(clients, found.name)

    may_pass = _is_busy_or_filled if empty else _is_busy
    return patient(Hands(create, change, delete), "S3 bucket", _FREE_AFTER, may_pass, _is_busy_or_new)


def _is_busy(error: FarflowError) -> bool:
    """AWS has still to do with the bucket's last change; for minutes where one of the name has just been deleted."""
    return caused_by(error, api.BUSY)


def _is_busy_or_filled(error: FarflowError) -> bool:
    """What stops may write a last log after the bucket was emptied, and not all of AWS knows at once that it is."""
    return caused_by(error, {*api.BUSY, *api.NOT_EMPTY})


def _is_busy_or_new(error: FarflowError) -> bool:
    return caused_by(error, {*api.BUSY, *api.GONE})


def _empty(clients: Clients, name: str) -> None:
    """Deletes all that a bucket holds; one that is gone holds nothing."""
    try:
        for objects in api.versions(clients, name):
            _delete(clients, name, objects)
    except FarflowError as error:
        if not caused_by(error, api.GONE):
            raise


def _delete(clients: Clients, name: str, objects: list[dict[str, str]]) -> None:
    left = list(objects)

    def check() -> bool | NotYet:
        left[:] = api.delete_versions(clients, name, left) if left else []
        return NotYet(f"{len(left)} are left") if left else True

    wait_for(check, _FREE_AFTER, f"objects of S3 bucket {name} to be deleted")
