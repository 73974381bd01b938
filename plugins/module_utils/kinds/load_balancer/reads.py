# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Elastic Load Balancing tells of a load balancer, its target group and listener, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import TAGS, Compared, NotCompared, Nothing, OfOthers, Reads

_TARGETS = NotCompared(
    "targets that were registered by hand",
    "the load balancer's security group, whose rules are compared, lets it reach the api-server's group alone",
)
_RESERVED = NotCompared("reserved capacity", "it costs, and changes nothing of who gets in")
_TIMEOUT = NotCompared(
    "after how many idle seconds a listener forgets a connection", "browsers and Airflow's clients connect again"
)
_MORE_CERTIFICATES = NotCompared(
    "further certificates of a listener", "they are of this account, and the one that is asked for stays the first"
)
_OF_APPLICATIONS = Nothing("rules of application load balancers")

READS = [
    Reads(
        kind="load_balancer",
        title="Load balancer",
        service="elbv2",
        ids=("LoadBalancerArn", "LoadBalancerArns", "ResourceArn", "ResourceArns"),
        operations={
            "DescribeCapacityReservation": _RESERVED,
            "DescribeListeners": OfOthers("listener"),
            "DescribeLoadBalancerAttributes": Compared(),
            "DescribeLoadBalancers": Compared(),
            "DescribeTags": TAGS,
            "DescribeTargetGroups": OfOthers("target_group"),
            "GetResourcePolicy": Nothing("policies of trust stores"),
        },
    ),
    Reads(
        kind="target_group",
        title="Target group",
        service="elbv2",
        ids=("TargetGroupArn", "TargetGroupArns", "ResourceArn", "ResourceArns"),
        operations={
            "DescribeTags": TAGS,
            "DescribeTargetGroupAttributes": Compared(),
            "DescribeTargetGroups": Compared(),
            "DescribeTargetHealth": _TARGETS,
            "GetResourcePolicy": Nothing("policies of trust stores"),
        },
    ),
    Reads(
        kind="listener",
        title="Listener",
        service="elbv2",
        ids=("ListenerArn", "ListenerArns", "ResourceArn", "ResourceArns"),
        operations={
            "DescribeListenerAttributes": _TIMEOUT,
            "DescribeListenerCertificates": _MORE_CERTIFICATES,
            "DescribeListeners": Compared(),
            "DescribeRules": _OF_APPLICATIONS,
            "DescribeTags": TAGS,
            "GetResourcePolicy": Nothing("policies of trust stores"),
        },
    ),
]
