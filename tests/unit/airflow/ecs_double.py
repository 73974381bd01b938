"""What a worker talks to on ECS, as one HTTP server: the agent's protection and metadata, and DescribeServices.

with EcsDouble() as ecs:
    ecs.variables       # what a container of a worker gets, to reach it
    ecs.refusal = "DEPLOYMENT_BLOCKED"
    ecs.replace()       # a newer deployment has taken over
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TASK_DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/lab-worker"
TASK = "arn:aws:ecs:eu-west-1:123456789012:task/lab/0123456789abcdef"
STARTED = 1_700_000_000


def deployment(revision, status="PRIMARY", running=1, desired=1, created=STARTED - 60):
    return {
        "id": f"ecs-svc/{revision}",
        "status": status,
        "taskDefinition": f"{TASK_DEFINITION}:{revision}",
        "runningCount": running,
        "desiredCount": desired,
        "createdAt": created,
    }


class EcsDouble:
    """Revision 7 runs until `replace` is called."""

    def __init__(self):
        self.protected = False
        self.wishes = []  # (seconds since the start, protected, minutes)
        self.refusal = None
        self.described = 0
        self.deployments = [deployment(7)]
        self._begun = time.monotonic()
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                self._send(double._protect(self.path, self._body()))

            def do_GET(self):
                self._send(double._metadata() if self.path == "/v4/task" else (404, {}))

            def do_POST(self):
                self._send(double._describe(self.headers["X-Amz-Target"], self._body()))

            def _body(self):
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def _send(self, answer):
                status, body = answer
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_unused):
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_unused):
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def variables(self):
        return {
            "ECS_AGENT_URI": f"{self.url}/api/x",
            "ECS_CONTAINER_METADATA_URI_V4": f"{self.url}/v4",
            "AWS_ENDPOINT_URL_ECS": self.url,
            "FARFLOW_CLUSTER": "lab",
            "FARFLOW_WORKER_SERVICE": "lab-worker",
        }

    def replace(self, running=1, desired=1):
        self.deployments = [deployment(8, running=running, desired=desired), deployment(7, "ACTIVE", desired=0)]

    def roll_back(self):
        self.deployments = [deployment(7), deployment(8, "ACTIVE", running=0, desired=0)]

    def _protect(self, path, wish):
        if path != "/api/x/task-protection/v1/state":
            return 404, {
                "error": {"Code": "ResourceNotFoundException", "Message": "Invalid request: no task was found"}
            }
        self.wishes.append((time.monotonic() - self._begun, wish["ProtectionEnabled"], wish.get("ExpiresInMinutes")))
        if self.refusal:
            return 200, {"failure": {"Arn": TASK, "Reason": self.refusal}}
        self.protected = wish["ProtectionEnabled"]
        until = "2026-12-01T14:00:00Z" if self.protected else None
        return 200, {"protection": {"ProtectionEnabled": self.protected, "ExpirationDate": until, "TaskArn": TASK}}

    def _metadata(self):
        started = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(STARTED)) + ".053330955Z"
        return 200, {"Family": "lab-worker", "Revision": "7", "TaskARN": TASK, "PullStartedAt": started}

    def _describe(self, target, request):
        assert target.endswith(".DescribeServices") and request == {"cluster": "lab", "services": ["lab-worker"]}
        self.described += 1
        return 200, {"services": [{"serviceName": "lab-worker", "deployments": self.deployments}], "failures": []}
