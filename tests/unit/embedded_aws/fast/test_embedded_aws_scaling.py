"""Application Auto Scaling of a service, by alarms over metrics that are put."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

PLACE = {"ServiceNamespace": "ecs", "ResourceId": "service/c/web", "ScalableDimension": "ecs:service:DesiredCount"}
POLICY = re.compile(
    r"arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:"
    r"resource/ecs/service/c/web:policyName/workers"
)


def exactly(most):
    """Steps for an alarm at 0: as many workers as the metric says."""
    bounds = [(number, number + 1, number) for number in range(most)] + [(most, None, most)]
    steps = [
        {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper, "ScalingAdjustment": amount}
        for lower, upper, amount in bounds
    ]
    del steps[-1]["MetricIntervalUpperBound"]
    return {"AdjustmentType": "ExactCapacity", "StepAdjustments": steps, "MetricAggregationType": "Maximum"}


def more(amount, **bounds):
    steps = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": amount}]
    return {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps, **bounds}


class Scaling:
    """The service `web`, whose desired count follows alarms; a minute of AWS's takes a quarter of a second."""

    def __init__(self, aws):
        self.aws = aws
        self.ecs, self.client = aws.client("ecs"), aws.client("application-autoscaling")
        self.cloudwatch = aws.client("cloudwatch")

    def register(self, least, most, **members):
        return self.client.register_scalable_target(**PLACE, MinCapacity=least, MaxCapacity=most, **members)

    def put_steps(self, configuration, cooldown=0, name="workers"):
        configuration = {"Cooldown": cooldown, **configuration}
        return self.client.put_scaling_policy(
            **PLACE, PolicyName=name, PolicyType="StepScaling", StepScalingPolicyConfiguration=configuration
        )["PolicyARN"]

    def put_tracking(self, metric, name="workers", **members):
        configuration = {"TargetValue": 50.0, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}}
        return self.client.put_scaling_policy(
            **PLACE,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={**configuration, **members},
        )

    def put_alarm(self, policy, name="wanted", comparison="GreaterThanOrEqualToThreshold", threshold=0.0):
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="farflow/airflow",
            MetricName="WorkersWanted",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator=comparison,
            AlarmActions=[policy],
        )

    def want(self, number):
        self.cloudwatch.put_metric_data(
            Namespace="farflow/airflow", MetricData=[{"MetricName": "WorkersWanted", "Value": number}]
        )

    def desired(self):
        return self.service()["desiredCount"]

    def service(self):
        return self.ecs.describe_services(cluster="c", services=["web"])["services"][0]

    def activities(self, **members):
        found = self.client.describe_scaling_activities(ServiceNamespace="ecs", **members)["ScalingActivities"]
        return found[::-1]

    def why_not(self):
        """Why the newest call of a policy did not scale, if it did not."""
        newest = self.activities(IncludeNotScaledActivities=True)[-1:]
        return [reason["Code"] for one in newest for reason in one.get("NotScaledReasons", [])]

    def until_wanted(self, number, desired):
        """Puts the metric until the service is to have so many tasks."""

        def is_so():
            self.want(number)
            return self.desired() == desired

        until(is_so)

    def until_it_does_not(self, number, code):
        """Puts the metric until it is told why nothing is done."""

        def is_so():
            self.want(number)
            return self.why_not() == [code]

        until(is_so)


@pytest.fixture
def scaling(aws, service):
    with aws.clock(240):
        yield Scaling(aws)


def test_a_service_follows_a_metric_exactly_and_to_zero(scaling):
    scaling.register(0, 5)
    policy = scaling.put_steps(exactly(5))
    assert POLICY.fullmatch(policy)
    scaling.put_alarm(policy)
    for wanted in (4, 0, 3):
        scaling.until_wanted(wanted, wanted)
    scaling.until_wanted(9, 5)
    scaling.until_it_does_not(9, "AlreadyAtDesiredCapacity")
    activity = scaling.activities()[0]
    assert (activity["Description"], activity["StatusCode"]) == ("Setting desired count to 4.", "Successful")
    assert activity["Cause"] == "monitor alarm wanted in state ALARM triggered policy workers"
    assert activity["StatusMessage"] == "Successfully set desired count to 4. Change successfully fulfilled by ecs."


def test_an_alarm_without_data_changes_nothing(scaling):
    scaling.register(0, 5)
    scaling.put_alarm(scaling.put_steps(exactly(5)))
    scaling.until_wanted(4, 4)
    until(lambda: scaling.cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == "INSUFFICIENT_DATA")
    assert scaling.desired() == 4


def test_a_policy_is_called_again_each_minute_that_the_alarm_stays(scaling):
    scaling.register(0, 6)
    scaling.put_alarm(scaling.put_steps(more(1)))
    scaling.until_wanted(1, 6)
    assert [one["Description"][-2] for one in scaling.activities()] == ["3", "4", "5", "6"]
    scaling.until_it_does_not(1, "AlreadyAtMaxCapacity")


def test_a_registration_brings_the_service_into_its_bounds(scaling):
    scaling.register(3, 5)
    assert scaling.desired() == 3
    scaling.register(0, 1)
    assert scaling.desired() == 1
    scaling.client.register_scalable_target(**PLACE, SuspendedState={"DynamicScalingInSuspended": True})
    scaling.ecs.update_service(cluster="c", service="web", desiredCount=4)
    scaling.client.register_scalable_target(**PLACE)
    assert scaling.desired() == 1
    assert [one["Cause"] for one in scaling.activities()] == [
        "minimum capacity was set to 3",
        "maximum capacity was set to 1",
        "maximum capacity was set to 1",
    ]
    [target] = scaling.client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }


def test_what_is_suspended_is_not_done(scaling):
    scaling.register(0, 5, SuspendedState={"DynamicScalingOutSuspended": True, "DynamicScalingInSuspended": True})
    scaling.put_alarm(scaling.put_steps(exactly(5)))
    scaling.until_it_does_not(2, "AlreadyAtDesiredCapacity")
    for wanted in (5, 0):
        scaling.want(wanted)
        until(lambda: scaling.cloudwatch.describe_alarms(StateValue="INSUFFICIENT_DATA")["MetricAlarms"])
        assert scaling.desired() == 2
    scaling.register(0, 5, SuspendedState={"DynamicScalingInSuspended": True})
    scaling.until_wanted(5, 5)


def test_scale_in_waits_for_the_cooldown_and_scale_out_does_not(scaling):
    scaling.register(0, 5)
    scaling.put_alarm(scaling.put_steps(exactly(5), cooldown=86400))
    scaling.until_wanted(3, 3)
    scaling.until_wanted(4, 4)
    for _unused in range(3):
        scaling.want(1)
        until(lambda: scaling.cloudwatch.describe_alarms(StateValue="INSUFFICIENT_DATA")["MetricAlarms"])
        assert scaling.desired() == 4
    scaling.until_wanted(5, 5)
    scaling.put_steps(exactly(5), cooldown=0)
    scaling.until_wanted(1, 1)


def test_within_a_cooldown_only_a_larger_scale_out_adds_what_is_missing(scaling):
    scaling.register(0, 20)
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3},
    ]
    policy = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
    scaling.put_alarm(scaling.put_steps(policy, cooldown=86400))
    scaling.until_wanted(5, 4)
    scaling.until_it_does_not(5, "AlreadyAtDesiredCapacity")
    scaling.until_wanted(15, 5)
    scaling.until_it_does_not(15, "AlreadyAtDesiredCapacity")


def test_nothing_is_taken_away_while_a_deployment_is_in_progress(scaling):
    scaling.register(0, 5)
    scaling.put_alarm(scaling.put_steps(exactly(5)))
    first, _second = scaling.ecs.list_tasks(cluster="c", serviceName="web")["taskArns"]
    scaling.ecs.update_task_protection(cluster="c", tasks=[first], protectionEnabled=True)
    scaling.ecs.update_service(cluster="c", service="web", forceNewDeployment=True)
    scaling.until_it_does_not(1, "TargetServicePutResourceAsUnscalable")
    assert scaling.desired() == 2
    scaling.until_it_does_not(3, "AlreadyAtDesiredCapacity")  # what runs counts, not what is desired
    scaling.until_wanted(4, 4)
    scaling.ecs.update_task_protection(cluster="c", tasks=[first], protectionEnabled=False)
    scaling.until_wanted(1, 1)


def test_protected_tasks_run_on_when_fewer_are_wanted(scaling):
    scaling.register(0, 5)
    scaling.put_alarm(scaling.put_steps(exactly(5)))
    first, _second = scaling.ecs.list_tasks(cluster="c", serviceName="web")["taskArns"]
    scaling.ecs.update_task_protection(cluster="c", tasks=[first], protectionEnabled=True)
    scaling.until_wanted(0, 0)
    assert scaling.ecs.list_tasks(cluster="c", serviceName="web")["taskArns"] == [first]
    assert scaling.activities()[-1]["StatusCode"] == "InProgress"
    until(lambda: scaling.activities()[-1]["StatusCode"] == "Unfulfilled")


def test_a_count_below_the_minimum_goes_up_to_it_and_not_further_down(scaling):
    scaling.register(0, 9)
    scaling.put_alarm(scaling.put_steps(more(1)))
    out = scaling.put_steps(more(-1), name="fewer")
    scaling.register(3, 9)
    scaling.ecs.update_service(cluster="c", service="web", desiredCount=1)
    scaling.put_alarm(out)
    scaling.until_it_does_not(1, "AlreadyAtMinCapacity")
    assert scaling.desired() == 1
    scaling.put_alarm(scaling.put_steps(more(1)))
    scaling.until_wanted(1, 3)


def of_service(name="web"):
    return {"ClusterName": "c", "ServiceName": name}


def test_a_tracking_policy_has_two_alarms_of_its_own(scaling):
    scaling.register(0, 9)
    made = scaling.put_tracking("ECSServiceAverageCPUUtilization")
    high, low = (alarm["AlarmName"] for alarm in made["Alarms"])
    assert re.fullmatch(r"TargetTracking-service/c/web-AlarmHigh-[0-9a-f-]{36}", high)
    assert re.fullmatch(r"TargetTracking-service/c/web-AlarmLow-[0-9a-f-]{36}", low)
    alarms = {one["AlarmName"]: one for one in scaling.cloudwatch.describe_alarms()["MetricAlarms"]}
    assert [(alarms[name]["Threshold"], alarms[name]["EvaluationPeriods"]) for name in (high, low)] == [
        (50.0, 3),
        (45.0, 15),
    ]
    assert alarms[high]["AlarmActions"][0].startswith(f"{made['PolicyARN']}:createdBy/")
    again = scaling.put_tracking("ECSServiceAverageCPUUtilization", TargetValue=70.0)
    assert again == {**made, "ResponseMetadata": again["ResponseMetadata"]}
    [alarm] = scaling.cloudwatch.describe_alarms(AlarmNames=[high])["MetricAlarms"]
    assert alarm["Threshold"] == 70.0
    [policy] = scaling.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert policy["Alarms"] == made["Alarms"]
    scaling.put_tracking("ECSServiceAverageCPUUtilization", DisableScaleIn=True)
    assert [one["AlarmName"] for one in scaling.cloudwatch.describe_alarms()["MetricAlarms"]] == [high]
    scaling.client.delete_scaling_policy(**PLACE, PolicyName="workers")
    assert scaling.cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_a_tracking_policy_brings_a_metric_to_its_target(aws, scaling):
    scaling.register(1, 9)
    scaling.put_tracking("ECSServiceAverageCPUUtilization", ScaleInCooldown=0, ScaleOutCooldown=0)

    def put(value, desired):
        aws.put_metric("AWS/ECS", "CPUUtilization", value, unit="Percent", **of_service())
        return scaling.desired() == desired

    until(lambda: put(90.0, 4))
    scaling.register(1, 4)
    until(lambda: put(10.0, 1), 20)


def test_nothing_is_taken_away_until_all_tracking_policies_want_to(aws, scaling):
    scaling.register(1, 9)
    for name, metric in (("cpu", "ECSServiceAverageCPUUtilization"), ("memory", "ECSServiceAverageMemoryUtilization")):
        scaling.put_tracking(metric, name, ScaleInCooldown=0, ScaleOutCooldown=0)

    def put(cpu, memory):
        aws.put_metric("AWS/ECS", "CPUUtilization", cpu, unit="Percent", **of_service())
        aws.put_metric("AWS/ECS", "MemoryUtilization", memory, unit="Percent", **of_service())
        return scaling.cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]

    until(lambda: put(5.0, 48.0), 20)
    assert scaling.desired() == 2
    until(lambda: put(5.0, 5.0) and scaling.desired() == 1, 20)


def test_alarms_that_call_a_step_policy_are_told_and_outlive_it(scaling):
    scaling.register(0, 5)
    scaling.put_alarm(scaling.put_steps(exactly(5)))
    [policy] = scaling.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert [alarm["AlarmName"] for alarm in policy["Alarms"]] == ["wanted"]
    scaling.client.delete_scaling_policy(**PLACE, PolicyName="workers")
    [alarm] = scaling.cloudwatch.describe_alarms()["MetricAlarms"]
    assert alarm["AlarmActions"] == []


def test_a_target_takes_its_policies_with_it(scaling):
    scaling.register(0, 5)
    scaling.put_tracking("ECSServiceAverageCPUUtilization")
    scaling.client.deregister_scalable_target(**PLACE)
    assert scaling.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert scaling.cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_what_aws_does_not_take_is_refused(scaling):
    with pytest.raises(ClientError, match="No scalable target registered"):
        scaling.put_steps(exactly(2))
    with pytest.raises(ClientError, match="cannot be less than minimum"):
        scaling.register(2, 1)
    with pytest.raises(ClientError, match="are required when registering"):
        scaling.client.register_scalable_target(**PLACE, MinCapacity=1)
    with pytest.raises(ClientError, match="Unsupported service namespace"):
        scaling.client.register_scalable_target(**{**PLACE, "ResourceId": "web"}, MinCapacity=1, MaxCapacity=2)
    scaling.register(0, 5)
    scaling.put_tracking("ECSServiceAverageCPUUtilization")
    with pytest.raises(ClientError, match="Only one TargetTrackingScaling policy"):
        scaling.put_tracking("ECSServiceAverageCPUUtilization", name="more")


def test_a_policy_that_is_gone_is_told_in_the_alarms_history(scaling):
    scaling.register(0, 5)
    policy = scaling.put_steps(exactly(5))
    scaling.client.delete_scaling_policy(**PLACE, PolicyName="workers")
    scaling.put_alarm(policy)
    scaling.want(4)

    def failed():
        items = scaling.cloudwatch.describe_alarm_history(AlarmName="wanted", HistoryItemType="Action")
        return any(item["HistorySummary"].startswith("Failed to execute") for item in items["AlarmHistoryItems"])

    until(failed)
    assert scaling.desired() == 2
