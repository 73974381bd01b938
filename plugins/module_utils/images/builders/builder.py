# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is asked of whoever builds images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..build_context import BuildContext, digest

CONTEXT_LABEL = "farflow.context"

#: Takes one line about what is going on.
Report = Callable[[str], None]


@dataclass(frozen=True)
class Build:
    """One image to be made. ``address`` is where it is pushed, ``<registry>/<repository>``, under each of ``tags``;
    ``cache`` is the name under which a builder may keep what speeds up the next build of the same thing. ``base`` is
    the image in a registry that the build argument BASE_IMAGE shall tell. One that is ``again`` takes nothing of
    earlier builds, and with ``pull`` looks for newer base images.
    """

    context: BuildContext
    address: str
    tags: tuple[str, ...]
    cache: str
    build_ca_bundle: Path | None = None
    base: str = ""
    again: bool = False
    pull: bool = False

    def __str__(self) -> str:
        return f"{self.address}:{self.tags[0]}"

    @property
    def labels(self) -> dict[str, str]:
        """By them an image on an engine is known whose name says little: it is a name for the cache, and moves."""
        return {CONTEXT_LABEL: digest(self.context)}


@dataclass(frozen=True)
class Credentials:
    """For the registry; kept in memory only."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.username!r}, ...)"


class ImageBuilder(Protocol):
    """Turns builds into images in the registry; called by several threads at once."""

    def build_and_push(self, build: Build) -> None:
        """Returns when the registry has the image.

        Raises: FarflowError with the step that failed and the end of its output.
        """
