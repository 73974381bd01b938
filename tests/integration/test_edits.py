"""People edit variables and folders: what the plan names for an edit is what the deploy then changes, and no more."""

from __future__ import annotations

import random
import re
import shutil

import pytest

from tests.stack.contents import changed, contents
from tests.thorough import seeds

from .stack import mutating_calls

# Each edit turns the variables, or the folders of the project, into something else.
POLICY = "policy:\n  - {Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::data/*'}\n"
VOLUME = "shared_volume: true\n"


def variable(name, *values):
    """An edit that gives a variable another value."""

    def edit(chance, variables, project):
        others = [value for value in values if value != variables.get(name)]
        variables[name] = chance.choice(others)
        return f"{name}: {variables[name]}"

    return edit


def task_yml(chance, variables, project):
    task = chance.choice(sorted(project.tasks.iterdir()))
    lines = [POLICY, VOLUME, "memory: 2048\n", "environment: {LOG_LEVEL: debug}\n", "command: [echo, hello]\n"]
    lines.append("capacity: spot_then_on_demand\n")
    text = "".join(chance.sample(lines, 2))
    (task / "task.yml").write_text(text)
    return f"{task.name}/task.yml: {text}"


def another_task(chance, variables, project):
    name = f"task-{chance.randrange(1000)}"
    project.add_task(name)
    return f"tasks/{name} added"


def one_task_less(chance, variables, project):
    task = chance.choice(sorted(project.tasks.iterdir()))
    if task.name == "hello":
        return another_task(chance, variables, project)
    shutil.rmtree(task)
    return f"tasks/{task.name} removed"


def task_source(chance, variables, project):
    task = chance.choice(sorted(project.tasks.iterdir()))
    (task / "content").write_text(str(chance.random()))
    return f"tasks/{task.name}/content"


def airflow_source(chance, variables, project):
    (project.airflow / "content").write_text(str(chance.random()))
    return "airflow/content"


EDITS = [
    task_yml,
    another_task,
    one_task_less,
    task_source,
    airflow_source,
    variable("farflow_tags", {}, {"team": "data"}, {"team": "platform", "cost": "12"}),
    variable("network_ingress_cidrs", ["10.0.0.0/8"], ["192.0.2.0/24", "198.51.100.0/24"]),
    variable("network_nat_gateways", "single", "per_az"),
    variable("network_availability_zones", ["us-east-1a", "us-east-1b"], ["us-east-1a", "us-east-1b", "us-east-1c"]),
    variable("rds_backup_retention_period", 3, 7, 30),
    variable("rds_allocated_storage", 25, 30, 40),
    variable("rds_deletion_protection", True, False),
    variable("ecs_cluster_container_insights", "enabled", "disabled"),
    variable("dag_tasks_memory", 1024, 2048),
    variable("dag_tasks_log_retention_in_days", 7, 30, 365),
    variable("airflow_service_log_retention_in_days", 7, 30, 365),
    variable("airflow_service_load_balancer_port", 80, 8080),
    variable("airflow_service_config", {}, {"core": {"parallelism": 16}}, {"scheduler": {"job_heartbeat_sec": 7}}),
    variable("airflow_service_environment", {}, {"TEAM": "data"}),
    variable("airflow_service_scheduler", {"cpu": 1024, "memory": 2048}, {"cpu": 1024, "memory": 4096}, {"count": 2}),
    variable("airflow_service_enable_execute_command", True, False),
    variable("worker_pool_scaling", "cpu", "none"),
    variable("worker_pool_memory", 4096, 8192),
    variable("worker_pool_max_count", 4, 6),
]

_LINE = re.compile(r"^\w+: (?:create|change|delete) (\S+) (\S+?)(?:: .*)?$", re.MULTILINE)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", seeds(few=1, many=20))
def test_an_edit_changes_what_its_plan_names(aws, playbooks, project, seed):
    chance = random.Random(seed)
    variables = {**project.variables}
    playbooks.deploy(**variables)
    edits = [edit(chance, variables, project) for edit in chance.sample(EDITS, 2)]
    print("\n".join(edits))

    before = contents(aws, variables)
    aws.reset_calls()
    plan = playbooks.deploy("--check", "--diff", **variables)
    assert mutating_calls(aws) == []
    named = {match.groups() for match in _LINE.finditer(plan.output)}
    playbooks.deploy(**variables)
    assert named == changed(before, contents(aws, variables))
