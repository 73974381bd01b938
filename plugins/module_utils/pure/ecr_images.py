# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images in ECR, found by what they were built from: the tag of an image is its name and its context's digest.

So an image needs no comparison: either its tag is there, whoever pushed it, or it is to be built.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.actions import DELETE, Action, Resource
from ..core.errors import FarflowError
from .build_context import DOCKERFILE, PLATFORMS, BuildContext, digest
from .value_checks import IN_QUOTES, shown

TYPE = "image"

_DIGITS = 20  # of the digest: 80 bits
_LONGEST_TAG = 128
_LONGEST_LABEL = _LONGEST_TAG - _DIGITS - 1
_HASH_LENGTH = 8

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_TAG = re.compile(rf"(?P<label>{_NAME.pattern})-(?P<context>[0-9a-f]{{{_DIGITS}}})")


def desired(image: Mapping[str, Any]) -> Resource:
    """``{repository, name, context, dockerfile?, build_args?, architecture?, target?, exclude?, additional_files?}`` as
    a resource called ``<repository>:<tag>``. Reads the context's files.

    Raises: FarflowError for a context that can't be read, and for a build argument that is no text.
    """
    tag = tag_of(image["name"], digest(build_context(image)))
    return Resource(TYPE, f"{image['repository']}:{tag}", attributes=_attributes(image["repository"], tag))


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
            return f"context {image.attributes['context']} -> {context}"
    return "created"


def superfluous(actions: Iterable[Action], kept: Iterable[str]) -> list[Resource]:
    """Of the deletions in a plan, those of images whose digest is not ``kept``, and that nobody has tagged as well.
    Kept ones may be given as digests, or as any text that ends with one, such as a task definition's image.
    """
    digests = {each.rpartition("@")[2] for each in kept}
    images = [action.resource for action in actions if action.kind == DELETE]
    return [image for image in images if image.id not in digests and not image.attributes["also"]]


def _attributes(repository: str, tag: str) -> dict[str, str]:
    parts = _TAG.fullmatch(tag)
    if not parts:
        raise ValueError(f"{tag} is no tag of ours")
    return {"repository": repository, "tag": tag, **parts.groupdict()}


def _source(additional_file: Mapping[str, Any]) -> Path | str:
    src = additional_file.get("src")
    return Path(src) if src else str(additional_file.get("content") or "")
