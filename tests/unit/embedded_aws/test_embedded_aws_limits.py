"""The published rates: what they are of, and which buckets a call takes of."""

from __future__ import annotations

import botocore.session
import pytest

from tests.embedded_aws import behaviours, limits
from tests.embedded_aws.parsed import Call
from tests.embedded_aws.routing import MODEL_NAMES, Request

_SESSION = botocore.session.get_session()


@pytest.fixture(autouse=True)
def everything_off():
    yield
    behaviours.switch({})


@pytest.fixture
def now(monkeypatch):
    """A clock that stands: `now[0]` are its seconds."""
    seconds = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: seconds[0])
    return seconds


def call(service, operation, region="eu-west-1", body=b""):
    signed = f"AWS4-HMAC-SHA256 Credential=key/20260101/{region}/{service}/aws4_request"
    form = "application/x-www-form-urlencoded"
    return Call(service, operation, Request("POST", "/", "", {"authorization": signed, "content-type": form}), body)


def taken(limit, one, most=300):
    """How many calls pass at once."""
    behaviours.switch({"rates": limit})
    return next(number for number in range(most) if limits.is_beyond(one))


def operations():
    for service, published in limits.LIMITS.items():
        for limit in published.limits:
            yield from ((service, operation) for operation in limit.operations.split())


@pytest.mark.parametrize(("service", "operation"), sorted(set(operations())))
def test_every_operation_that_is_limited_is_one(service, operation):
    model = _SESSION.get_service_model(MODEL_NAMES.get(service, service))
    one = limits.Limit(operation, 1, 1)
    assert any(one.names(name) for name in model.operation_names)


@pytest.mark.parametrize("service", limits.LIMITS)
def test_no_limit_is_behind_another_one(service):
    """Every limit is the first for some operation, but for those that are for all of a service, and come last."""
    model = _SESSION.get_service_model(MODEL_NAMES.get(service, service))
    alone = [limit for limit in limits.LIMITS[service].limits if not limit.besides]
    first = {next((limit for limit in alone if limit.names(name)), None) for name in model.operation_names}
    assert [limit.operations for limit in alone if limit not in first] == []


@pytest.mark.parametrize(
    ("one", "burst"),
    [
        (call("ecs", "RegisterTaskDefinition"), 20),
        (call("ecs", "RunTask"), 20),  # Fargate's, not the hundred of ECS
        (call("ecs", "StopTask"), 100),
        (call("logs", "GetLogEvents"), 10),
        (call("ec2", "CreateVpcEndpoint"), 4),
        (call("ec2", "CreateRoute"), 50),
        (call("ec2", "DescribeVpcs"), 100),
        (call("ec2", "DescribeSecurityGroups", body=b"Action=DescribeSecurityGroups&Version=2016-11-15"), 50),
        (
            call(
                "ec2",
                "DescribeSecurityGroups",
                body=b"Action=DescribeSecurityGroups&Version=2016-11-15&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1",
            ),
            100,
        ),
        (call("elasticloadbalancing", "CreateLoadBalancer"), 10),
        (call("elasticloadbalancing", "DescribeTags"), 40),
    ],
    ids=lambda value: value.operation if isinstance(value, Call) else str(value),
)
def test_so_many_calls_pass_at_once(now, one, burst):
    assert taken(limits.PUBLISHED, one) == burst


@pytest.mark.parametrize("one", [call("rds", "CreateDBInstance"), call("sqs", "CreateQueue")], ids=["rds", "sqs"])
def test_what_has_no_published_rate_is_not_throttled(now, one):
    behaviours.switch({"rates": limits.PUBLISHED})
    assert not any(limits.is_beyond(one) for _unused in range(500))


def test_operations_of_one_bucket_share_it(now):
    behaviours.switch({"rates": limits.PUBLISHED})
    assert not any(limits.is_beyond(call("ecs", "DescribeTasks")) for _unused in range(60))
    assert not any(limits.is_beyond(call("ecs", "ListTasks")) for _unused in range(40))
    assert limits.is_beyond(call("ecs", "DescribeTasks"))
    assert not limits.is_beyond(call("ecs", "DescribeServices"))
    assert not limits.is_beyond(call("ecs", "DescribeTasks", region="us-east-1"))


def test_each_of_ec2_has_its_own(now):
    behaviours.switch({"rates": limits.PUBLISHED})
    assert not any(limits.is_beyond(call("ec2", "CreateRoute")) for _unused in range(50))
    assert limits.is_beyond(call("ec2", "CreateRoute"))
    assert not limits.is_beyond(call("ec2", "CreateRouteTable"))


def test_a_call_takes_of_two_buckets(now):
    """Elastic Load Balancing has one for the account besides."""
    behaviours.switch({"rates": limits.PUBLISHED})
    assert not any(limits.is_beyond(call("elasticloadbalancing", "DescribeTags")) for _unused in range(40))
    assert limits.is_beyond(call("elasticloadbalancing", "CreateListener"))
    now[0] += 1  # ten for the account, three for changes
    refused = [limits.is_beyond(call("elasticloadbalancing", "CreateListener")) for _unused in range(11)]
    assert refused == [False] * 10 + [True]


def test_a_bucket_fills_again_by_the_real_second(now):
    behaviours.switch({"rates": limits.PUBLISHED})
    one = call("ecs", "RegisterTaskDefinition")
    for _unused in range(20):
        assert not limits.is_beyond(one)
    assert limits.is_beyond(one)
    now[0] += 0.9
    assert limits.is_beyond(one)
    now[0] += 0.2
    assert not limits.is_beyond(one)
    assert limits.is_beyond(one)
    now[0] += 1000
    assert [limits.is_beyond(one) for _unused in range(21)] == [False] * 20 + [True]


def test_a_test_can_name_others(now):
    assert taken(["ecs RunTask 1 2", "ecs ListTasks 1 7"], call("ecs", "RunTask")) == 2
    assert not limits.is_beyond(call("ecs", "RegisterTaskDefinition"))
    assert not limits.is_beyond(call("logs", "RunTask"))


def test_what_is_refused_is_counted_and_told(now):
    struck = behaviours.RATES.struck
    one = call("ecs", "RunTask")
    assert limits.throttle(one) is None
    behaviours.switch({"rates": ["ecs RunTask 0 0"]})
    status, _headers, body = limits.throttle(one)
    assert (status, b"ThrottlingException" in body) == (400, True)
    assert one.notes == {"fault": "throttled"}
    assert behaviours.RATES.struck == struck + 1
