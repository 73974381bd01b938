"""What the containers of tasks may send, as a ruleset of nftables for the bridge that they are connected by. Pure text.

All that a container sends comes over the bridge: to another task, to the host, or out. So one chain sees it, for each
sender by what its own groups let out and those of the other end let in. What answers is let through, as AWS does it. It
is dropped and not refused: who calls waits. An address of the network that is no task's yet gets nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from .rules import TCP, UDP, End, Network, Ports, open_ports, outside, refusal, sample


@dataclass(frozen=True)
class Place:
    """Where it is. `cidr`: the addresses of tasks. `host`: the address at which containers reach the host, and
    `front_port`: the port there of AWS's APIs and of load balancers, which know by themselves who may.
    """

    table: str
    cidr: str
    host: str
    front_port: int


@dataclass(frozen=True)
class Sender:
    """A task by its address. `end`: None for one that is in no subnet, which may send anything."""

    address: str
    end: End | None
    network: Network = field(default_factory=Network)


@dataclass(frozen=True)
class Database:
    """A database: the port that it has on AWS, and the one on the host that stands for it."""

    end: End
    port: int
    host_port: int
    network: Network


def ruleset(place: Place, senders: Sequence[Sender], databases: Sequence[Database]) -> str:
    """Takes the place of all that was before, at once. DNS is AWS's own, which no security group filters."""
    opened = _Opened(place, senders, databases)
    chains = {sender.address: list(opened.lines(sender)) for sender in senders}
    verdicts = ", ".join(f"{address} : jump {_chain(address)}" for address in chains)
    dispatch = [f"ip saddr vmap {{ {verdicts} }}"] if chains else []
    lines = [
        f"add table bridge {place.table}",
        f"delete table bridge {place.table}",
        f"table bridge {place.table} {{",
        *(line for address, body in chains.items() for line in _block(_chain(address), body)),
        *_block(
            "sent",
            [
                "type filter hook prerouting priority 0; policy accept;",
                f"ip saddr != {place.cidr} accept",
                "udp dport 53 accept",
                "tcp dport 53 accept",
                "tcp flags & (syn | ack) != syn accept",
                *dispatch,
                f"ip saddr {place.cidr} drop",
            ],
        ),
        "}",
    ]
    return "\n".join(lines) + "\n"


class _Opened:
    """What is open between ends. Of ends that are alike in all that decides it is found once."""

    def __init__(self, place: Place, senders: Sequence[Sender], databases: Sequence[Database]) -> None:
        self._place = place
        self._senders = senders
        self._databases = databases
        self._ports: dict[tuple[int, End, End], list[Ports]] = {}
        self._outside: dict[tuple[int, End], list[str]] = {}

    def lines(self, sender: Sender) -> Iterator[str]:
        if sender.end is None:
            yield "accept"
            return
        for other in self._senders:
            if other is not sender and other.end is not None and other.network is sender.network:
                yield from _accept(other.address, TCP, self._between(sender.network, sender.end, other.end))
        yield f"ip daddr {self._place.host} tcp dport {self._place.front_port} accept"
        for database in self._databases:
            is_near = database.network is sender.network
            if is_near and not refusal(sender.network, sender.end, database.end, database.port):
                yield f"ip daddr {self._place.host} tcp dport {database.host_port} accept"
            yield f"tcp dport {database.host_port} drop"
        yield f"ip daddr {self._place.cidr} drop"
        yield from self._out(sender.network, sender.end)
        yield "drop"

    def _between(self, network: Network, source: End, target: End) -> list[Ports]:
        key = id(network), replace(source, name=""), replace(target, name="")
        if key not in self._ports:
            self._ports[key] = open_ports(network, source, target)
        return self._ports[key]

    def _out(self, network: Network, source: End) -> list[str]:
        """To the outside, the more special addresses first. The host is somebody out there."""
        key = id(network), replace(source, name="")
        if key not in self._outside:
            cidrs = outside(network, source)
            parts = [(cidr, sample(cidrs, place)) for place, cidr in enumerate(cidrs)]
            anywhere = [(self._place.host, address) for _cidr, address in parts[-1:]]
            self._outside[key] = [
                line
                for cidr, address in [*anywhere, *parts]
                if address
                for line in _out_to(network, source, cidr, address)
            ]
        return self._outside[key]


def _out_to(network: Network, source: End, cidr: str, address: str) -> Iterator[str]:
    for protocol in (TCP, UDP):
        yield from _accept(cidr, protocol, open_ports(network, source, End("", address=address), protocol))
    yield f"ip daddr {cidr} drop"


def _accept(address: str, protocol: str, ports: Sequence[Ports]) -> Iterator[str]:
    if ports:
        told = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ports)
        yield f"ip daddr {address} {protocol} dport {{ {told} }} accept"


def _chain(address: str) -> str:
    return f"from_{address}"


def _block(name: str, lines: Iterable[str]) -> list[str]:
    return [f"  chain {name} {{", *(f"    {line}" for line in lines), "  }"]
