"""A request that makes a whole resource is held against what CloudFormation says of such a resource."""

from __future__ import annotations

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.embedded_aws.parsed import Call
from tests.embedded_aws.routing import Request
from tests.embedded_aws.validation.whole_resources import WHOLE, faults_of, properties_of
from tests.kinds import KINDS


def shape_of(service, operation):
    return Call(service, operation, Request("POST", "/", "", {})).input_shape


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        (
            "ecs",
            "RegisterTaskDefinition",
            {
                "family": "f",
                "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/"}}],
                "containerDefinitions": [{"name": "c", "dockerLabels": {"a.b": "c"}}],
                "placementConstraints": [],
                "tags": [{"key": "a", "value": "b"}],
            },
            {
                "Family": "f",
                "Volumes": [{"Name": "v", "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "RootDirectory": "/"}}],
                "ContainerDefinitions": [{"Name": "c", "DockerLabels": {"a.b": "c"}}],
                "Tags": [{"Key": "a", "Value": "b"}],
            },
        ),
        (
            "ec2",
            "CreateVpc",
            {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a"}]}]},
            {"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "a"}]},
        ),
        (
            "sqs",
            "CreateQueue",
            {"QueueName": "q", "Attributes": {"DelaySeconds": "1", "RedrivePolicy": '{"a": 1}'}, "tags": {"a": "b"}},
            {"QueueName": "q", "DelaySeconds": "1", "RedrivePolicy": {"a": 1}, "Tags": [{"Key": "a", "Value": "b"}]},
        ),
        (
            "iam",
            "PutRolePolicy",
            {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "no document"},
            {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "no document"},
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_request_becomes_the_properties_of_a_resource(service, operation, parameters, expected):
    assert properties_of(WHOLE[service, operation], shape_of(service, operation), parameters) == expected


@pytest.mark.parametrize(("operation", "end"), [("Ingress", "Source"), ("Egress", "Destination")])
def test_each_end_of_a_permission_is_a_rule(operation, end):
    whole = WHOLE["ec2", f"AuthorizeSecurityGroup{operation}"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 1,
        "ToPort": 2,
        "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "all"}, {"CidrIp": "::"}],
        "UserIdGroupPairs": [{"GroupId": "sg-2"}],
    }
    common = {"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
    assert list(whole.parts({"GroupId": "sg-1", "IpPermissions": [permission]})) == [
        {**common, "CidrIp": "10.0.0.0/8", "Description": "all"},
        {**common, "CidrIp": "::"},
        {**common, f"{end}SecurityGroupId": "sg-2"},
    ]


def test_what_changes_a_target_in_part_need_not_say_everything():
    asked = {"ServiceNamespace": "ecs", "ResourceId": "service/c/s", "ScalableDimension": "ecs:service:DesiredCount"}
    whole = WHOLE["application-autoscaling", "RegisterScalableTarget"]
    shape = shape_of("application-autoscaling", "RegisterScalableTarget")
    assert faults_of("eu-west-1", whole, shape, asked) == []
    assert [each.path for each in faults_of("eu-west-1", whole, shape, {**asked, "MinCapacity": "few"})] == [
        "MinCapacity"
    ]


@pytest.mark.parametrize("text", ["${SHELL} {{resolve:ssm:a}} Ref", '{"Ref": "a"}', "Fn::Sub"])
def test_what_has_a_meaning_in_templates_alone_has_none_here(text):
    asked = {"Name": "a/b", "SecretString": text, "Description": text}
    assert (
        faults_of(
            "eu-west-1", WHOLE["secretsmanager", "CreateSecret"], shape_of("secretsmanager", "CreateSecret"), asked
        )
        == []
    )


#: Kinds that several calls make, of which each says a part, and those that CloudFormation does not know.
NOT_WHOLE = {"iam_role", "s3_bucket", "dag_bundle", "database_schema"}
MADE_WHOLE = {f"{service} {operation}": each.type for (service, operation), each in WHOLE.items()}


@pytest.mark.parametrize("kind", [name for name, facts in KINDS.items() if isinstance(facts.made_by, str)])
def test_each_kind_is_held_against_its_type(kind):
    facts = KINDS[kind]
    type_ = MADE_WHOLE.get(facts.made_by, "")
    assert bool(type_) == (kind not in NOT_WHOLE)
    if facts.cloudformation:
        assert type_ == facts.cloudformation.type


#: What requests say besides what their resource is.
OF_THE_CALL = {"DryRun", "ClientToken", "clientToken", "ClientRequestToken", "CreationToken", "CreatorRequestId"}
#: Members of which the schemas say nothing, by operation.
UNTOLD = {
    "AllocateAddress": "CustomerOwnedIpv4Pool",
    "CreateDBInstance": "AdditionalStorageVolumes.IOPS CustomIamInstanceProfile EnableCustomerOwnedIp "
    "MasterUserSecretKmsKeyId MultiTenant",
    "CreateFileSystem": "Backup",
    "CreateListener": "Certificates.IsDefault MutualAuthentication.TrustStoreAssociationStatus",
    "CreateLoadBalancer": "CustomerOwnedIpv4Pool IpamPools",
    "CreateProject": "artifacts.bucketOwnerAccess buildBatchConfig.restrictions.fleetsAllowed "
    "environment.computeConfiguration environment.dockerServer.status logsConfig.s3Logs.bucketOwnerAccess "
    "secondaryArtifacts.bucketOwnerAccess",
    "CreateRepository": "imageTagMutabilityExclusionFilters.filter imageTagMutabilityExclusionFilters.filterType "
    "registryId",
    "CreateSecret": "AddReplicaRegions ForceOverwriteReplicaSecret SecretBinary",
    "CreateVpc": "AmazonProvidedIpv6CidrBlock Ipv6CidrBlock Ipv6CidrBlockNetworkBorderGroup Ipv6IpamPoolId "
    "Ipv6NetmaskLength Ipv6Pool",
    "CreateVpcEndpoint": "SubnetConfigurations",
    "PutBucketPolicy": "ChecksumAlgorithm ConfirmRemoveSelfBucketAccess ContentMD5 ExpectedBucketOwner",
    "RegisterTaskDefinition": "proxyConfiguration.properties volumes.fsxWindowsFileServerVolumeConfiguration "
    "volumes.s3filesVolumeConfiguration",
}


def test_what_cloudformation_alone_requires_is_not_required():
    more = set()
    for (service, operation), whole in WHOLE.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", whole.type).schema
        asked = {whole.name_of(member) for member in shape_of(service, operation).required_members}
        if whole.required and set(schema.get("required", [])) - asked:
            more.add(operation)
    # in their list of permissions, which may not be empty
    assert more == {"AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"}


@pytest.mark.parametrize(("service", "operation"), [row for row in WHOLE if not row[1].startswith("Authorize")])
def test_a_member_of_which_the_schemas_say_nothing_is_known(service, operation):
    whole = WHOLE[service, operation]
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", whole.type).schema
    found = set(untold(shape_of(service, operation), schema, schema, whole)) - OF_THE_CALL
    assert found == set(UNTOLD.get(operation, "").split())


def untold(shape, schema, root, whole, path=""):
    """Members below a shape that the schema has not."""
    schema = resolved(schema, root)
    if shape.type_name == "list":
        yield from untold(shape.member, schema.get("items", {}), root, whole, path)
    if shape.type_name != "structure":
        return
    known = members(schema, root)
    for name, member in shape.members.items():
        if whole.name_of(name) in known:
            yield from untold(member, known[whole.name_of(name)], root, whole, f"{path}{name}.")
        elif name != "TagSpecifications" and name != whole.spread:
            yield f"{path}{name}"


def resolved(schema, root):
    while "$ref" in schema:
        found = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def members(schema, root):
    """Those of all alternatives."""
    known = dict(schema.get("properties", {}))
    for word in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(word, []):
            known |= members(resolved(each, root), root)
    return known
