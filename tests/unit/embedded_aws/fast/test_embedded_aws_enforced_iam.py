"""IAM between clients and the embedded AWS: who may not is told so as AWS tells it, and everybody else sees nothing."""

from __future__ import annotations

import json
import re

import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION

ACCOUNT = "123456789012"
ONCE = Config(retries={"total_max_attempts": 1})
USER = r"arn:aws:iam::123456789012:user/identity-\d+"
NO_POLICY = "because no identity-based policy allows the {} action"


def document(*statements):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}


def on_all(**statement):
    return document({"Resource": "*", **statement})


ALL = on_all(Action="*")


@pytest.fixture(autouse=True)
def enforced(aws):
    with aws.behaviours(enforced_iam=True):
        yield


@pytest.fixture
def client_of(aws):
    """A client of somebody who has these policies alone."""

    def make(service, *policies, boundary=None):
        return aws.client(service, identity=aws.identity(policies, boundary), config=ONCE)

    return make


def refusal(call, **arguments):
    """Code and message."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("service", "call", "arguments", "code", "action", "resource"),
    [
        ("ecs", "list_clusters", {}, "AccessDeniedException", "ecs:ListClusters", "*"),
        (
            "iam",
            "get_role",
            {"RoleName": "r"},
            "AccessDenied",
            "iam:GetRole",
            f"arn:aws:iam::{ACCOUNT}:role/r",
        ),
        ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", "ec2:DescribeVpcs", "*"),
        ("s3", "get_bucket_policy", {"Bucket": "b"}, "AccessDenied", "s3:GetBucketPolicy", '"arn:aws:s3:::b"'),
        (
            "sqs",
            "get_queue_url",
            {"QueueName": "q"},
            "AccessDenied",
            "sqs:GetQueueUrl",
            f"arn:aws:sqs:us-east-1:{ACCOUNT}:q",
        ),
        (
            "efs",
            "describe_file_systems",
            {},
            "AccessDeniedException",
            "elasticfilesystem:DescribeFileSystems",
            f"arn:aws:elasticfilesystem:us-east-1:{ACCOUNT}:file-system/*",
        ),
        (
            "rds",
            "describe_db_instances",
            {},
            "AccessDenied",
            "rds:DescribeDBInstances",
            f"arn:aws:rds:us-east-1:{ACCOUNT}:db:*",
        ),
    ],
)
def test_who_may_not_is_told_as_aws_tells_it(client_of, service, call, arguments, code, action, resource):
    refused = client_of(service, on_all(NotAction=action))
    found, message = refusal(getattr(refused, call), **arguments)
    said = f"is not authorized to perform: {action} on resource: {resource} {NO_POLICY.format(action)}"
    assert found == code
    assert re.search(f"User: {USER} {re.escape(said)}$", message)
    assert message.startswith("You are not authorized to perform this operation. ") == (service == "ec2")


def test_the_root_and_who_may_see_nothing_of_it(aws, client_of):
    aws.client("ecs").create_cluster(clusterName="c")
    ecs = client_of("ecs", on_all(Action="ecs:List*"))
    assert len(ecs.list_clusters()["clusterArns"]) == 1


def test_without_the_behaviour_nobody_is_judged(aws, client_of):
    ecs = client_of("ecs", on_all(Action="s3:*"))
    assert refusal(ecs.list_clusters)[0] == "AccessDeniedException"
    with aws.behaviours():
        assert ecs.list_clusters()["clusterArns"] == []


def test_what_is_refused_is_not_performed_and_is_in_the_log(aws, client_of):
    ecs = client_of("ecs", on_all(NotAction="ecs:CreateCluster"))
    aws.reset_calls()
    refusal(ecs.create_cluster, clusterName="c")
    [call] = aws.calls(service="ecs")
    assert (call["operation"], call["status"], call["error"]) == ("CreateCluster", 400, "AccessDeniedException")
    assert re.fullmatch(USER, call["principal"])
    [asked] = call["asked"]
    assert (asked["action"], asked["resource"]) == (
        "ecs:CreateCluster",
        f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c",
    )
    assert aws.client("ecs").list_clusters()["clusterArns"] == []


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ecs", "list_clusters", "UnrecognizedClientException"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("ec2", "describe_vpcs", "AuthFailure"),
    ],
)
def test_nobody_calls_with_an_unknown_key(aws, service, call, code):
    keys = {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWNUNKNOWN00", "AWS_SECRET_ACCESS_KEY": "x"}
    assert refusal(getattr(aws.client(service, identity=keys, config=ONCE), call))[0] == code


@pytest.mark.parametrize(
    ("service", "call", "arguments", "code"),
    [
        ("ecs", "list_clusters", {}, "InvalidSignatureException"),
        ("efs", "describe_file_systems", {}, "InvalidSignatureException"),
        ("iam", "list_roles", {}, "SignatureDoesNotMatch"),
        ("s3", "get_object", {"Bucket": "bucket", "Key": "a b+c/é"}, "SignatureDoesNotMatch"),
        ("s3", "put_object", {"Bucket": "bucket", "Key": "a", "Body": b"x"}, "SignatureDoesNotMatch"),
        ("ec2", "describe_vpcs", {}, "SignatureDoesNotMatch"),
    ],
)
@pytest.mark.parametrize("who", ["root", "somebody"])
def test_a_key_is_used_by_who_has_its_secret(aws, service, call, arguments, code, who):
    aws.client("s3").create_bucket(Bucket="bucket")
    aws.client("s3").put_object(Bucket="bucket", Key="a b+c/é", Body=b"x")
    keys = aws.identity([ALL]) if who == "somebody" else aws.environment
    assert getattr(aws.client(service, identity=keys, config=ONCE), call)(**arguments)
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "another"}
    assert refusal(getattr(aws.client(service, identity=wrong, config=ONCE), call), **arguments)[0] == code


def test_an_url_is_signed_too(aws):
    aws.client("s3").create_bucket(Bucket="bucket")
    aws.client("s3").put_object(Bucket="bucket", Key="a b", Body=b"x")
    named = {"Params": {"Bucket": "bucket", "Key": "a b"}}
    s3 = aws.client("s3", identity=aws.identity([ALL]), config=Config(signature_version="s3v4"))
    mine = s3.generate_presigned_url("get_object", **named)
    assert requests.get(mine, timeout=60).content == b"x"
    assert requests.get(mine.replace("a%20b", "a%20c"), timeout=60).status_code == 403


def test_everybody_may_ask_who_they_are(client_of):
    denied = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    assert client_of("sts", denied).get_caller_identity()["Account"] == ACCOUNT


def test_a_boundary_and_an_organization_hold_back_what_a_policy_allows(aws, client_of):
    ecs = client_of("ecs", ALL, boundary=on_all(Action="s3:*"))
    assert "because no permissions boundary allows the ecs:ListClusters action" in refusal(ecs.list_clusters)[1]
    ecs = client_of("ecs", ALL)
    ecs.list_clusters()
    guardrail = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}]}
    with aws.organization([ALL, guardrail]):
        assert refusal(ecs.list_clusters)[1].endswith("with an explicit deny in a service control policy")
    ecs.list_clusters()


def test_policies_of_resources(aws, client_of):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="closed")
    s3.delete_public_access_block(Bucket="closed")
    s3.put_object(Bucket="closed", Key="a", Body=b"x")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::closed/*"}
    s3.put_bucket_policy(Bucket="closed", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    reader = client_of("s3", ALL)
    code, message = refusal(reader.get_object, Bucket="closed", Key="a")
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in a resource-based policy")
    statement["Effect"] = "Allow"
    s3.put_bucket_policy(Bucket="closed", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert client_of("s3", on_all(Action="sqs:*")).get_object(Bucket="closed", Key="a")["Body"].read() == b"x"


def test_a_key_belongs_to_who_its_own_policy_names(aws, client_of):
    kms = aws.client("kms")
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}, "Action": "kms:*"}
    closed = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}
    key = kms.create_key(Policy=json.dumps(closed))["KeyMetadata"]["KeyId"]
    assert "because no resource-based policy allows" in refusal(client_of("kms", ALL).describe_key, KeyId=key)[1]
    assert client_of("kms", ALL).describe_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])


def test_of_several_objects_those_that_may_not_be_deleted_are_told_and_stay(aws, client_of):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bucket")
    keys = ["mine/1", "theirs/1", "mine/2", "theirs/2"]
    for key in keys:
        s3.put_object(Bucket="bucket", Key=key, Body=b"x")
    mine = client_of("s3", document({"Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::bucket/mine/*"}))
    answer = mine.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in keys]})
    assert [each["Key"] for each in answer["Deleted"]] == ["mine/1", "mine/2"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("theirs/1", "AccessDenied"),
        ("theirs/2", "AccessDenied"),
    ]
    assert 's3:DeleteObject on resource: "arn:aws:s3:::bucket/theirs/1" because' in answer["Errors"][0]["Message"]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["theirs/1", "theirs/2"]
    s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in keys]})
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 0


def test_versions_of_objects_need_an_action_of_their_own(aws, client_of):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="bucket", Key="a", Body=b"x")["VersionId"]
    mine = client_of("s3", document({"Action": "s3:DeleteObject", "Resource": "*"}))
    objects = [{"Key": "a", "VersionId": version}, {"Key": "a"}]
    answer = mine.delete_objects(Bucket="bucket", Delete={"Objects": objects, "Quiet": True})
    assert "Deleted" not in answer
    assert [(each["Key"], each["VersionId"]) for each in answer["Errors"]] == [("a", version)]
    assert len(s3.list_object_versions(Bucket="bucket")["DeleteMarkers"]) == 1


def test_a_key_of_kms_encrypts_objects_in_the_name_of_the_caller(aws, client_of):
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.client("s3").create_bucket(Bucket="bucket")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    aws.client("s3").put_bucket_encryption(Bucket="bucket", ServerSideEncryptionConfiguration={"Rules": [rule]})
    through = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    writes = client_of(
        "s3",
        document(
            {"Action": "s3:*", "Resource": "*"},
            {"Action": "kms:GenerateDataKey", "Resource": key, "Condition": through},
        ),
    )
    writes.put_object(Bucket="bucket", Key="a", Body=b"x")
    assert "kms:Decrypt on resource" in refusal(writes.get_object, Bucket="bucket", Key="a")[1]
    assert writes.head_object(Bucket="bucket", Key="a")["SSEKMSKeyId"] == key
    reads = client_of("s3", document({"Action": ["s3:*", "kms:Decrypt"], "Resource": "*"}))
    assert reads.get_object(Bucket="bucket", Key="a")["Body"].read() == b"x"
    assert "kms:GenerateDataKey on resource" in refusal(reads.put_object, Bucket="bucket", Key="a", Body=b"x")[1]


def test_a_repository_of_another_account_is_named_by_its_own_arn(client_of):
    ecr = client_of("ecr", on_all(Action="s3:*"))
    message = refusal(
        ecr.batch_get_image, registryId="999988887777", repositoryName="theirs", imageIds=[{"imageTag": "1"}]
    )
    assert "arn:aws:ecr:us-east-1:999988887777:repository/theirs" in message[1]


def test_a_missing_object_is_told_only_to_who_may_list(aws, client_of):
    aws.client("s3").create_bucket(Bucket="bucket")
    may_not_list = client_of("s3", document({"Action": "s3:GetObject", "Resource": "*"}))
    assert refusal(may_not_list.head_object, Bucket="bucket", Key="k")[0] == "403"
    may_list = client_of("s3", document({"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}))
    assert refusal(may_list.head_object, Bucket="bucket", Key="k")[0] == "404"


def test_a_new_thing_is_known_by_its_tags_and_an_old_one_by_those_that_it_has(aws, client_of):
    condition = {"StringEquals": {"aws:RequestTag/environment": "dev"}}
    mine = {"StringEquals": {"aws:ResourceTag/environment": "dev"}}
    ec2 = client_of(
        "ec2",
        document(
            {"Action": ["ec2:CreateVpc", "ec2:CreateTags"], "Resource": "*", "Condition": condition},
            {"Action": ["ec2:DeleteVpc", "ec2:CreateSubnet"], "Resource": "arn:*:vpc/*", "Condition": mine},
            {"Action": "ec2:CreateSubnet", "Resource": "arn:*:subnet/*"},
        ),
    )

    def tagged(value):
        return [{"ResourceType": "vpc", "Tags": [{"Key": "environment", "Value": value}]}]

    assert refusal(ec2.create_vpc, CidrBlock="10.0.0.0/16")[0] == "UnauthorizedOperation"
    other = {"CidrBlock": "10.0.0.0/16", "TagSpecifications": tagged("prod")}
    assert refusal(ec2.create_vpc, **other)[0] == "UnauthorizedOperation"
    theirs = aws.client("ec2").create_vpc(**other)["Vpc"]["VpcId"]
    assert f"vpc/{theirs} because" in refusal(ec2.delete_vpc, VpcId=theirs)[1]
    assert refusal(ec2.create_subnet, VpcId=theirs, CidrBlock="10.0.0.0/24")[0] == "UnauthorizedOperation"
    ours = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("dev"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=ours, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    assert "ec2:DeleteSubnet" in refusal(ec2.delete_subnet, SubnetId=subnet)[1]


DEFINITION = {
    "family": "dev-plain",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/dev/task",
    "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/dev/execution",
    "containerDefinitions": [{"name": "main", "image": "public.ecr.aws/docker/library/busybox"}],
}


def test_a_role_is_passed_on_only_by_who_may(client_of):
    def registers(*statements):
        return client_of("ecs", document({"Action": "ecs:*", "Resource": "*"}, *statements))

    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    passes = {"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/dev/*"}
    assert "iam:PassRole on resource" in refusal(registers().register_task_definition, **DEFINITION)[1]
    registers({**passes, "Condition": to_tasks}).register_task_definition(**DEFINITION)
    to_others = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    refused = registers({**passes, "Condition": to_others})
    assert "iam:PassRole on resource" in refusal(refused.register_task_definition, **DEFINITION)[1]


def test_a_cluster_is_told_by_the_context(aws, client_of):
    aws.client("ecs").create_cluster(clusterName="dev")
    cluster = f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/dev"
    condition = {"ArnEquals": {"ecs:cluster": cluster}}
    ecs = client_of("ecs", document({"Action": "ecs:ListTasks", "Resource": "*", "Condition": condition}))
    assert ecs.list_tasks(cluster="dev")["taskArns"] == []
    assert refusal(ecs.list_tasks, cluster="other")[0] == "AccessDeniedException"


def test_a_role_is_assumed_by_who_its_trust_policy_names(aws, client_of):
    def role(name, principal):
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]

    ours, theirs = role("ours", ACCOUNT), role("theirs", "999988887777")
    sts = client_of("sts", ALL)
    assert sts.assume_role(RoleArn=ours, RoleSessionName="one")["Credentials"]
    assert (
        "because no resource-based policy allows" in refusal(sts.assume_role, RoleArn=theirs, RoleSessionName="one")[1]
    )
    assert refusal(client_of("sts", on_all(Action="s3:*")).assume_role, RoleArn=ours, RoleSessionName="one")


def test_what_the_embedded_aws_does_not_know_is_said(client_of):
    code, message = refusal(client_of("ecs", ALL).list_account_settings)
    assert (code, message) == (
        "NotImplemented",
        "the embedded AWS cannot judge this: there is no row that says what ecs ListAccountSettings needs",
    )
    strange = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    ecs = client_of("ecs", document({"Action": "*", "Resource": "*", "Condition": strange}))
    assert "the keys aws:sourcevpc of a policy for ecs:ListClusters" in refusal(ecs.list_clusters)[1]


def test_the_agent_asks_with_the_rights_of_the_role_of_its_task(aws, service):
    iam, ecs = aws.client("iam"), aws.client("ecs")
    by_ecs = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [by_ecs]})
    role = iam.create_role(RoleName="worker", Path="/dev/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    starts = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="execution", PolicyName="all", PolicyDocument=json.dumps(ALL))
    ecs.register_task_definition(**{**TASK_DEFINITION, "taskRoleArn": role, "executionRoleArn": starts})
    ecs.create_service(**{**service, "serviceName": "agent", "desiredCount": 1})
    [task] = ecs.list_tasks(cluster="c", serviceName="agent")["taskArns"]
    url = f"{aws.endpoint_url}/_embedded/agent/{task.rpartition('/')[2]}/task-protection/v1/state"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/{task.rpartition('/')[2]}"

    refused = requests.put(url, data='{"ProtectionEnabled": true}', timeout=60)
    assert (refused.status_code, refused.json()["error"]["Code"]) == (400, "AccessDeniedException")
    action = "ecs:UpdateTaskProtection"
    assert refused.json()["error"]["Message"] == (
        f"User: {session} is not authorized to perform: {action} on resource: {task} {NO_POLICY.format(action)}"
    )
    cluster = {"ecs:cluster": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c"}
    mine = {"StringEquals": {"aws:ResourceTag/k": "v"}, "ArnEquals": cluster}
    allowed = document({"Action": action, "Resource": "arn:aws:ecs:*:*:task/c/*", "Condition": mine})
    iam.put_role_policy(RoleName="worker", PolicyName="protection", PolicyDocument=json.dumps(allowed))
    aws.reset_calls()
    assert requests.put(url, data='{"ProtectionEnabled": true}', timeout=60).json()["protection"]["ProtectionEnabled"]
    [call] = aws.calls(service="ecs")
    assert (call["principal"], call["error"]) == (session, "")
