"""The scaling of workers comes and goes, workers stay; pools come and go."""

from __future__ import annotations

import pytest

from .stack import mutating_calls, running

CPU, MEMORY = "ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization"


@pytest.fixture
def deployed(aws, playbooks, project):
    """What the services run after a deploy without scaling."""
    playbooks.deploy(**project.variables)
    return running(aws)


def without_who_schedules(services):
    """How many tasks are sent at once follows from the number of workers, and these two have to know it."""
    return {name: each for name, each in services.items() if name not in ("local-scheduler", "local-dag-processor")}


def who_works(aws):
    return without_who_schedules(running(aws))


def targets(aws):
    client = aws.client("application-autoscaling")
    return [
        (each["ResourceId"], each["ScalableDimension"], each["MinCapacity"], each["MaxCapacity"])
        for each in client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    ]


def policies(aws):
    """By metric the target value and the two cooldowns."""
    client = aws.client("application-autoscaling")
    found = {}
    for policy in client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]:
        assert policy["PolicyType"] == "TargetTrackingScaling"
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        metric = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
        found[metric] = (tracking["TargetValue"], tracking["ScaleInCooldown"], tracking["ScaleOutCooldown"])
    return found


@pytest.mark.thorough
def test_scaling_is_switched_on_changed_and_off_without_replacing_a_worker(aws, playbooks, project, deployed):
    assert targets(aws) == []
    enabled = {**project.variables, "worker_pool_scaling": "cpu"}

    playbooks.deploy(**enabled)
    service = ("service/local/local-worker", "ecs:service:DesiredCount")
    assert targets(aws) == [(*service, 1, 5)]
    assert policies(aws) == {CPU: (70.0, 60, 60), MEMORY: (70.0, 60, 60)}
    assert who_works(aws) == without_who_schedules(deployed)

    aws.reset_calls()
    again = playbooks.deploy(**enabled)
    assert again.changed == 0, again.output
    assert mutating_calls(aws) == []

    without_memory = {"worker_pool_memory_percent": 0}
    playbooks.deploy(**enabled, **without_memory)
    assert targets(aws) == [(*service, 1, 5)]
    assert policies(aws) == {CPU: (70.0, 60, 60)}

    others = {"worker_pool_max_count": 9, "worker_pool_cpu_percent": 55}
    playbooks.deploy(**enabled, **without_memory, **others, worker_pool_scale_in_cooldown=300)
    assert targets(aws) == [(*service, 1, 9)]
    assert policies(aws) == {CPU: (55.0, 300, 60)}
    assert who_works(aws) == without_who_schedules(deployed)

    playbooks.deploy(**project.variables)
    assert targets(aws) == []
    assert policies(aws) == {}
    assert who_works(aws) == without_who_schedules(deployed)


def services(aws):
    return sorted(arn.rsplit("/", 1)[1] for arn in aws.client("ecs").list_services(cluster="local")["serviceArns"])


def queues(aws):
    return sorted(url.rsplit("/", 1)[1] for url in aws.client("sqs").list_queues().get("QueueUrls", []))


def task_definitions(aws):
    return aws.client("ecs").list_task_definition_families(status="ACTIVE")["families"]


def alarms(aws):
    return [each["AlarmName"] for each in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]]


#: By which a look at nothing that has changed may grow.
CALLS_OF_A_POOL = 4


def calls(aws):
    return sum(call["caller"] == "host" for call in aws.calls())


def test_a_pool_comes_and_goes_with_all_that_it_has(aws, playbooks, project, deployed):
    assert queues(aws) == ["local-celery"]
    heavy = {"worker_pools": {"heavy": {"queues": ["large"], "min": 0, "max": 3, "cpu": 2048, "memory": 4096}}}

    playbooks.deploy(**project.variables, **heavy)
    assert "local-worker-heavy" in services(aws)
    assert queues(aws) == ["local-celery", "local-celery-heavy"]
    assert alarms(aws) == ["local-wanted-worker-heavy"]
    assert targets(aws) == [("service/local/local-worker-heavy", "ecs:service:DesiredCount", 0, 3)]
    (policy,) = aws.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")[
        "ScalingPolicies"
    ]
    (alarm,) = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["AlarmActions"] == [policy["PolicyARN"]]

    aws.reset_calls()
    again = playbooks.deploy(**project.variables, **heavy)
    assert again.changed == 0, again.output
    assert mutating_calls(aws) == []
    with_the_pool = calls(aws)

    playbooks.deploy(**project.variables)
    assert "local-worker-heavy" not in services(aws)
    assert (queues(aws), alarms(aws), targets(aws)) == (["local-celery"], [], [])
    assert [name for name in task_definitions(aws) if "heavy" in name] == []
    aws.reset_calls()
    assert playbooks.deploy(**project.variables).changed == 0
    assert with_the_pool - calls(aws) <= CALLS_OF_A_POOL


@pytest.mark.thorough
def test_a_pool_that_is_taken_away_goes_when_its_last_task_has_ended(aws, playbooks, project, deployed):
    ecs = aws.client("ecs")
    playbooks.deploy(**project.variables, worker_pools={"heavy": {"scaling": "none", "min": 2}})
    first, second = ecs.list_tasks(cluster="local", serviceName="local-worker-heavy")["taskArns"]
    ecs.update_task_protection(cluster="local", tasks=[first], protectionEnabled=True)

    plan = playbooks.run("plan", **project.variables)
    assert "desired_count 2 -> 0" in plan.output
    removed = playbooks.deploy(**project.variables)
    assert f"an old worker ends after its task: local-worker-heavy, task {first.rpartition('/')[2]}" in removed.output
    assert ecs.list_tasks(cluster="local", serviceName="local-worker-heavy")["taskArns"] == [first]
    assert queues(aws) == ["local-celery", "local-celery-heavy"]
    empty = playbooks.run("plan", **project.variables, farflow_plan_must_be_empty=True)
    assert empty.code == 0, empty.output
    assert "an old worker has a task in hand, and ends after it" in empty.output

    ecs.update_task_protection(cluster="local", tasks=[first], protectionEnabled=False)
    playbooks.deploy(**project.variables)
    assert "local-worker-heavy" not in services(aws)
    assert queues(aws) == ["local-celery"]
    assert [name for name in task_definitions(aws) if "heavy" in name] == []
    assert playbooks.deploy(**project.variables).changed == 0
