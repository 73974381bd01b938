"""The images that the embedded AWS needs: two public ones, pulled or, where no registry answers, made here, and those
that are made of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import docker
import requests.exceptions
from docker.errors import APIError, BuildError, ImageNotFound

from .engine import install_packages
from .progress import say
from .settings import STATE_ROOT

#: Docker's own images, where a builder without an account may pull more often than from Docker Hub.
_LIBRARY = "public.ecr.aws/docker/library/"
DEBIAN = f"{_LIBRARY}debian:trixie-slim"
POSTGRES_MAJOR = "17"
POSTGRES = f"postgres:{POSTGRES_MAJOR}-alpine"  # the name by which the emulator asks for it
PACKET_FILTER = "embedded-aws-packet-filter:latest"
_PULL_SECONDS = 8
_FOLDER = Path(__file__).parent / "images"


class ImageError(Exception):
    """A base image can be neither pulled nor made; the text says why."""


def ensure() -> None:
    """Have them in the engine, but for CodeBuild's; costs three look-ups when they are there already.

    Raises: ImageError
    """
    with closing(docker.from_env(timeout=600)) as client:
        missing = [image for image in (DEBIAN, POSTGRES) if not _is_there(client, image)]
        if missing and not _pull_all(missing):
            if not _is_there(client, DEBIAN):
                _make_debian(client)
            if not _is_there(client, POSTGRES):
                _make_postgres(client)
        if not _is_there(client, PACKET_FILTER):
            _build(client, PACKET_FILTER, "packet_filter", "installing nftables")


def ensure_codebuild(image: str) -> None:
    """Have the image that runs CodeBuild's builds in the engine.

    Raises: ImageError
    """
    with closing(docker.from_env(timeout=600)) as client:
        if not _is_there(client, image):
            _build(client, image, "codebuild", "installing the AWS CLI and buildx")


def _is_there(client: docker.DockerClient, image: str) -> bool:
    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def _pull_all(images: list[str]) -> bool:
    """Whether a registry gave all of them. The limit is short: without one, the first silence decides."""
    with closing(docker.from_env(timeout=_PULL_SECONDS)) as client:
        for image in images:
            say(f"{image}: asking the registry")
            try:
                client.images.pull(_LIBRARY + image.removeprefix(_LIBRARY)).tag(image)
            except (APIError, requests.exceptions.RequestException):
                say(f"{image}: no registry answers")
                return False
            say(f"{image}: pulled")
    return True


def _make_debian(client: docker.DockerClient) -> None:
    if not shutil.which("debootstrap"):
        install_packages(("debootstrap",))
    say(f"{DEBIAN}: debootstrap (about half a minute)")
    STATE_ROOT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debian-", dir=STATE_ROOT) as folder:
        root = Path(folder, "root")
        _run(["debootstrap", "--variant=minbase", "trixie", str(root)])
        for cache in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(root / cache)
            (root / cache / "partial").mkdir(parents=True)
        archive = Path(folder, "root.tar")
        _run(["tar", "--numeric-owner", "-C", str(root), "-cf", str(archive), "."])
        repository, _unused, tag = DEBIAN.rpartition(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=['CMD ["bash"]'])
    say(f"{DEBIAN}: made")


def _make_postgres(client: docker.DockerClient) -> None:
    _build(client, POSTGRES, "postgres", f"installing PostgreSQL {POSTGRES_MAJOR}", MAJOR=POSTGRES_MAJOR)


def _build(client: docker.DockerClient, image: str, folder: str, what: str, **arguments: str) -> None:
    say(f"{image}: {what} on {DEBIAN}")
    proxies = {name: value for name, value in os.environ.items() if name.lower() in ("http_proxy", "https_proxy")}
    try:
        client.images.build(
            path=str(_FOLDER / folder),
            tag=image,
            buildargs={"BASE": DEBIAN, **arguments, **proxies},
            network_mode="host",
            rm=True,
            forcerm=True,
        )
    except BuildError as error:
        log = "".join(line.get("stream", "") for line in error.build_log)
        raise ImageError(f"{image} could not be built: {error}\n{log[-2000:]}") from error
    say(f"{image}: made")


def _run(command: list[str]) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ImageError(f"{' '.join(command)} failed:\n{(run.stdout + run.stderr)[-2000:]}")
