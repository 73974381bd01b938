"""Of every kind it is decided what a look compares of all that AWS can tell of one, and what not and why.

The tables are beside the kinds (engine/reads.py), and are held here against botocore's models: an operation that AWS
adds asks for a decision.
"""

from __future__ import annotations

import importlib
import re
from functools import cache

import botocore.session
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reads import (
    TAGS,
    Compared,
    NotCompared,
    Nothing,
    OfOthers,
    Told,
)

from tests.kinds import DRIFTS, KINDS
from tests.stack.answers import Answers
from tests.stack.in_process import InProcess
from tests.stack.playbooks import ROOT

#: Which operations only read.
_READS = re.compile(r"(Describe|Get|List|BatchGet|Head|Select|Lookup|Discover|Search|Simulate|Filter)(?=[A-Z])")

#: How a member of a request is named that takes an id, a name or an ARN of one of ours, by service.
_LIKE_AN_ID = {
    "application-autoscaling": "resource|policy|action|arn",
    "cloudwatch": "alarm|resource|arn",
    "codebuild": "^names?$|project|resource|arn",
    "ec2": "vpc|subnet|internetgateway|allocation|publicip|natgateway|routetable|group|networkacl|^resource",
    "ecr": "repositor|image|resource|arn|subject",
    "ecs": "cluster|service|definition|family|resource|arn",
    "efs": "filesystem|mounttarget|accesspoint|resource|creationtoken",
    "elbv2": "loadbalancer|targetgroup|listener|resource",
    "iam": "role|arn|entity",
    "logs": "loggroup|resource|arn",
    "rds": "instance|dbi|parametergroup|subnetgroup|dbsnapshot|resource|source|arn",
    "s3": "bucket|key$",
    "secretsmanager": "secret|arn",
    "servicediscovery": "namespace|service|^id$|arn",
    "sqs": "queue|arn",
}

#: Those that are named so and take none: where one is of an operation alone, as `Operation.Member`.
_NO_IDS = {
    "application-autoscaling": set(),
    "cloudwatch": {"AlarmContributorId", "AlarmMuteRuleName", "AlarmTypes"},
    "codebuild": {"BatchGetFleets.names", "reportArn", "reportArns", "reportGroupArn", "reportGroupArns"},
    "ec2": {
        # of other things
        *("DescribePlacementGroups.GroupIds", "EgressOnlyInternetGatewayIds", "IpamPoolAllocationId"),
        *("IpamPoolAllocationIds", "LocalGatewayRouteTableId", "LocalGatewayRouteTableIds"),
        *("LocalGatewayRouteTableVirtualInterfaceGroupAssociationIds", "LocalGatewayRouteTableVpcAssociationIds"),
        *("LocalGatewayVirtualInterfaceGroupIds", "SecondarySubnetIds", "TransitGatewayRouteTableAnnouncementIds"),
        *("TransitGatewayRouteTableId", "TransitGatewayRouteTableIds", "VerifiedAccessGroupId"),
        *("VerifiedAccessGroupIds", "VpcEncryptionControlIds", "VpcPeeringConnectionIds"),
        # names of groups in the default VPC alone, and what is no id
        *("GroupNames", "GroupBy", "Resource", "Resources", "ResourceOwner", "ResourceRegion", "ResourceTag"),
        *("ResourceType", "ResourceTypes"),
    },
    "ecr": {"ecrRepositoryPrefixes"},
    "ecs": {
        *("daemonArn", "daemonDeploymentArns", "daemonRevisionArns", "daemonTaskDefinition", "capacityProviderArns"),
        *("principalArn", "resourceManagementType"),
    },
    "efs": set(),
    "elbv2": {"LoadBalancerType"},
    "iam": {
        *("CallerArn", "EntityFilter", "OpenIDConnectProviderArn", "PolicyArn", "ResourceArns"),
        *("SAMLProviderArn", "TemplateArn"),
    },
    "logs": {
        "anomalyDetectorArn",
        "importSourceArn",
        "integrationArn",
        "lookupTableArn",
        "resourceTypes",
        "logGroupClass",
        "logGroupTags",
    },
    "rds": {
        *("DBClusterParameterGroupName", "DbClusterResourceId", "DBInstanceClass", "DBParameterGroupFamily"),
        *("ReservedDBInstanceId", "ReservedDBInstancesOfferingId", "Source", "SourceType"),
        *("DBInstanceAutomatedBackupsArn",),
    },
    "s3": {
        *("BucketRegion", "ExpectedBucketOwner", "MaxBuckets", "MaxDirectoryBuckets", "SSECustomerKey"),
    },
    "secretsmanager": set(),
    "servicediscovery": set(),
    "sqs": {"QueueOwnerAWSAccountId"},
}

#: What an environment desires that AWS has no operations of its own for.
_NO_TABLE = {"database_schema"}


@pytest.fixture(scope="module", autouse=True)
def scripts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("reads")


def _tables():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return importlib.import_module("reads").tables()


TABLES = _tables()
OF_KIND = {table.kind: table for table in TABLES}


@cache
def _model(service):
    return botocore.session.get_session().get_service_model(service)


@cache
def _inputs(service):
    """By the name of a read operation the members of its request, each with its documentation."""
    model = _model(service)
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names if _READS.match(name)}
    return {
        name: {key: value.documentation for key, value in shape.members.items()}
        for name, shape in shapes.items()
        if shape
    }


def _taken(table, operation, members):
    """The members of a request that take an id of one, and the filters that do."""
    if not members.keys().isdisjoint(table.without):
        return set()
    named = {name for name in members if name in table.ids or f"{operation}.{name}" in table.ids}
    documented = re.findall(r"<code>([^<]+)</code>", members.get("Filters", members.get("Filter", "")))
    return named | {name for name in documented for ours in table.filters if re.fullmatch(rf"(.*\.)?{ours}", name)}


def _taking(table):
    """The read operations that take an id of one."""
    return {name for name, members in _inputs(table.service).items() if _taken(table, name, members)}


def _of(*decisions):
    """Service and name of each operation of which this is decided for any kind."""
    return {
        f"{table.service} {name}"
        for table in TABLES
        for name, decided in table.operations.items()
        if isinstance(decided, decisions)
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_all_that_aws_can_tell_of_one_is_decided(table):
    assert _taking(table) - table.operations.keys() == set()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_nothing_else_is_decided_but_what_is_compared(table):
    """What lists all of a kind takes no id of one."""
    others = table.operations.keys() - _taking(table)
    assert {name for name in others if not isinstance(table.operations[name], Compared)} == set()
    assert others <= set(_model(table.service).operation_names)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_no_id_is_named_that_no_operation_takes(table):
    taken = {
        name for operation, members in _inputs(table.service).items() for name in _taken(table, operation, members)
    }
    assert {name for name in table.ids if name.rpartition(".")[2] not in taken} == set()
    assert {ours for ours in table.filters if not any(name.endswith(ours) for name in taken)} == set()


@pytest.mark.parametrize("service", _LIKE_AN_ID)
def test_no_member_of_a_request_is_overlooked(service):
    """One with the name of something of ours is an id of a kind, or is said to be none."""
    tables = [table for table in TABLES if table.service == service]
    known = {name for table in tables for name in table.ids} | _NO_IDS[service]
    like = {
        (operation, name)
        for operation, members in _inputs(service).items()
        for name in members
        if re.search(_LIKE_AN_ID[service], name, re.IGNORECASE)
    }
    assert {pair for pair in like if known.isdisjoint({pair[1], ".".join(pair)})} == set()
    names = {name for _unused, name in like} | {".".join(pair) for pair in like}
    assert _NO_IDS[service] - names == set()


def test_every_service_of_a_kind_is_watched():
    assert {table.service for table in TABLES} == _LIKE_AN_ID.keys()


def test_every_kind_that_an_environment_desires_has_a_table():
    assert KINDS.keys() - OF_KIND.keys() == _NO_TABLE
    assert len(OF_KIND) == len(TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_what_another_operation_tells_is_compared_there(table):
    told = {
        name for decided in table.operations.values() if isinstance(decided, Told) for name in vars(decided).values()
    }
    assert told <= _of(Compared) | {TAGS.by, ""}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_what_tells_of_another_kind_is_decided_there(table):
    others = {decided.kind for decided in table.operations.values() if isinstance(decided, OfOthers)}
    assert others <= OF_KIND.keys()
    assert all(any(isinstance(each, Compared) for each in OF_KIND[kind].operations.values()) for kind in others)


def test_every_reason_is_given():
    words = [
        text
        for table in TABLES
        for decided in (*table.operations.values(), *table.besides)
        for text in vars(decided).values()
        if not isinstance(decided, Compared | Told)
    ]
    assert [text for text in words if not text.strip() or text.endswith(".")] == []


@pytest.fixture(scope="module")
def called(account, everything):
    """Service and name of each operation that looks at an environment of every kind call: one that finds all as it is
    wanted, and one to which the digests of task definitions say that something differs.
    """
    environment, other = (InProcess(account, {**everything, **more}) for more in ({}, {"dag_tasks_memory": 2048}))
    environment.deploy()
    with Answers().heard() as answers:
        assert environment.plan() == {} != other.plan()
    return answers.by_operation.keys()


#: What the embedded AWS gives a look no cause to call.
_NO_CAUSE = {"ecs DescribeServiceRevisions": "its services have no revisions"}


@pytest.mark.parametrize("operation", sorted(_of(Compared)))
def test_what_is_compared_is_called_by_a_look(called, operation):
    assert (operation in called) == (operation not in _NO_CAUSE)


def test_nothing_is_called_that_is_said_not_to_be_looked_at(called):
    assert called & _of(NotCompared) - _of(Compared, Told, OfOthers, Nothing) == set()


def _drifted():
    """The kinds and operations of which a drift says that it shows there."""
    return {(drift.action.split()[1], drift.seen_by) for drift in DRIFTS}


def _compared():
    return {
        (table.kind, f"{table.service} {name}"): decided
        for table in TABLES
        for name, decided in table.operations.items()
        if isinstance(decided, Compared)
    }


def test_every_operation_that_is_compared_has_a_drift_or_a_reason():
    tried = {pair for pair, decided in _compared().items() if not decided.untried}
    assert tried - _drifted() == set()


def test_no_reason_is_given_where_there_is_a_drift():
    assert {pair for pair in _drifted() & _compared().keys() if _compared()[pair].untried} == set()


def test_every_drift_shows_in_an_operation_that_is_compared():
    """That it does show there, test_drift.py sees."""
    of_tags = {pair for pair in _drifted() if pair[1] == TAGS.by}
    assert _drifted() - of_tags - _compared().keys() == set()
