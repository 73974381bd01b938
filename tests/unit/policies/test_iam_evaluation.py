"""The evaluation itself, by what AWS documents of it."""

from __future__ import annotations

import pytest
from iam_evaluation import ALLOWED, DENIED, NOT_ALLOWED, Request, decide

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:dev-celery"


def allow(**more):
    return {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE, **more}


def decision(request, *statements):
    return decide([{"Version": "2012-10-17", "Statement": list(statements)}], request)


@pytest.mark.parametrize(
    ("action", "asked", "expected"),
    [
        ("sqs:SendMessage", "sqs:SendMessage", ALLOWED),
        ("sqs:sendmessage", "SQS:SendMessage", ALLOWED),
        ("sqs:Send*", "sqs:SendMessage", ALLOWED),
        ("sqs:SendMessag?", "sqs:SendMessage", ALLOWED),
        (["s3:GetObject", "sqs:SendMessage"], "sqs:SendMessage", ALLOWED),
        ("sqs:Send", "sqs:SendMessage", NOT_ALLOWED),
        ("sqs:SendMessage", "sqs:Send", NOT_ALLOWED),
    ],
)
def test_actions(action, asked, expected):
    assert decision(Request(asked, QUEUE), allow(Action=action)) == expected


@pytest.mark.parametrize(
    ("resource", "asked", "expected"),
    [
        (QUEUE, QUEUE, ALLOWED),
        ("*", QUEUE, ALLOWED),
        (QUEUE[:-6] + "*", QUEUE, ALLOWED),
        (QUEUE, QUEUE + "-2", NOT_ALLOWED),
        (QUEUE.upper(), QUEUE, NOT_ALLOWED),
        (QUEUE.replace(".", "x"), QUEUE.replace("dev", "d.v"), NOT_ALLOWED),
    ],
)
def test_resources(resource, asked, expected):
    assert decision(Request("sqs:SendMessage", asked), allow(Resource=resource)) == expected


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {"aws:SourceAccount": "1"}}, {"aws:SourceAccount": "1"}, ALLOWED),
        ({"StringEquals": {"aws:SourceAccount": "1"}}, {"AWS:sourceaccount": "1"}, ALLOWED),
        ({"StringEquals": {"aws:SourceAccount": ["2", "1"]}}, {"aws:SourceAccount": "1"}, ALLOWED),
        ({"StringEquals": {"aws:SourceAccount": "1*"}}, {"aws:SourceAccount": "12"}, NOT_ALLOWED),
        ({"StringEquals": {"aws:SourceAccount": "1"}}, {}, NOT_ALLOWED),
        ({"StringLike": {"s3:prefix": "logs/*"}}, {"s3:prefix": "logs/a/b"}, ALLOWED),
        ({"StringLike": {"s3:prefix": "logs/*"}}, {"s3:prefix": "log"}, NOT_ALLOWED),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sqs:*:*:dev-*"}}, {"aws:SourceArn": QUEUE}, ALLOWED),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sqs:*:*:dev-*"}}, {"aws:SourceArn": QUEUE}, ALLOWED),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:*"}}, {"aws:SourceArn": QUEUE}, NOT_ALLOWED),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "False"}, ALLOWED),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "true"}, NOT_ALLOWED),
        ({"Bool": {"a:b": "true"}, "StringEquals": {"a:c": "1"}}, {"a:b": "true", "a:c": "2"}, NOT_ALLOWED),
    ],
)
def test_conditions(condition, context, expected):
    assert decision(Request("sqs:SendMessage", QUEUE, context), allow(Condition=condition)) == expected


def test_a_deny_wins_in_any_order_and_document():
    request, deny = Request("sqs:SendMessage", QUEUE), allow(Effect="Deny", Action="sqs:*", Resource="*")
    assert decision(request, allow(), deny) == decision(request, deny, allow()) == DENIED
    assert decide([{"Statement": allow()}, {"Statement": [deny]}], request) == DENIED


def test_a_deny_that_does_not_apply_changes_nothing():
    deny = allow(Effect="Deny", Condition={"StringEquals": {"aws:ResourceTag/x": "y"}})
    assert decision(Request("sqs:SendMessage", QUEUE), allow(), deny) == ALLOWED


def test_nothing_said_is_nothing_allowed():
    assert decision(Request("sqs:SendMessage", QUEUE)) == NOT_ALLOWED


@pytest.mark.parametrize(
    ("principal", "asks", "expected"),
    [
        ({"Service": "ecs-tasks.amazonaws.com"}, ("Service", "ecs-tasks.amazonaws.com"), ALLOWED),
        ({"Service": ["a", "ecs-tasks.amazonaws.com"]}, ("Service", "ecs-tasks.amazonaws.com"), ALLOWED),
        ({"Service": "ecs-tasks.amazonaws.com"}, ("Service", "lambda.amazonaws.com"), NOT_ALLOWED),
        ({"Service": "ecs-tasks.amazonaws.com"}, ("AWS", "ecs-tasks.amazonaws.com"), NOT_ALLOWED),
        ({"Service": "ecs-tasks.amazonaws.com"}, None, NOT_ALLOWED),
        ("*", ("AWS", "111122223333"), ALLOWED),
        ({"AWS": ["*"]}, ("AWS", "111122223333"), ALLOWED),
    ],
)
def test_principals(principal, asks, expected):
    assert decision(Request("sqs:SendMessage", QUEUE, principal=asks), allow(Principal=principal)) == expected


@pytest.mark.parametrize(
    "member",
    [
        {"NotAction": "sqs:*"},
        {"NotResource": "*"},
        {"NotPrincipal": "*"},
        {"Resource": "arn:aws:sqs:*:*:${aws:username}"},
        {"Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}},
    ],
)
def test_what_it_does_not_know_it_does_not_judge(member):
    with pytest.raises(NotImplementedError):
        decision(Request("sqs:SendMessage", QUEUE), allow(**member))
