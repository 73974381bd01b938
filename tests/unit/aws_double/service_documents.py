"""A service as a user writes it, and the container that it runs as AWS takes it."""

from __future__ import annotations

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"
CONTAINER = {
    "name": "web",
    "image": "x",
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/test", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "web"},
    },
}


def service(name="test-web", **changed):
    return {
        "service_name": name,
        "cluster": "test-airflow",
        "task_definition": "test-web:1",
        "desired_count": 2,
        "network_configuration": {
            "awsvpc_configuration": {"subnets": ["subnet-b", "subnet-a"], "security_groups": ["sg-1"]}
        },
        "load_balancers": [{"target_group_arn": GROUP, "container_name": "web", "container_port": 8080}],
        "deployment_configuration": {"deployment_circuit_breaker": {"enable": True, "rollback": True}},
        "tags": [{"key": "farflow:environment", "value": "test"}],
        **changed,
    }


def network(**changed):
    return {"awsvpc_configuration": {"subnets": ["subnet-a", "subnet-b"], "security_groups": ["sg-1"], **changed}}
