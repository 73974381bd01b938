from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import autoscaling as glue
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.autoscaling import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import application_autoscaling as module
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Moto

CPU = {
    "name": "cpu",
    "predefined_metric": "ECSServiceAverageCPUUtilization",
    "target_value": 70,
    "scale_in_cooldown": 60,
    "scale_out_cooldown": 60,
}
MEMORY = {"name": "memory", "predefined_metric": "ECSServiceAverageMemoryUtilization", "target_value": 80}
TARGET = {
    "cluster": "test",
    "service": "test-worker",
    "min_capacity": 1,
    "max_capacity": 5,
    "policies": [CPU, MEMORY],
    "tags": {"farflow:environment": "test", "stage": "test"},
}


@pytest.fixture(autouse=True)
def scaling_with_tags(aws, monkeypatch):
    """Three services to scale, and the tags of scalable targets, which moto does not keep."""
    kept = {}
    register = Moto.register_scalable_target

    def register_scalable_target(self):
        answer = register(self)
        if self._get_param("Tags"):
            kept[json.loads(answer)["ScalableTargetARN"]] = self._get_param("Tags")
        return answer

    def list_tags_for_resource(self):
        return json.dumps({"Tags": kept.get(self._get_param("ResourceARN"), {})})

    def tag_resource(self):
        kept.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self):
        for key in self._get_param("TagKeys"):
            del kept[self._get_param("ResourceARN")][key]
        return "{}"

    for method in (register_scalable_target, list_tags_for_resource, tag_resource, untag_resource):
        monkeypatch.setattr(Moto, method.__name__, method, raising=False)
    ecs = boto3.client("ecs")
    ecs.register_task_definition(family="f", containerDefinitions=[{"name": "c", "image": "i", "memory": 1}])
    for cluster, service in (("test", "test-worker"), ("test", "test-other"), ("test-eu", "test-eu-worker")):
        ecs.create_cluster(clusterName=cluster)
        ecs.create_service(cluster=cluster, serviceName=service, taskDefinition="f", desiredCount=1)


def scaling():
    return boto3.client("application-autoscaling")


def found():
    client = scaling()
    return (
        [one["ResourceId"] for one in client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]],
        [one["PolicyName"] for one in client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]],
    )


def test_creates_then_changes_nothing(run_module):
    first = run_module(module, targets=[TARGET])
    assert [(entry["name"], entry["reasons"]) for entry in first["scaling"]] == [
        ("test/test-worker", ["created"]),
        ("test/test-worker/cpu", ["created"]),
        ("test/test-worker/memory", ["created"]),
    ]
    second = run_module(module, targets=[TARGET])
    assert second["changed"] is False
    assert [entry["arn"] for entry in second["scaling"]] == [entry["arn"] for entry in first["scaling"]]
    made = scaling().describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    memory = next(policy for policy in made if policy["PolicyName"] == "memory")
    assert memory["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 80.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"},
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 300,
        "DisableScaleIn": False,
    }


WORK = {
    "name": "work",
    "step_scaling": {
        "adjustment_type": "ExactCapacity",
        "metric_aggregation_type": "Maximum",
        "cooldown": 300,
        "steps": [
            {"lower_bound": 0, "upper_bound": 0.5, "adjustment": 0},
            {"lower_bound": 0.5, "upper_bound": None, "adjustment": 1},
        ],
    },
}


def work(**members):
    return {**WORK, "step_scaling": {**WORK["step_scaling"], **members}}


def test_a_policy_with_steps_is_made_and_then_left(run_module):
    target = {**TARGET, "policies": [WORK]}
    run_module(module, targets=[target])
    (made,) = scaling().describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert made["PolicyType"] == "StepScaling"
    assert made["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ExactCapacity",
        "Cooldown": 300,
        "MetricAggregationType": "Maximum",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 0.5, "ScalingAdjustment": 0},
            {"MetricIntervalLowerBound": 0.5, "ScalingAdjustment": 1},
        ],
    }
    assert run_module(module, targets=[target])["changed"] is False


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"cooldown": 60}, "cooldown 300 -> 60"),
        ({"adjustment_type": "ChangeInCapacity"}, "adjustment_type ExactCapacity -> ChangeInCapacity"),
        ({"metric_aggregation_type": "Average"}, "metric_aggregation_type Maximum -> Average"),
        ({"steps": [{"lower_bound": 0, "adjustment": 2}]}, "steps"),
    ],
)
def test_what_differs_in_steps_is_changed(run_module, members, reason):
    run_module(module, targets=[{**TARGET, "policies": [WORK]}])
    wanted = [{**TARGET, "policies": [work(**members)]}]
    predicted = run_module(module, check_mode=True, targets=wanted)
    done = run_module(module, targets=wanted)
    assert predicted["scaling"] == done["scaling"]
    assert reason in "; ".join(done["scaling"][1]["reasons"])
    assert run_module(module, targets=wanted)["changed"] is False


@pytest.mark.parametrize(
    "types", [(CPU, {**WORK, "name": "cpu"}), ({**WORK, "name": "cpu"}, CPU)], ids=["steps", "tracking"]
)
def test_a_policy_of_another_type_is_made_anew(run_module, types):
    before, after = ([{**TARGET, "policies": [policy]}] for policy in types)
    run_module(module, targets=before)
    done = run_module(module, targets=after)
    assert any(reason.startswith("policy_type") for reason in done["scaling"][1]["reasons"])
    assert run_module(module, targets=after)["changed"] is False


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"name": "p"}, "policy p needs predefined_metric and target_value, or step_scaling"),
        ({**CPU, **WORK}, "policy work has step_scaling and predefined_metric and target_value: it is of one type"),
        (work(steps=[]), "policy work has 0 steps, allowed: 1 to 20"),
    ],
)
def test_a_policy_that_is_neither_or_both_is_refused(run_module, policy, words):
    assert words in run_module(module, targets=[{**TARGET, "policies": [policy]}])["msg"]


def with_cpu(**members):
    return {"policies": [{**CPU, **members}, MEMORY]}


CHANGES = {
    "minimum": ({"min_capacity": 0}, "test/test-worker", ["min_capacity 1 -> 0"]),
    "maximum": ({"max_capacity": 8}, "test/test-worker", ["max_capacity 5 -> 8"]),
    "suspended": (
        {"suspended_state": {"dynamic_scaling_in_suspended": True}},
        "test/test-worker",
        ["suspended_state dynamic_scaling_in_suspended false -> true"],
    ),
    "tags": (
        {"tags": {"farflow:environment": "test", "team": "data"}},
        "test/test-worker",
        ["tags team (none) -> data", "tags stage test -> (none)"],
    ),
    "metric": (
        with_cpu(predefined_metric="ALBRequestCountPerTarget", resource_label="app/a/1/targetgroup/b/2"),
        "test/test-worker/cpu",
        [
            "predefined_metric ECSServiceAverageCPUUtilization -> ALBRequestCountPerTarget",
            "resource_label (none) -> app/a/1/targetgroup/b/2",
        ],
    ),
    "target value": (with_cpu(target_value=55.5), "test/test-worker/cpu", ["target_value 70.0 -> 55.5"]),
    "scale in": (with_cpu(scale_in_cooldown=0), "test/test-worker/cpu", ["scale_in_cooldown 60 -> 0"]),
    "scale out": (with_cpu(scale_out_cooldown=90), "test/test-worker/cpu", ["scale_out_cooldown 60 -> 90"]),
    "no scale in": (with_cpu(disable_scale_in=True), "test/test-worker/cpu", ["disable_scale_in false -> true"]),
    "policy removed": ({"policies": [CPU]}, "test/test-worker/memory", ["deleted"]),
    "policy added": (
        {"policies": [CPU, MEMORY, {**CPU, "name": "more"}]},
        "test/test-worker/more",
        ["created"],
    ),
}


@pytest.mark.parametrize(("members", "name", "reasons"), CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(run_module, members, name, reasons):
    run_module(module, targets=[TARGET])
    wanted = [{**TARGET, **members}]
    predicted = run_module(module, check_mode=True, targets=wanted)
    assert run_module(module, check_mode=True, targets=wanted)["scaling"] == predicted["scaling"]
    done = run_module(module, targets=wanted)
    for result in (predicted, done):
        assert [(one["name"], one["reasons"]) for one in result["scaling"] if one["changed"]] == [(name, reasons)]
    assert run_module(module, targets=wanted)["changed"] is False


def test_drift_is_seen_and_mended(run_module):
    run_module(module, targets=[TARGET])
    key = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/test/test-worker",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    client = scaling()
    client.register_scalable_target(**key, MaxCapacity=50)
    client.delete_scaling_policy(**key, PolicyName="memory")
    for name in ("cpu", "foreign"):
        client.put_scaling_policy(
            **key,
            PolicyName=name,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ExactCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 40}],
            },
        )
    mended = run_module(module, targets=[TARGET])
    reasons = {one["name"]: one["reasons"] for one in mended["scaling"]}
    assert reasons["test/test-worker"] == ["max_capacity 50 -> 5"]
    assert reasons["test/test-worker/cpu"][0] == "policy_type StepScaling -> TargetTrackingScaling"
    assert reasons["test/test-worker/memory"] == ["created"]
    assert reasons["test/test-worker/foreign"] == ["deleted"]
    assert run_module(module, targets=[TARGET])["changed"] is False


def nobody_at_night(name="night"):
    client = boto3.client("application-autoscaling")
    client.put_scheduled_action(
        ServiceNamespace="ecs",
        ScheduledActionName=name,
        ResourceId="service/test/test-worker",
        ScalableDimension="ecs:service:DesiredCount",
        Schedule="cron(0 20 * * ? *)",
        ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 0},
    )
    return lambda: client.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]


def test_a_scheduled_action_is_told_and_taken_away(run_module):
    run_module(module, targets=[TARGET])
    left = nobody_at_night()
    predicted = run_module(module, check_mode=True, targets=[TARGET])
    assert len(left()) == 1
    done = run_module(module, targets=[TARGET])
    assert predicted["scaling"] == done["scaling"]
    changed = {entry["name"]: entry["reasons"] for entry in done["scaling"] if entry["changed"]}
    assert changed == {"test/test-worker/night": ["deleted"]}
    assert left() == []
    assert run_module(module, targets=[TARGET])["changed"] is False


def test_check_mode_creates_nothing(run_module):
    assert run_module(module, check_mode=True, targets=[TARGET])["changed"] is True
    assert found() == ([], [])


def test_absent_ends_only_what_is_named(run_module):
    run_module(module, targets=[TARGET, {**TARGET, "service": "test-other", "policies": [MEMORY]}])
    named = [{"cluster": "test", "service": "test-worker"}]
    predicted = run_module(module, check_mode=True, targets=named, state="absent")
    done = run_module(module, targets=named, state="absent")
    assert predicted["scaling"] == done["scaling"]
    assert {one["name"]: one["reasons"] for one in done["scaling"]} == {
        "test/test-worker/memory": ["deleted"],
        "test/test-worker/cpu": ["deleted"],
        "test/test-worker": ["deleted"],
    }
    assert done["scaling"][-1]["name"] == "test/test-worker", "its policies go first"
    assert found() == (["service/test/test-other"], ["memory"])
    assert run_module(module, targets=named, state="absent")["changed"] is False


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"min_capacity": 6}, "min_capacity 6 is below 0 or above max_capacity 5"),
        ({"max_capacity": None}, "needs min_capacity and max_capacity"),
        ({"policies": [CPU, CPU]}, "policy cpu is given twice"),
    ],
)
def test_what_cannot_work_is_refused(run_module, members, words):
    wanted = {key: value for key, value in {**TARGET, **members}.items() if value is not None}
    assert words in run_module(module, targets=[wanted])["msg"]
    assert found() == ([], [])


def counted():
    client, calls = scaling(), []
    client.meta.events.register(
        "before-call.application-autoscaling", lambda model, **_unused: calls.append(model.name)
    )
    return Clients(lambda _unused, config: client), calls


def test_find_sees_the_environment_alone(run_module):
    other = {**TARGET, "cluster": "test-eu", "service": "test-eu-worker", "tags": {"farflow:environment": "test-eu"}}
    run_module(module, targets=[TARGET, other])
    clients, calls = counted()
    seen = glue.find(clients, "test")
    assert plan(pure.desired(TARGET), seen) == []
    assert calls[:2] == ["DescribeScalableTargets", "DescribeScalingPolicies"]
    assert plan(pure.desired(other), glue.find(clients, "test-eu")) == []


def test_find_asks_once_where_nothing_scales():
    clients, calls = counted()
    assert glue.find(clients, "test") == []
    assert calls == ["DescribeScalableTargets"]


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ("RegisterScalableTarget", "ValidationException", "ECS service doesn't exist: service/test/test-worker"),
        ("RegisterScalableTarget", "ValidationException", "Unable to assume IAM role: arn:aws:iam::1:role/a"),
        ("PutScalingPolicy", "ObjectNotFoundException", "No scalable target registered"),
        ("PutScalingPolicy", "FailedResourceAccessException", "Unable to retrieve capacity: Rate exceeded"),
        ("PutScalingPolicy", "ConcurrentUpdateException", "already being updated"),
        ("DescribeScalingPolicies", "FailedResourceAccessException", "Rate exceeded"),
    ],
)
def test_what_is_refused_for_a_moment_is_done_again(run_module, calls, no_pauses, operation, code, message):
    run_module(module, targets=[{**TARGET, "policies": []}])
    calls.refuse(operation, code, times=2, message=message)
    run_module(module, targets=[{**TARGET, "max_capacity": 6}])
    assert run_module(module, targets=[{**TARGET, "max_capacity": 6}])["changed"] is False
    assert len(no_pauses) == 2


def test_what_is_wrong_is_told_at_once(run_module, calls, no_pauses):
    calls.refuse("RegisterScalableTarget", "ValidationException", message="Maximum capacity is too large")
    assert "Maximum capacity is too large" in run_module(module, targets=[TARGET])["msg"]
    assert no_pauses == []


def test_a_target_is_made_by_one_call_for_each_thing(run_module, calls):
    calls.made.clear()
    run_module(module, targets=[TARGET])
    assert calls.of("") == [
        "DescribeScalableTargets",
        "RegisterScalableTarget",
        *["PutScalingPolicy"] * 2,
    ]
