"""What AWS publishes of its rates, as a client meets it."""

from __future__ import annotations

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ONCE = Config(retries={"total_max_attempts": 1})


def code_of(call, **arguments):
    """The code of the error that a call meets, empty for none."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "burst", "code"),
    [
        ("ecs", "describe_capacity_providers", {}, 50, "ThrottlingException"),
        ("logs", "describe_log_groups", {}, 10, "ThrottlingException"),
        ("ec2", "describe_moving_addresses", {}, 1, "RequestLimitExceeded"),
        ("ec2", "describe_security_groups", {}, 50, "RequestLimitExceeded"),
        ("elbv2", "describe_load_balancers", {}, 40, "Throttling"),
        ("iam", "list_roles", {}, 15, "Throttling"),
        ("resourcegroupstaggingapi", "get_resources", {}, 15, "ThrottledException"),
        ("secretsmanager", "create_secret", {}, 50, "ThrottlingException"),
        ("servicediscovery", "list_namespaces", {}, 5, "ThrottlingException"),
        ("route53", "list_hosted_zones", {}, 50, "Throttling"),
    ],
)
def test_what_is_beyond_the_published_rate_is_refused(aws, service, operation, arguments, burst, code):
    call = getattr(aws.client(service, config=ONCE), operation)
    if operation == "create_secret":
        arguments = {"Name": "the-same", "SecretString": "x"}
    with aws.behaviours(rates="published"):
        codes = [code_of(call, **arguments) for _unused in range(2 * burst + 20)]
    refused = codes.index(code)
    # What comes while the calls are made is taken too.
    assert burst <= refused < 2 * burst + 20
    faults = [called["fault"] for called in aws.calls()]
    assert faults[refused] == "throttled" and "throttled" not in faults[:refused]


def test_what_nobody_may_do_is_throttled_before_it_is_refused(aws):
    nobody = aws.identity([])
    ecs = aws.client("ecs", identity=nobody, config=ONCE)
    with aws.behaviours(rates=["ecs ListClusters 0 2"], enforced_iam=True):
        codes = [code_of(ecs.list_clusters) for _unused in range(3)]
    assert codes == ["AccessDeniedException", "AccessDeniedException", "ThrottlingException"]


def test_the_clock_does_not_make_aws_quicker(aws):
    ecs = aws.client("ecs", config=ONCE)
    with aws.clock(1000), aws.behaviours(rates="published"):
        arguments = {"family": "f", "containerDefinitions": [{"name": "c", "image": "i", "memory": 64}]}
        codes = [code_of(ecs.register_task_definition, **arguments) for _unused in range(40)]
    assert 20 <= codes.index("ThrottlingException") < 30
