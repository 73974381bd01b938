# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images in ECR: found by their tags, and built where they are missing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..engine.actions import CREATE, Resource, plan
from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..engine.parallel import in_parallel
from ..engine.waiting import NotYet, wait_for
from . import calls
from . import documents as image_documents
from . import references as image_references
from .builders import Connect, builder
from .builders.builder import Build, Report

_LISTED_AFTER = 60


@dataclass(frozen=True)
class Look:
    """What is asked for, what ECR has (newest first), and where each repository is."""

    desired: Sequence[Resource]
    actual: Sequence[Resource]
    addresses: Mapping[str, str]


@dataclass(frozen=True)
class Building:
    """How images are made: how many at once, by whom, and whether builds that are to be fresh can ask public registries
    for their base images.
    """

    build_ca_bundle: Path | None = None
    workers: int = os.cpu_count() or 1
    pull: bool = True
    report: Report = lambda line: None
    connect: Connect = builder(None)


def find(clients: Clients, addresses: Mapping[str, str], registry: str | None = None) -> list[Resource]:
    """Every image of ours in repositories, newest first. ``addresses`` are those that ECR gives them, by name. A call
    for every thousand images of each.
    """
    return _find(clients, _reached(addresses, registry))


def look(clients: Clients, images: Sequence[Mapping[str, Any]], others: Iterable[str], registry: str | None) -> Look:
    """``images`` are elements of the module's parameter; ``others`` are further repositories to look into."""
    desired = in_parallel(image_documents.desired, images, os.cpu_count() or 1)
    repositories = [*(image["repository"] for image in images), *map(_repository_of_base, images), *others]
    addresses = _addresses(clients, filter(None, repositories), registry)
    return Look(desired, _find(clients, addresses), addresses)


def missing(seen: Look) -> set[str]:
    """The names of the images that the registry lacks."""
    each_once = {resource.name: resource for resource in seen.desired}.values()
    return {action.resource.name for action in plan(each_once, seen.actual) if action.kind == CREATE}


def superfluous(seen: Look, repositories: Iterable[str], kept: Iterable[str]) -> list[Resource]:
    """The images in the repositories that are neither asked for nor kept by their digest."""
    wanted = {resource.name for resource in seen.desired}
    used = [str(resource.id) for resource in seen.actual if resource.name in wanted]
    among = set(repositories)
    actual = [resource for resource in seen.actual if resource.attributes["repository"] in among]
    return image_documents.superfluous(plan(seen.desired, actual), [*used, *kept])


def build(clients: Clients, images: Sequence[Mapping[str, Any]], seen: Look, how: Building) -> Look:
    """Builds and pushes what is missing, and looks again: digests are read back from ECR.

    Raises: FarflowError with every build that failed; the others are in the registry by then.
    """
    builds = _builds(images, seen, how)
    if not builds:
        return seen
    _require_repositories(builds, seen)
    builder = how.connect(clients, how.report)
    for some in _bases_first(list(builds.values())):
        in_parallel(builder.build_and_push, some, how.workers)

    def pushed() -> Look | NotYet:
        again = replace(seen, actual=_find(clients, seen.addresses))
        absent = sorted(missing(again))
        return NotYet(f"{', '.join(absent)} not there") if absent else again

    return wait_for(pushed, _LISTED_AFTER, "ECR to list what was pushed")


def prune(clients: Clients, images: Iterable[Resource]) -> None:
    """Deletes images of any number of repositories."""
    digests: dict[str, dict[str, None]] = {}
    for image in images:
        digests.setdefault(image.attributes["repository"], {})[str(image.id)] = None
    for repository, some in digests.items():
        calls.delete(clients, repository, list(some))


def _addresses(clients: Clients, repositories: Iterable[str], registry: str | None) -> dict[str, str]:
    return _reached(calls.addresses(clients, list(dict.fromkeys(repositories))), registry)


def _reached(addresses: Mapping[str, str], registry: str | None) -> dict[str, str]:
    """The addresses where a registry takes ECR's place."""
    return {name: f"{registry}/{name}" if registry else address for name, address in addresses.items()}


def _find(clients: Clients, addresses: Mapping[str, str]) -> list[Resource]:
    def images(repository: str) -> list[Resource]:
        documents = sorted(calls.describe(clients, repository), key=lambda document: document["imagePushedAt"])
        address = addresses[repository]
        return [
            image
            for document in reversed(documents)
            for image in image_documents.canonical(repository, address, document)
        ]

    return [image for found in in_parallel(images, addresses) for image in found]


def _repository_of_base(image: Mapping[str, Any]) -> str:
    """The repository whose address is needed to name the base; empty when it has an address, or there is no base."""
    if not image.get("base"):
        return ""
    if any(image_references.problems(image["base"])):
        raise FarflowError(f"image {image['name']} has base {image['base']!r}, which is no reference of an image")
    reference = image_references.parse(image["base"])
    return "" if reference.registry else reference.repository


def _base(image: Mapping[str, Any], seen: Look) -> str:
    """The base as a builder pulls it; empty without one."""
    repository = _repository_of_base(image)
    base = str(image.get("base") or "")
    if repository and repository not in seen.addresses:
        raise FarflowError(f"image {image['name']} has base {base}, and there is no ECR repository {repository}")
    return f"{seen.addresses[repository]}{base.removeprefix(repository)}" if repository else base


def _bases_first(builds: Sequence[Build]) -> Iterator[list[Build]]:
    """Builds that can run side by side, after those whose images are their bases."""
    rest = list(builds)
    while rest:
        in_progress = {f"{build.address}:{tag}" for build in rest for tag in build.tags}
        ready = [build for build in rest if build.base not in in_progress]
        if not ready:
            raise FarflowError(f"images are each other's base: {', '.join(map(str, rest))}")
        yield ready
        rest = [build for build in rest if build.base in in_progress]


def _builds(images: Sequence[Mapping[str, Any]], seen: Look, how: Building) -> dict[tuple[str, str, int], Build]:
    """Equal contexts are built once, whatever they are called."""
    lacking = missing(seen)
    builds: dict[tuple[str, str, int], Build] = {}
    for image, wanted in zip(images, seen.desired, strict=True):
        if wanted.name not in lacking:
            continue
        repository, tag, label, context = (wanted.attributes[key] for key in ("repository", "tag", "label", "context"))
        number = wanted.attributes["build"]
        before = builds.get((repository, context, number))
        tags = dict.fromkeys([*(before.tags if before else ()), tag])
        address = seen.addresses.get(repository, repository)
        cache = before.cache if before else f"farflow/{repository}:{label}"
        builds[repository, context, number] = Build(
            image_documents.build_context(image),
            address,
            tuple(tags),
            cache,
            how.build_ca_bundle,
            base=_base(image, seen),
            again=number > 1,
            pull=number > 1 and how.pull,
        )
    return builds


def _require_repositories(builds: Iterable[tuple[str, str, int]], seen: Look) -> None:
    absent = sorted({repository for repository, *_unused in builds if repository not in seen.addresses})
    if absent:
        raise FarflowError(f"there is no ECR repository {', '.join(absent)}: make it first")
