"""What one instance of the embedded AWS is: names, paths, identity. Pure data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
# Emulators accept any key; these are what every client and every container is given.
ACCESS_KEY_ID = "embedded"
SECRET_ACCESS_KEY = "embedded"

# Put by ministack on every container that it starts: owner and port.
INSTANCE_LABEL = "ministack.instance"

STATE_ROOT = Path(__file__).resolve().parents[2] / ".embedded-aws"


@dataclass(frozen=True)
class Settings:
    """One instance. `port` 0 asks for a free one; `host` is the address that host and containers share.

    `container_cidr`: the addresses of its tasks, empty when `fast`. `clock`: see clock.py. `strict`, `seed`: see
    behaviours.py. `replay`: the path of a report (replay.py), or empty.
    """

    name: str
    host: str
    port: int
    fast: bool
    database_seconds: float
    folder: str
    container_cidr: str = ""
    clock: float = 1.0
    strict: bool = False
    seed: int = 0
    replay: str = ""

    @property
    def manner(self) -> str:
        """How it is as AWS, in words."""
        strictness = f"strict by the seed {self.seed}" if self.strict else "not strict"
        replayed = f", as in {self.replay}" if self.replay else ""
        return f"{strictness}{replayed}, a second of AWS's takes {1 / self.clock:.3g} s"

    @property
    def held_databases(self) -> Path:
        """While this file is there, a database that is made slowly stays `creating`."""
        return self.path("databases-held")

    @property
    def endpoint_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def owner(self) -> str:
        """Value of MINISTACK_HOSTNAME; with the port it labels every container of this instance."""
        return owner_of(self.name)

    @property
    def network(self) -> str:
        """Docker network of this instance's tasks."""
        return self.owner

    @property
    def container_label(self) -> str:
        """Label that ministack puts on every container of this instance."""
        return f"{INSTANCE_LABEL}={self.owner}:{self.port}"

    @property
    def volume_prefix(self) -> str:
        return volume_prefix_of(self.name)

    def path(self, *parts: str) -> Path:
        return Path(self.folder, *parts)

    def save(self) -> None:
        """At once as a whole, since others wait for the file and read it."""
        written = self.path("settings.json.new")
        written.write_text(json.dumps(asdict(self), indent=1))
        written.replace(self.path("settings.json"))


def owner_of(name: str) -> str:
    return f"embedded-aws-{name}"


def volume_prefix_of(name: str) -> str:
    """Start of the name of each scratch volume. No name holds a dot, so none is the start of another's."""
    return f"{owner_of(name)}."


def folder_of(name: str) -> Path:
    return STATE_ROOT / name


def load(name: str) -> Settings | None:
    """Settings of an instance that was started, or None."""
    path = folder_of(name) / "settings.json"
    return Settings(**json.loads(path.read_text())) if path.exists() else None
