# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWX by its REST API. The same environment variables as of its own command line say where it is, and who asks."""

from __future__ import annotations

import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, Request, build_opener

from ansible.module_utils.common.validation import check_type_bool

from ..module_utils.core.errors import FarflowError

Object = dict[str, Any]

_WHERE = "set CONTROLLER_HOST to AWX's URL, such as https://awx.example.com"
_WHO = "set CONTROLLER_OAUTH_TOKEN, or CONTROLLER_USERNAME and CONTROLLER_PASSWORD"
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
        """Raises FarflowError when the environment does not say where AWX is, or who asks."""
        self.host = environment.get("CONTROLLER_HOST", "").rstrip("/")
        if not self.host:
            raise FarflowError(f"CONTROLLER_HOST: is not given; {_WHERE}")
        if not self.host.startswith(("https://", "http://")):
            raise FarflowError(f"CONTROLLER_HOST: is {self.host!r}, which is no URL; {_WHERE}")
        self._headers = {**_who(environment), "Content-Type": "application/json"}
        # One for all requests: to read the system's certificates takes longer than a request.
        self._opener = build_opener(HTTPSHandler(context=_tls(environment)))
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
            raise FarflowError(f"{self.host}/api/ is not AWX's: it names no current_version; {_WHERE}")
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
            raise FarflowError(f"{method} {url}: {error}; {_WHERE}. {_CERTIFICATE}") from error
        if as_text or not said:
            return said
        try:
            return json.loads(said)
        except ValueError as error:
            raise FarflowError(f"{method} {url} answers with no JSON: is it AWX's? {_WHERE}") from error


def _who(environment: Mapping[str, str]) -> dict[str, str]:
    """The header that says who asks."""
    token = environment.get("CONTROLLER_OAUTH_TOKEN")
    if token:
        return {"Authorization": f"Bearer {token}"}
    user, password = (environment.get(f"CONTROLLER_{name}") for name in ("USERNAME", "PASSWORD"))
    if not user or not password:
        raise FarflowError(f"nothing says who asks AWX: {_WHO}")
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def _tls(environment: Mapping[str, str]) -> ssl.SSLContext:
    given = environment.get("CONTROLLER_VERIFY_SSL") or "true"
    try:
        verifies = check_type_bool(given)
    except TypeError as error:
        raise FarflowError(f"CONTROLLER_VERIFY_SSL: is {given!r}, allowed: true or false") from error
    context = ssl.create_default_context()
    if not verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refused(method: str, url: str, error: HTTPError) -> FarflowError:
    said = error.read().decode(errors="replace")
    try:
        words = _sentence(json.loads(said))
    except ValueError:
        words = said.strip()[:300] or str(error.reason)
    if error.code == 401:
        return FarflowError(f"AWX does not know who asks: {words} {_WHO}")
    return FarflowError(f"{method} {url}: {error.code}: {words}")


def _sentence(said: Any) -> str:
    """An answer of AWX, such as ``{"playbook": ["Playbook not found for project."]}``, as a person reads it."""
    if isinstance(said, dict):
        named = [(name, _sentence(value)) for name, value in said.items()]
        return "; ".join(text if name in ("detail", "error", "__all__") else f"{name}: {text}" for name, text in named)
    return ", ".join(map(_sentence, said)) if isinstance(said, list) else str(said)
