# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs a container of a Docker engine to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engine.errors import FarflowError

Show = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """What runs, and what for: errors begin with "could not" and the ``purpose``."""

    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    purpose: str
    #: The value of the container's label ``farflow``, by which it can be found.
    label: str
    #: Packed files by the folder, which the image has, that they are copied to. The engine may be another machine's,
    #: so nothing is mounted.
    files: Sequence[tuple[str, bytes]] = ()
    #: What else the container is made with: arguments of the Docker SDK's ``create_host_config``.
    host: Mapping[str, Any] | None = None


def run_to_end(engine: Any, run: Run, show: Show) -> int:
    """Shows the container's lines as they come and gives its exit code. The container is gone afterwards.

    Raises FarflowError with what the engine says, and for a folder that the image does not have.
    """
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    container = None
    try:
        container = _created(engine, run)
        for folder, archive in run.files:
            _copy(engine, container, run, folder, archive)
        engine.start(container)
        for line in _lines(engine.logs(container, stream=True, follow=True)):
            show(line)
        return int(engine.wait(container)["StatusCode"])
    except (DockerException, RequestException) as error:
        raise FarflowError(f"could not {run.purpose} in a container of {run.image}: {error}") from error
    finally:
        if container:
            engine.remove_container(container, v=True, force=True)


def _created(engine: Any, run: Run) -> str:
    made = engine.create_container(
        run.image,
        list(run.command),
        environment=dict(run.environment),
        host_config=engine.create_host_config(**run.host) if run.host else None,
        labels={"farflow": run.label},
    )
    return str(made["Id"])


def _copy(engine: Any, container: str, run: Run, folder: str, archive: bytes) -> None:
    from docker.errors import NotFound

    try:
        engine.put_archive(container, folder, archive)
    except NotFound as error:
        raise FarflowError(
            f"could not {run.purpose} in a container of {run.image}: the image has no folder {folder}, so it is not "
            "Airflow's; build it from the Dockerfile that playbooks/init.yml lays down"
        ) from error


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """The lines of a stream that comes in pieces of any length."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").rstrip("\r")
    if rest:
        yield rest.decode(errors="replace").rstrip("\r")
