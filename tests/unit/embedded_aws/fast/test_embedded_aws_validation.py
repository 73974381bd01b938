"""Requests that AWS refuses whatever the account holds are refused with its code, in the form of the service."""

from __future__ import annotations

import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION

#: Sends what the client itself would refuse, and nothing twice.
AS_GIVEN = Config(parameter_validation=False, retries={"total_max_attempts": 1})
ROLE = "arn:aws:iam::123456789012:role/builder"
VPC, SUBNET, GROUP = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
LOAD_BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/a/0123456789abcdef"
ALARM = {
    "AlarmName": "a",
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
DATABASE = {
    "DBInstanceIdentifier": "a",
    "DBInstanceClass": "db.t4g.micro",
    "Engine": "postgres",
    "AllocatedStorage": 20,
    "MasterUsername": "airflow",
    "MasterUserPassword": "0123456789",
}
PROJECT = {
    "name": "images",
    "source": {"type": "NO_SOURCE", "buildspec": "{}"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
    },
    "serviceRole": ROLE,
}
SCALED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
    "MinCapacity": 1,
    "MaxCapacity": 2,
}
PLACE = {name: SCALED[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
CONTAINER = TASK_DEFINITION["containerDefinitions"][0]


def wrong(service, operation, code, words, /, **arguments):
    """A request, the code with which AWS refuses it, and a part of the message."""
    return pytest.param(service, operation, arguments, code, words, id=f"{service} {operation} {words}")


def rule(cidr, **more):
    return [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": cidr, **more}]}]


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


BY_CONSTRAINTS = [
    wrong(
        "application-autoscaling",
        "register_scalable_target",
        "ValidationException",
        "at 'serviceNamespace' failed to satisfy constraint: Member must satisfy enum",
        **{**SCALED, "ServiceNamespace": "ec3"},
    ),
    wrong(
        "application-autoscaling",
        "put_scaling_policy",
        "ValidationException",
        "at 'policyName'",
        PolicyName="",
        **PLACE,
    ),
    wrong(
        "cloudwatch", "put_metric_alarm", "ValidationError", "enum value set", **{**ALARM, "ComparisonOperator": "More"}
    ),
    wrong(
        "cloudwatch",
        "put_metric_alarm",
        "ValidationError",
        "less than or equal to 255",
        **{**ALARM, "AlarmName": "a" * 256},
    ),
    wrong("codebuild", "create_project", "InvalidInputException", "regular expression", **{**PROJECT, "name": "a b"}),
    wrong("codebuild", "create_project", "InvalidInputException", "Value null at 'source'", name="images"),
    wrong(
        "ec2",
        "authorize_security_group_ingress",
        "InvalidParameterValue",
        "Value (it's) for parameter IpPermissions.1.IpRanges.1.Description is invalid",
        GroupId=GROUP,
        IpPermissions=rule("0.0.0.0/0", Description="it's"),
    ),
    wrong(
        "ec2",
        "create_security_group",
        "InvalidParameterValue",
        "Value (für) for parameter Description is invalid",
        GroupName="a",
        Description="für",
        VpcId=VPC,
    ),
    wrong(
        "ec2",
        "create_subnet",
        "MissingParameter",
        "The request must contain the parameter VpcId",
        CidrBlock="10.0.0.0/24",
    ),
    wrong(
        "ec2",
        "create_tags",
        "InvalidParameterValue",
        "Value (aws:x) for parameter Tags.1.Key is invalid",
        Resources=[VPC],
        Tags=[{"Key": "aws:x", "Value": "y"}],
    ),
    wrong(
        "ec2",
        "create_vpc",
        "InvalidParameterValue",
        "Value (mine) for parameter InstanceTenancy is invalid",
        CidrBlock="10.0.0.0/16",
        InstanceTenancy="mine",
    ),
    wrong(
        "ecr",
        "create_repository",
        "InvalidParameterException",
        "Invalid parameter at 'repositoryName' failed to satisfy constraint",
        repositoryName="Upper",
    ),
    wrong("ecs", "create_cluster", "InvalidParameterException", "Value 'a b' at 'clusterName'", clusterName="a b"),
    wrong("ecs", "run_task", "InvalidParameterException", "Value null at 'taskDefinition'", cluster="c"),
    wrong("ecs", "run_task", "InvalidParameterException", "less than or equal to 10", taskDefinition="a", count=11),
    wrong("ecs", "run_task", "SerializationException", "two", taskDefinition="a", count="two"),
    wrong(
        "ecs",
        "run_task",
        "InvalidParameterException",
        "Value 'MOON' at 'launchType'",
        taskDefinition="a",
        launchType="MOON",
    ),
    wrong(
        "ecs",
        "tag_resource",
        "InvalidParameterException",
        "at 'tags.1.member.key'",
        resourceArn="a",
        tags=[{"key": "(k)", "value": "v"}],
    ),
    wrong(
        "efs",
        "create_file_system",
        "ValidationException",
        "at 'performanceMode'",
        CreationToken="t",
        PerformanceMode="slow",
    ),
    wrong(
        "efs",
        "create_mount_target",
        "ValidationException",
        "Value 'fs-1' at 'fileSystemId'",
        FileSystemId="fs-1",
        SubnetId=SUBNET,
    ),
    wrong("elbv2", "create_load_balancer", "ValidationError", "Value '-a' at 'name'", Name="-a", Type="network"),
    wrong("elbv2", "create_target_group", "ValidationError", "Value 'http' at 'protocol'", Name="a", Protocol="http"),
    wrong(
        "iam",
        "create_role",
        "ValidationError",
        "Value 'a b' at 'roleName'",
        RoleName="a b",
        AssumeRolePolicyDocument="{}",
    ),
    wrong("iam", "put_role_policy", "ValidationError", "2 validation errors detected: Value null at", RoleName="a"),
    wrong(
        "iam",
        "tag_role",
        "ValidationError",
        "Value '(v)' at 'tags.1.member.value'",
        RoleName="a",
        Tags=[{"Key": "k", "Value": "(v)"}],
    ),
    wrong("kms", "create_key", "ValidationException", "at 'keyUsage'", KeyUsage="x"),
    wrong("logs", "create_log_group", "InvalidParameterException", "Value 'a b' at 'logGroupName'", logGroupName="a b"),
    wrong(
        "logs", "put_retention_policy", "InvalidParameterException", "Value null at 'retentionInDays'", logGroupName="a"
    ),
    wrong(
        "rds",
        "create_db_instance",
        "InvalidParameterValue",
        "Value () for parameter MasterUserPassword is invalid",
        **{**DATABASE, "MasterUserPassword": "with/slash"},
    ),
    wrong(
        "rds",
        "create_db_instance",
        "MissingParameter",
        "The request must contain the parameter DBInstanceClass",
        DBInstanceIdentifier="a",
        Engine="postgres",
    ),
    wrong(
        "rds",
        "add_tags_to_resource",
        "InvalidParameterValue",
        "Value ((v)) for parameter Tags.1.Value is invalid",
        ResourceName="a",
        Tags=[{"Key": "k", "Value": "(v)"}],
    ),
    wrong(
        "resourcegroupstaggingapi",
        "tag_resources",
        "InvalidParameterException",
        "Value null at 'tags'",
        ResourceARNList=[ROLE],
    ),
    wrong("s3", "create_bucket", "InvalidArgument", "Value 'everybody' at 'aCL'", Bucket="a-bucket", ACL="everybody"),
    wrong(
        "s3",
        "put_bucket_versioning",
        "MalformedXML",
        "did not validate against our published schema",
        Bucket="a-bucket",
        VersioningConfiguration={"Status": "On"},
    ),
    wrong("secretsmanager", "create_secret", "ValidationException", "Value 'a b' at 'name'", Name="a b"),
    wrong(
        "servicediscovery",
        "create_service",
        "InvalidInput",
        "at 'dnsConfig.dnsRecords.1.member.type'",
        Name="a",
        DnsConfig={"DnsRecords": [{"Type": "X", "TTL": 1}]},
    ),
    wrong("sns", "create_topic", "InvalidParameter", "Value null at 'name'"),
    wrong(
        "sqs",
        "create_queue",
        "InvalidParameterValue",
        "Value (a.b) for parameter QueueName is invalid",
        QueueName="a.b",
    ),
    wrong("sqs", "create_queue", "MissingParameter", "The request must contain the parameter QueueName"),
    wrong("ssm", "put_parameter", "ValidationException", "Value 'Text' at 'type'", Name="a", Value="b", Type="Text"),
]
BY_SCHEMAS = [
    wrong("cloudwatch", "put_metric_alarm", "ValidationError", "Period: 7 is not one of", **{**ALARM, "Period": 7}),
    wrong(
        "codebuild",
        "create_project",
        "InvalidInputException",
        "'Location' is a required property",
        **{**PROJECT, "source": {"type": "S3"}},
    ),
    wrong(
        "ec2",
        "authorize_security_group_ingress",
        "InvalidParameterValue",
        "CidrIp: '1.2.3' is not a 'ipv4-network'",
        GroupId=GROUP,
        IpPermissions=rule("1.2.3"),
    ),
    wrong(
        "ec2", "create_security_group", "InvalidVpcID.NotFound", "vpc-1", GroupName="a", Description="a", VpcId="vpc-1"
    ),
    wrong(
        "ec2",
        "create_vpc",
        "InvalidParameterValue",
        "CidrBlock: '10.0.0.0/99' is not a 'ipv4-network'",
        CidrBlock="10.0.0.0/99",
    ),
    wrong(
        "ecs",
        "create_service",
        "InvalidParameterException",
        "REPLICA",
        serviceName="a",
        taskDefinition="web",
        launchType="FARGATE",
        schedulingStrategy="DAEMON",
    ),
    wrong(
        "ecs",
        "register_task_definition",
        "ClientException",
        "No Fargate configuration exists for given values",
        **{**TASK_DEFINITION, "cpu": "300"},
    ),
    wrong(
        "ecs",
        "register_task_definition",
        "ClientException",
        "'Image' is a required property",
        **{**TASK_DEFINITION, "containerDefinitions": [{"name": "a"}]},
    ),
    wrong(
        "ecs",
        "register_task_definition",
        "ClientException",
        "'syslog' is not one of",
        **{**TASK_DEFINITION, "containerDefinitions": [{**CONTAINER, "logConfiguration": {"logDriver": "syslog"}}]},
    ),
    wrong(
        "elbv2",
        "create_listener",
        "ValidationError",
        "'Certificates' is a required property",
        LoadBalancerArn=LOAD_BALANCER,
        Protocol="TLS",
        Port=1,
        DefaultActions=[{"Type": "forward"}],
    ),
    wrong(
        "iam",
        "put_role_policy",
        "MalformedPolicyDocument",
        "Effect: 'Alow' is not one of",
        RoleName="a",
        PolicyName="b",
        PolicyDocument=policy(Effect="Alow", Action="*", Resource="*"),
    ),
    wrong(
        "rds",
        "create_db_instance",
        "InvalidParameterValue",
        "BackupRetentionPeriod: 99 is greater than the maximum of 35",
        **{**DATABASE, "BackupRetentionPeriod": 99},
    ),
    wrong(
        "rds",
        "create_db_instance",
        "InvalidParameterValue",
        "DBInstanceIdentifier: '1a' does not match",
        **{**DATABASE, "DBInstanceIdentifier": "1a"},
    ),
    wrong(
        "s3",
        "put_bucket_policy",
        "MalformedPolicy",
        "'Principal'",
        Bucket="a-bucket",
        Policy=policy(Effect="Allow", Action="s3:*", Resource="arn:aws:s3:::a"),
    ),
    wrong(
        "sqs",
        "create_queue",
        "InvalidAttributeValue",
        "VisibilityTimeout: '99999' is greater than the maximum of 43200",
        QueueName="a",
        Attributes={"VisibilityTimeout": "99999"},
    ),
]


@pytest.mark.parametrize(("service", "operation", "arguments", "code", "words"), [*BY_CONSTRAINTS, *BY_SCHEMAS])
def test_what_is_wrong_is_refused(aws, service, operation, arguments, code, words):
    with aws.behaviours(whole_resources=True), pytest.raises(ClientError) as caught:
        getattr(aws.client(service, config=AS_GIVEN), operation)(**arguments)
    error = caught.value.response["Error"]
    assert (error["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (code, 400)
    assert words in error["Message"]


def test_a_call_that_reads_is_not_held_against_anything(aws):
    assert aws.client("ecs", config=AS_GIVEN).describe_tasks(cluster="a b", tasks=["x"])["tasks"] == []
