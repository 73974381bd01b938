# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images in ECR, found by what they were built from: the tag of an image is its name and its context's digest.

So an image needs no comparison: either its tag is there, whoever pushed it, or it is to be built.

What a build takes from elsewhere, such as packages, may be another time something else. So the same context can be
built again: then the tag ends with a dot and a number, from 2 on, and the highest one is the image.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..engine.actions import DELETE, Action, Resource
from ..engine.errors import FarflowError
from ..validation.value_checks import IN_QUOTES, shown
from .build_context import DOCKERFILE, PLATFORMS, BuildContext, digest

TYPE = "image"

#: Of each context the newest build, as ``build``, named as the image of the first.
BUILDS = "image_builds"

#: Why an image is built whose context has not changed.
AGAIN = "built again"

_DIGITS = 20  # of the digest: 80 bits
_LONGEST_TAG = 128
_MOST_BUILDS = 9999
_LONGEST_BUILD = len(f".{_MOST_BUILDS}")
_LONGEST_LABEL = _LONGEST_TAG - _LONGEST_BUILD - _DIGITS - 1
_HASH_LENGTH = 8

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_TAG = re.compile(
    rf"(?P<label>{_NAME.pattern})-(?P<context>[0-9a-f]{{{_DIGITS}}})(?:\.(?P<build>[2-9]|[1-9][0-9]{{1,3}}))?"
)


def desired(image: Mapping[str, Any]) -> Resource:
    """``{repository, name, context, dockerfile?, build_args?, architecture?, target?, exclude?, additional_files?,
    undigested?, base?, build?}`` as a resource called ``<repository>:<tag>``. Reads the context's files.

    Raises: FarflowError for a context that can't be read, for a build argument that is no text, and for a build that
    has no tag.
    """
    build = image.get("build") or 1
    if not 1 <= build <= _MOST_BUILDS:
        raise FarflowError(f"image {image['name']}: build {build}, allowed: from 1 to {_MOST_BUILDS}")
    first = f"{image['repository']}:{tag_of(image['name'], digest(build_context(image)))}"
    name = numbered(based_on(first, image.get("base")), build)
    repository, _unused, tag = name.partition(":")
    return Resource(TYPE, name, attributes=_attributes(repository, tag))


def based_on(name: str, base: str | None) -> str:
    """The name of an image that begins with the image ``base``; ``name`` is what it would be without one."""
    if not base:
        return name
    before, _unused, context = name.rpartition("-")
    return f"{before}-{hashlib.sha256(f'{context} {base}'.encode()).hexdigest()[:_DIGITS]}"


def numbered(name: str, build: int) -> str:
    """The name of the image that the build of that number makes; ``name`` is that of the first one's."""
    return name if build == 1 else f"{name}.{build}"


def newest_builds(images: Iterable[Resource]) -> list[Resource]:
    """Of each context the newest build among the images, as a resource of type BUILDS."""
    newest: dict[str, int] = {}
    for image in images:
        first = image.name.removesuffix(f".{image.attributes['build']}")
        newest[first] = max(newest.get(first, 0), image.attributes["build"])
    return [Resource(BUILDS, name, attributes={"build": build}) for name, build in newest.items()]


def canonical(repository: str, address: str, document: Mapping[str, Any]) -> list[Resource]:
    """A member of DescribeImages' answer as one resource a tag that we could have given it; none for other images.

    ``address`` is the repository's, as ``<registry>/<repository>``. Its ``id`` is the image's digest, its attribute
    ``uri`` pins it: ``<address>@<digest>``, and ``also`` are the tags that somebody else has given it.
    """
    found, tags = document["imageDigest"], document.get("imageTags") or []
    ours = [tag for tag in tags if _TAG.fullmatch(tag)]
    more = {"uri": f"{address}@{found}", "also": [tag for tag in tags if tag not in ours]}
    return [Resource(TYPE, f"{repository}:{tag}", {}, found, {**_attributes(repository, tag), **more}) for tag in ours]


def build_context(image: Mapping[str, Any]) -> BuildContext:
    """What an element of the module's ``images`` is built from."""
    files = {each["path"]: _source(each) for each in image.get("additional_files") or []}
    return BuildContext(
        Path(image["context"]),
        dockerfile=image.get("dockerfile") or DOCKERFILE,
        build_args={name: _text(name, value) for name, value in (image.get("build_args") or {}).items()},
        target=image.get("target"),
        platform=PLATFORMS[image.get("architecture") or "X86_64"],
        exclude=tuple(image.get("exclude") or ()),
        additional_files=files,
        undigested=tuple(image.get("undigested") or ()),
    )


def _text(name: str, value: Any) -> str:
    """A build argument's. True would reach the build as ``True``, and 3.10 as ``3.1``."""
    if isinstance(value, (bool, float)) or not isinstance(value, (str, int)):
        raise FarflowError(f"build argument {name}: is {shown(value)}, allowed: {IN_QUOTES}")
    return str(value)


def tag_of(name: str, context_digest: str) -> str:
    """``<name>-<beginning of the digest>``. A name too long for a tag is cut and ends with a hash of the whole.

    Raises: FarflowError for a name that no tag can begin with.
    """
    if not _NAME.fullmatch(name):
        raise FarflowError(f"image name {name!r}: allowed are letters, digits, _ . and -, the first no . or -")
    if len(name) > _LONGEST_LABEL:
        end = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
        name = f"{name[: _LONGEST_LABEL - _HASH_LENGTH - 1]}-{end}"
    return f"{name}-{context_digest[:_DIGITS]}"


def reason(wanted: Resource, actual: Iterable[Resource]) -> str:
    """Why an image is to be built; ``actual`` has the newest images first."""
    repository, label, context = (wanted.attributes[key] for key in ("repository", "label", "context"))
    for image in actual:
        if (image.attributes["repository"], image.attributes["label"]) == (repository, label):
            before = image.attributes["context"]
            return AGAIN if before == context else f"context {before} -> {context}"
    return "created"


def superfluous(actions: Iterable[Action], kept: Iterable[str]) -> list[Resource]:
    """Of the deletions in a plan, those of images whose digest is not ``kept``, and that nobody has tagged as well.
    Kept ones may be given as digests, or as any text that ends with one, such as a task definition's image.
    """
    digests = {each.rpartition("@")[2] for each in kept}
    images = [action.resource for action in actions if action.kind == DELETE]
    return [image for image in images if image.id not in digests and not image.attributes["also"]]


def _attributes(repository: str, tag: str) -> dict[str, Any]:
    parts = _TAG.fullmatch(tag)
    if not parts:
        raise ValueError(f"{tag} is no tag of ours")
    return {"repository": repository, "tag": tag, **parts.groupdict(), "build": int(parts["build"] or 1)}


def _source(additional_file: Mapping[str, Any]) -> Path | str:
    src = additional_file.get("src")
    return Path(src) if src else str(additional_file.get("content") or "")
