# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lines in the log of an Airflow task that are not of the task itself: what its author has to know, where it is looked
for.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from airflow.configuration import conf


def line(words: str) -> bytes:
    """As Airflow writes its own lines."""
    told = {"timestamp": datetime.now(tz=UTC).isoformat(), "level": "error", "event": words, "logger": "task"}
    return json.dumps(told).encode() + b"\n"


def add(path: str, words: str) -> bool:
    """Add a line to the log of a task that runs on this machine; its supervisor uploads it at the end. ``path`` is the
    log's in its workload. Returns False where the task has written no log yet.
    """
    file = Path(conf.get("logging", "base_log_folder")) / path
    if not file.is_file():
        return False
    with file.open("ab") as log:  # one write, between those of the supervisor
        log.write(line(words))
    return True


def write_first(path: str, words: str) -> bool:
    """Write the log of a task that has never run, where the logs are uploaded to S3. Returns False where they are not,
    or the task has a log.

    Raises what the call raises, within a few seconds
    """
    folder = conf.get("logging", "remote_base_log_folder", fallback="")
    if not conf.getboolean("logging", "remote_logging", fallback=False) or not folder.startswith("s3://"):
        return False
    bucket, _slash, prefix = folder.removeprefix("s3://").partition("/")
    client = _s3()
    try:
        client.put_object(Bucket=bucket, Key=f"{prefix.rstrip('/')}/{path}", Body=line(words), IfNoneMatch="*")
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True


@cache
def _s3() -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1}))
