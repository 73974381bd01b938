"""AWS does what it is asked for, and its answer is lost: nothing is doubled by that, and nothing missing.

In each run of a module here, of every operation that changes something the first answer is lost. So botocore repeats
the call, or the engine looks whether it was done. An environment is made so, removed, and brought back from what people
have done to it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError

from tests.integration.drifts import DRIFTS, rounds
from tests.stack.in_process import InProcess
from tests.stack.listing import difference, listing, more

#: By kind the call that makes one.
MADE_BY = {
    "vpc": "ec2 CreateVpc",
    "subnet": "ec2 CreateSubnet",
    "internet_gateway": "ec2 CreateInternetGateway",
    "elastic_ip": "ec2 AllocateAddress",
    "nat_gateway": "ec2 CreateNatGateway",
    "route_table": "ec2 CreateRouteTable",
    "vpc_endpoint": "ec2 CreateVpcEndpoint",
    "security_group": "ec2 CreateSecurityGroup",
    "security_group_rules": "ec2 AuthorizeSecurityGroupIngress",
    "dns_namespace": "servicediscovery CreatePrivateDnsNamespace",
    "discovery_service": "servicediscovery CreateService",
    "rds_subnet_group": "rds CreateDBSubnetGroup",
    "rds_parameter_group": "rds CreateDBParameterGroup",
    "rds_instance": "rds CreateDBInstance",
    "database_schema": "ecs RunTask",
    "secret": "secretsmanager CreateSecret",
    "ecs_cluster": "ecs CreateCluster",
    "ecs_task_definition": "ecs RegisterTaskDefinition",
    "ecs_service": "ecs CreateService",
    "scalable_target": "application-autoscaling RegisterScalableTarget",
    "scaling_policy": "application-autoscaling PutScalingPolicy",
    "ecr_repository": "ecr CreateRepository",
    "codebuild_project": "codebuild CreateProject",
    "log_group": "logs CreateLogGroup",
    "iam_role": "iam CreateRole",
    "file_system": "elasticfilesystem CreateFileSystem",
    "mount_target": "elasticfilesystem CreateMountTarget",
    "access_point": "elasticfilesystem CreateAccessPoint",
    "s3_bucket": "s3 CreateBucket",
    "sqs_queue": "sqs CreateQueue",
    "load_balancer": "elasticloadbalancing CreateLoadBalancer",
    "target_group": "elasticloadbalancing CreateTargetGroup",
    "listener": "elasticloadbalancing CreateListener",
    "dag_bundle": "s3 PutObject",
}

#: What no call of ours makes.
NOT_MADE = {
    "network_acl": "AWS makes it with its VPC; the calls that change it are among those that mend drifts",
    "image": "whoever builds it pushes it, by the registry's protocol, to a tag that says what it is built from",
}


class Losing:
    """An environment whose modules lose answers, and what came of that."""

    def __init__(self, aws, variables):
        self.aws = aws
        self.failed = []
        self.lost = set()
        self.environment = InProcess(aws, variables, self._around)
        self.undisturbed = InProcess(aws, variables)

    @contextmanager
    def _around(self, module):
        self.aws.reset_calls()
        try:
            with self.aws.behaviours(lost=["*"]):
                yield
        except FarflowError as error:
            self.failed.append(f"{module}: {error}")
        finally:
            self.lost |= {f"{call['service']} {call['operation']}" for call in self.aws.calls() if call["fault"]}


@pytest.fixture(scope="module")
def losing(account, everything):
    return Losing(account, {**everything, "rds_deletion_protection": False})


@pytest.fixture(scope="module")
def before(losing):
    return listing(losing.aws)


@pytest.fixture(scope="module")
def made(losing, before):
    """How many there are of each kind after a deploy with losses."""
    losing.environment.deploy()
    return {kind: len(names) for kind, names in more(before, listing(losing.aws)).items()}


def test_every_kind_that_the_environment_desires_is_here(losing, made):
    assert losing.environment.desired_types() == MADE_BY.keys() | NOT_MADE.keys()
    assert not MADE_BY.keys() & NOT_MADE.keys()


@pytest.mark.parametrize("kind", MADE_BY)
def test_one_is_made_by_a_call_whose_answer_was_lost(losing, made, kind):
    assert MADE_BY[kind] in losing.lost


def test_no_module_failed_and_nothing_is_left_to_do(losing, made):
    assert losing.failed == []
    assert losing.undisturbed.plan() == {}


def doubled(losing):
    """By type and name what is there more than once."""
    wanted = losing.environment.desired_types()
    known = losing.undisturbed.look().known.all()
    times = Counter((one.type, one.name) for one in known if one.type in wanted)
    return [key for key, number in times.items() if number > 1]


def test_no_resource_is_there_twice(losing, made):
    assert doubled(losing) == []


def test_all_is_removed(losing, made, before):
    losing.environment.remove()
    assert losing.failed == []
    assert difference(before, listing(losing.aws)) == {}


def test_a_deploy_without_losses_makes_as_much(losing, made, before):
    losing.undisturbed.deploy()
    assert {kind: len(names) for kind, names in more(before, listing(losing.aws)).items()} == made


@pytest.fixture(scope="module")
def standing(account, everything):
    """One that was made without losses, and has everything of which there are drifts."""
    account.reset()
    standing = Losing(account, everything)
    standing.undisturbed.deploy()
    return standing


@pytest.mark.parametrize("drifts", rounds(DRIFTS), ids=lambda drifts: f"{len(drifts)} drifts")
def test_what_people_have_done_is_mended(standing, drifts):
    for drift in drifts:
        drift.do(standing.aws)
    assert standing.undisturbed.plan() != {}
    standing.environment.deploy()
    assert standing.failed == []
    assert standing.undisturbed.plan() == {}
    assert doubled(standing) == []


def test_a_network_acl_was_mended_by_calls_whose_answers_were_lost(standing):
    assert {"ec2 DeleteNetworkAclEntry", "ec2 ReplaceNetworkAclAssociation"} <= standing.lost
