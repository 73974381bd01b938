# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who is calling."""

from __future__ import annotations

from .clients import Clients, doing


def caller(clients: Clients) -> tuple[str, str]:
    """The account's id and the partition (``aws``, ``aws-cn``, ``aws-us-gov``) of the credentials in use."""
    with doing("find out", "the identity of the credentials"):
        identity = clients("sts").get_caller_identity()
    return str(identity["Account"]), str(identity["Arn"]).split(":")[1]


def arn(clients: Clients) -> str:
    """The ARN of whoever the credentials are of."""
    with doing("find out", "the identity of the credentials"):
        return str(clients("sts").get_caller_identity()["Arn"])
