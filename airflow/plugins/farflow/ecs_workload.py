# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Airflow hands to a container that runs one of its tasks: the workload, with the token of the task in it.

It stands in the container's command, and who may call ecs:DescribeTasks reads that. So it is encrypted there with
Airflow's Fernet key, which scheduler and container have from Secrets Manager, and which also shows that nobody else has
written it.
"""

from __future__ import annotations

import zlib
from typing import Any


class WorkloadError(ValueError):
    """Why a workload can't be encrypted, or read, as a sentence."""


def encrypted(workload: str) -> str:
    """A workload, as JSON, for a container's command. Raises WorkloadError without a Fernet key."""
    text: bytes = _fernet().encrypt(zlib.compress(workload.encode(), 9))
    return text.decode()


def decrypted(text: str) -> str:
    """The workload, as JSON. Raises WorkloadError for what was not encrypted with the Fernet key that is there."""
    from cryptography.fernet import InvalidToken

    try:
        return zlib.decompress(_fernet().decrypt(text.encode())).decode()
    except InvalidToken:
        raise WorkloadError(
            "the workload was encrypted with another Fernet key than this container has, or was changed"
        ) from None


def _fernet() -> Any:
    from airflow.models.crypto import get_fernet

    fernet = get_fernet()
    if not fernet.is_encrypted:
        raise WorkloadError("there is no Fernet key ([core] fernet_key), so a workload can't be encrypted")
    return fernet
