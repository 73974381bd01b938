"""A browser that speaks plain HTTP to what believes to be behind TLS, and shows what it is told."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from .airflow_api import Airflow

_FIELD = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """``cookies`` as they are set, each with its attributes."""

    status: int
    location: str | None
    cookies: list[str]
    text: str


class Browser:
    """Sends the cookies that it was given, Secure ones as well, and says that it came from a page of https://."""

    def __init__(self, airflow: Airflow) -> None:
        self._airflow = airflow
        self._cookies: SimpleCookie = SimpleCookie()
        self.answers: list[Answer] = []

    def open(self, path: str, method: str = "GET", **form: str) -> Answer:
        """``path`` is below the path of Airflow's URL, or with a leading ``//`` below nothing."""
        address = urlsplit(self._airflow.url)
        path = path[1:] if path.startswith("//") else address.path + path
        headers = {
            "Host": address.netloc,
            "Referer": f"https://{address.netloc}{path}",
            "Cookie": "; ".join(f"{name}={each.coded_value}" for name, each in self._cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection = http.client.HTTPConnection(self._airflow.via or address.netloc, timeout=60)
        try:
            connection.request(method, path, urlencode(form), headers)
            response = connection.getresponse()
            cookies = response.headers.get_all("Set-Cookie") or []
            for cookie in cookies:
                self._cookies.load(cookie)
            answer = Answer(response.status, response.headers["Location"], cookies, response.read().decode())
        finally:
            connection.close()
        self.answers.append(answer)
        return answer

    def sign_in(self) -> None:
        """By the form, as a person does."""
        token = _FIELD.search(self.open("/auth/login/").text)
        assert token, self.answers[-1]
        form = {"username": self._airflow.username, "password": self._airflow.password}
        self.open("/auth/login/", "POST", csrf_token=token[1], **form)
