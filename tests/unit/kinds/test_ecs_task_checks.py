"""What Fargate does not have is refused before AWS is called."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition.documents import desired
from ansible_collections.farflow.airflow.plugins.module_utils.validation.fargate import CPU_MEMORY, cpu_memory_problem

AWSLOGS = {"awslogs-group": "/x", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "x"}


def task(containers=(), **changed):
    return {"family": "test", "cpu": 512, "memory": 1024, "container_definitions": [web(), *containers], **changed}


def web(**changed):
    return {"name": "web", "image": "x", **changed}


def of(container):
    return {**task(), "container_definitions": [container]}


@pytest.mark.parametrize(("cpu", "memory"), [(cpu, memory) for cpu, sizes in CPU_MEMORY.items() for memory in sizes])
def test_every_size_of_fargate_is_taken(cpu, memory):
    assert cpu_memory_problem(cpu, memory) is None


@pytest.mark.parametrize(
    ("cpu", "memory", "problem"),
    [
        (300, 512, "cpu 300 is not a size of Fargate; choose from 256, 512, 1024, 2048, 4096, 8192, 16384"),
        (256, 4096, "memory 4096 does not go with cpu 256: choose 512, 1024, 2048, or cpu 512 or 1024 or 2048"),
        (1024, 512, "memory 512 does not go with cpu 1024: choose 2048 to 8192 in steps of 1024, or cpu 256"),
        (8192, 17408, "memory 17408 does not go with cpu 8192: choose 16384 to 61440 in steps of 4096, or cpu 4096"),
        (16384, 1000, "memory 1000 does not go with cpu 16384: choose 32768 to 122880 in steps of 8192"),
    ],
)
def test_other_sizes_are_told_with_what_would_do(cpu, memory, problem):
    assert cpu_memory_problem(cpu, memory) == problem


WRONG = {
    "no cpu": (task(cpu=None), "cpu is required for Fargate"),
    "words for a size": (task(memory="much"), "memory much is not a number of MiB"),
    "too little storage": (
        task(ephemeral_storage={"size_in_gib": 10}),
        "ephemeral_storage size_in_gib 10 is not between 21 and 200",
    ),
    "too much storage": (
        task(ephemeral_storage={"size_in_gib": 201}),
        "ephemeral_storage size_in_gib 201 is not between 21 and 200",
    ),
    "eleven containers": (
        task([web(name=f"c{number}") for number in range(10)]),
        "must have 1 to 10 containers, not 11",
    ),
    "no containers": (task(container_definitions=[]), "must have 1 to 10 containers, not 0"),
    "none essential": (of(web(essential=False)), "must have an essential container"),
    "two of a name": (task([web()]), "container_definitions has web twice"),
    "a variable twice": (
        of(web(environment=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}])),
        "container_definitions web environment has A twice",
    ),
    "a variable and a secret": (
        {
            **of(web(environment=[{"name": "A", "value": ""}], secrets=[{"name": "A", "value_from": "x"}])),
            "execution_role_arn": "arn:x",
        },
        "container web has A in environment and in secrets",
    ),
    "an unquoted yes": (
        of(web(environment=[{"name": "A", "value": True}])),
        "container_definitions web environment A value must be a string, not true: quote it",
    ),
    "a family with a space": (task(family="a b"), "family must be 1 to 255 letters"),
    "64 KiB": (of(web(command=["x" * 70000])), "bytes large; AWS takes 65536"),
    "stop timeout": (of(web(stop_timeout=121)), "container web stop_timeout 121 is not between 2 and 120"),
    "health check": (
        of(web(health_check={"command": ["CMD", "x"], "interval": 1})),
        "container web health_check interval 1 is not between 5 and 300",
    ),
    "a port of the host": (
        of(web(port_mappings=[{"container_port": 80, "host_port": 81}])),
        "container web port_mappings host_port 81 must be the container_port 80",
    ),
    "one port for two": (
        task(
            [web(name="two", port_mappings=[{"container_port": 80}])],
            container_definitions=[
                web(port_mappings=[{"container_port": 80}]),
                web(name="two", port_mappings=[{"container_port": 80}]),
            ],
        ),
        "container two port_mappings: 80/tcp is taken by container web of the same task",
    ),
    "a volume that is not there": (
        of(web(mount_points=[{"source_volume": "shared", "container_path": "/x"}])),
        "container web mount_points: shared is no volume of this task",
    ),
    "waiting for itself": (
        of(web(depends_on=[{"container_name": "web", "condition": "START"}])),
        "container web depends_on web, which is no other container of this task",
    ),
    "more than the task has": (
        of(web(memory=2048)),
        "memory of the containers is 2048 together, more than the task's 1024",
    ),
    "secrets without a role": (
        of(web(secrets=[{"name": "A", "value_from": "x"}])),
        "execution_role_arn is required where a container has secrets",
    ),
    "a role by name": (task(task_role_arn="role"), "task_role_arn must be an ARN, not role"),
    "logs without a prefix": (
        {
            **of(web(log_configuration={"log_driver": "awslogs", "options": {**AWSLOGS, "awslogs-region": "x"}})),
            "execution_role_arn": None,
        },
        "execution_role_arn is required",
    ),
    "logs without a group": (
        {
            **of(web(log_configuration={"log_driver": "awslogs", "options": {}})),
            "execution_role_arn": "arn:x",
        },
        "container web log_configuration options: awslogs-group is required",
    ),
    "Windows on ARM": (
        task(runtime_platform={"cpu_architecture": "ARM64", "operating_system_family": "WINDOWS_SERVER_2022_CORE"}),
        "Windows needs cpu_architecture X86_64",
    ),
    "another log driver": (
        of(web(log_configuration={"log_driver": "syslog"})),
        "log_driver can only be awslogs or splunk or awsfirelens, not syslog: Fargate has no other",
    ),
    "a list that is none": (task(volumes="shared"), "volumes must be a list, not 'shared'"),
    "a typing error": (task(memroy=1), "memroy is not known, did you mean memory?"),
    "nothing near": (task(zzz=1), "zzz is not known; known are container_definitions, cpu,"),
    "twice by two spellings": (task(taskRoleArn="arn:x", task_role_arn="arn:x"), "task_role_arn is given twice"),
}


@pytest.mark.parametrize(("specification", "problem"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told(specification, problem):
    with pytest.raises(FarflowError) as caught:
        desired(specification)
    assert problem in str(caught.value)


ONCE = {
    "a value of another time": web(log_configuration={"log_driver": "syslog"}),
    "a value that there is not": web(depends_on=[{"container_name": "web", "condition": "SOON"}]),
    "a value of another type": web(secrets=[{"name": True, "value_from": "arn:x"}]),
}


@pytest.mark.parametrize("container", ONCE.values(), ids=ONCE.keys())
def test_what_is_given_and_wrong_is_not_told_as_missing(container):
    with pytest.raises(FarflowError) as caught:
        desired({**of(container), "execution_role_arn": "arn:x"})
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_not_known_yet_is_not_wrong():
    resource = desired(
        {
            **task(execution_role_arn=UNKNOWN, volumes=[{"name": "a", "efs_volume_configuration": UNKNOWN}]),
            "container_definitions": [
                web(image=UNKNOWN, port_mappings=UNKNOWN, secrets=[{"name": "A", "value_from": f"{UNKNOWN}:key::"}])
            ],
        }
    )
    assert resource.properties["execution_role_arn"] == UNKNOWN
