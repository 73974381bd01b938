# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWX by its REST API. The same environment variables as of its own command line say where it is, and who asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, Request, build_opener

from ..module_utils.core.errors import FarflowError
from . import awx_access
from .awx_access import WHERE, WHO

Object = dict[str, Any]

_CERTIFICATE = (
    "When its certificate is of your own authority, SSL_CERT_FILE names that; CONTROLLER_VERIFY_SSL=false checks none"
)
_SECONDS = 60
_PAGE = 200


class Client:
    """What is asked of AWX, and what it answers. Paths are the API's own, such as ``/api/v2/me/``, or below it: ``me``.

    What was read is read once: ``forget`` before it has to be read anew.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises FarflowError when the environment does not say where AWX is, or who asks, and when no AWX is there."""
        self.host = awx_access.host(environment)
        self._headers = {**awx_access.who(environment), "Content-Type": "application/json"}
        # One for all requests: to read the system's certificates takes longer than a request.
        self._opener = build_opener(HTTPSHandler(context=awx_access.tls(environment)))
        self._read: dict[str, Any] = {}
        self._root = self._find_root()

    def get(self, path: str, **query: Any) -> Any:
        """An object, or one page of a list."""
        url = self._url(path) + (f"?{urlencode(query)}" if query else "")
        if url not in self._read:
            self._read[url] = self._call("GET", url)
        return self._read[url]

    def all(self, path: str, **query: Any) -> list[Object]:
        """Every object of a list."""
        page = self.get(path, page_size=_PAGE, **query)
        found = list(page["results"])
        while page.get("next"):
            page = self.get(page["next"])
            found += page["results"]
        return found

    def text(self, path: str, **query: Any) -> str:
        """What AWX answers as plain text."""
        return str(self._call("GET", f"{self._url(path)}?{urlencode(query)}", as_text=True))

    def may_post(self, path: str) -> bool:
        """Whether the user may make such an object at all."""
        url = self._url(path)
        if f"OPTIONS {url}" not in self._read:
            self._read[f"OPTIONS {url}"] = self._call("OPTIONS", url)
        return "POST" in self._read[f"OPTIONS {url}"].get("actions", {})

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", self._url(path), body)

    def patch(self, path: str, body: Any) -> Any:
        return self._call("PATCH", self._url(path), body)

    def delete(self, path: str) -> None:
        self._call("DELETE", self._url(path))

    def forget(self) -> None:
        """What was read is read anew."""
        self._read.clear()

    def page_of(self, path: str) -> str:
        """The URL of an object for a person who has AWX's API open."""
        return self._url(path)

    def _find_root(self) -> str:
        """Of AWX it is /api/v2/; a gateway of Ansible Automation Platform has it below /api/controller/."""
        found = self._call("GET", f"{self.host}/api/")
        if "controller" in found.get("apis", {}):
            found = self._call("GET", self.host + found["apis"]["controller"])
        if "current_version" not in found:
            raise FarflowError(f"{self.host}/api/ is not AWX's: it names no current_version; {WHERE}")
        return str(found["current_version"])

    def _url(self, path: str) -> str:
        return f"{self.host}{path}" if path.startswith("/") else f"{self.host}{self._root}{path}/"

    def _call(self, method: str, url: str, body: Any = None, as_text: bool = False) -> Any:
        data = None if body is None else json.dumps(body).encode()
        try:
            request = Request(url, data, self._headers, method=method)
            with self._opener.open(request, timeout=_SECONDS) as answer:
                said = answer.read().decode()
        except HTTPError as error:
            raise _refused(method, url, error) from error
        except (URLError, OSError, ValueError) as error:
            raise FarflowError(f"{method} {url}: {error}; {WHERE}. {_CERTIFICATE}") from error
        if as_text or not said:
            return said
        try:
            return json.loads(said)
        except ValueError as error:
            raise FarflowError(f"{method} {url} answers with no JSON: is it AWX's? {WHERE}") from error


def _refused(method: str, url: str, error: HTTPError) -> FarflowError:
    said = error.read().decode(errors="replace")
    try:
        words = _sentence(json.loads(said))
    except ValueError:
        words = said.strip()[:300] or str(error.reason)
    if error.code == 401:
        return FarflowError(f"AWX does not know who asks: {words} {WHO}")
    return FarflowError(f"{method} {url}: {error.code}: {words}")


def _sentence(said: Any) -> str:
    """An answer of AWX, such as ``{"playbook": ["Playbook not found for project."]}``, as a person reads it."""
    if isinstance(said, dict):
        named = [(name, _sentence(value)) for name, value in said.items()]
        return "; ".join(text if name in ("detail", "error", "__all__") else f"{name}: {text}" for name, text in named)
    return ", ".join(map(_sentence, said)) if isinstance(said, list) else str(said)
