"""A task definition as the module takes it, and how it is edited and given."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.modules import ecs_task_definitions as module

ROLE = "arn:aws:iam::123456789012:role/test-execution"


def task(family="test-numbers", **changed):
    return {
        "family": family,
        "cpu": 512,
        "memory": 1024,
        "execution_role_arn": ROLE,
        "container_definitions": [
            {
                "name": family,
                "image": "registry/test@sha256:" + "0" * 64,
                "command": ["python", "numbers.py"],
                "environment": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "ZONE", "value": "a"}],
                "secrets": [{"name": "A", "value_from": "arn:a"}, {"name": "B", "value_from": "arn:b"}],
                "port_mappings": [{"container_port": 8080}, {"container_port": 80}],
                "mount_points": [{"source_volume": "shared", "container_path": "/shared"}],
                "health_check": {"command": ["CMD", "true"]},
                "log_configuration": {
                    "log_driver": "awslogs",
                    "options": {
                        "awslogs-group": "/farflow/test/tasks",
                        "awslogs-region": "eu-west-1",
                        "awslogs-stream-prefix": "numbers",
                    },
                },
            }
        ],
        "volumes": [{"name": "shared", "efs_volume_configuration": {"file_system_id": "fs-1"}}, {"name": "scratch"}],
        "tags": [{"key": "farflow:environment", "value": "test"}, {"key": "team", "value": "data"}],
        **changed,
    }


def container(specification):
    return specification["container_definitions"][0]


def edited(edit):
    specification = task()
    edit(specification)
    return specification


def run(run_module, *specifications, **arguments):
    return run_module(module, task_definitions=list(specifications), **arguments)
