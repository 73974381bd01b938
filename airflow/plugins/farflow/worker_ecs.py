# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a worker asks of ECS: that its task is protected, and whether a deploy has replaced it.

Sources: "Amazon ECS task scale-in protection endpoint" and "Amazon ECS task metadata endpoint version 4" in the
developer guide of Amazon ECS, DescribeServices in its reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

#: Of one call to the container agent, which is on the same machine; it asks ECS.
TIMEOUT = 4.0
_MOST_MINUTES = 2880


class NotGranted(Exception):
    """ECS has not changed the protection; the text says why."""


@dataclass(frozen=True)
class OwnTask:
    """The task that this container belongs to: ``family:revision`` of its definition, and since when it exists; None
    where the agent does not tell.
    """

    definition: str
    since: datetime | None = None


def set_protection(agent_uri: str, protected: bool, seconds: float = 0.0) -> str | None:
    """Set the protection of this task, for so many seconds; what it had before is replaced. Returns until when, as ECS
    writes it.

    Raises: NotGranted, also where the agent does not answer
    """
    wish: dict[str, Any] = {"ProtectionEnabled": protected}
    if protected:
        wish["ExpiresInMinutes"] = min(max(int(seconds // 60), 1), _MOST_MINUTES)
    request = Request(
        f"{agent_uri.rstrip('/')}/task-protection/v1/state",
        data=json.dumps(wish).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    answer = _answer(request)
    granted = answer.get("protection")
    if isinstance(granted, dict) and granted.get("ProtectionEnabled") is protected:
        return granted.get("ExpirationDate")
    raise NotGranted(_why(answer))


def _answer(request: Request) -> Mapping[str, Any]:
    try:
        try:
            with urlopen(request, timeout=TIMEOUT) as response:
                body = response.read()
        except HTTPError as error:  # it has a body all the same, which says why
            with error:
                body = error.read() or str(error).encode()
    except OSError as error:
        raise NotGranted(f"the container agent does not answer: {error}") from error
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise NotGranted(body.decode(errors="replace")[:200])
    return answer


def _why(answer: Mapping[str, Any]) -> str:
    """A refusal is a `failure` with a reason, or an `error` with a code."""
    for name in ("failure", "error"):
        told = answer.get(name)
        if isinstance(told, dict):
            words = [told.get(key) for key in ("Reason", "Code", "Detail", "Message")]
            return ": ".join(str(word) for word in words if word) or name
    return json.dumps(answer)[:200]


def own_task(metadata_uri: str) -> OwnTask:
    """Which task this is.

    Raises: OSError, ValueError, KeyError
    """
    with urlopen(f"{metadata_uri.rstrip('/')}/task", timeout=TIMEOUT) as response:
        told = json.load(response)
    times = [told.get("PullStartedAt"), *(each.get("CreatedAt") for each in told.get("Containers") or [])]
    known = [datetime.fromisoformat(time) for time in times if time]
    return OwnTask(f"{told['Family']}:{told['Revision']}", min(known) if known else None)


def is_replaced(service: Mapping[str, Any], own: OwnTask) -> bool | None:
    """Whether a newer deployment of a service, a member of DescribeServices' answer, has taken over from this task:
    another one is the service's own now, and has all of its tasks. None where another one is, and has not. A service
    that shall have no tasks any more, as that of a pool that is to go, needs none to take over.

    A deployment is another one by its task definition; with the same one, as when only secrets have changed, by its
    having begun after this task.
    """
    if service.get("desiredCount") == 0:
        return True
    primary = next((each for each in service.get("deployments") or [] if each.get("status") == "PRIMARY"), None)
    if primary is None:
        return None
    began = primary.get("createdAt")
    is_later = own.since is not None and isinstance(began, datetime) and began > own.since
    if str(primary.get("taskDefinition", "")).rpartition("/")[2] == own.definition and not is_later:
        return False
    return True if primary.get("runningCount", 0) >= primary.get("desiredCount", 0) else None


class Service:
    """The ECS service of this worker."""

    def __init__(self, cluster: str, name: str, metadata_uri: str) -> None:
        self._cluster, self._name, self._metadata_uri = cluster, name, metadata_uri
        self._own: OwnTask | None = None
        self._ecs: Any = None

    def has_replaced_this(self) -> bool | None:
        """See is_replaced. Raises what the calls raise."""
        if self._own is None:
            self._own = own_task(self._metadata_uri)
        services = self._client().describe_services(cluster=self._cluster, services=[self._name])["services"]
        return is_replaced(services[0], self._own) if services else None

    def _client(self) -> Any:
        if self._ecs is None:
            import boto3
            from botocore.config import Config

            # Short, and once: it is asked again soon, and the protection waits meanwhile.
            once = Config(connect_timeout=3, read_timeout=4, retries={"total_max_attempts": 1})
            self._ecs = boto3.client("ecs", config=once)
        return self._ecs
