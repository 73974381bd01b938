"""The packet filter of an instance: a container that sets its rules on the host's bridge, and nothing else runs in it.

It belongs to the host's network, since tasks do not have to know of it, and has the right to administer that alone. The
rules are a table of nftables that goes with the container.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from contextlib import closing

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from ..base_images import PACKET_FILTER
from ..settings import Settings, folder_of, owner_of

logger = logging.getLogger("embedded_aws")

_FOLDER = "packet-filter"
_RULES = "rules"


class PacketFilterError(Exception):
    """The rules could not be set; the text says why."""


def start(name: str) -> None:
    """Starts the container, and lets nothing through that is not said to. Raises: PacketFilterError"""
    folder = folder_of(name) / _FOLDER
    folder.mkdir()
    with closing(docker.from_env(timeout=60)) as client:
        helper = client.containers.run(
            PACKET_FILTER,
            ["sleep", "infinity"],
            name=_container(name),
            labels={"embedded-aws": name},
            network_mode="host",
            cap_drop=["ALL"],
            cap_add=["NET_ADMIN"],
            read_only=True,
            init=True,
            volumes={str(folder): {"bind": f"/{_FOLDER}", "mode": "ro"}},
            detach=True,
        )
        _run(helper, ["nft", "add", "table", "bridge", owner_of(name)])


def remove(client: docker.DockerClient, name: str) -> None:
    """Removes the rules and the container; whichever of them are there."""
    with contextlib.suppress(NotFound):
        helper = client.containers.get(_container(name))
        with contextlib.suppress(APIError, PacketFilterError):
            helper.start()
            _run(helper, ["nft", "delete", "table", "bridge", owner_of(name)])
        helper.remove(force=True)


class Rules:
    """The rules as they are set. Whoever sets them waits until that is done."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.name
        self._file = settings.path(_FOLDER, _RULES)
        self._setting = threading.Lock()
        self._text = ""

    def set(self, make) -> None:
        """Sets the rules that `make()` says, which is asked when its turn has come. Raises: PacketFilterError"""
        with self._setting:
            text = make()
            if text == self._text:
                return
            self._file.write_text(text)
            with closing(docker.from_env(timeout=60)) as client:
                _run(client.containers.get(_container(self._name)), ["nft", "-f", f"/{_FOLDER}/{_RULES}"])
            self._text = text


def _container(name: str) -> str:
    return f"{owner_of(name)}-packet-filter"


def _run(helper: Container, command: list[str]) -> None:
    code, output = helper.exec_run(command)
    if code:
        raise PacketFilterError(f"{' '.join(command)} ended with {code}: {output.decode(errors='replace')[-2000:]}")
