"""Application Auto Scaling: what sets the number of workers."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds import autoscaling

from .facts import Never, Tagging, drift, kind


def _client(aws):
    return aws.client("application-autoscaling")


kind(
    "scalable_target",
    made_by="application-autoscaling RegisterScalableTarget",
    read_by="application-autoscaling DescribeScalableTargets",
    tags=Tagging(
        lambda aws, name, id_: dict(_client(aws).list_tags_for_resource(ResourceARN=id_)["Tags"]),
        lambda aws, name, id_, tags: _client(aws).tag_resource(ResourceARN=id_, Tags=tags),
        lambda aws, name, id_, keys: _client(aws).untag_resource(ResourceARN=id_, TagKeys=keys),
    ),
    changed_by=autoscaling.TARGET,
)
kind(
    "scaling_policy",
    made_by="application-autoscaling PutScalingPolicy",
    read_by="application-autoscaling DescribeScalingPolicies",
    tags=Never("AWS has no tags for them: they are known by their target"),
    changed_by=autoscaling.POLICY,
)


WORKERS = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/local/local-worker",
    "ScalableDimension": "ecs:service:DesiredCount",
}


def scaling(aws):
    return aws.client("application-autoscaling")


def put_policy(aws, name, target, **changes):
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    tracking = {"TargetValue": target, "PredefinedMetricSpecification": metric, "ScaleInCooldown": 60}
    scaling(aws).put_scaling_policy(
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={**tracking, "ScaleOutCooldown": 60, **changes},
        **WORKERS,
    )


@drift("change scalable_target local/local-worker", "max_capacity 50 -> 5")
def more_workers_allowed(aws):
    scaling(aws).register_scalable_target(MinCapacity=1, MaxCapacity=50, **WORKERS)


@drift("change scalable_target local/local-worker", "suspended_state dynamic_scaling_in_suspended true -> false")
def scaling_suspended(aws):
    scaling(aws).register_scalable_target(SuspendedState={"DynamicScalingInSuspended": True}, **WORKERS)


@drift("change scaling_policy local/local-worker/local-worker-cpu", "target_value 10.0 -> 70.0")
def workers_scale_earlier(aws):
    put_policy(aws, "local-worker-cpu", 10.0)


@drift("change scaling_policy local/local-worker/local-worker-cpu", "scale_in_cooldown 900 -> 60")
def workers_leave_later(aws):
    put_policy(aws, "local-worker-cpu", 70.0, ScaleInCooldown=900)


@drift("create scaling_policy local/local-worker/local-worker-memory")
def a_scaling_policy_deleted(aws):
    scaling(aws).delete_scaling_policy(PolicyName="local-worker-memory", **WORKERS)


@drift("delete scaling_policy local/local-worker/mine")
def a_scaling_policy_added(aws):
    metric = {"Namespace": "mine", "MetricName": "load", "Statistic": "Average"}
    scaling(aws).put_scaling_policy(
        PolicyName="mine",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 20.0, "CustomizedMetricSpecification": metric},
        **WORKERS,
    )


@drift("change scaling_policy local/local-worker-heavy/local-worker-heavy-work", "cooldown 0 -> 60")
def a_pool_without_cooldown(aws):
    heavy = {**WORKERS, "ResourceId": "service/local/local-worker-heavy"}
    found = scaling(aws).describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    policy = next(each for each in found if each["PolicyName"] == "local-worker-heavy-work")
    steps = {**policy["StepScalingPolicyConfiguration"], "Cooldown": 0}
    scaling(aws).put_scaling_policy(
        PolicyName=policy["PolicyName"], PolicyType="StepScaling", StepScalingPolicyConfiguration=steps, **heavy
    )


@drift(
    "change scaling_policy local/local-worker/local-worker-memory", "policy_type StepScaling -> TargetTrackingScaling"
)
def a_policy_of_another_type(aws):
    scaling(aws).delete_scaling_policy(PolicyName="local-worker-memory", **WORKERS)
    step = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    scaling(aws).put_scaling_policy(
        PolicyName="local-worker-memory",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [step]},
        **WORKERS,
    )


@drift("delete scheduled_action local/local-worker/night", seen_by="application-autoscaling DescribeScheduledActions")
def nobody_works_at_night(aws):
    scaling(aws).put_scheduled_action(
        ScheduledActionName="night",
        Schedule="cron(0 20 * * ? *)",
        ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 0},
        **WORKERS,
    )
