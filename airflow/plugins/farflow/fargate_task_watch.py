# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What all triggers of a triggerer share: a client for each service, one look at many Fargate tasks, and a pace.

AWS's rates hold for an account and region, and Airflow is not alone there. DescribeTasks refills 20 calls a second,
GetLogEvents 25, and 10 in some regions ("Request throttling for the Amazon ECS API", "CloudWatch Logs quotas").
"""

from __future__ import annotations

import asyncio
import random
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError, CredentialRetrievalError, NoCredentialsError

TASKS_A_CALL = 100  # DescribeTasks: "A list of up to 100 task IDs or full ARN entries"
LOOKS_A_SECOND = 2.0
LOG_READS_A_SECOND = 8.0
LINES_SHOWN = 1000  # of a read: showing more takes seconds, in which its reader looks at nothing else
LINES_KEPT = 10000  # of a read that shows nothing: the most that GetLogEvents gives
TURN_SECONDS = 0.02  # Airflow complains of a triggerer that does one thing for 0.2 s
TOGETHER_SECONDS = 1.0  # so long a look may wait for those that are due soon, to be one call with them

#: Seconds without an answer after which a call is given up. It is repeated, here or by whoever asked.
CLIENT_CONFIG = {"connect_timeout": 10, "read_timeout": 30, "retries": {"mode": "standard", "total_max_attempts": 1}}

_THROTTLED = ("ThrottlingException", "Throttling", "TooManyRequestsException", "LimitExceededException")
_NEW_CREDENTIALS_CURE = ("ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId")
_LONGEST_PAUSE_SECONDS = 60.0

Thing = TypeVar("Thing")


def error_code(error: BaseException) -> str:
    """AWS's code of an error, empty where AWS has not answered."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def will_pass(error: BaseException) -> bool:
    """Whether time cures an error: throttling, AWS's own troubles, credentials that are renewed, and no answer."""
    code = error_code(error)
    if not code or code in _THROTTLED or code in _NEW_CREDENTIALS_CURE:
        return True
    answer: Mapping[str, Any] = getattr(error, "response", {})
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: longer each time, up to a minute, never the same for two."""
    return random.uniform(0.5, 1.0) * min(2.0**failures, _LONGEST_PAUSE_SECONDS)


class Pace:
    """Lets through so many calls a second, one behind the other; never several at once, also when the loop was busy."""

    def __init__(self, calls_a_second: float) -> None:
        self._interval = 1 / calls_a_second
        self._next = 0.0
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        self._waiting += 1
        try:
            async with self._turn:
                while (left := self._next - time.monotonic()) > 0:
                    await asyncio.sleep(left)
                self._next = time.monotonic() + self._interval
        finally:
            self._waiting -= 1

    def queue(self) -> float:
        """Seconds that who comes now would wait, at least."""
        return self._waiting * self._interval

    def rest(self, seconds: float) -> None:
        """Nobody goes on for so long: AWS has said that it is too much."""
        self._next = max(self._next, time.monotonic() + seconds)


class SharedClient:
    """One asynchronous client for all that ask. After an error that may be cured by it, the next call has a new one."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._lock = asyncio.Lock()
        self._context: Any = None
        self._client: Any = None
        self._closing: set[asyncio.Task[None]] = set()

    async def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """The answer of an operation, named as boto3 has it. Raises what boto3 raises."""
        client = await self._connected()
        try:
            return dict(await getattr(client, operation)(**arguments))
        except Exception as error:
            refused = isinstance(error, (NoCredentialsError, CredentialRetrievalError))
            if client is self._client and (refused or error_code(error) in _NEW_CREDENTIALS_CURE):
                closing = asyncio.create_task(_close(self._context))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
                self._client = None
            raise

    async def close(self) -> None:
        if self._client is not None:
            await self._context.__aexit__(None, None, None)
            self._client = None

    async def _connected(self) -> Any:
        async with self._lock:
            if self._client is None:
                self._context = await self._connect()
                self._client = await self._context.__aenter__()
            return self._client


async def _close(context: Any) -> None:
    await asyncio.sleep(_LONGEST_PAUSE_SECONDS)  # others may still wait for an answer
    await context.__aexit__(None, None, None)


@dataclass(frozen=True)
class Look:
    """What DescribeTasks tells of one task: the task, or that AWS does not know it, or why there was no answer."""

    task: dict[str, Any] | None = None
    error: Exception | None = None

    @property
    def missing(self) -> bool:
        return self.task is None and self.error is None


@dataclass(eq=False)
class _Request:
    arn: str
    due: float
    answer: asyncio.Future[Look] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class TaskWatch:
    """Looks at the Fargate tasks of one cluster for all who wait for one: up to a hundred in a call."""

    def __init__(self, ecs: SharedClient, cluster: str) -> None:
        self._ecs = ecs
        self._cluster = cluster
        self._pace = Pace(LOOKS_A_SECOND)
        self._requests: list[_Request] = []
        self._woken = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._failures = 0

    async def look(self, arn: str, after: float) -> Look:
        """A look at the task, so many seconds from now, or some later where AWS wants us slower."""
        request = _Request(arn, time.monotonic() + after)
        self._requests.append(request)
        self._woken.set()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name=f"looks at the Fargate tasks of {self._cluster}")
        try:
            return await request.answer
        finally:
            if request in self._requests:
                self._requests.remove(request)

    async def _serve(self) -> None:
        while self._requests:
            self._woken.clear()
            first = min(request.due for request in self._requests) + TOGETHER_SECONDS
            await self._sleep(first - time.monotonic())
            if first > time.monotonic():
                continue  # woken, by one that may be due earlier
            await self._pace.wait()
            due = sorted(self._requests, key=lambda request: request.due)
            until = time.monotonic() + TOGETHER_SECONDS
            await self._answer([request for request in due if request.due <= until][:TASKS_A_CALL])

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), max(seconds, 0))
        except TimeoutError:
            return

    async def _answer(self, requests: list[_Request]) -> None:
        arns = list(dict.fromkeys(request.arn for request in requests))
        looks: dict[str, Look] = {}
        try:
            if arns:
                answer = await self._ecs.call("describe_tasks", cluster=self._cluster, tasks=arns)
                looks = {task["taskArn"]: Look(task) for task in answer["tasks"]}
            self._failures = 0
        except Exception as error:
            self._failures += 1
            self._pace.rest(pause_after(self._failures))
            looks = dict.fromkeys(arns, Look(error=error))
        for request in requests:
            if request in self._requests:
                self._requests.remove(request)
            if not request.answer.done():
                request.answer.set_result(looks.get(request.arn, Look()))


class LogReads:
    """Reads log streams for all who wait for one, at one pace."""

    def __init__(self, logs: SharedClient) -> None:
        self._logs = logs
        self._pace = Pace(LOG_READS_A_SECOND)

    def queue(self) -> float:
        """Seconds that a read would wait now."""
        return self._pace.queue()

    async def read(self, group: str, stream: str, token: str | None, lines: int) -> dict[str, Any]:
        """The next page, ``{events, nextForwardToken}``, of so many lines at most. Raises what boto3 raises."""
        position = {"nextToken": token} if token else {}
        return await self._read(logGroupName=group, logStreamName=stream, startFromHead=True, limit=lines, **position)

    async def read_end(self, group: str, stream: str, lines: int) -> dict[str, Any]:
        """The same of the last lines."""
        return await self._read(logGroupName=group, logStreamName=stream, startFromHead=False, limit=lines)

    async def _read(self, **request: Any) -> dict[str, Any]:
        await self._pace.wait()
        try:
            return await self._logs.call("get_log_events", **request)
        except Exception as error:
            if error_code(error) in _THROTTLED:
                self._pace.rest(pause_after(1))
            raise


_SHARED: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Any, Any]] = weakref.WeakKeyDictionary()


def shared(key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """What all in this event loop share under that key; made by the first who asks."""
    things = _SHARED.setdefault(asyncio.get_running_loop(), {})
    name = repr(key)
    if name not in things:
        things[name] = make()
    return things[name]


async def in_turns(do: Callable[[Thing], object], things: Iterable[Thing]) -> None:
    """Does something with each thing. All who do so in this event loop take turns, one at a time, and between two of
    them everybody else has one.
    """
    turn = shared(("turn",), asyncio.Lock)
    left = deque(things)
    while left:
        async with turn:
            until = time.monotonic() + TURN_SECONDS
            do(left.popleft())
            while left and time.monotonic() < until:
                do(left.popleft())
            await asyncio.sleep(0)


async def close_shared() -> None:
    """Closes the clients of this event loop, before it ends."""
    for thing in _SHARED.pop(asyncio.get_running_loop(), {}).values():
        if isinstance(thing, SharedClient):
            await thing.close()
