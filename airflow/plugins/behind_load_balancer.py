# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# contract=2 (see entrypoint.sh)

"""What people and clients reach through the load balancer, which hands on plain HTTP and adds no header.

Airflow adds a plugin's middlewares to its core apps alone: the task execution API, on a port of its own, has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ENCRYPTED = {"http": "https", "websocket": "wss"}
_WITH_COOKIES = ("http.response.start", "websocket.accept")


class Encrypted:
    """Requests have come by TLS, whatever is heard here: redirects lead to https://, and every cookie is Secure."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secure(message: Message) -> None:
            if message["type"] in _WITH_COOKIES:
                message = {**message, "headers": [_secure(*header) for header in message.get("headers", ())]}
            await send(message)

        if scope["type"] in _ENCRYPTED:
            # In place: Airflow's own middlewares, which are around this one, look at it when they set cookies.
            scope["scheme"] = _ENCRYPTED[scope["type"]]
        await self.app(scope, receive, send_secure)


class WithoutExecutionApi:
    """The task execution API is not here. Without this, the user interface's page would be the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if path == "/execution" or path.startswith("/execution/"):
            response = JSONResponse({"detail": "The task execution API has another port"}, status_code=404)
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _secure(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    attributes = [attribute.strip().lower() for attribute in value.split(b";")[1:]]
    if name.lower() != b"set-cookie" or b"secure" in attributes:
        return name, value
    return name, value + b"; Secure"


class BehindLoadBalancer(AirflowPlugin):
    name = "behind_load_balancer"
    fastapi_root_middlewares = [{"name": "without_execution_api", "middleware": WithoutExecutionApi}]
    if conf.get("api", "base_url", fallback="").startswith("https://"):
        fastapi_root_middlewares.append({"name": "encrypted", "middleware": Encrypted})
