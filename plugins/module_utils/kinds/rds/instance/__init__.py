# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""PostgreSQL instances of Amazon RDS, read, brought to what is desired, and awaited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, tag_dict
from ....engine.compare import Difference, differences
from ....engine.errors import FarflowError
from ....engine.patience import retry_while
from ....engine.waiting import NotYet, now, wait_for
from ...secret import value_calls as secret_values
from ...secret import wait_until_readable
from ...secret.values import member
from .. import engine_version as rds_engine_versions
from ..snapshot import calls as rds_snapshots
from ..snapshot import documents as snapshots
from . import calls as instance_calls
from . import documents as instance_documents
from . import requests, status

Instance = Mapping[str, Any]
Document = dict[str, Any]

_STARTS_WITHIN = 60.0
_VISIBLE_WITHIN = 120.0
_EVENT_MINUTES = 24 * 60
_EVENTS_TOLD = 5


@dataclass(frozen=True)
class Reconciled:
    """What became of an instance, and what AWS says of it now (None: it does not exist)."""

    reasons: list[str] = field(default_factory=list)
    document: Document | None = None


def find(clients: Clients, environment: str, instance: Instance | None = None) -> list[Resource]:
    """The instances that carry the environment's tag, and the wanted one, whatever it carries. ``instance`` is what
    is wanted, as ``pure.rds_instances.desired`` takes it.
    """
    wanted = instance or {}
    found = [
        document
        for document in instance_calls.list_all(clients)
        if document["DBInstanceIdentifier"] == wanted.get("identifier")
        or {"Key": "farflow:environment", "Value": environment} in (document.get("TagList") or [])
    ]
    return [_resource(clients, document, wanted) for document in found]


def _resource(clients: Clients, document: Document, instance: Instance) -> Resource:
    """The instance as a resource, and as the wanted one sees it if it is that one."""
    if document["DBInstanceIdentifier"] != instance.get("identifier"):
        return instance_documents.canonical(document, {}, None, now().date())
    version = secret_values.current_version(clients, instance["master_user_secret"])
    tagged = {**document, "TagList": instance_calls.tags(clients, document["DBInstanceArn"])}
    return instance_documents.canonical(tagged, instance, version, now().date())


def present(clients: Clients, instance: Instance, check_mode: bool) -> Reconciled:
    """Makes the instance, or changes what differs. Waits until it can be used if ``instance["wait"]``."""
    identifier = instance["identifier"]
    document = instance_calls.describe(clients, identifier)
    if document and status.is_going(document) and not check_mode:
        _wait_until_gone(clients, instance)
        document = None
    if document is None or status.is_going(document):
        reasons = [_reason_of_creation(instance)]
        if check_mode:
            return Reconciled(reasons)
        document = _create(clients, instance)
    else:
        reasons = []
    if instance["wait"] and not status.is_at_rest(document) and not check_mode:
        document = _wait(clients, instance, "be available", status.is_usable)
    if status.is_being_made(document):
        return Reconciled(reasons, document)
    changed = _change(clients, instance, document, check_mode)
    return Reconciled(reasons or changed.reasons, changed.document)


def _reason_of_creation(instance: Instance) -> str:
    snapshot = instance.get("restore_from_snapshot")
    return f"restored from snapshot {snapshot}" if snapshot else "created"


def _create(clients: Clients, instance: Instance) -> Document:
    wanted = instance_documents.desired(instance)
    tags = wanted.properties["tags"]
    snapshot = instance.get("restore_from_snapshot")
    if snapshot:
        _refuse_snapshot(clients, wanted, snapshot)
        instance_calls.restore(clients, requests.restoration(wanted), snapshot, tags)
    else:
        password, version = _password(clients, instance)
        remembered = {instance_documents.PASSWORD_FROM: instance_documents.password_from(instance, version)}

        def start() -> bool:
            instance_calls.create(clients, requests.creation(wanted), password, {**tags, **remembered})
            return True

        retry_while(start, _is_first, _STARTS_WITHIN, f"the creation of database {wanted.name}")
    return wait_for(
        lambda: instance_calls.describe(clients, wanted.name), _VISIBLE_WITHIN, f"database {wanted.name} to be there"
    )


def _is_first(error: FarflowError) -> bool:
    """Whether AWS has yet to make the service-linked role of RDS, as it does with the first database of an account."""
    return "service linked role" in str(error)


def _refuse_snapshot(clients: Clients, wanted: Resource, identifier: str) -> None:
    snapshot = rds_snapshots.describe(clients, identifier)
    if snapshot is None:
        raise FarflowError(f"database {wanted.name} can't be restored: there is no snapshot {identifier}")
    problems = requests.restore_refusals(wanted, snapshots.canonical(snapshot))
    if problems:
        raise FarflowError("\n".join(problems))


def _password(clients: Clients, instance: Instance) -> tuple[str, str]:
    secret = instance["master_user_secret"]
    use = f"which holds the password of database {instance['identifier']}"
    found = wait_until_readable(clients, secret, use)
    return member(found.value, instance.get("master_user_secret_json_key"), secret), found.version


def _change(clients: Clients, instance: Instance, document: Document, check_mode: bool) -> Reconciled:
    wanted = instance_documents.desired(instance)
    found = instance_documents.without_notes(_resource(clients, document, instance), wanted)
    differs = _actionable(wanted, found, document)
    told, allowed = _told(differs), bool(instance.get("allow_major_version_upgrade"))
    if "engine_version" in told:
        targets = rds_engine_versions.targets(clients, found.properties["engine_version"])
        found = requests.with_targets(found, targets)
    problems = requests.refusals(wanted, found, told, allowed)
    if problems:
        raise FarflowError("\n".join(problems))
    limit = wanted.properties["max_allocated_storage"]
    is_cured = status.is_full(document) and status.is_cured(
        status.of(document), told, document["AllocatedStorage"], limit
    )
    if (status.is_broken(document) or status.is_full(document)) and not is_cured:
        raise _broken(clients, document)
    if differs and not check_mode:
        document = _apply(clients, instance, wanted, found, document, set(told))
    return Reconciled([str(difference) for difference in differs], document)


def _actionable(wanted: Resource, found: Resource, document: Document) -> list[Difference]:
    """What differs, but for a status that comes right by waiting."""
    found_differences = differences(wanted.properties, found.properties)
    return [each for each in found_differences if each.path != ("status",) or status.is_stopped(document)]


def _told(found_differences: list[Difference]) -> dict[str, str]:
    return {difference.path[0]: str(difference) for difference in found_differences}


def _apply(
    clients: Clients, instance: Instance, wanted: Resource, found: Resource, document: Document, differs: set[str]
) -> Document:
    immediately = bool(instance.get("apply_immediately"))
    if status.is_stopped(document):
        _wait(clients, instance, "be stopped", lambda seen: status.of(seen) == "stopped")
        instance_calls.start(clients, wanted.name)
    tags = dict(wanted.properties["tags"])
    arguments = requests.modification(wanted, found, differs)
    password = None
    if "master_user_secret" in differs:
        password, version = _password(clients, instance)
        tags[instance_documents.PASSWORD_FROM] = instance_documents.password_from(instance, version)
    if arguments or password:
        _wait(clients, instance, "accept a change", status.is_changeable)
        _ask(clients, instance, lambda: instance_calls.modify(clients, wanted.name, arguments, password, immediately))
    if differs & {"tags", "master_user_secret"}:
        instance_calls.set_tags(clients, str(found.id), tags, sorted(set(found.properties["tags"]) - set(tags)))
    if not instance["wait"]:
        return instance_calls.describe(clients, wanted.name) or document
    _wait(clients, instance, "be changed", lambda seen: status.is_settled(seen, immediately))
    return _wait_until_seen(clients, instance, wanted)


def absent(clients: Clients, instance: Instance, check_mode: bool) -> Reconciled:
    """Deletes the instance, with the final snapshot that ``instance`` names; content when it is gone."""
    document = instance_calls.describe(clients, instance["identifier"])
    if document is None:
        return Reconciled()
    reasons = []
    if not status.is_going(document):
        _refuse_deletion(instance, document)
        snapshot = instance.get("final_snapshot_identifier")
        reasons = [f"deleted with final snapshot {snapshot}" if snapshot else "deleted without final snapshot"]
        if not check_mode:
            _delete(clients, instance, document)
    if instance["wait"] and not check_mode:
        _wait_until_gone(clients, instance)
        document = None
    return Reconciled(reasons, document)


def _refuse_deletion(instance: Instance, document: Document) -> None:
    name = instance["identifier"]
    if document.get("DeletionProtection"):
        raise FarflowError(
            f"database {name} is protected from deletion: set its deletion_protection to false first, "
            f"and deploy, if it shall really go"
        )
    if bool(instance.get("final_snapshot_identifier")) == bool(instance.get("skip_final_snapshot")):
        raise FarflowError(
            f"database {name}: to delete it, give either final_snapshot_identifier or skip_final_snapshot: true"
        )
    without = status.without_final_snapshot(document)
    if instance.get("final_snapshot_identifier") and without:
        raise FarflowError(
            f"database {name} is {without}, of which AWS takes no final snapshot: "
            f"give skip_final_snapshot: true, if it shall go without one"
        )


def _delete(clients: Clients, instance: Instance, document: Document) -> None:
    snapshot = instance.get("final_snapshot_identifier")
    if snapshot and status.is_being_made(document):
        _wait(clients, instance, "have something to take a final snapshot of", status.is_changeable)
    has_tags = not snapshot or bool(document.get("CopyTagsToSnapshot")) or _have_tags_copied(clients, instance)
    with_backups = bool(instance.get("delete_automated_backups", True))

    def accepted() -> bool:
        told = instance_calls.delete(clients, instance["identifier"], snapshot, with_backups)
        if told and snapshot and status.is_broken(document):
            raise _without_final_snapshot(document, told)
        return not told

    _ask(clients, instance, accepted)
    if snapshot and not has_tags:
        _tag_snapshot(clients, snapshot, document)


def _without_final_snapshot(document: Document, told: str) -> FarflowError:
    name, word = document["DBInstanceIdentifier"], status.of(document)
    return FarflowError(
        f"could not delete database {name}, which is {word}, with a final snapshot: {told}. Mend it: "
        f"{status.cure(word)}. Or give skip_final_snapshot: true (rds_skip_final_snapshot in a teardown), if it shall "
        "go without one"
    )


def _have_tags_copied(clients: Clients, instance: Instance) -> bool:
    """Whether AWS will give snapshots the instance's tags, by which a deploy finds the final one. That is asked for
    before the deletion, after which no other run would tag it. One that is stopped or broken AWS may not change.
    """
    name, accepted = instance["identifier"], False

    def check() -> bool | NotYet:
        nonlocal accepted
        accepted = accepted or instance_calls.modify(
            clients, name, {"CopyTagsToSnapshot": True}, None, immediately=True
        )
        document = instance_calls.describe(clients, name)
        if document is None or document.get("CopyTagsToSnapshot"):
            return document is not None
        return NotYet(f"it is {status.of(document)}") if status.becomes_changeable(document) else False

    what = f"database {name} to copy its tags to snapshots"
    return wait_for(check, instance["wait_timeout"], what, interval=5.0)


def _tag_snapshot(clients: Clients, snapshot: str, document: Document) -> None:
    """Gives a snapshot its database's tags itself, where AWS does not."""
    what = f"database snapshot {snapshot} to be there"
    made = wait_for(lambda: rds_snapshots.describe(clients, snapshot), _VISIBLE_WITHIN, what)
    instance_calls.set_tags(clients, made["DBSnapshotArn"], tag_dict(document.get("TagList")), [])


def _ask(clients: Clients, instance: Instance, accepted: Callable[[], bool]) -> None:
    """Asks again while the instance is busy: a backup may have begun since it was looked at."""
    name = instance["identifier"]

    def check() -> bool | NotYet:
        if accepted():
            return True
        document = instance_calls.describe(clients, name)
        return NotYet(f"it is {status.of(document)}" if document else "it is gone")

    wait_for(check, instance["wait_timeout"], f"database {name} to accept what is asked of it", interval=5.0)


def _wait(clients: Clients, instance: Instance, purpose: str, is_done: Callable[[Document], bool]) -> Document:
    name = instance["identifier"]

    def check() -> Document | NotYet:
        document = instance_calls.describe(clients, name)
        if document is None or status.is_going(document):
            raise FarflowError(f"database {name} was deleted while waiting for it to {purpose}")
        if is_done(document):
            return document
        if status.is_broken(document):
            raise _broken(clients, document)
        return NotYet(f"it is {status.told(document)}")

    return wait_for(check, instance["wait_timeout"], f"database {name} to {purpose}", interval=5.0)


def _broken(clients: Clients, document: Document) -> FarflowError:
    name, word = document["DBInstanceIdentifier"], status.of(document)
    return FarflowError(f"database {name} is {word}: {status.cure(word)}{_history(clients, name)}")


def _history(clients: Clients, name: str) -> str:
    try:
        events = instance_calls.events(clients, name, _EVENT_MINUTES)[-_EVENTS_TOLD:]
    except FarflowError as error:
        return f"; {error}"
    lines = [f"{event['Date']:%Y-%m-%d %H:%M:%S} {event['Message']}" for event in events]
    return "; its last events:\n" + "\n".join(lines) if lines else ""


def _wait_until_seen(clients: Clients, instance: Instance, wanted: Resource) -> Document:
    """AWS shows some changes a little later than it makes them."""

    def check() -> Document | NotYet:
        document = _wait(clients, instance, "be available", status.is_usable)
        found = instance_documents.without_notes(_resource(clients, document, instance), wanted)
        left = differences(wanted.properties, found.properties)
        return NotYet(", ".join(map(str, left))) if left else document

    return wait_for(check, _VISIBLE_WITHIN, f"database {wanted.name} to show its change")


def _wait_until_gone(clients: Clients, instance: Instance) -> None:
    name = instance["identifier"]

    def check() -> bool | NotYet:
        document = instance_calls.describe(clients, name)
        return True if document is None else NotYet(f"it is {status.of(document)}")

    wait_for(check, instance["wait_timeout"], f"database {name} to be gone", interval=5.0)
