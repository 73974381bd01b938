# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# contract=2 (see entrypoint.sh)

"""The page "Fargate" in Airflow's user interface, under Browse."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

_PREFIX = "/farflow"


def _of_api_server() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The page's application and its menu entry; both are empty in every component but the API server."""
    if "api-server" not in sys.argv:
        return [], []
    from farflow.page import app

    path = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    place = {"name": "Fargate", "url_route": "fargate", "category": "browse", "destination": "nav"}
    return [{"app": app, "url_prefix": _PREFIX, "name": "farflow"}], [{**place, "href": f"{path}{_PREFIX}/"}]


class FargatePage(AirflowPlugin):
    name = "fargate_page"
    fastapi_apps, external_views = _of_api_server()
