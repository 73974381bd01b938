"""Every leaf of a task definition and of a service that the embedded AWS keeps: its change alone is seen, named, made
and then no difference any more. One call of a module deals with the documents of all leaves.
"""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.modules import ecs_services, ecs_task_definitions

from tests.embedded_aws.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from tests.unit.aws_double.leaf_documents import (
    CREATE,
    FAMILY,
    REGISTER,
    SERVICE,
    before_and_after,
    has_value,
    kind_of,
    names_the_leaf,
    shown_service,
    shown_task_definition,
)
from tests.unit.aws_double.leaves import leaves

#: What the embedded AWS forgets: it has no service revisions.
NOT_KEPT = {"monitoring"}


@pytest.fixture
def run(aws, run_module):
    """`run(module, **arguments)`: a module against the embedded AWS."""
    session = {"endpoint_url": aws.endpoint_url, "region": REGION}
    keys = {"access_key": ACCESS_KEY_ID, "secret_key": SECRET_ACCESS_KEY}

    def run(module, **arguments):
        result = run_module(module, **session, **keys, **arguments)
        assert not result.get("failed"), result["msg"]
        return result

    return run


@pytest.fixture
def network(aws):
    """Two subnets and two security groups, each sorted."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    cidrs = ("10.0.1.0/24", "10.0.2.0/24")
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"] for cidr in cidrs]
    names = ("one", "two")
    groups = [ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in names]
    return {"subnets": sorted(subnets), "securityGroups": sorted(groups)}


@pytest.fixture
def cluster(aws):
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName=SERVICE["cluster"], capacityProviders=["FARGATE", "FARGATE_SPOT"])
    for _unused in range(2):
        ecs.register_task_definition(family="test-web", containerDefinitions=[{"name": "web", "image": "x"}])


def cases(operation, base, name, **others):
    """Of each leaf that is compared its two documents, under a name of its own, and its value in the second."""
    for leaf in leaves(operation):
        if kind_of(leaf) == "compared" and leaf.path[0] not in NOT_KEPT:
            named = {**base, name: "test-" + str(leaf).replace(".", "-")}
            yield leaf, *before_and_after(operation, named, leaf, **others)


def check(found, subtests, reconcile, shown):
    """``reconcile(documents)`` returns the reasons of each, ``shown(document)`` what AWS then tells of it."""
    cases = list(found)
    before, after = ([case[index] for case in cases] for index in (1, 2))
    reconcile(before)
    reasons = reconcile(after)
    values = [shown(document) for document in after]
    again = reconcile(after)
    back = reconcile(before)
    for case, *seen in zip(cases, reasons, values, again, back, strict=True):
        leaf, _unused, _unused, value = case
        changed, told, unchanged, undone = seen
        with subtests.test(str(leaf)):
            assert names_the_leaf(leaf, value, changed), changed
            assert has_value(leaf, value, told)
            assert unchanged == []
            assert undone != []


def test_leaves_of_task_definitions(aws, run, subtests):
    ecs = aws.client("ecs")

    def reconcile(documents):
        result = run(ecs_task_definitions, task_definitions=documents)
        return [each["reasons"] for each in result["task_definitions"]]

    check(
        cases(REGISTER, FAMILY, "family"),
        subtests,
        reconcile,
        lambda document: shown_task_definition(ecs, document["family"]),
    )


def test_leaves_of_services(aws, cluster, network, run, subtests):
    ecs = aws.client("ecs")
    base = {**SERVICE, "networkConfiguration": {"awsvpcConfiguration": {"subnets": network["subnets"][:1]}}}

    def reconcile(documents):
        return [each["reasons"] for each in run(ecs_services, services=documents)["services"]]

    check(
        cases(CREATE, base, "serviceName", **network),
        subtests,
        reconcile,
        lambda document: shown_service(ecs, document["serviceName"]),
    )
