# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clients from the common AWS arguments, where no AnsibleAWSModule makes them. They are botocore's own: boto3's are the
same, and to import it costs as much as ten calls.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.compat.version import LooseVersion

from .errors import FarflowError

#: The first that knows every argument that is sent: ModifyDBInstance's EngineLifecycleSupport came last.
OLDEST_BOTOCORE = "1.43.49"

#: What a client reads of its service, and of all.
_OF_A_SERVICE = ("service-2", "endpoint-rule-set-1", "paginators-1")
_OF_ALL = ("endpoints", "partitions", "sdk-default-configuration", "_retry")

try:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
    from botocore.loaders import create_loader
except ImportError:  # _session() says so
    botocore = Config = create_loader = None
    BotoCoreError = Exception


def client_factory(arguments: Mapping[str, Any]) -> Callable[..., Any]:
    """``make(service, config=...)`` for the arguments ``region``, ``profile``, ``access_key``, ``secret_key``,
    ``session_token``, ``endpoint_url``, ``validate_certs``, ``aws_ca_bundle`` and ``aws_config``, which goes before
    ``config``; botocore's own defaults for the rest.
    """
    session = _session(profile=arguments.get("profile"))
    if arguments.get("access_key"):
        keys = (arguments.get(name) for name in ("access_key", "secret_key", "session_token"))
        session.set_credentials(*keys)
    verify = arguments.get("aws_ca_bundle") if arguments.get("validate_certs", True) else False
    options = {"region_name": arguments.get("region"), "endpoint_url": arguments.get("endpoint_url"), "verify": verify}
    own = _config(arguments.get("aws_config") or {})

    def make(service: str, config: Any) -> Any:
        session.register_component("data_loader", _models(session))
        return session.create_client(service, **options, config=config.merge(own))

    return make


def read_models(services: Iterable[str]) -> None:
    """Reads the models of services before there is a client of them, for the processes that are forked from this one.
    What is in the way, such as a profile that there is not, is told when a client is made, and not here.
    """
    with suppress(FarflowError, BotoCoreError):
        loader = _models(_session())
        for name in _OF_ALL:
            loader.load_data(name)
        for service in services:
            for kind in _OF_A_SERVICE:
                loader.load_service_model(service, kind)


def _models(session: Any) -> Any:
    """What reads botocore's models, each once in a process and in those that are forked from it."""
    return _loader(session.get_config_variable("data_path"))


@cache
def _loader(data_path: str | None) -> Any:
    return create_loader(data_path)


def _config(options: Mapping[str, Any]) -> Any:
    try:
        return Config(**options)
    except TypeError as error:
        raise FarflowError(f"aws_config: {error}") from error


def profiles() -> list[str]:
    """The profiles in the AWS configuration of this machine and user."""
    return list(_session().available_profiles)


def regions() -> list[str]:
    """The regions that the botocore here knows, of all partitions, without asking AWS, whatever the profile is."""
    _session()  # which tells of a botocore that is missing or too old
    known = _loader(os.environ.get("AWS_DATA_PATH")).load_data("partitions")["partitions"]
    return sorted(region for each in known for region in each["regions"] if not region.endswith("-global"))


def partition_of(region: str) -> str:
    """The partition of a region that the botocore here knows, without asking AWS; `aws` for another one."""
    try:
        return str(_session().get_partition_for_region(region))
    except BotoCoreError:
        return "aws"


def _session(**arguments: Any) -> Any:
    if botocore is None:
        raise FarflowError(missing_required_lib("botocore"))
    if LooseVersion(botocore.__version__) < LooseVersion(OLDEST_BOTOCORE):
        raise FarflowError(
            f"botocore {botocore.__version__} is installed, allowed: {OLDEST_BOTOCORE} or newer; "
            "pip install --upgrade boto3"
        )
    return botocore.session.Session(**arguments)
