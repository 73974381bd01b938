"""The workers are a service of their own, which scales."""

from __future__ import annotations


def test_the_service_is_there(client):
    (service,) = client("ecs").describe_services(cluster="molecule", services=["molecule-worker"])["services"]
    assert service["runningCount"] == service["desiredCount"] >= 1


def test_it_scales(client):
    scaling = client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["ResourceId"] == "service/molecule/molecule-worker"
    assert target["MinCapacity"] < target["MaxCapacity"]
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert {policy["PolicyType"] for policy in policies} == {"TargetTrackingScaling"}
