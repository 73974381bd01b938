"""A line for each answer, of which nothing tells whose it is."""

from __future__ import annotations

import json
import os
import re

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.observations import recording
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectTimeoutError

NAME, SECRET = "zebra-warehouse", "the value of the secret"


def make(service, config=None):
    return boto3.client(service, config=config)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "observations.jsonl"


@pytest.fixture
def recorded(aws, file):
    """Clients whose answers are recorded."""
    return Clients(recording.observed(make, str(file)))


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("path", [None, ""])
def test_where_nothing_is_recorded_clients_are_made_as_ever(path):
    assert recording.observed(make, path) is make


def test_states_are_recorded_and_ids_are_numbers(recorded, file):
    ec2 = recorded("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    found = ec2.describe_nat_gateways()["NatGateways"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    told = lines(file)
    number = str(recording.number(gateway))
    assert [line["call"] for line in told][-3:] == [
        "ec2 CreateNatGateway",
        "ec2 DescribeNatGateways",
        "ec2 DeleteNatGateway",
    ]
    created, described, deleted = told[-3:]
    assert (created["made"], list(created["shown"]["nat_gateway"])) == ([int(number)], [number])
    assert described["shown"] == {"nat_gateway": {number: found[0]["State"]}}
    assert deleted["gone"] == [int(number)]
    assert all(line["began"] <= line["at"] for line in told)
    assert not any(text in file.read_text() for text in (gateway, vpc, subnet, "10.77"))


def test_neither_names_nor_values_are_recorded(recorded, file):
    secret = recorded("secretsmanager").create_secret(
        Name=NAME, SecretString=SECRET, Tags=[{"Key": "a", "Value": NAME}]
    )
    recorded("secretsmanager").list_secrets()
    recorded("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument="{}")
    recorded("iam").get_role(RoleName=NAME)
    recorded("resourcegroupstaggingapi").get_resources()
    text = file.read_text()
    for known in (NAME, SECRET, secret["ARN"], "arn:", "123456789012", "zebra", "eu-west-1"):
        assert known not in text
    assert not re.search(r"[0-9]{12}", text)
    assert {key for line in lines(file) for key in line} <= {"run", "began", "at", "call", "asked", "shown", "made"}


def test_what_was_made_is_known_again(recorded, file):
    """By lists, by tags, whose ARNs are EC2's alone, and after it is gone."""
    sqs, iam, secrets, ec2 = map(recorded, ("sqs", "iam", "secretsmanager", "ec2"))
    queue = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    sqs.list_queues()
    sqs.get_queue_attributes(QueueUrl=queue)
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument="{}")
    iam.list_roles()
    iam.get_role(RoleName=NAME)
    iam.get_account_authorization_details(Filter=["Role"])
    secrets.create_secret(Name=NAME, SecretString=SECRET)
    secrets.list_secrets()
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "owner", "Value": NAME}]}]
    ec2.create_vpc(CidrBlock="10.77.0.0/16", TagSpecifications=tags)
    recorded("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["ec2:vpc"])
    told = lines(file)
    made = {line["call"]: str(line["made"][0]) for line in told if "made" in line}
    shown = {(line["call"], kind): set(things) for line in told for kind, things in line.get("shown", {}).items()}
    queue, role, secret, vpc = made.values()
    assert queue in shown["sqs ListQueues", "queue"] & shown["sqs GetQueueAttributes", "queue"]
    assert role in shown["iam ListRoles", "role"] & shown["iam GetRole", "role"]
    assert role in shown["iam GetAccountAuthorizationDetails", "role_in_details"]
    assert secret in shown["secretsmanager ListSecrets", "secret"]
    assert vpc in shown["resourcegroupstaggingapi GetResources", "tagged"]


def test_error_codes_are_recorded(recorded, file):
    with pytest.raises(ClientError):
        recorded("iam").get_role(RoleName=NAME)
    (line,) = lines(file)
    assert (line["call"], line["code"]) == ("iam GetRole", "NoSuchEntity")
    assert "shown" not in line


def throttled(request, **_unused):
    return Answer(request, 400, b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>")


class Answer(AWSResponse):
    def __init__(self, request, status, content):
        super().__init__(request.url, status, {}, None)
        self._content = content


def test_each_attempt_is_recorded(recorded, file, monkeypatch):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    left = [throttled, throttled]
    client = recorded("iam")
    client.meta.events.register_first("before-send", lambda request, **_unused: left.pop()(request) if left else None)
    client.list_roles()
    told = lines(file)
    assert [line.get("code") for line in told] == ["Throttling", "Throttling", None]
    assert len({line["asked"] for line in told}) == 1
    assert told[0]["at"] <= told[1]["began"] <= told[1]["at"]


def test_a_call_without_an_answer_is_recorded(recorded, file):
    client = recorded.once("iam")

    def fail(request, **_unused):
        raise ConnectTimeoutError(endpoint_url=request.url)

    client.meta.events.register_first("before-send", fail)
    with pytest.raises(ConnectTimeoutError):
        client.get_role(RoleName=NAME)
    (line,) = lines(file)
    assert line["code"] == "ConnectTimeoutError"


def test_pages_are_of_one_request(recorded, file):
    secrets = recorded("secretsmanager")
    for number in range(3):
        secrets.create_secret(Name=f"{NAME}-{number}", SecretString=SECRET)
    list(secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2}))
    secrets.list_secrets(Filters=[{"Key": "name", "Values": [NAME]}])
    first, second, other = [line for line in lines(file) if line["call"] == "secretsmanager ListSecrets"]
    assert first["asked"] == second["asked"] != other["asked"]
    assert [(line.get("continued"), line.get("continues")) for line in (first, second, other)] == [
        (None, True),
        (True, None),
        (None, None),
    ]


def test_a_request_that_is_made_again_is_the_same(recorded, file):
    """Though botocore gives each a token of its own."""
    secrets = recorded("secretsmanager")
    secrets.create_secret(Name=NAME, SecretString=SECRET)
    for value in (SECRET, SECRET, f"{SECRET} that is new"):
        secrets.put_secret_value(SecretId=NAME, SecretString=value)
    first, again, other = [line["asked"] for line in lines(file)][1:]
    assert first == again != other


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("available", "available"),
        ("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS"),
        ("InvalidVpcID.NotFound", "InvalidVpcID.NotFound"),
        ("404", "404"),
        ("17.6", "17.6"),
        ("123456789012", "other"),
        ("10.0.0.1", "other"),
        ("arn:aws:iam::123456789012:role/x", "other"),
        ("a sentence of somebody's", "other"),
        ("a/b", "other"),
        ("", "other"),
        ("x" * 81, "other"),
        (None, "None"),
    ],
)
def test_only_words_are_told(text, told):
    assert recording.word(text) == told


def test_what_cannot_be_written_is_no_error(aws, tmp_path):
    client = recording.observed(make, str(tmp_path / "none" / "file"))("iam")
    assert client.list_roles()["Roles"] == []


def test_others_may_not_read_it(recorded, file):
    recorded("iam").list_roles()
    assert file.stat().st_mode & 0o777 == 0o600


def test_lines_of_several_processes_do_not_mix(file):
    processes = []
    for number in range(8):
        if not (process := os.fork()):
            for _unused in range(200):
                recording.note(str(file), "eu-west-1", {"process": str(number) * (number + 1) * 50})
            os._exit(0)
        processes.append(process)
    assert [os.waitpid(process, 0)[1] for process in processes] == [0] * 8
    told = lines(file)
    assert len(told) == 1600
    assert {line["run"] for line in told} == {recording._RUN}
