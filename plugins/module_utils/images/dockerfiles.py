# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a Dockerfile's text tells before anything builds it."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

# Source: "Dockerfile reference" of Docker.
_FLAGS = r"checksum|device|exclude|keep-git-dir|link|mount|network|parents|security|start-interval|unpack"
_FLAG = re.compile(
    rf"^\s*(?:RUN|COPY|ADD|HEALTHCHECK)\s+(?:--\S+\s+)*?(--(?:{_FLAGS}))\b", re.MULTILINE | re.IGNORECASE
)
_HERE_DOCUMENT = re.compile(r"^\s*(?:RUN|COPY|ADD)\s(?:.*[^<])?<<-?[\"']?[A-Za-z_]", re.MULTILINE | re.IGNORECASE)

_COMMENT = re.compile(r"^\s*#.*\n?", re.MULTILINE)
_CONTINUED = re.compile(r"\\[ \t]*\n")
_COPY = re.compile(r"^\s*(?:COPY|ADD)\s+(?P<flags>(?:--\S+\s+)*)(?P<paths>.+)$", re.MULTILINE | re.IGNORECASE)

#: As the engine's own builder refuses what it does not know.
_NOT_KNOWN = re.compile(r"unknown (instruction|flag)|requires BuildKit|parse error", re.IGNORECASE)


def has_argument(dockerfile: str, name: str) -> bool:
    """Whether a Dockerfile takes a build argument of that name."""
    return bool(re.search(rf"^\s*ARG\s(?:.*\s)?{name}\b", dockerfile, re.MULTILINE | re.IGNORECASE))


def copied(dockerfile: str) -> list[str]:
    """The paths in the build context that a Dockerfile copies from, as they are named there, with wildcards; ``.`` is
    the whole context.
    """
    instructions = _COPY.finditer(_CONTINUED.sub(" ", _COMMENT.sub("", dockerfile)))
    of_context = [each["paths"] for each in instructions if "--from" not in each["flags"].lower()]
    return [posixpath.normpath(f"/{path}").lstrip("/") or "." for paths in of_context for path in _words(paths)[:-1]]


def _words(paths: str) -> list[str]:
    """The paths of an instruction, the last one in the image; in brackets they are JSON."""
    try:
        found: Any = json.loads(paths)
    except ValueError:
        return paths.split()
    return [str(path) for path in found] if isinstance(found, list) else paths.split()


def needs_buildkit(dockerfile: str) -> list[str]:
    """What a Dockerfile uses that no builder but BuildKit knows."""
    flags = [flag.lower() for flag in _FLAG.findall(dockerfile)]
    return [*dict.fromkeys(flags), *(["a here-document (<<EOF)"] if _HERE_DOCUMENT.search(dockerfile) else [])]


def advice(error: str, dockerfile: str) -> str:
    """What to do when the engine's own builder ended with that error; empty when nothing is known."""
    needed = needs_buildkit(dockerfile) if _NOT_KNOWN.search(error) else []
    if not needed:
        return ""
    return (
        f"the Dockerfile uses {' and '.join(needed)}, which only BuildKit knows: install buildx for the docker command "
        "and leave DOCKER_BUILDKIT unset, or set farflow_image_builder: codebuild"
    )
