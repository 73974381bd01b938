# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWX, or what stands before it, answers in place of what was asked for: in words, with what helps."""

from __future__ import annotations

import json
from http.client import HTTPException, IncompleteRead
from ssl import SSLError
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

from ..module_utils.engine.errors import FarflowError
from .awx_access import WHERE, WHO

#: A proxy's, when AWX behind it did not answer.
UNREACHED = (502, 503, 504)
TOO_MANY = 429
_MOVED = (301, 302, 303, 307, 308)
_GOES_ON = "run it again, it goes on where this ended"
_UNKNOWN = f"Whether AWX has done it is not known; {_GOES_ON}"
_UP = "try again when AWX is up"
_HELPS = {
    400: "AWX does not take that: change the setting that it comes from, or what is in its way in AWX",
    403: "the user lacks a right, such as that of an administrator of the organization, or the token the scope Write",
    404: "somebody may have removed it meanwhile",
    409: "wait until these jobs have ended, or cancel them in AWX",
    TOO_MANY: "what stands before AWX lets no more requests pass for now, try again later",
    500: "AWX's own log says why",
    **dict.fromkeys(UNREACHED, f"what stands before AWX does not reach it, {_UP}"),
}
_READS = ("GET", "OPTIONS")
_CERTIFICATE = (
    "When its certificate is of your own authority, SSL_CERT_FILE names that; CONTROLLER_VERIFY_SSL=false checks none"
)
_LONGEST = 300


class Refused(FarflowError):
    """AWX's answer is an error. ``status`` is its HTTP status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


def refused(method: str, url: str, error: HTTPError) -> Refused:
    """The answer as an error."""
    if error.code in _MOVED:
        return Refused(f"{method} {url}: {error.code}: {_moved(url, error)}", error.code)
    words = _words(error)
    if error.code == 401:
        return Refused(f"AWX does not know who asks: {words} {WHO}", error.code)
    told = "; ".join(filter(None, [words, _HELPS.get(error.code)]))
    if method in ("POST", "PATCH"):
        told += f". {_UNKNOWN}" if error.code >= 500 else f"; {_GOES_ON}"
    return Refused(f"{method} {url}: {error.code}: {told}", error.code)


def odd(method: str, url: str, what: str) -> FarflowError:
    """An answer that is not AWX's."""
    return FarflowError(f"{method} {url} answers with {what}: is it AWX's? {WHERE}{_after(method)}")


def broken(method: str, url: str, error: Exception, known: bool) -> FarflowError:
    """No answer, or one that is none. ``known`` is whether AWX has answered before, so that it is there.

    A ValueError is not told in its own words, since these may have a secret.
    """
    helps = f"AWX has answered before, so it is slow or being restarted; {_UP}" if known else WHERE
    if isinstance(error, OSError):
        why = str(error)
        helps += f". {_CERTIFICATE}" if isinstance(getattr(error, "reason", None), SSLError) else ""
    elif isinstance(error, IncompleteRead):
        why = "the answer is cut off (IncompleteRead)"
    elif isinstance(error, HTTPException):
        why = f"what answers there speaks no HTTP ({type(error).__name__})"
    else:
        why = f"this can't be asked for ({type(error).__name__})"
    return FarflowError(f"{method} {url}: {why}; {helps}{_after(method)}")


def _after(method: str) -> str:
    return "" if method in _READS else f". {_UNKNOWN}"


def _moved(url: str, error: HTTPError) -> str:
    """Where a redirect leads, by scheme and host, and the path where these are the same; without what may be secret."""
    try:
        asked, there = urlsplit(url), urlsplit(urljoin(url, error.headers.get("Location") or ""))
        shown = f"{there.scheme}://{there.netloc.rpartition('@')[2]}"
        shown += there.path if (there.scheme, there.netloc) == (asked.scheme, asked.netloc) else ""
    except ValueError:
        shown = "another place"
    return (
        f"it redirects to {shown}, which is not followed, since what says who asks would go there too; "
        "if that is AWX, set CONTROLLER_HOST to it"
    )


def _words(error: HTTPError) -> str:
    try:
        said = error.read().decode(errors="replace").strip()
    except (OSError, HTTPException):  # the connection ends too early
        said = ""
    try:
        return sentence(json.loads(said))
    except ValueError:
        return str(error.reason) if not said or said.startswith("<") else said[:_LONGEST]


def sentence(said: Any) -> str:
    """An answer of AWX, such as ``{"playbook": ["Playbook not found for project."]}``, as a person reads it."""
    if isinstance(said, dict):
        if set(said) == {"id", "type"}:
            return f"{said['type']} {said['id']}"
        named = [(name, sentence(value)) for name, value in said.items()]
        return "; ".join(text if name in ("detail", "error", "__all__") else f"{name}: {text}" for name, text in named)
    return ", ".join(map(sentence, said)) if isinstance(said, list) else str(said)
