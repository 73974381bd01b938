"""What a deploy has written, as pairs of a name and bytes."""

from __future__ import annotations

import gzip
import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.embedded_aws import EmbeddedAWS

Source = tuple[str, bytes]
_EVERY = 0.05  # seconds
_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


def files(folder: Path) -> Iterator[Source]:
    """All files below a folder, and their names."""
    for path in sorted(folder.rglob("*")):
        yield f"the name of {path}", str(path).encode()
        if path.is_file():
            yield str(path), path.read_bytes()


class CommandLines:
    """`with CommandLines() as lines:` collects the command lines of all processes until its end, in `lines.seen`."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> CommandLines:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except (FileNotFoundError, ProcessLookupError):  # it has ended
                    continue


def held_by_aws(aws: EmbeddedAWS, environment: str) -> Iterator[Source]:
    """What everybody with read access to the account can see, but for Secrets Manager."""
    ecs = aws.client("ecs")
    for arn in ecs.list_task_definitions()["taskDefinitionArns"]:
        yield arn, _text(ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]))
    services = ecs.list_services(cluster=environment)["serviceArns"]
    yield "services", _text(ecs.describe_services(cluster=environment, services=services, include=["TAGS"]))
    tasks = ecs.list_tasks(cluster=environment)["taskArns"]
    yield "tasks", _text(ecs.describe_tasks(cluster=environment, tasks=tasks, include=["TAGS"]))
    yield (
        "tags",
        _text(aws.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate().build_full_result()),
    )
    yield "roles", _text(aws.client("iam").get_account_authorization_details())
    yield "database", _text(aws.client("rds").describe_db_instances())
    yield "parameters", _text(aws.client("ssm").describe_parameters())
    yield "secrets without their values", _text(aws.client("secretsmanager").list_secrets())
    yield from _logs(aws.client("logs"))
    yield from _objects(aws.client("s3"))


def _logs(logs: Any) -> Iterator[Source]:
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        yield f"log group {name}", _text(logs.filter_log_events(logGroupName=name))


def _objects(s3: Any) -> Iterator[Source]:
    for bucket in s3.list_buckets()["Buckets"]:
        for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            where = {"Bucket": bucket["Name"], "Key": entry["Key"]}
            yield f"object {where}", s3.get_object(**where)["Body"].read()


def images(aws: EmbeddedAWS) -> Iterator[Source]:
    """Manifest, configuration with its history, and layers, unpacked, of every image in the registry."""
    ecr = aws.client("ecr")
    for repository in ecr.describe_repositories()["repositories"]:
        name = repository["repositoryName"]
        for image in ecr.describe_images(repositoryName=name)["imageDetails"]:
            yield from _image(aws.registry, name, image["imageDigest"])


def _image(registry: str, repository: str, digest: str) -> Iterator[Source]:
    manifest = _get(f"http://{registry}/v2/{repository}/manifests/{digest}")
    yield f"manifest {repository}@{digest}", manifest
    document = json.loads(manifest)
    for part in [document["config"], *document["layers"]]:
        blob = _get(f"http://{registry}/v2/{repository}/blobs/{part['digest']}")
        content = gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob
        yield f"{repository}@{digest}: {part['mediaType']}", content


def _get(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers={"Accept": _MANIFESTS}), timeout=60) as answer:
        content: bytes = answer.read()
    return content


def _text(document: Any) -> bytes:
    return json.dumps(document, default=str).encode()
