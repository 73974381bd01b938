from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import ec2_vpc_endpoints as module
from moto.core.responses import ActionResult
from moto.ec2.responses.vpcs import VPCs

S3 = "com.amazonaws.eu-west-1.s3"
FULL_ACCESS = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
OURS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::ours/*"]}
    ],
}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def tables(ec2, vpc):
    return sorted(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _unused in range(3))


@pytest.fixture
def endpoint(vpc, tables):
    def endpoint(**changed):
        return {
            "name": "test-s3",
            "vpc_id": vpc,
            "service": S3,
            "route_tables": tables[:2],
            "tags": {"team": "data"},
            **changed,
        }

    return endpoint


def described(ec2):
    found = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    return [each for each in found if each["State"] != "deleted"]


def entry(result):
    (found,) = result["vpc_endpoints"]
    return found


def test_an_endpoint_is_made_with_its_tags_then_nothing_changes(endpoint, tables, ec2, run_module, calls):
    predicted = entry(run_module(module, vpc_endpoints=[endpoint()], check_mode=True))
    assert (predicted["vpc_endpoint_id"], predicted["reasons"]) == (None, ["created"])
    assert calls.mutating == []
    first = entry(run_module(module, vpc_endpoints=[endpoint()]))
    (found,) = described(ec2)
    assert first["vpc_endpoint_id"] == found["VpcEndpointId"]
    assert (found["VpcEndpointType"], sorted(found["RouteTableIds"])) == ("Gateway", tables[:2])
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"Name": "test-s3", "team": "data"}
    assert calls.mutating == ["CreateVpcEndpoint"]
    calls.made.clear()
    again = entry(run_module(module, vpc_endpoints=[endpoint(route_tables=tables[1::-1])]))
    assert calls.of("") == ["DescribeVpcEndpoints"]
    assert (again["changed"], again["vpc_endpoint_id"]) == (False, first["vpc_endpoint_id"])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"route_tables": []}, "route_tables ["),
        ({"policy": OURS_ONLY}, "policy Statement"),
        ({"tags": {"owner": "me"}}, "tags owner (none) -> me"),
    ],
    ids=["route tables", "policy", "tags"],
)
def test_a_change_is_predicted_told_and_done_and_undone(endpoint, ec2, run_module, calls, changed, reason):
    run_module(module, vpc_endpoints=[endpoint()])
    before = described(ec2)
    predicted = run_module(module, vpc_endpoints=[endpoint(**changed)], check_mode=True)
    assert described(ec2) == before
    done = run_module(module, vpc_endpoints=[endpoint(**changed)])
    assert entry(predicted) == entry(done)
    assert any(each.startswith(reason) for each in entry(done)["reasons"])
    assert run_module(module, vpc_endpoints=[endpoint(**changed)])["changed"] is False
    assert run_module(module, vpc_endpoints=[endpoint()])["changed"] is True
    assert run_module(module, vpc_endpoints=[endpoint()])["changed"] is False


def test_what_somebody_changed_by_hand_is_mended(endpoint, tables, ec2, run_module):
    run_module(module, vpc_endpoints=[endpoint()])
    (found,) = described(ec2)
    ec2.modify_vpc_endpoint(
        VpcEndpointId=found["VpcEndpointId"],
        AddRouteTableIds=tables[2:],
        RemoveRouteTableIds=tables[:1],
        PolicyDocument=json.dumps(OURS_ONLY),
    )
    mended = entry(run_module(module, vpc_endpoints=[endpoint()]))
    assert f"route_tables [{', '.join(tables[1:])}] -> [{', '.join(tables[:2])}]" in mended["reasons"]
    assert any(reason.startswith("policy Statement") for reason in mended["reasons"])
    assert sorted(described(ec2)[0]["RouteTableIds"]) == tables[:2]


def test_full_access_is_what_an_endpoint_without_a_policy_has(endpoint, run_module):
    run_module(module, vpc_endpoints=[endpoint()])
    for version in ("2008-10-17", "2012-10-17"):
        policy = {"Version": version, **FULL_ACCESS}
        assert run_module(module, vpc_endpoints=[endpoint(policy=policy)])["changed"] is False


def test_what_aws_never_changes_is_refused(endpoint, run_module, calls):
    run_module(module, vpc_endpoints=[endpoint()])
    calls.made.clear()
    result = run_module(module, vpc_endpoints=[endpoint(service="com.amazonaws.eu-west-1.dynamodb")])
    assert "AWS cannot change vpc endpoint test-s3 in place (service" in result["msg"]
    assert calls.mutating == []


@pytest.mark.parametrize("what", ["RouteTableId", "RouteTableID", "VpcId", "VpcID"])
def test_what_was_made_a_moment_ago_is_waited_for(endpoint, ec2, run_module, calls, pauses, what):
    calls.refuse("CreateVpcEndpoint", f"Invalid{what}.NotFound", times=3)
    assert entry(run_module(module, vpc_endpoints=[endpoint()]))["reasons"] == ["created"]
    tokens = [arguments["ClientToken"] for operation, arguments in calls.made if operation == "CreateVpcEndpoint"]
    assert (len(tokens), len(set(tokens))) == (4, 1)


def test_of_two_with_the_name_the_nearer_one_is_meant_and_the_other_deleted_by_id(endpoint, vpc, ec2, run_module):
    first = entry(run_module(module, vpc_endpoints=[endpoint()]))["vpc_endpoint_id"]
    tags = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "Name", "Value": "test-s3"}]}]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3, VpcEndpointType="Gateway", TagSpecifications=tags)
    other = made["VpcEndpoint"]["VpcEndpointId"]
    again = entry(run_module(module, vpc_endpoints=[endpoint()]))
    assert (again["vpc_endpoint_id"], again["changed"]) == (first, False)
    refused = run_module(module, vpc_endpoints=[{"name": "test-s3", "vpc_id": vpc}], state="absent")
    assert refused["msg"] == "several VPC endpoints are called test-s3: give the id of the one to delete"
    run_module(module, vpc_endpoints=[{"name": "test-s3", "vpc_id": vpc, "vpc_endpoint_id": other}], state="absent")
    assert [each["VpcEndpointId"] for each in described(ec2)] == [first]
    missing = run_module(module, vpc_endpoints=[endpoint(vpc_endpoint_id=other)])
    assert missing["msg"] == f"there is no VPC endpoint {other}"


def test_absent_leaves_nothing(endpoint, vpc, ec2, run_module):
    run_module(module, vpc_endpoints=[endpoint()])
    gone = {"name": "test-s3", "vpc_id": vpc}
    predicted = run_module(module, vpc_endpoints=[gone], state="absent", check_mode=True)
    assert len(described(ec2)) == 1
    assert run_module(module, vpc_endpoints=[gone], state="absent")["vpc_endpoints"] == predicted["vpc_endpoints"]
    assert described(ec2) == []
    assert run_module(module, vpc_endpoints=[gone], state="absent")["changed"] is False


def test_what_aws_refuses_to_delete_is_told(endpoint, vpc, run_module, monkeypatch):
    run_module(module, vpc_endpoints=[endpoint()])
    refusal = {"ResourceId": "vpce-1", "Error": {"Code": "OperationNotPermitted", "Message": "it is managed"}}
    monkeypatch.setattr(VPCs, "delete_vpc_endpoints", lambda response: ActionResult({"Unsuccessful": [refusal]}))
    result = run_module(module, vpc_endpoints=[{"name": "test-s3", "vpc_id": vpc}], state="absent")
    assert result["msg"].startswith("could not delete VPC endpoint vpce-")
    assert result["msg"].endswith(": it is managed")


def test_a_service_is_needed_to_make_one(endpoint, run_module, calls):
    result = run_module(module, vpc_endpoints=[endpoint(service=None)])
    assert result["msg"] == "vpc_endpoints: test-s3: service is required"
    assert calls.made == []
