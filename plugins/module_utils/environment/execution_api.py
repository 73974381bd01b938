# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where running tasks ask the task execution API. It is on a port of its own of the api-server's tasks, which Airflow's
own security group alone reaches, by plain HTTP, below the path of the base URL. Whoever gives another URL than that of
the api-server's private name has another way there, as a DNS name of their own.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from . import names
from .security_groups import EXECUTION_API_PORT

_DOMAIN = "farflow.internal"
#: As AWS calls load balancers: <name>-<id>.elb.<region>.amazonaws.com
_LOAD_BALANCER = ".elb."


def path(base_url: str | None) -> str:
    """The path at which Airflow serves it."""
    return urlsplit(base_url or "").path.rstrip("/") + "/execution/"


def default(environment: str, base_url: str | None) -> str:
    """Its URL by the api-server's private name."""
    host = names.api_server({"farflow_environment": environment})
    return f"http://{host}:{EXECUTION_API_PORT}{path(base_url)}"


def problem(url: str, environment: str, base_url: str | None) -> str:
    """Why it can't be there; empty where it can."""
    found, host = urlsplit(url), urlsplit(url).hostname or ""
    private = names.api_server({"farflow_environment": environment})
    if host != private and (why := _elsewhere(host, environment, base_url)):
        return why
    if found.port == EXECUTION_API_PORT and found.scheme == "https":
        return f"and port {EXECUTION_API_PORT} speaks plain HTTP"
    if host == private and (found.scheme, found.port) != ("http", EXECUTION_API_PORT):
        return f"and {private} has it by plain HTTP on port {EXECUTION_API_PORT} alone"
    return _other_path(found, base_url)


def _elsewhere(host: str, environment: str, base_url: str | None) -> str:
    """Why a host is not the api-server."""
    balancer = names.load_balancer({"farflow_environment": environment})
    if host == urlsplit(base_url or "").hostname:
        return "whose host is that of airflow_service_base_url, where the load balancer does not lead to it"
    if host.startswith(f"{balancer}-") and _LOAD_BALANCER in host:
        return "whose host is the load balancer, which does not lead to it"
    if host == _DOMAIN or host.endswith(f".{_DOMAIN}"):
        return f"whose host is not the api-server of environment {environment!r}"
    if _is_of_machine(host):
        return "whose host is each container itself"
    return ""


def _is_of_machine(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified or address.is_link_local


def _other_path(found: SplitResult, base_url: str | None) -> str:
    below = f"the path of airflow_service_base_url, {base_url!r}" if base_url else "no other path"
    return "" if found.path == path(base_url) else f"and Airflow serves it at {path(base_url)}, below {below}"
