# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Application Auto Scaling tells of a scalable target, its policies and actions, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import TAGS, Compared, Nothing, OfOthers, Reads

_HISTORY = Nothing("how it has scaled")
_FORECAST = Nothing("what a predictive policy expects, which ours are not; another policy is compared")

READS = [
    Reads(
        kind="scalable_target",
        title="Scaling of workers",
        service="application-autoscaling",
        ids=("ResourceId", "ResourceIds", "ResourceARN"),
        operations={
            "DescribeScalableTargets": Compared(),
            "DescribeScalingActivities": _HISTORY,
            "DescribeScalingPolicies": OfOthers("scaling_policy"),
            "DescribeScheduledActions": OfOthers("scheduled_action"),
            "GetPredictiveScalingForecast": _FORECAST,
            "ListTagsForResource": TAGS,
        },
    ),
    Reads(
        kind="scaling_policy",
        title="Policies of that scaling",
        service="application-autoscaling",
        ids=("PolicyName", "PolicyNames"),
        operations={
            "DescribeScalingPolicies": Compared(),
            "GetPredictiveScalingForecast": _FORECAST,
        },
    ),
    Reads(
        kind="scheduled_action",
        title="Scheduled actions of that scaling",
        service="application-autoscaling",
        ids=("ScheduledActionNames",),
        operations={"DescribeScheduledActions": Compared()},
    ),
]
