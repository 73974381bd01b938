# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clients from the common AWS arguments, where no AnsibleAWSModule makes them. They are botocore's own: boto3's are the
same, and to import it costs as much as ten calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.compat.version import LooseVersion

from .errors import FarflowError

#: The first that knows every argument that is sent: ModifyDBInstance's EngineLifecycleSupport came last.
OLDEST_BOTOCORE = "1.43.49"

try:
    import botocore.session
    from botocore.config import Config
except ImportError:  # _session() says so
    botocore = Config = None


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
        return session.create_client(service, **options, config=config.merge(own))

    return make


def _config(options: Mapping[str, Any]) -> Any:
    try:
        return Config(**options)
    except TypeError as error:
        raise FarflowError(f"aws_config: {error}") from error


def profiles() -> list[str]:
    """The profiles in the AWS configuration of this machine and user."""
    return list(_session().available_profiles)


def regions() -> list[str]:
    """The regions that the botocore here knows, of all partitions, without asking AWS."""
    known = _session().get_component("data_loader").load_data("partitions")["partitions"]
    return sorted(region for each in known for region in each["regions"] if not region.endswith("-global"))


def _session(**arguments: Any) -> Any:
    if botocore is None:
        raise FarflowError(missing_required_lib("botocore"))
    if LooseVersion(botocore.__version__) < LooseVersion(OLDEST_BOTOCORE):
        raise FarflowError(
            f"botocore {botocore.__version__} is installed, allowed: {OLDEST_BOTOCORE} or newer; "
            "pip install --upgrade boto3"
        )
    return botocore.session.Session(**arguments)
