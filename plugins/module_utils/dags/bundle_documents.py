# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DAG bundle of an environment, as it is compared: which version is the current one, and what differs from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import dag_versions
from ..engine.actions import CHANGE, CREATE, Action, Resource, plan
from . import folder as dag_folder

TYPE = "dag_bundle"

#: The bucket that versions are put into, once it is there.
PLACE = "dag_bundle_place"

#: What differs between the files of two versions is told up to so many files.
_MOST_TOLD = 12
_SHORTEST = 4  # digits by which a version may be named

#: Pointers of which copies stay.
KEPT_HISTORY = 500


def desired(bundle: Mapping[str, Any]) -> Resource:
    """``{bucket, version, files?}`` as a resource: ``files`` are the version's, as ``dag_versions.version_of`` takes
    them, and not compared.
    """
    attributes = {"files": bundle.get("files") or {}}
    return Resource(TYPE, dag_versions.BUNDLE, {"version": bundle["version"], "problem": None}, attributes=attributes)


def canonical(pointer: Mapping[str, Any] | None, problem: str, files: Mapping[str, str], etag: str = "") -> Resource:
    """What is there: the pointer, None where it can't be read, what is wrong with it or with its version, and its
    ETag.
    """
    version = pointer["version"] if pointer else None
    properties = {"version": version, "problem": problem or None}
    attributes = {"files": files, "pointer": pointer, "etag": etag}
    return Resource(TYPE, dag_versions.BUNDLE, properties, dag_versions.BUNDLE, attributes)


def plan_dag_bundles(wanted: Sequence[Resource], actual: Sequence[Resource]) -> list[Action]:
    """The actions, with what differs by file as their reasons."""
    return [replace(action, reasons=tuple(reasons(action))) for action in plan(wanted, actual)]


def reasons(action: Action) -> list[str]:
    """What there is to say of an action."""
    after = action.resource
    files = after.attributes.get("files") or {}
    if action.kind == CREATE:
        return [f"version {after.properties['version']}, {_files(files)}"]
    if action.kind != CHANGE or not action.before:
        return []
    before = action.before
    told = [before.properties["problem"]] if before.properties["problem"] else []
    if before.properties["version"] == after.properties["version"]:
        return told
    told.append(f"version {before.properties['version'] or '(none)'} -> {after.properties['version']}")
    old = before.attributes["files"]
    known = files or after.properties["version"] == dag_versions.version_of({})
    changed = dag_folder.changes(old, files) if old and known else []
    more = [f"and {len(changed) - _MOST_TOLD} more files"] if len(changed) > _MOST_TOLD else []
    return [*told, *changed[:_MOST_TOLD], *more]


def next_pointer(
    before: Mapping[str, Any] | None, version: str, files: int, archive: Mapping[str, Any], **who: str | None
) -> dict[str, Any]:
    """The pointer that makes a version the current one: that of the next move, or ``before``, the last sound one, where
    it says so already. ``archive`` is ``{size, sha256, etag}``, ``who`` are ``when``, ``by``, ``commit``.
    """
    facts = {"version": version, "files": files, **{key: archive[key] for key in ("size", "sha256", "etag")}}
    if before and facts.items() <= before.items():
        return dict(before)
    last = before or {"number": 0, "version": None}
    return {"number": last["number"] + 1, "previous": last["version"], **facts, **who}


def is_repair(pointer: Mapping[str, Any]) -> bool:
    """Whether a move has made a version the current one that was so before: its archive had to be put anew."""
    return bool(pointer["version"] == pointer["previous"])


def problem_of_archive(address: str, pointer: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    """What is wrong with the archive of the current version, as HeadObject tells of it; empty when nothing is."""
    if found is None:
        return f"{address} is missing"
    if found["ETag"] != pointer["etag"] or found["ContentLength"] != pointer["size"]:
        return f"{address} is not what was put there"
    return ""


def chosen(asked: str, there: Collection[str], order: Iterable[str]) -> tuple[str, str]:
    """The version that a person means, which may be named by its first digits; or what is wrong with that.

    ``there`` are those that can be gone back to, ``order`` names the last ones first.
    """
    found = [version for version in there if version.startswith(asked)]
    if len(found) == 1 and len(asked) >= _SHORTEST:
        return found[0], ""
    last = ", ".join([version for version in order if version in there][:5]) or "none"
    if not found or len(asked) < _SHORTEST:
        return "", f"dags_version: is {asked!r}, which is no version of the DAGs, allowed: those there are, last {last}"
    return "", f"dags_version: is {asked!r}, which {len(found)} versions begin with, allowed: one more digit"


def last_used_first(pointers: Iterable[Mapping[str, Any]]) -> list[str]:
    """The versions that the pointers name, each once, the one of the last move first."""
    ordered = sorted(pointers, key=lambda pointer: -int(pointer["number"]))
    return list(dict.fromkeys(str(pointer["version"]) for pointer in ordered))


def superfluous(
    there: Iterable[str], order: Sequence[str], keep: int, in_use: Collection[str], young: Collection[str]
) -> list[str]:
    """The versions that can go: neither among the last ``keep``, nor ``in_use`` by a run, nor so ``young`` that a
    deploy may be about to name them.
    """
    kept = {*order[:keep], *in_use, *young}
    return sorted(version for version in there if version not in kept)


def _files(files: Mapping[str, str]) -> str:
    return f"{len(files)} file{'' if len(files) == 1 else 's'}"
