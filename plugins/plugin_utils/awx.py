# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWX by its REST API. The same environment variables as of its own command line say where it is, and who asks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.waiting import Clock
from . import awx_access
from .awx_access import WHERE
from .awx_answers import TOO_MANY, UNREACHED, Refused, broken, odd, refused

Object = dict[str, Any]

_SECONDS = 60
_PAGE = 200
_PAUSES = (1.0, 2.0, 4.0, 8.0)
_LONGEST_PAUSE = 30.0


class Client:
    """What is asked of AWX, and what it answers. Paths are the API's own, such as ``/api/v2/me/``, or below it: ``me``.

    What was read is read once: ``forget`` before it has to be read anew.
    """

    def __init__(self, environment: Mapping[str, str], clock: Clock = time) -> None:
        """Raises FarflowError when the environment does not say where AWX is, or who asks, and when no AWX is there."""
        self.host = awx_access.host(environment)
        self._headers = {**awx_access.who(environment), "Content-Type": "application/json"}
        # One for all requests: to read the system's certificates takes longer than a request.
        self._opener = build_opener(HTTPSHandler(context=awx_access.tls(environment)), _Stays())
        self._clock = clock
        self._read: dict[str, Any] = {}
        self._root = ""
        self._root = self._find_root()

    def get(self, path: str, **query: Any) -> Object:
        """An object, or one page of a list."""
        found = self._get(path, **query)
        if not isinstance(found, dict):
            raise odd("GET", self._url(path), "no object")
        return found

    def texts(self, path: str) -> list[str]:
        """What is a list of texts and has no pages."""
        found = self._get(path)
        if not isinstance(found, list):
            raise odd("GET", self._url(path), "no list")
        return found

    def _get(self, path: str, **query: Any) -> Any:
        url = self._url(path) + (f"?{urlencode(query)}" if query else "")
        if url not in self._read:
            self._read[url] = self._call("GET", url)
        return self._read[url]

    def all(self, path: str, **query: Any) -> list[Object]:
        """Every object of a list."""
        page = self._page(path, page_size=_PAGE, **query)
        found = list(page["results"])
        while page.get("next"):
            page = self._page(page["next"])
            found += page["results"]
        return found

    def _page(self, path: str, **query: Any) -> Object:
        page = self._get(path, **query)
        if not isinstance(page, dict) or not isinstance(page.get("results"), list):
            raise odd("GET", self._url(path), "no list")
        return page

    def text(self, path: str, **query: Any) -> str:
        """What AWX answers as plain text."""
        return str(self._call("GET", f"{self._url(path)}?{urlencode(query)}", as_text=True))

    def may_write(self) -> bool:
        """Whether AWX lets this token change anything.

        Nothing says which scope a token has. But whoever may write, without any right even, finds that credentials can
        be made.
        """
        actions = self._call("OPTIONS", self._url("credentials")).get("actions")
        return not isinstance(actions, dict) or "POST" in actions

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", self._url(path), body)

    def make(self, path: str, body: Any) -> Object:
        """A new object."""
        made = self.post(path, body)
        if not isinstance(made, dict) or not {"id", "url"} <= made.keys():
            raise odd("POST", self._url(path), "no object")
        return made

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
        found = self._described("/api/")
        apis = found.get("apis")
        if isinstance(apis, dict) and "controller" in apis:
            found = self._described(str(apis["controller"]))
        root = found.get("current_version")
        if not isinstance(root, str):
            raise FarflowError(f"{self.host}/api/ is not AWX's: it names no current_version; {WHERE}")
        return root

    def _described(self, path: str) -> Object:
        """What a page of the API says of itself; nothing when that is not AWX's."""
        try:
            found = self._call("GET", self.host + path)
        except Refused as error:
            if error.status != 404:
                raise
            found = None
        return found if isinstance(found, dict) else {}

    def _url(self, path: str) -> str:
        return f"{self.host}{path}" if path.startswith("/") else f"{self.host}{self._root}{path}/"

    def _call(self, method: str, url: str, body: Any = None, as_text: bool = False) -> Any:
        said = self._ask(method, url, None if body is None else json.dumps(body).encode()).decode(errors="replace")
        if as_text or not said:
            return said
        try:
            return json.loads(said)
        except ValueError as error:
            raise odd(method, url, "no JSON") from error

    def _ask(self, method: str, url: str, data: bytes | None) -> bytes:
        """What is answered. What passes by itself, such as a restart of AWX, is waited for."""
        for pause in (*_PAUSES, None):
            try:
                request = Request(url, data, self._headers, method=method)
                with self._opener.open(request, timeout=_SECONDS) as answer:
                    return bytes(answer.read())
            except HTTPError as error:
                if method == "DELETE" and error.code == 404 and pause != _PAUSES[0]:
                    return b""  # a try before has removed it
                if pause is None or not _passes(method, error.code):
                    raise refused(method, url, error) from error
                self._clock.sleep(_pause(error, pause))
            except (OSError, HTTPException, ValueError) as error:
                raise broken(method, url, error, bool(self._root)) from error
        raise AssertionError("the last try answers or raises")


class _Stays(HTTPRedirectHandler):
    """Follows no redirect: that would take the token along, and make a GET of a POST."""

    def redirect_request(self, *_unused: Any) -> None:
        return None


def _passes(method: str, status: int) -> bool:
    """Whether to try again. A POST that a proxy got no answer to may have been done, so it is not done twice."""
    return status == TOO_MANY or (status in UNREACHED and method != "POST")


def _pause(error: HTTPError, otherwise: float) -> float:
    """The seconds until the next try: what the answer asks for, up to a limit."""
    asked = str(error.headers.get("Retry-After") or "")
    return min(float(asked), _LONGEST_PAUSE) if asked.isdecimal() else otherwise
