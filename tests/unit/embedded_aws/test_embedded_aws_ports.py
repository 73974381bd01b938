"""Connections that a listener hands on: how long they are remembered, how they end, and who gets them."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time

import pytest

from tests.embedded_aws.listeners import Listeners, Route
from tests.embedded_aws.mends.elbv2_listeners import choose

RESET = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def listeners():
    return Listeners()


@contextlib.contextmanager
def through(listeners, serve, idle_seconds=60):
    """A connection by a listener to a target, which is served by a thread."""
    with socket.create_server(("127.0.0.1", 0)) as target:
        target.settimeout(10)

        def accept():
            connection, _address = target.accept()
            with connection:
                connection.settimeout(10)
                serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        listeners.follow({"web": (0, lambda: Route(target.getsockname(), None, idle_seconds))})
        host, port = listeners.addresses()["web"].split(":")
        try:
            with socket.create_connection((host, int(port)), timeout=10) as client:
                yield client
        finally:
            listeners.follow({})
            thread.join()


def whole(connection):
    return b"".join(iter(lambda: connection.recv(4096), b""))


def test_each_side_ends_for_itself(listeners):
    with through(listeners, lambda target: target.sendall(b"all of " + whole(target))) as client:
        client.sendall(b"it")
        client.shutdown(socket.SHUT_WR)
        assert whole(client) == b"all of it"


def test_what_one_side_breaks_off_is_reset_for_the_other(listeners):
    def breaks_off(target):
        target.recv(100)
        target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    with through(listeners, breaks_off) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(100)


def until_reset(connection):
    with contextlib.suppress(ConnectionResetError):
        whole(connection)


def test_a_connection_without_data_is_forgotten_and_nobody_is_told(listeners):
    with through(listeners, until_reset, idle_seconds=0.5) as client:
        client.settimeout(1)
        client.sendall(b"x")
        with pytest.raises(TimeoutError):
            client.recv(100)
        client.settimeout(10)
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(100)


def test_data_of_either_side_keeps_it(listeners):
    def talks(target):
        for _unused in range(6):
            time.sleep(0.2)
            target.sendall(b".")
        target.recv(100)

    with through(listeners, talks, idle_seconds=0.8) as client:
        assert client.makefile("rb").read(6) == b"......"
        client.sendall(b"x")
        assert client.recv(100) == b""


@pytest.mark.parametrize(
    ("states", "chosen"),
    [
        (["healthy", "unhealthy", "healthy"], [0, 2, 0, 2]),
        (["unhealthy", "unhealthy"], [0, 1, 0, 1]),
        (["unhealthy", "initial"], [0, 0, 0, 0]),
        (["initial", "draining", "unused"], [None] * 4),
        ([], [None] * 4),
    ],
)
def test_healthy_ones_have_their_turns_and_without_any_all_that_are_not_new(states, chosen):
    targets = [("10.0.0.1", number, state) for number, state in enumerate(states)]
    found = [choose(targets, turn) for turn in range(4)]
    assert [each and each[1] for each in found] == chosen
