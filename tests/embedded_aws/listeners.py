"""The ports of network load balancers: each listener has one on this machine. What comes there goes on to a target byte
by byte, decrypted where the listener speaks TLS, and nothing is added.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger("embedded_aws")

#: The least that HealthCheckIntervalSeconds of a target group can be.
_CHECK_SECONDS = 5
#: How long a client's handshake, or a target, may take. AWS does not tell it.
_CONNECT_SECONDS = 10
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Route:
    """Where a connection goes, `tls` where it has to be decrypted first, and after how many seconds without data it is
    forgotten.
    """

    target: tuple[str, int]
    tls: ssl.SSLContext | None
    idle_seconds: float


#: Where a new connection goes; None where nobody would answer.
Router = Callable[[], Route | None]


class Listeners:
    """The open ports of one address, by the ARNs of their listeners. A thread of their own serves them."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self._ports: dict[str, _Port] = {}
        self._changing = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def addresses(self) -> dict[str, str]:
        """`host:port` by ARN."""
        with self._changing:
            return {arn: port.address for arn, port in self._ports.items()}

    def follow(self, wanted: Mapping[str, tuple[int, Router]]) -> None:
        """Closes and opens until just these are open, each at the port that it wants, or at another one where that
        cannot be had.
        """
        with self._changing:
            for arn, port in list(self._ports.items()):
                if arn not in wanted or wanted[arn][0] != port.wanted:
                    self._run(self._ports.pop(arn).close())
            for arn, (number, route) in wanted.items():
                if arn not in self._ports:
                    self._ports[arn] = _Port(self.host, number, route)
                    self._run(self._ports[arn].open())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, daemon=True, name="embedded-aws-listeners").start()
        asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _Port:
    """An open port, with the connections that came there."""

    def __init__(self, host: str, wanted: int, route: Router) -> None:
        self.wanted = wanted
        self._route = route
        try:
            self._socket = socket.create_server((host, wanted))
        except OSError:  # it is taken, or for the superuser alone
            self._socket = socket.create_server((host, 0))
        self._socket.setblocking(False)
        _reset_at_close(self._socket, True)  # what it accepts has that from it
        self.address = "{}:{}".format(*self._socket.getsockname())
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._start(self._accept())
        self._start(self._check_health())

    async def close(self) -> None:
        for task in (ended := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        self._socket.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        while True:
            connection, _address = await asyncio.get_running_loop().sock_accept(self._socket)
            self._start(hand_on(connection, self._find_route()))

    async def _check_health(self) -> None:
        """A load balancer looks at its targets whether anybody comes or not."""
        while True:
            self._find_route()
            await asyncio.sleep(_CHECK_SECONDS)

    def _find_route(self) -> Route | None:
        try:
            return self._route()
        except Exception:
            logger.exception("a load balancer finds no way")
            return None


async def hand_on(client: socket.socket, route: Route | None) -> None:
    """Until both have ended it. Where one cannot be reached, or breaks it off, the other one's is reset."""
    with contextlib.ExitStack() as ending, contextlib.suppress(OSError):
        ending.callback(client.close)
        if route is None:
            return
        _reset_at_close(client, route.tls is None)  # a handshake that fails ends with an alert
        near = await _accepted(client, route.tls)
        _reset_at_close(client, True)
        ending.callback(near[1].transport.abort)
        far = await asyncio.wait_for(asyncio.open_connection(*route.target), _CONNECT_SECONDS)
        ending.callback(far[1].transport.abort)
        _reset_at_close(far[1].get_extra_info("socket"), True)
        await _pipe(near, far, route.idle_seconds)
        ending.pop_all()
        for _reader, writer in (near, far):
            _reset_at_close(writer.get_extra_info("socket"), False)
            writer.close()


End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _accepted(client: socket.socket, tls: ssl.SSLContext | None) -> End:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    limit = _CONNECT_SECONDS if tls else None
    transport, _protocol = await loop.connect_accepted_socket(
        lambda: protocol, client, ssl=tls, ssl_handshake_timeout=limit
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _pipe(near: End, far: End, idle_seconds: float) -> None:
    """Raises OSError when one breaks it off, and when one sends something after it was forgotten."""
    loop = asyncio.get_running_loop()
    last = loop.time()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal last
        data = b"to come"
        while data:
            data = await reader.read(_CHUNK)
            if loop.time() - last > idle_seconds:
                raise ConnectionResetError("forgotten")
            last = loop.time()
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()

    pumps = [asyncio.ensure_future(pump(near[0], far[1])), asyncio.ensure_future(pump(far[0], near[1]))]
    try:
        await asyncio.gather(*pumps)
    finally:
        for each in pumps:
            each.cancel()


def _reset_at_close(connection: socket.socket, reset: bool) -> None:
    with contextlib.suppress(OSError):  # it is closed
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", reset, 0))
