"""The rates at which AWS answers one account in one region: buckets of tokens, as it publishes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from . import faults
from .behaviours import RATES
from .faults import Answer
from .parsed import Call

#: The value of the behaviour `rates` that stands for the table below.
PUBLISHED = "published"
_taking = threading.Lock()


@dataclass(frozen=True)
class Limit:
    """These operations (`Describe*` are all that begin so) have `refill` calls a second, after `burst` at once.

    They share them, or each has its own with `each`. A call takes of the first limit of its service that names it, and
    of every one that is `besides`. `only` says of a call whether the limit is for it.
    """

    operations: str
    refill: float
    burst: float
    each: bool = False
    besides: bool = False
    only: Callable[[Call], bool] = lambda _call: True

    def names(self, operation: str) -> bool:
        return any(fnmatchcase(operation, pattern) for pattern in self.operations.split())


#: Region, service, operation where each has its own, and the limit.
_Bucket = tuple[str, str, str, Limit]


@dataclass(frozen=True)
class Limits:
    """What is published for a service, and the document that says so."""

    source: str
    limits: tuple[Limit, ...]


def _a_second(calls: float, *operations: str) -> tuple[Limit, ...]:
    """So many calls a second, and so many at once, for the operations of each text together."""
    return tuple(Limit(each, calls, calls) for each in operations)


def _is_unfiltered(call: Call) -> bool:
    return not {"Filters", "MaxResults"}.intersection(call.parameters)


_ECS = Limits(
    '"Request throttling for the Amazon ECS API" in its reference, and "AWS Fargate throttling quotas" in the guide',
    (
        Limit("CreateCluster DeleteCluster PutClusterCapacityProviders UpdateCluster UpdateClusterSettings", 1, 20),
        Limit("DescribeClusters ListClusters", 20, 50),
        Limit("DeregisterTaskDefinition RegisterTaskDefinition", 1, 20),
        Limit("DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies", 20, 50),
        Limit("DeleteTaskDefinitions", 1, 5),
        Limit("CreateCapacityProvider DeleteCapacityProvider UpdateCapacityProvider", 1, 10),
        Limit("DescribeCapacityProviders", 20, 50),
        Limit("TagResource UntagResource", 10, 20),
        Limit("ListTagsForResource", 20, 50),
        Limit("DeleteAccountSetting PutAccountSetting PutAccountSettingDefault", 1, 10),
        Limit("ListAccountSettings", 20, 50),
        Limit("RunTask", 20, 20, besides=True),
        Limit("DeleteAttributes ExecuteCommand PutAttributes RunTask StartTask StopTask", 40, 100),
        Limit("DescribeContainerInstances DescribeTasks ListAttributes ListContainerInstances ListTasks", 20, 100),
        Limit("CreateService DeleteService UpdateService", 5, 50),
        Limit("DescribeServices ListServices", 20, 100),
        Limit("DescribeServiceDeployments ListServiceDeployments", 20, 50),
        Limit("DescribeServiceRevisions", 20, 50),
        Limit("GetTaskProtection UpdateTaskProtection", 80, 200),
        Limit("ListServicesByNamespace", 1, 10),
    ),
)
# Where regions differ, the least of them.
_LOGS = Limits(
    '"CloudWatch Logs quotas" in the guide of CloudWatch Logs',
    (
        *_a_second(5, "AssociateKmsKey", "DeleteDataProtectionPolicy", "DeleteRetentionPolicy", "PutRetentionPolicy"),
        *_a_second(5, "DescribeMetricFilters", "DescribeSubscriptionFilters", "FilterLogEvents"),
        *_a_second(5, "GetDataProtectionPolicy", "GetTransformer"),
        *_a_second(5, "ListTagsForResource", "ListTagsLogGroup", "TagResource", "UntagResource"),
        *_a_second(10, "CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups", "GetLogEvents"),
        *_a_second(25, "DescribeLogStreams"),
        *_a_second(50, "CreateLogStream"),
    ),
)
_EC2 = Limits(
    '"Request throttling for the Amazon EC2 API" in its developer guide',
    (
        Limit("CreateVpcEndpoint DeleteVpcEndpoints ModifyVpcEndpoint", 0.3, 4, each=True),
        Limit("CreateNatGateway DeleteNatGateway", 1, 10, each=True),
        Limit("CreateDefaultSubnet CreateDefaultVpc DescribeMovingAddresses", 1, 1, each=True),
        Limit("CreateTags DeleteTags", 10, 100, each=True),
        Limit("CreateNetworkInterface DeleteNetworkInterface ModifyNetworkInterfaceAttribute", 5, 100, each=True),
        Limit("DescribeSecurityGroupReferences DescribeStaleSecurityGroups", 5, 20, each=True),
        Limit(
            "DescribeInstances DescribeInstanceStatus DescribeNetworkInterfaces DescribeSecurityGroups "
            "DescribeSnapshots DescribeSpotInstanceRequests DescribeVolumes",
            10,
            50,
            each=True,
            only=_is_unfiltered,
        ),
        Limit("Describe* Get* List* Search*", 20, 100, each=True),
        Limit("*", 5, 50, each=True),
    ),
)
_LOAD_BALANCING = Limits(
    '"Request throttling for the Elastic Load Balancing API" in its guide',
    (
        Limit("*", 10, 40, besides=True),
        Limit("CreateLoadBalancer SetSubnets", 0.2, 10),
        Limit("RegisterTargets DeregisterTargets", 4, 20),
        Limit("GetResourcePolicy", 4, 20),
        Limit("Describe*", 10, 40),
        Limit("*", 3, 20),
    ),
)
# No number is published, and users tell of 5 to 20 calls a second.
_IAM = Limits(
    'None has a number: "How to monitor and query IAM resources at scale – Part 2" in the AWS Security Blog has its '
    "buckets of tokens, and hashicorp/terraform-provider-aws#44853 what it is to meet them",
    (Limit("*", 5, 15),),
)
# No number is published.
_TAGGING = Limits(
    "None has a number: cloud-custodian/cloud-custodian#5912 met ThrottledException after five attempts",
    (Limit("*", 5, 15),),
)
_SECRETS = Limits(
    '"AWS Secrets Manager quotas" in its guide',
    (
        *_a_second(50, "DeleteResourcePolicy GetResourcePolicy PutResourcePolicy ValidateResourcePolicy"),
        *_a_second(50, "PutSecretValue UpdateSecret UpdateSecretVersionStage", "TagResource UntagResource"),
        *_a_second(50, "CreateSecret", "DeleteSecret", "RestoreSecret", "GetRandomPassword", "ListSecretVersionIds"),
        *_a_second(100, "BatchGetSecretValue", "ListSecrets"),
        *_a_second(10000, "GetSecretValue"),
    ),
)
_REGISTRY = Limits(
    '"Amazon ECR service quotas" and "Troubleshooting Amazon ECR error messages" in its guide',
    (Limit("GetAuthorizationToken", 20, 200), *_a_second(10, "PutImage"), *_a_second(2000, "BatchGetImage")),
)
_CLOUD_MAP = Limits(
    'The rates that AWS gave its own controller, aws/aws-cloud-map-mcs-controller-for-k8s#251, and "AWS Cloud Map '
    'DiscoverInstances API request throttling" in its guide',
    (
        Limit("ListNamespaces", 0.5, 5),
        Limit("ListServices", 2, 10),
        Limit("GetOperation", 100, 200),
        Limit("RegisterInstance DeregisterInstance", 50, 100, each=True),
        Limit("DiscoverInstances", 1000, 2000),
    ),
)
_CLOUDWATCH = Limits(
    '"CloudWatch service quotas" in the guide of CloudWatch',
    (
        *_a_second(3, "DeleteAlarms", "DisableAlarmActions", "EnableAlarmActions", "PutMetricAlarm", "SetAlarmState"),
        *_a_second(9, "DescribeAlarms", "DescribeAlarmsForMetric"),
        *_a_second(10, "ListTagsForResource"),
        *_a_second(20, "DescribeAlarmHistory", "TagResource", "UntagResource"),
        *_a_second(25, "ListMetrics"),
        *_a_second(500, "PutMetricData"),
    ),
)
_ROUTE_53 = Limits(
    '"Throttling for Amazon Route 53 API requests" in its guide',
    (
        Limit("*", 10, 50, besides=True),
        Limit("AssociateVPCWithHostedZone", 5, 20),
        Limit("CreateHostedZone", 2, 40),
        Limit("DeleteHostedZone", 5, 40),
        Limit("DisassociateVPCFromHostedZone", 5, 10),
        Limit("*", 10, 50, each=True),
    ),
)
_PARAMETERS = Limits(
    '"AWS Systems Manager endpoints and quotas" in the general reference',
    (*_a_second(40, "GetParameter GetParameters GetParametersByPath"), *_a_second(3, "PutParameter")),
)

#: By the name that a service signs with. RDS, EFS, SQS, S3's buckets, CodeBuild and Application Auto Scaling publish no
#: rates, and nobody else has numbers of them either.
LIMITS = {
    "ecs": _ECS,
    "logs": _LOGS,
    "ec2": _EC2,
    "elasticloadbalancing": _LOAD_BALANCING,
    "iam": _IAM,
    "tagging": _TAGGING,
    "secretsmanager": _SECRETS,
    "ecr": _REGISTRY,
    "servicediscovery": _CLOUD_MAP,
    "monitoring": _CLOUDWATCH,
    "route53": _ROUTE_53,
    "ssm": _PARAMETERS,
}


def throttle(call: Call) -> Answer | None:
    """Refuses a call for which there is no token left."""
    if not is_beyond(call):
        return None
    call.notes["fault"] = "throttled"
    return faults.answer("throttled", call.service)


def is_beyond(call: Call) -> bool:
    """Whether one of the call's buckets is empty; where none is, it takes a token of each."""
    if not RATES.is_on:
        return False
    now = time.monotonic()
    with _taking:
        tokens = {bucket: _tokens(bucket, now) for bucket in _buckets(call)}
        is_beyond = any(left < 1 for left in tokens.values())
        RATES.memory.update({bucket: (left if is_beyond else left - 1, now) for bucket, left in tokens.items()})
    if is_beyond:
        RATES.strike()
    return is_beyond


def _tokens(bucket: _Bucket, now: float) -> float:
    limit = bucket[-1]
    left, then = RATES.memory.get(bucket, (limit.burst, now))
    return min(limit.burst, left + (now - then) * limit.refill)


def _buckets(call: Call) -> Iterator[_Bucket]:
    is_counted = False
    for limit in _limits(call.service):
        if limit.names(call.operation) and (limit.besides or not is_counted) and limit.only(call):
            is_counted = is_counted or not limit.besides
            yield call.region, call.service, call.operation if limit.each else "", limit


def _limits(service: str) -> Iterable[Limit]:
    if RATES.value != PUBLISHED:
        return [limit for name, limit in _asked_for(RATES.value) if name == service]
    return LIMITS[service].limits if service in LIMITS else ()


@cache
def _asked_for(rates: tuple[str, ...]) -> list[tuple[str, Limit]]:
    """What a test has asked for in words: `ecs DescribeTasks 20 100`."""
    words = (rate.split() for rate in rates)
    return [(service, Limit(operation, float(refill), float(burst))) for service, operation, refill, burst in words]
