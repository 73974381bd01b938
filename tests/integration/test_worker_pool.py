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
def test_scaling_is_switched_on_changed_and_off_without_replacing_a_task(aws, playbooks, project, deployed):
    assert targets(aws) == []
    enabled = {**project.variables, "worker_pool_scaling": "cpu"}

    playbooks.deploy(**enabled)
    service = ("service/local/local-worker", "ecs:service:DesiredCount")
    assert targets(aws) == [(*service, 1, 5)]
    assert policies(aws) == {CPU: (70.0, 60, 60), MEMORY: (70.0, 60, 60)}
    assert running(aws) == deployed

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
    assert running(aws) == deployed

    playbooks.deploy(**project.variables)
    assert targets(aws) == []
    assert policies(aws) == {}
    assert running(aws) == deployed


def services(aws):
    return sorted(arn.rsplit("/", 1)[1] for arn in aws.client("ecs").list_services(cluster="local")["serviceArns"])


def queues(aws):
    return sorted(url.rsplit("/", 1)[1] for url in aws.client("sqs").list_queues().get("QueueUrls", []))


def task_definitions(aws):
    return aws.client("ecs").list_task_definition_families(status="ACTIVE")["families"]


def alarms(aws):
    return [each["AlarmName"] for each in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]]


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

    playbooks.deploy(**project.variables)
    assert "local-worker-heavy" not in services(aws)
    assert (queues(aws), alarms(aws), targets(aws)) == (["local-celery"], [], [])
    assert [name for name in task_definitions(aws) if "heavy" in name] == []
    assert playbooks.deploy(**project.variables).changed == 0
