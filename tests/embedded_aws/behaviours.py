"""What AWS does sometimes, late, or in some accounts only: each behaviour with its name, off until it is asked for.

A test asks for one by its name, `with aws.behaviours(late_tags=120, seed=7): ...`, or for all that are as AWS is at its
hardest, `EmbeddedAWS(strict=True)`; a mend, or the front, asks what was asked for, `LATE_TAGS.value`, and says when it
has struck, `LATE_TAGS.strike()`. What AWS always does is a mend and has no switch. Every behaviour is declared here and
nowhere else.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import clock

_counting = threading.Lock()


@dataclass
class Behaviour:
    """`value` is `off`, or what was asked for: a share from 0 to 1, a number of seconds, the least and the most of
    them, or names.

    `says` is what happens and what the value means; `source` is the document of AWS, or the report, that says so.
    `strict` is its value where the account is strict, None where that does not switch it on. `scaled`: its seconds are
    of the time that AWS counts (clock.py), since somebody waits for them.
    `random` is seeded anew, by the seed and the name, whenever behaviours are switched, and when the account is
    emptied; `memory` is emptied then. `struck` counts since the start.
    """

    name: str
    off: Any
    says: str
    source: str
    strict: Any = None
    scaled: bool = False
    value: Any = None
    random: random.Random = field(default_factory=random.Random)
    memory: dict[Any, Any] = field(default_factory=dict)
    struck: int = 0
    seed: int = 0

    def switch(self, value: Any, seed: int) -> None:
        self.value = tuple(value) if isinstance(value, list) else value
        self.seed = seed
        self.forget()

    def forget(self) -> None:
        self.random = random.Random(f"{self.seed} {self.name}")
        self.memory = {}

    @property
    def is_on(self) -> bool:
        return self.value != self.off

    def happens(self) -> bool:
        """Draws whether it happens this time, where the value is a share; counts it."""
        happens = self.random.random() < self.value
        if happens:
            self.strike()
        return happens

    def strike(self) -> None:
        """Counts that an answer was another one by it."""
        with _counting:
            self.struck += 1

    def seconds(self, thing: str) -> float:
        """How many real seconds it lasts for a thing. Between the least and the most it is the same for the same thing
        and seed, whoever asks first.
        """
        least, most = self.value if isinstance(self.value, tuple) else (self.value, self.value)
        drawn = random.Random(f"{self.seed} {self.name} {thing}").uniform(least, most)
        return clock.real(drawn) if self.scaled else drawn


REGISTRY: dict[str, Behaviour] = {}
#: What is on where nothing is asked for, and the seed of it.
_base: dict[str, Any] = {}
_base_seed = 0


def behaviour(name: str, *, off: Any, says: str, source: str, strict: Any = None, scaled: bool = False) -> Behaviour:
    """Declares one. Raises ValueError for a name that there is already."""
    if name in REGISTRY:
        raise ValueError(f"there is a behaviour {name} already")
    REGISTRY[name] = Behaviour(name, off, says, source, strict, scaled, value=off)
    return REGISTRY[name]


def set_base(*, strict: bool, seed: int, replayed: Mapping[str, Any] | None = None) -> None:
    """What is on from now on where nothing is asked for: all that is strict, or nothing, and what is replayed."""
    global _base, _base_seed
    _base = {each.name: each.strict for each in REGISTRY.values() if strict and each.strict is not None}
    _base |= replayed or {}
    _base_seed = seed
    switch({})


def switch(document: Mapping[str, Any]) -> None:
    """Switches on what the document names, with its value, and sets everything else to the base. `seed` is that of all
    of them, the base's where it is not there.

    Raises TypeError for a behaviour that there is not.
    """
    wanted = dict(document)
    seed = wanted.pop("seed", None)
    refuse_unknown(wanted)
    values = {**_base, **wanted}
    for each in REGISTRY.values():
        each.switch(values.get(each.name, each.off), _base_seed if seed is None else int(seed))


def forget() -> None:
    """Behaviours stand as they were switched, and remember nothing of what was."""
    for each in REGISTRY.values():
        each.forget()


def refuse_unknown(names: Iterable[str]) -> None:
    """Raises TypeError for a behaviour that there is not."""
    unknown = set(names) - set(REGISTRY)
    if unknown:
        raise TypeError(f"no such behaviours: {', '.join(sorted(unknown))}")


_RETRIES = '"Retry behavior" in the reference guide of AWS SDKs and tools'

THROTTLED = behaviour(
    "throttled",
    off=0.0,
    says="This share of the calls from the host is answered as throttled, and not performed",
    source=_RETRIES,
)
UNAVAILABLE = behaviour(
    "unavailable",
    off=0.0,
    says="This share of the calls from the host is answered with an error of the service, and not performed",
    source=_RETRIES,
)
CUT = behaviour(
    "cut",
    off=0.0,
    says="Of this share of the calls from the host the connection ends without an answer; every other one is performed",
    source=_RETRIES,
)
HUNG = behaviour(
    "hung",
    off=0.0,
    says="This share of the calls from the host is never answered; every other one is performed",
    source=_RETRIES,
)
LATENCY = behaviour(
    "latency",
    off=0.0,
    says="Each call from the host takes so many seconds longer",
    source="Any region that is far away",
)
IGNORED = behaviour(
    "ignored",
    off=(),
    says="These operations (`logs PutRetentionPolicy`) are answered as if performed, and are not",
    source="Nothing that AWS documents: it shows that a deploy believes what it reads, not what it was answered",
)
LOST = behaviour(
    "lost",
    off=(),
    says="Of each of these operations the first call is performed and its answer is cut; named twice, the first two; "
    "`*` stands for every operation that changes something",
    source='"Ensuring idempotency in Amazon EC2 API requests" in the guide of Amazon EC2',
)
LATE_DATABASE_TAGS = behaviour(
    "late_database_tags",
    off=0,
    strict=(0, 60),
    says="DescribeDBInstances shows a change of tags so many seconds late, ListTagsForResource at once",
    source='"Tagging Amazon RDS resources" in the guide of Amazon RDS',
)
YOUNG_PARAMETER_GROUP = behaviour(
    "young_parameter_group",
    off=0,
    strict=300,
    says="A database that is made less than so many seconds after its parameter group starts without its static "
    "parameters, and tells that they wait for a reboot",
    source="CreateDBParameterGroup in the API reference of Amazon RDS",
)
LATE_TAGS = behaviour(
    "late_tags",
    off=0,
    strict=(0, 120),
    says="GetResources shows a change of a resource's tags so many seconds late, its creation and deletion too",
    source="aws/aws-cli#4173, and terraform-provider-aws#17804: the tagging API is consistent only in the end",
)
UNKNOWN_MEMBERS = behaviour(
    "unknown_members",
    off=0.0,
    strict=0.5,
    says="In answers to the host this share of the structures has a member `MadeLater: ON`",
    source="The changelog of botocore: ECS has added availabilityZoneRebalancing, restartPolicy and others",
)
UNKNOWN_VALUES = behaviour(
    "unknown_values",
    off=(),
    says="In answers to the host these members (`Task.launchType`) have a value that no model has, `ON`",
    source="botocore's models: AWS adds values to enumerations as it adds members",
)
RATES = behaviour(
    "rates",
    off=(),
    strict="published",
    says="Operations are throttled beyond a rate, whoever calls: beyond those that AWS publishes, or these: `ecs "
    "DescribeTasks 20 100` has 20 calls a second, after a burst of 100",
    source="Documents of each service, named in `limits.py`",
)
LATE_TASKS = behaviour(
    "late_tasks",
    off=0,
    strict=(0, 6),
    says="DescribeTasks answers MISSING for a task that was started less than so many seconds ago",
    source="RunTask in the API reference of Amazon ECS: it follows an eventual consistency model",
)
LATE_LOGS = behaviour(
    "late_logs",
    off=0,
    strict=(0, 4),
    says="GetLogEvents shows a log stream, and each line in it, so many seconds after it was written",
    source="apache/airflow#43717: the end of a log is missing where it is read as soon as the task has stopped",
)
STOPPED_TASKS = behaviour(
    "stopped_tasks",
    off=3600,
    says="DescribeTasks and ListTasks forget a task so many seconds after it has stopped",
    source="DescribeTasks in the API reference of Amazon ECS: stopped tasks appear for an hour",
)
TASK_SECONDS = behaviour(
    "task_seconds",
    off=0.2,
    says="Without containers a one-off task runs for so many seconds",
    source="None: it is what stands for a program there",
)
FARGATE_VCPUS = behaviour(
    "fargate_vcpus",
    off=0.0,
    strict=6.0,
    says="The account may run so many vCPU of Fargate at once; further tasks are not started",
    source='"AWS Fargate service quotas" and "Service event messages" in the developer guide of Amazon ECS',
)
NO_CAPACITY = behaviour(
    "no_capacity",
    off=(),
    says=(
        "These capacity providers (`FARGATE_SPOT`, or `FARGATE_SPOT 0.5` for that share of the tasks) have no "
        "capacity: RunTask answers with a failure, a service tells of it and tries again"
    ),
    source='"Service event messages" in the developer guide of Amazon ECS, and aws/containers-roadmap#852',
)
NO_CAPACITY_LATER = behaviour(
    "no_capacity_later",
    off=(),
    says=(
        "The same, told late: a one-off task is PROVISIONING, and then has stopped with TaskFailedToStart; none of its "
        "containers has run"
    ),
    source='"Stopped tasks error codes" in the developer guide of Amazon ECS',
)
SPOT_INTERRUPTED = behaviour(
    "spot_interrupted",
    off=0.0,
    says="This share of the tasks on Fargate Spot is interrupted as soon as they run",
    source='"AWS Fargate capacity providers" in the developer guide of Amazon ECS',
)
REBALANCES = behaviour(
    "rebalances",
    off=0,
    strict=600,
    scaled=True,
    says=(
        "Every so many seconds a service whose availabilityZoneRebalancing is ENABLED and that has two tasks more in "
        "one zone than in another has one moved: one is started there, and one stopped here that is not protected"
    ),
    source='"Balancing an Amazon ECS service across Availability Zones" in the developer guide of Amazon ECS',
)
COLD_ROLES = behaviour(
    "cold_roles",
    off=0,
    says="So many calls of RunTask are refused first, since ECS may not assume the role yet",
    source='"Changes that I make are not always immediately visible" in the guide of IAM',
)
COLD_POLICIES = behaviour(
    "cold_policies",
    off=0,
    says="So many one-off tasks stop first, without containers, since their role may not read its secrets yet",
    source='"ResourceInitializationError" in the developer guide of Amazon ECS',
)
GUARDDUTY_AGENT = behaviour(
    "guardduty_agent",
    off=False,
    strict=True,
    says=(
        "Tasks on Fargate tell of a container `aws-guardduty-agent-...` beside their own, which is killed with its "
        "task; there is no such container in truth"
    ),
    source='"How Runtime Monitoring works with Fargate (Amazon ECS only)" in the guide of Amazon GuardDuty',
)
DENIED = behaviour(
    "denied",
    off=(),
    says="These operations (`iam ListRoles`) are refused to the host, as by a policy of its organization",
    source='"Service control policies (SCPs)" in the guide of AWS Organizations',
)
LATE_AUTHORIZATION_DETAILS = behaviour(
    "late_authorization_details",
    off=0,
    strict=60,
    says="GetAccountAuthorizationDetails leaves out roles that were made in the last so many seconds",
    source='"Changes that I make are not always immediately visible" in the guide of IAM',
)
LATE_IAM = behaviour(
    "late_iam",
    off=0,
    strict=(0, 20),
    scaled=True,
    says=(
        "GetRole, ListRoles and what else reads a role and its policies show a change so many seconds late, creation "
        "and deletion too"
    ),
    source='"Changes that I make are not always immediately visible" in the guide of IAM',
)
YOUNG_ROLES = behaviour(
    "young_roles",
    off=0,
    strict=(2, 15),
    scaled=True,
    says=(
        "ECS and CodeBuild may not assume a role that was made, or whose trust was changed, less than so many seconds "
        "ago: RunTask and CreateProject are refused, a service tells of it and tries again after 30 s"
    ),
    source='"Changes that I make are not always immediately visible" in the guide of IAM, and pulumi/pulumi-awsx#927',
)
YOUNG_POLICIES = behaviour(
    "young_policies",
    off=0,
    strict=(0, 20),
    scaled=True,
    says=(
        "A task stops without having started if its execution role was given a policy less than so many seconds before "
        "secrets are read, which is 10 s after the task was accepted"
    ),
    source=(
        '"Changes that I make are not always immediately visible" in the guide of IAM, and '
        '"ResourceInitializationError" in the developer guide of Amazon ECS'
    ),
)
NAT_GATEWAY_SECONDS = behaviour(
    "nat_gateway_seconds",
    off=0,
    strict=(60, 150),
    scaled=True,
    says=(
        "A NAT gateway is `pending` for so many seconds, and `deleting` for so many, in which it has its address and "
        "its place in the subnet still"
    ),
    source='"NAT gateway basics" and "Troubleshoot NAT gateways" in the guide of Amazon VPC',
)
LOAD_BALANCER_SECONDS = behaviour(
    "load_balancer_seconds",
    off=0,
    strict=(60, 240),
    scaled=True,
    says="A load balancer is `provisioning` for so many seconds",
    source='"Load balancer state" in the guide of Network Load Balancers',
)
LOAD_BALANCER_TRACES = behaviour(
    "load_balancer_traces",
    off=0,
    strict=(0, 300),
    scaled=True,
    says=(
        "The network interfaces of a deleted load balancer are in its subnets and security groups for so many seconds, "
        "with their public addresses"
    ),
    source="hashicorp/terraform#3758, and alchemy-run/alchemy#1125",
)
LATE_TARGETS = behaviour(
    "late_targets",
    off=0,
    strict=(70, 180),
    scaled=True,
    says="A target is `initial` for so many seconds after it was registered",
    source="aws/containers-roadmap#469, and kubernetes-sigs/aws-load-balancer-controller#1834",
)
FILE_SYSTEM_SECONDS = behaviour(
    "file_system_seconds",
    off=0,
    strict=(5, 90),
    scaled=True,
    says=(
        "A file system, a mount target and an access point are `creating` for so many seconds, in which a file system "
        "takes none of the others, and `deleting` for so many"
    ),
    source='"Understanding file system status" in the guide of Amazon EFS, and CreateMountTarget in its API reference',
)
ENDPOINT_SECONDS = behaviour(
    "endpoint_seconds",
    off=0,
    strict=(30, 120),
    scaled=True,
    says="An interface endpoint is `pending` for so many seconds, and `deleting` for so many",
    source="VpcEndpoint in the API reference of Amazon EC2",
)
_STATES = '"Viewing Amazon RDS DB instance status" in the guide of Amazon RDS'
DATABASE_CREATING = behaviour(
    "database_creating",
    off=0,
    strict=(180, 600),
    scaled=True,
    says="A database is `creating` for so many seconds, in which it has no address",
    source=_STATES,
)
DATABASE_MODIFYING = behaviour(
    "database_modifying",
    off=0,
    strict=(30, 300),
    scaled=True,
    says=(
        "A change of a database waits in its PendingModifiedValues for 5 s, and then for so many in which it is "
        "`modifying`, `upgrading` or `resetting-master-credentials` and takes no other one"
    ),
    source=_STATES,
)
DATABASE_BACKING_UP = behaviour(
    "database_backing_up",
    off=0,
    strict=(30, 240),
    scaled=True,
    says=(
        "A database that was just made and has backups, and one of which a snapshot is made, is `backing-up` for so "
        "many seconds; the snapshot is `creating` then"
    ),
    source=_STATES,
)
DATABASE_DELETING = behaviour(
    "database_deleting",
    off=0,
    strict=(60, 300),
    scaled=True,
    says=(
        "A database is `deleting` for so many seconds, in which its groups are in use, and its last snapshot is "
        "`creating`"
    ),
    source=_STATES,
)
BUCKET_NOT_EMPTY = behaviour(
    "bucket_not_empty",
    off=0,
    strict=1,
    says="The first so many DeleteBucket calls for each bucket are refused with BucketNotEmpty, though it is empty",
    source='"Amazon S3 data consistency model" in the guide of Amazon S3',
)
BUCKET_BUSY = behaviour(
    "bucket_busy",
    off=0,
    strict=(0, 2),
    says=(
        "What changes a bucket less than so many seconds after another change of it, its deletion too, is refused with "
        "OperationAborted; when it is tried again it is taken"
    ),
    source='"Error responses" in the API reference of Amazon S3, and hashicorp/terraform-provider-aws#7628',
)
LATE_QUEUES = behaviour(
    "late_queues",
    off=0,
    strict=(0, 60),
    scaled=True,
    says=(
        "GetQueueAttributes, ListQueueTags, ListQueues and GetQueueUrl show a change of a queue so many seconds late, "
        "its creation and deletion too"
    ),
    source="SetQueueAttributes and DeleteQueue in the API reference of Amazon SQS",
)
QUEUE_DELETED_RECENTLY = behaviour(
    "queue_deleted_recently",
    off=0,
    strict=60,
    scaled=True,
    says="The name of a deleted queue is refused to a new one for so many seconds",
    source="CreateQueue in the API reference of Amazon SQS: QueueDeletedRecently",
)
LATE_SECRETS = behaviour(
    "late_secrets",
    off=0,
    strict=(0, 300),
    says=(
        "ListSecrets shows a change of a secret so many seconds late, its creation and deletion too; DescribeSecret at "
        "once"
    ),
    source="ListSecrets in the API reference of AWS Secrets Manager",
)
ENHANCED_SCANNING = behaviour(
    "enhanced_scanning",
    off=False,
    says=(
        "Amazon Inspector scans by rules of the registry: no repository says that it scans on push, and none can be "
        "told to"
    ),
    source='"PutImageScanningConfiguration" and "GetRegistryScanningConfiguration" in the reference of Amazon ECR',
)
ENFORCED_IAM = behaviour(
    "enforced_iam",
    off=False,
    strict=True,
    says=(
        "IAM judges each call but the root's, by all policies that there are, and what ECS and CodeBuild do with the "
        "roles that they are given; what we do not know how to judge is answered with 501"
    ),
    source=(
        '"Policy evaluation logic" in the guide of IAM, and "Amazon ECS task execution IAM role" in the developer '
        "guide of Amazon ECS"
    ),
)
WHOLE_RESOURCES = behaviour(
    "whole_resources",
    off=False,
    strict=True,
    says="What makes or registers a whole resource is held against the schemas of CloudFormation, of its region",
    source="The schemas that cfn-lint ships: off elsewhere, since reading them takes a processor two seconds",
)
