# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""boto3 clients from the common AWS arguments, where no AnsibleAWSModule makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3


def client_factory(arguments: Mapping[str, Any]) -> Callable[..., Any]:
    """``make(service, config=...)`` for the arguments ``region``, ``profile``, ``access_key``, ``secret_key``,
    ``session_token``, ``endpoint_url``, ``validate_certs`` and ``aws_ca_bundle``; boto3's own defaults for the rest.
    """
    session = boto3.Session(
        aws_access_key_id=arguments.get("access_key"),
        aws_secret_access_key=arguments.get("secret_key"),
        aws_session_token=arguments.get("session_token"),
        region_name=arguments.get("region"),
        profile_name=arguments.get("profile"),
    )
    verify = arguments.get("aws_ca_bundle") if arguments.get("validate_certs", True) else False

    def make(service: str, config: Any) -> Any:
        return session.client(service, endpoint_url=arguments.get("endpoint_url"), verify=verify, config=config)

    return make
