"""What AWS was told, and what it says of it."""

from __future__ import annotations

import time

TASK_DEFINITION = {
    "family": "web",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
    "enableFaultInjection": True,
    "ephemeralStorage": {"sizeInGiB": 30},
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "volumes": [
        {
            "name": "shared",
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-1",
                "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
            },
        }
    ],
    "containerDefinitions": [
        {
            "name": "web",
            "image": "image",
            "entryPoint": ["/entry"],
            "command": ["serve"],
            "user": "1000:1000",
            "readonlyRootFilesystem": True,
            "stopTimeout": 120,
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": "A", "value": "1"}],
            "mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared"}],
            "linuxParameters": {"initProcessEnabled": True},
            "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
            "healthCheck": {"command": ["CMD", "true"]},
            "restartPolicy": {"enabled": True},
            "versionConsistency": "disabled",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"},
            },
        }
    ],
}


def lost(said, described, path=""):
    """Paths of what was said and is not described."""
    if isinstance(said, dict):
        return [
            problem
            for name, value in said.items()
            for problem in (
                lost(value, described[name], f"{path}.{name}") if name in described else [f"{path}.{name} missing"]
            )
        ]
    if isinstance(said, list) and isinstance(described, list) and len(said) == len(described):
        return [
            problem for index, value in enumerate(said) for problem in lost(value, described[index], f"{path}[{index}]")
        ]
    return [] if said == described else [f"{path}: {described!r} instead of {said!r}"]


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)
