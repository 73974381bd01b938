"""Inputs that cannot work are refused before anything is asked of AWS, and by their name.

One playbook takes the look that deploy.yml begins with, once for each row of the tables: a playbook a row would take
two seconds each.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest
import yaml

from tests.stack.playbooks import ROOT

from .conftest import Project

COMPONENT = "airflow_service_scheduler"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/3f9e"

# What is given, and what the refusal has to say.
VARIABLES = [
    ({"farflow_enviroment": "x"}, ["farflow_enviroment", "did you mean farflow_environment?"]),
    ({"rds_outputs": {"endpoint": "x"}}, ["rds_outputs"]),
    ({"farflow_environment": None}, ["farflow_environment"]),
    ({"farflow_environment": ""}, ["farflow_environment"]),
    ({"farflow_environment": "Prod"}, ["farflow_environment", "Prod"]),
    ({"farflow_environment": "a" * 60}, ["farflow_environment", "a" * 60]),
    ({"farflow_region": "Ireland"}, ["farflow_region", "Ireland"]),
    ({"farflow_tags": {"farflow:role": "mine"}}, ["farflow_tags", "farflow:role"]),
    ({"farflow_tags": {"aws:x": "y"}}, ["farflow_tags", "aws:x"]),
    ({"farflow_teardown_keep": ["everything"]}, ["farflow_teardown_keep", "everything"]),
    ({"farflow_endpoint_url": "", "farflow_access_key": "AKIAEXAMPLE"}, ["farflow_access_key"]),
    ({"farflow_build_ca_bundle": "/no/such/bundle.pem"}, ["farflow_build_ca_bundle", "/no/such/bundle.pem"]),
    ({"network_cidr": "10.0.0.0"}, ["network_cidr", "10.0.0.0"]),
    ({"network_cidr": "10.0.0.0/28"}, ["network_cidr", "10.0.0.0/28"]),
    ({"network_cidr": "10.0.0.7/16"}, ["network_cidr", "10.0.0.7/16"]),
    ({"network_availability_zone_count": 1}, ["network_availability_zone_count", "1"]),
    ({"network_availability_zone_count": "two"}, ["network_availability_zone_count", "two"]),
    ({"network_availability_zones": ["us-east-1a"]}, ["network_availability_zones"]),
    ({"network_availability_zones": ["eu-west-1a", "eu-west-1b"]}, ["network_availability_zones", "eu-west-1a"]),
    ({"network_nat_gateways": "none"}, ["network_nat_gateways", "none"]),
    ({"network_ingress_cidrs": ["everywhere"]}, ["network_ingress_cidrs", "everywhere"]),
    ({"rds_allocated_storage": 5}, ["rds_allocated_storage", "5"]),
    ({"rds_max_allocated_storage": 21}, ["rds_max_allocated_storage", "21"]),
    ({"rds_backup_retention_period": 36}, ["rds_backup_retention_period", "36"]),
    ({"rds_instance_class": "t4g.small"}, ["rds_instance_class", "t4g.small"]),
    ({"rds_engine_version": "latest"}, ["rds_engine_version", "latest"]),
    ({"rds_master_username": "postgres"}, ["rds_master_username", "postgres"]),
    ({"rds_master_username": "air-flow"}, ["rds_master_username", "air-flow"]),
    ({"rds_database_name": "1st"}, ["rds_database_name", "1st"]),
    ({"ecs_cluster_container_insights": "yes please"}, ["ecs_cluster_container_insights", "yes please"]),
    ({"dag_tasks_cpu": 300}, ["dag_tasks_cpu", "300"]),
    ({"dag_tasks_cpu": 256, "dag_tasks_memory": 8192}, ["dag_tasks_memory", "8192"]),
    ({"dag_tasks_log_retention_in_days": 31}, ["dag_tasks_log_retention_in_days", "31"]),
    ({"dag_tasks_path": "/no/such/folder"}, ["/no/such/folder"]),
    ({"airflow_service_path": "/no/such/folder"}, ["airflow_service_path", "/no/such/folder"]),
    ({"airflow_service_api_server": {"count": 0}}, ["airflow_service_api_server", "0"]),
    ({COMPONENT: {"cpu": 256, "memory": 4096}}, [COMPONENT, "4096"]),
    ({COMPONENT: {"count": 1, "cpus": 256}}, [COMPONENT, "cpus"]),
    ({COMPONENT: 2}, [COMPONENT]),
    ({"airflow_service_load_balancer_scheme": "public"}, ["airflow_service_load_balancer_scheme", "public"]),
    ({"airflow_service_load_balancer_scheme": "internet-facing"}, ["airflow_service_allow_plain_http"]),
    ({"airflow_service_certificate_arn": "my certificate"}, ["airflow_service_certificate_arn", "my certificate"]),
    ({"airflow_service_certificate_arn": CERTIFICATE}, ["airflow_service_certificate_arn", "eu-west-1"]),
    ({"airflow_service_load_balancer_port": 70000}, ["airflow_service_load_balancer_port", "70000"]),
    ({"airflow_service_base_url": "airflow.example.org"}, ["airflow_service_base_url", "airflow.example.org"]),
    ({"airflow_service_config": {"core": "parallelism=4"}}, ["airflow_service_config", "core"]),
    ({"airflow_service_environment": {"A B": "c"}}, ["airflow_service_environment", "A B"]),
    ({"airflow_service_secrets": {"TOKEN": "hunter2"}}, ["airflow_service_secrets", "TOKEN"]),
    ({"airflow_service_policy": [{"Effect": "Allow"}]}, ["airflow_service_policy", "Action"]),
    ({"airflow_service_managed_policy_arns": ["ReadOnly"]}, ["airflow_service_managed_policy_arns", "ReadOnly"]),
    ({"airflow_service_admin_username": "a b"}, ["airflow_service_admin_username", "a b"]),
    ({"worker_pool_min_count": 6}, ["worker_pool_max_count"]),
    ({"worker_pool_cpu_percent": 170}, ["worker_pool_cpu_percent", "170"]),
    ({"worker_pool_memory": 100}, ["worker_pool_memory", "100"]),
    ({"worker_pool_enabled": "perhaps"}, ["worker_pool_enabled", "perhaps"]),
    (
        {"worker_pool_enabled": True, "worker_pool_cpu_percent": 0, "worker_pool_memory_percent": 0},
        ["worker_pool_enabled"],
    ),
]

# What stands in tasks/hello/task.yml, and what the refusal has to say beside that file's path.
TASK_FILES = [
    ("memroy: 512\n", ["memroy", "memory"]),
    ("cpu: 256\nmemory: 8192\n", ["memory", "8192"]),
    ("cpu: lots\n", ["cpu", "lots"]),
    ("stop_timeout: 121\n", ["stop_timeout", "121"]),
    ("ephemeral_storage: 20\n", ["ephemeral_storage", "20"]),
    ("architecture: SPARC\n", ["architecture", "SPARC"]),
    ("command: python numbers.py\n", ["command"]),
    ("environment: [A, B]\n", ["environment"]),
    ("secrets: [TOKEN]\n", ["secrets"]),
    ("policy: [{Effect: Allow}]\n", ["policy"]),
    ("shared_volume: perhaps\n", ["shared_volume", "perhaps"]),
    ("- cpu: 256\n", []),
    ("cpu: [256\n", []),
    ("cpu: 256\ncpu: 512\n", ["cpu"]),
]


def no_dockerfile(project):
    (project.tasks / "hello" / "Dockerfile").unlink()
    return "hello"


def bad_name(project):
    project.add_task("Hello World")
    return "Hello World"


def name_of_airflow(project):
    project.add_task("airflow-scheduler")
    return "airflow-scheduler"


def name_in_other_letters(project):
    project.add_task("HELLO")
    return "HELLO"


def misspelt_task_file(project):
    (project.tasks / "hello" / "task.yaml").write_text("cpu: 256\n")
    return "task.yaml"


def no_airflow_dockerfile(project):
    (project.airflow / "Dockerfile").unlink()
    return "airflow"


FOLDERS = [no_dockerfile, bad_name, name_of_airflow, name_in_other_letters, misspelt_task_file, no_airflow_dockerfile]


class Table:
    """Rows of variables, and after one run what the look said to each."""

    def __init__(self, path):
        self._path = path
        self._rows = []
        self.answers = []

    def project(self):
        """A good project folder, to be spoilt."""
        return Project(self._path / str(len(self._rows)))

    def add(self, project, variables):
        self._rows.append({**project.variables, **variables})

    def look(self, playbooks):
        """Takes the looks, all in one play."""
        answers = self._path / "answers.json"
        looks = [
            {
                "name": f"Row {number}",
                "farflow.airflow.environment_plan": {},
                "vars": row,
                "register": f"row_{number}",
                "ignore_errors": True,
            }
            for number, row in enumerate(self._rows)
        ]
        registered = ", ".join(f"row_{number}" for number in range(len(self._rows)))
        keep = {"ansible.builtin.copy": {"content": f"{{{{ [{registered}] | to_json }}}}", "dest": str(answers)}}
        (deploy,) = yaml.safe_load((ROOT / "playbooks" / "deploy.yml").read_text())
        assert "farflow.airflow.environment_plan" in deploy["tasks"][0]
        play = self._path / "looks.yml"
        play.write_text(json.dumps([{**deploy, "tasks": [*looks, keep]}]))
        outcome = playbooks.run(str(play))
        assert outcome.code == 0, outcome.output
        self.answers = json.loads(answers.read_text())


def refused(answer):
    """Why; the text of an answer that is a refusal."""
    assert answer["failed"], "it was not refused"
    assert "nothing was done" in answer["msg"]
    return answer["msg"]


@pytest.fixture(scope="module")
def table(playbooks, tmp_path_factory):
    """Every row, looked at, with the calls of AWS that all of them made together."""
    table = Table(tmp_path_factory.mktemp("rows"))
    for variables, _ in VARIABLES:
        table.add(table.project(), variables)
    for content, _ in TASK_FILES:
        project = table.project()
        (project.tasks / "hello" / "task.yml").write_text(content)
        table.add(project, {})
    for spoil in FOLDERS:
        project = table.project()
        spoil(project)
        table.add(project, {})
    playbooks.aws.reset_calls()
    table.look(playbooks)
    table.calls = Counter(f"{call['service']} {call['operation']}" for call in playbooks.aws.calls())
    return table


@pytest.mark.parametrize("row", range(len(VARIABLES)), ids=[",".join(given) for given, _ in VARIABLES])
def test_variable_is_refused(table, row):
    text = refused(table.answers[row])
    assert [each for each in VARIABLES[row][1] if each not in text] == [], text


@pytest.mark.parametrize("row", range(len(TASK_FILES)), ids=[" ".join(content.split()) for content, _ in TASK_FILES])
def test_task_file_is_refused(table, row):
    text = refused(table.answers[len(VARIABLES) + row])
    assert [each for each in ["hello/task.yml", *TASK_FILES[row][1]] if each not in text] == [], text


@pytest.mark.parametrize("row", range(len(FOLDERS)), ids=[spoil.__name__ for spoil in FOLDERS])
def test_folder_is_refused(table, row, tmp_path):
    text = refused(table.answers[len(VARIABLES) + len(TASK_FILES) + row])
    assert FOLDERS[row](Project(tmp_path)) in text


def test_aws_was_asked_nothing_by_any_of_them(table):
    assert table.calls == {}


def test_deploy_itself_refuses(aws, playbooks, project):
    (project.tasks / "hello" / "task.yml").write_text("memroy: 512\ncpu: lots\n")
    outcome = playbooks.run("deploy", **project.variables)
    assert outcome.code != 0
    assert [said for said in ("memroy", "lots", "nothing was done") if said not in outcome.output] == []
    assert aws.calls() == []


def test_what_is_wrong_is_told_together(playbooks, aws, project):
    (project.tasks / "hello" / "task.yml").write_text("memroy: 512\n")
    wrong = {"rds_allocated_storage": 5, "network_cidr": "10.0.0.0", "worker_pool_cpus": 4}
    outcome = playbooks.run("deploy", **project.variables, **wrong)
    assert [name for name in wrong if name not in outcome.output] == [], outcome.output


def test_variables_of_others_are_not_ours_to_judge(playbooks, aws, project):
    outcome = playbooks.run("deploy", "--check", somebody_elses_variable="x", network="y", **project.variables)
    assert outcome.code == 0, outcome.output


@pytest.mark.parametrize("confirmation", ["", "prod"])
def test_teardown_of_another_environment_is_refused(playbooks, aws, project, confirmation):
    outcome = playbooks.run("teardown", farflow_teardown_confirm=confirmation, **project.variables)
    assert outcome.code != 0
    assert "nothing was done" in outcome.output
    assert aws.calls() == []
