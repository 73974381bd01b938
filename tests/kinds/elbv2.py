"""Elastic Load Balancing: the load balancer, its target group and listener."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.engine.changing import operations
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import load_balancer
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.load_balancer.kinds import (
    LOAD_BALANCER,
    TARGET_GROUP,
    Listener,
)

from tests.embedded_aws import newer_models

from .ec2 import group_id, subnet_id, vpc_id
from .facts import Tagging, drift, kind, mapping, pairs
from .service_discovery import AnyId

TAGS = Tagging(
    lambda aws, name, id_: mapping(aws.client("elbv2").describe_tags(ResourceArns=[id_])["TagDescriptions"][0]["Tags"]),
    lambda aws, name, id_, tags: aws.client("elbv2").add_tags(ResourceArns=[id_], Tags=pairs(tags)),
    lambda aws, name, id_, keys: aws.client("elbv2").remove_tags(ResourceArns=[id_], TagKeys=keys),
)


def _another_attribute(parsed):
    parsed["Attributes"].append({"Key": "made.later", "Value": newer_models.VALUE})


kind(
    "load_balancer",
    made_by="elasticloadbalancing CreateLoadBalancer",
    read_by="elbv2 DescribeLoadBalancers",
    tags=TAGS,
    changed_by=lambda clients, wanted: load_balancer.replacing(operations(LOAD_BALANCER, clients)),
    more_names={"elbv2 DescribeLoadBalancerAttributes": _another_attribute},
)
kind(
    "target_group",
    made_by="elasticloadbalancing CreateTargetGroup",
    read_by="elbv2 DescribeTargetGroups",
    tags=TAGS,
    changed_by=TARGET_GROUP,
    more_names={"elbv2 DescribeTargetGroupAttributes": _another_attribute},
)
kind(
    "listener",
    made_by="elasticloadbalancing CreateListener",
    read_by="elbv2 DescribeListeners",
    tags=TAGS,
    changed_by=Listener(AnyId(), AnyId()),
)


def load_balancer_arn(aws):
    (found,) = aws.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return found["LoadBalancerArn"]


def listener(aws):
    (found,) = aws.client("elbv2").describe_listeners(LoadBalancerArn=load_balancer_arn(aws))["Listeners"]
    return found["ListenerArn"]


def target_group(aws):
    (found,) = aws.client("elbv2").describe_target_groups(Names=["local-api-server"])["TargetGroups"]
    return found["TargetGroupArn"]


def set_attribute(aws, key, value):
    attributes = [{"Key": key, "Value": value}]
    aws.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=load_balancer_arn(aws), Attributes=attributes)


@drift(
    "change load_balancer local-airflow",
    "attributes load_balancing.cross_zone.enabled false -> true",
    seen_by="elbv2 DescribeLoadBalancerAttributes",
)
def balancing_within_zones_only(aws):
    set_attribute(aws, "load_balancing.cross_zone.enabled", "false")


@drift(
    "change load_balancer local-airflow",
    "attributes deletion_protection.enabled true -> false",
    seen_by="elbv2 DescribeLoadBalancerAttributes",
)
def the_load_balancer_protected(aws):
    set_attribute(aws, "deletion_protection.enabled", "true")


@drift("change load_balancer local-airflow", "security_groups [sg-")
def another_security_group_of_the_load_balancer(aws):
    groups = [group_id(aws, "local-airflow")]
    aws.client("elbv2").set_security_groups(LoadBalancerArn=load_balancer_arn(aws), SecurityGroups=groups)


@drift("change load_balancer local-airflow", "enforce_security_group_inbound_rules_on_private_link_traffic off -> on")
def traffic_of_private_link_past_the_security_groups(aws):
    arn = load_balancer_arn(aws)
    [found] = aws.client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    aws.client("elbv2").set_security_groups(
        LoadBalancerArn=arn,
        SecurityGroups=found["SecurityGroups"],
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off",
    )


@drift("change load_balancer local-airflow", "subnets [subnet-")
def a_zone_less_of_the_load_balancer(aws):
    subnets = [subnet_id(aws, "local-private-a")]
    aws.client("elbv2").set_subnets(LoadBalancerArn=load_balancer_arn(aws), Subnets=subnets)


@drift("change target_group local-api-server", "health_check path / -> /api/v2/version")
def another_health_check(aws):
    aws.client("elbv2").modify_target_group(TargetGroupArn=target_group(aws), HealthCheckPath="/")


@drift(
    "change target_group local-api-server",
    "attributes deregistration_delay.timeout_seconds 3600 -> 30",
    seen_by="elbv2 DescribeTargetGroupAttributes",
)
def targets_leave_later(aws):
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": "3600"}]
    aws.client("elbv2").modify_target_group_attributes(TargetGroupArn=target_group(aws), Attributes=attributes)


@drift("create listener local-airflow:80", follows=("delete listener local-airflow:8080",))
def the_listener_moved_to_another_port(aws):
    aws.client("elbv2").modify_listener(ListenerArn=listener(aws), Port=8080)


@drift("change listener local-airflow:80", "target_group mine -> local-api-server")
def the_listener_leads_elsewhere(aws):
    elbv2 = aws.client("elbv2")
    made = elbv2.create_target_group(Name="mine", Protocol="TCP", Port=9, VpcId=vpc_id(aws), TargetType="ip")
    action = {"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}
    elbv2.modify_listener(ListenerArn=listener(aws), DefaultActions=[action])


@drift("create listener local-airflow:80")
def the_listener_deleted(aws):
    aws.client("elbv2").delete_listener(ListenerArn=listener(aws))


@drift("delete listener local-airflow:9999")
def a_listener_added(aws):
    action = {"Type": "forward", "TargetGroupArn": target_group(aws)}
    aws.client("elbv2").create_listener(
        LoadBalancerArn=load_balancer_arn(aws), Protocol="TCP", Port=9999, DefaultActions=[action]
    )
