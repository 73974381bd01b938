"""What an instance has in the Docker engine: a network, and whatever its emulator started there."""

from __future__ import annotations

from contextlib import closing

import docker
from docker.errors import APIError, NotFound

from .network import packet_filter
from .progress import say
from .settings import INSTANCE_LABEL, owner_of, volume_prefix_of


def create_network(name: str) -> str:
    """The network of an instance's tasks, where Cloud Map names are resolved by the engine's own DNS: its CIDR."""
    with closing(docker.from_env()) as client:
        network = client.networks.create(owner_of(name), driver="bridge", labels={"embedded-aws": name})
        network.reload()
        return network.attrs["IPAM"]["Config"][0]["Subnet"]


def remove_all(name: str) -> None:
    """Remove an instance's containers, volumes and networks, known by label and name; nobody else's."""
    with closing(docker.from_env(timeout=120)) as client:
        for container in client.containers.list(all=True, filters={"label": INSTANCE_LABEL}):
            if container.labels[INSTANCE_LABEL].rsplit(":", 1)[0] == owner_of(name):
                say(f"{name}: removing container {container.name}")
                _remove(lambda found=container: found.remove(force=True, v=True))
        packet_filter.remove(client, name)
        for volume in client.volumes.list(filters={"name": volume_prefix_of(name)}):
            if volume.name.startswith(volume_prefix_of(name)):
                _remove(volume.remove)
        for network in client.networks.list(names=[owner_of(name)]):
            if network.name == owner_of(name):
                _remove(network.remove)


def remove_idle_volumes(name: str) -> None:
    """Remove the scratch volumes of tasks that have ended; a task that is still stopping keeps its own."""
    with closing(docker.from_env(timeout=120)) as client:
        for volume in client.volumes.list(filters={"name": volume_prefix_of(name), "dangling": True}):
            if volume.name.startswith(volume_prefix_of(name)):
                try:
                    volume.remove()
                except APIError as error:
                    if error.status_code not in (404, 409):
                        raise


def _remove(remove) -> None:
    """What the engine removed meanwhile is removed."""
    try:
        remove()
    except NotFound:
        return
