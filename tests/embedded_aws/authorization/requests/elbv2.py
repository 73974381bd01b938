"""Elastic Load Balancing. What is created with tags needs AddTags ("Grant permission to tag resources during creation"
in its guide). An ARN says whether a load balancer is a network one.
"""

from __future__ import annotations

from .asked import Asked, Row, by, everything, needs_tagging, rows

_CREATE_ACTION = "elasticloadbalancing:CreateAction"


def _new_balancer(asked: Asked) -> str:
    kind = {"network": "net", "gateway": "gwy"}.get(asked.get("Type"), "app")
    return asked.arn(f"loadbalancer/{kind}/{asked['Name']}/*")


def _new_group(asked: Asked) -> str:
    return asked.arn(f"targetgroup/{asked['Name']}/*")


def _new_listener(asked: Asked) -> str:
    return f"{asked['LoadBalancerArn'].replace(':loadbalancer/', ':listener/')}/*"


ROWS: dict[str, Row] = {
    "CreateLoadBalancer": needs_tagging(
        lambda asked: asked.on(_new_balancer(asked)), "AddTags", _new_balancer, _CREATE_ACTION
    ),
    "CreateTargetGroup": needs_tagging(
        lambda asked: asked.on(_new_group(asked)), "AddTags", _new_group, _CREATE_ACTION
    ),
    "CreateListener": needs_tagging(by("LoadBalancerArn"), "AddTags", _new_listener, _CREATE_ACTION),
    **rows("AddListenerCertificates DeleteListener ModifyListener RemoveListenerCertificates", by("ListenerArn")),
    **rows(
        "DeleteLoadBalancer ModifyLoadBalancerAttributes SetIpAddressType SetSecurityGroups SetSubnets",
        by("LoadBalancerArn"),
    ),
    **rows(
        "DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes RegisterTargets DeregisterTargets",
        by("TargetGroupArn"),
    ),
    **rows("AddTags RemoveTags", by("ResourceArns")),
    **rows(
        "DescribeListenerCertificates DescribeListeners DescribeLoadBalancerAttributes DescribeLoadBalancers "
        "DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth",
        everything,
    ),
}
