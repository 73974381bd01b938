"""By hand where it is said who may do what, and who reaches Airflow: roles, the load balancer."""

from __future__ import annotations

import json
from urllib.parse import unquote

from .drift import drift
from .network import group_id, subnet_id, vpc_id

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def document(answer):
    """A policy document as IAM tells it: decoded, or not yet."""
    return answer if isinstance(answer, dict) else json.loads(unquote(answer))


@drift("change iam_role local-airflow-worker", "policies worker Statement")
def a_statement_of_a_role_widened(aws):
    iam = aws.client("iam")
    name = {"RoleName": "local-airflow-worker", "PolicyName": "worker"}
    found = document(iam.get_role_policy(**name)["PolicyDocument"])
    narrow = next(each for each in found["Statement"] if each["Sid"] == "RunFargateTasks")
    narrow["Resource"] = "*"
    iam.put_role_policy(**name, PolicyDocument=json.dumps(found))


@drift("change iam_role local-airflow-triggerer", "policies triggerer")
def an_inline_policy_of_a_role_removed(aws):
    aws.client("iam").delete_role_policy(RoleName="local-airflow-triggerer", PolicyName="triggerer")


@drift("change iam_role local-task-hello", "policies mine")
def an_inline_policy_added_to_a_role(aws):
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    aws.client("iam").put_role_policy(
        RoleName="local-task-hello",
        PolicyName="mine",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )


@drift("change iam_role local-task", f"managed_policy_arns [{ADMINISTRATOR}] -> (none)")
def a_managed_policy_attached_to_a_role(aws):
    aws.client("iam").attach_role_policy(RoleName="local-task", PolicyArn=ADMINISTRATOR)


@drift("change iam_role local-airflow-scheduler", "assume_role_policy Statement")
def a_role_that_others_may_take(aws):
    iam = aws.client("iam")
    found = document(iam.get_role(RoleName="local-airflow-scheduler")["Role"]["AssumeRolePolicyDocument"])
    found["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::210987654321:root"}
    iam.update_assume_role_policy(RoleName="local-airflow-scheduler", PolicyDocument=json.dumps(found))


@drift("change iam_role local-airflow-worker", 'description of a hand -> ""')
def a_description_of_a_role(aws):
    aws.client("iam").update_role_description(RoleName="local-airflow-worker", Description="of a hand")


@drift("change iam_role local-airflow-command", "max_session_duration 43200 -> 3600")
def a_role_taken_for_longer(aws):
    aws.client("iam").update_role(RoleName="local-airflow-command", MaxSessionDuration=43200)


@drift("change iam_role local-airflow-api-server", f"permissions_boundary (none) -> {BOUNDARY}")
def the_boundary_of_a_role_removed(aws):
    aws.client("iam").delete_role_permissions_boundary(RoleName="local-airflow-api-server")


@drift("change iam_role local-tasks-execution", "tags team (none) -> data")
def a_tag_of_a_role_removed(aws):
    aws.client("iam").untag_role(RoleName="local-tasks-execution", TagKeys=["team"])


@drift("create iam_role local-airflow-dag-processor")
def a_role_deleted(aws):
    iam = aws.client("iam")
    for name in iam.list_role_policies(RoleName="local-airflow-dag-processor")["PolicyNames"]:
        iam.delete_role_policy(RoleName="local-airflow-dag-processor", PolicyName=name)
    iam.delete_role(RoleName="local-airflow-dag-processor")


def load_balancer(aws):
    (found,) = aws.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return found["LoadBalancerArn"]


def listener(aws):
    (found,) = aws.client("elbv2").describe_listeners(LoadBalancerArn=load_balancer(aws))["Listeners"]
    return found["ListenerArn"]


def target_group(aws):
    (found,) = aws.client("elbv2").describe_target_groups(Names=["local-api-server"])["TargetGroups"]
    return found["TargetGroupArn"]


def set_attribute(aws, key, value):
    attributes = [{"Key": key, "Value": value}]
    aws.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=load_balancer(aws), Attributes=attributes)


@drift("change load_balancer local-airflow", "attributes load_balancing.cross_zone.enabled false -> true")
def balancing_within_zones_only(aws):
    set_attribute(aws, "load_balancing.cross_zone.enabled", "false")


@drift("change load_balancer local-airflow", "attributes deletion_protection.enabled true -> false")
def the_load_balancer_protected(aws):
    set_attribute(aws, "deletion_protection.enabled", "true")


@drift("change load_balancer local-airflow", "security_groups [sg-")
def another_security_group_of_the_load_balancer(aws):
    groups = [group_id(aws, "local-airflow")]
    aws.client("elbv2").set_security_groups(LoadBalancerArn=load_balancer(aws), SecurityGroups=groups)


@drift("change load_balancer local-airflow", "enforce_security_group_inbound_rules_on_private_link_traffic off -> on")
def traffic_of_private_link_past_the_security_groups(aws):
    arn = load_balancer(aws)
    [found] = aws.client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    aws.client("elbv2").set_security_groups(
        LoadBalancerArn=arn,
        SecurityGroups=found["SecurityGroups"],
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off",
    )


@drift("change load_balancer local-airflow", "subnets [subnet-")
def a_zone_less_of_the_load_balancer(aws):
    subnets = [subnet_id(aws, "local-private-a")]
    aws.client("elbv2").set_subnets(LoadBalancerArn=load_balancer(aws), Subnets=subnets)


@drift("change target_group local-api-server", "health_check path / -> /api/v2/version")
def another_health_check(aws):
    aws.client("elbv2").modify_target_group(TargetGroupArn=target_group(aws), HealthCheckPath="/")


@drift("change target_group local-api-server", "attributes deregistration_delay.timeout_seconds 3600 -> 30")
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
        LoadBalancerArn=load_balancer(aws), Protocol="TCP", Port=9999, DefaultActions=[action]
    )
