# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where AWX is, who asks, and whether its certificate is checked: by the environment variables of its command line.

What may be a secret is in no message.
"""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit

from ansible.module_utils.common.validation import check_type_bool

from ..module_utils.engine.errors import FarflowError

#: What helps when AWX is not found, and when it does not know who asks.
WHERE = "set CONTROLLER_HOST to AWX's URL, such as https://awx.example.com"
WHO = "set CONTROLLER_OAUTH_TOKEN, or CONTROLLER_USERNAME and CONTROLLER_PASSWORD"

_TOKEN = re.compile(r"[!-~]([ -~]*[!-~])?")


def host(environment: Mapping[str, str]) -> str:
    """AWX's URL, without a slash at its end. Raises FarflowError when it is none, or has a user or password in it."""
    given = environment.get("CONTROLLER_HOST", "").rstrip("/")
    if not given:
        raise FarflowError(f"CONTROLLER_HOST: is not given; {WHERE}")
    if "@" in given:
        raise FarflowError(f"CONTROLLER_HOST: is not shown, as it has a user or password in it; {WHERE}, and {WHO}")
    if not _is_host(given):
        raise FarflowError(f"CONTROLLER_HOST: is {given!r}, which is no URL of AWX; {WHERE}")
    return given


def _is_host(given: str) -> bool:
    if not given.isprintable() or " " in given:
        return False
    try:
        parts = urlsplit(given)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        return False
    return bool(known) and not parts.query and not parts.fragment


def who(environment: Mapping[str, str]) -> dict[str, str]:
    """The header that says who asks."""
    token = environment.get("CONTROLLER_OAUTH_TOKEN")
    if token:
        if not _TOKEN.fullmatch(token):
            raise FarflowError(
                "CONTROLLER_OAUTH_TOKEN: is not shown, allowed: letters, digits and signs; "
                "it has a line break, a space at an end or another character that no token has"
            )
        return {"Authorization": f"Bearer {token}"}
    user, password = (environment.get(f"CONTROLLER_{name}") for name in ("USERNAME", "PASSWORD"))
    if not user or not password:
        raise FarflowError(f"nothing says who asks AWX: {WHO}")
    if ":" in user:
        raise FarflowError("CONTROLLER_USERNAME: is not shown, allowed: a name without a colon")
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def tls(environment: Mapping[str, str]) -> ssl.SSLContext:
    """How AWX's certificate is checked."""
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
