"""Airflow's REST API, as far as the demo and the tests need it. Standard library only."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_FINISHED = {"success", "failed"}


@dataclass
class Airflow:
    """An Airflow behind a URL. A host below `.localhost` is reached at the address `via`, whatever a resolver says."""

    url: str
    username: str
    password: str
    via: str | None = None
    _token: str | None = None

    def dag_run(self, dag_id: str, limit: float = 300) -> dict[str, Any]:
        """Triggers a DAG, waits until its run has ended and returns the run."""
        return self.until_ended(self.start(dag_id, limit), limit)

    def start(self, dag_id: str, limit: float = 300) -> dict[str, Any]:
        """Triggers a DAG; the run."""
        self._until_known(dag_id, time.monotonic() + limit)
        run: dict[str, Any] = self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})
        return run

    def until_ended(self, run: dict[str, Any], limit: float = 300) -> dict[str, Any]:
        """Waits until a run has ended; the run."""
        end, dag_id = time.monotonic() + limit, run["dag_id"]
        while run["state"] not in _FINISHED:
            if time.monotonic() > end:
                raise TimeoutError(f"run {run['dag_run_id']} of DAG {dag_id} is {run['state']} after {limit:g} s")
            time.sleep(1)
            run = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}")
        return run

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run, in the order in which they started."""
        found = self.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return sorted(found, key=lambda each: each["start_date"] or "~")

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """The log of one attempt of a task, as text."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        content = self.call("GET", path)["content"]
        return "\n".join(line["event"] if isinstance(line, dict) else str(line) for line in content)

    def until_dag_has(self, dag_id: str, task_id: str, limit: float = 120) -> None:
        """Waits until the dag-processor has read a version of the DAG that has the task."""
        end = time.monotonic() + limit
        while task_id not in {task["task_id"] for task in self.call("GET", f"/api/v2/dags/{dag_id}/tasks")["tasks"]}:
            if time.monotonic() > end:
                raise TimeoutError(f"DAG {dag_id} has no task {task_id} after {limit:g} s")
            time.sleep(1)

    def until_dag_says(self, dag_id: str, words: str, limit: float = 120) -> float:
        """Waits until the dag-processor has read a version of the DAG whose documentation is these words; the seconds
        that it took.
        """
        begun = time.monotonic()
        while self._doc_of(dag_id) != words:
            if time.monotonic() - begun > limit:
                raise TimeoutError(f"DAG {dag_id} says {self._doc_of(dag_id)!r}, not {words!r}, after {limit:g} s")
            time.sleep(0.5)
        return time.monotonic() - begun

    def _doc_of(self, dag_id: str) -> str | None:
        try:
            found: str | None = self.call("GET", f"/api/v2/dags/{dag_id}/details")["doc_md"]
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return None
        return found

    def until_gone(self, dag_id: str, limit: float = 120) -> None:
        """Waits until Airflow knows that a DAG's file is gone."""
        end = time.monotonic() + limit
        while not self.call("GET", f"/api/v2/dags/{dag_id}")["is_stale"]:
            if time.monotonic() > end:
                raise TimeoutError(f"DAG {dag_id} is still there after {limit:g} s")
            time.sleep(1)

    def until_task(self, dag_id: str, run_id: str, task_id: str, states: set[str], limit: float = 120) -> None:
        """Waits until a task of a run is in one of the states."""
        end = time.monotonic() + limit
        while (
            found := {one["task_id"]: one["state"] for one in self.task_instances(dag_id, run_id)}[task_id]
        ) not in states:
            if time.monotonic() > end:
                raise TimeoutError(f"task {task_id} of run {run_id} is {found} after {limit:g} s")
            time.sleep(1)

    def until_known(self, dag_id: str, limit: float = 120) -> None:
        """Waits until the dag-processor has told the api-server of the DAG, and lets it run."""
        self._until_known(dag_id, time.monotonic() + limit)

    def _until_known(self, dag_id: str, end: float) -> None:
        while True:
            try:
                self.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
                return
            except urllib.error.HTTPError as error:
                if error.code != 404 or time.monotonic() > end:
                    raise
                time.sleep(1)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call of the API, signed in."""
        if self._token is None:
            credentials = {"username": self.username, "password": self.password}
            self._token = self._send("POST", "/auth/token", credentials, {})["access_token"]
        return self._send(method, path, body, {"Authorization": f"Bearer {self._token}"})

    def _send(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        address = urlsplit(self.url)
        url = f"{self.url}{path}"
        headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        if self.via and address.hostname and address.hostname.endswith(".localhost"):
            url = url.replace(address.netloc, self.via, 1)
            headers["Host"] = address.netloc
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")
