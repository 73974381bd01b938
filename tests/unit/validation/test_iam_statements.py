"""IAM statements that a user gives: what IAM would refuse, when everything else is made."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.validation.iam_statements import statements


def told(**members):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **members}
    return [(".".join(map(str, place)), said) for place, said in statements([statement])]


@pytest.mark.parametrize(
    "arn",
    [
        "*",
        "arn:aws:s3:::bucket",
        "arn:aws:s3:::bucket/a key of two*",
        "arn:aws-us-gov:s3:::bucket/${aws:PrincipalTag/team}/*",
        "arn:aws:sqs:eu-*:1234567890??:queue",
        "arn:aws:logs:*:*:log-group:/mine:*",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:execute-api:eu-west-1:123456789012:abc/*/GET/*",
    ],
)
def test_an_arn_is_right(arn):
    assert told(Resource=arn) == told(Resource=[arn]) == []


@pytest.mark.parametrize(
    "arn",
    [
        "arn:s3:::bucket/*",
        "arn:aws:s3::bucket",
        "arn:aws:s3:bucket/*",
        "arn:aws:*:::bucket",
        "arn:aws:s3:::",
        "arn:aws:s3:::bucket/*\n",
        "arn:aws:s3:::bucket\t",
        "ARN:aws:s3:::bucket",
        "arn:amazon:s3:::bucket",
        "",
    ],
)
def test_an_arn_that_is_none_is_refused(arn):
    ((place, said),) = told(Resource=[arn])
    assert place == "0.Resource.0"
    assert "allowed: ARNs such as arn:aws:s3:::my-bucket/*" in said


@pytest.mark.parametrize(
    "operator",
    [
        "StringEquals",
        "StringNotEqualsIgnoreCase",
        "StringLikeIfExists",
        "NumericLessThanEquals",
        "DateGreaterThan",
        "Bool",
        "BinaryEquals",
        "NotIpAddress",
        "ArnNotLike",
        "Null",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringLikeIfExists",
    ],
)
def test_an_operator_of_iam_is_right(operator):
    assert told(Condition={operator: {"aws:PrincipalTag/team": "data"}}) == []


@pytest.mark.parametrize(
    ("operator", "words"),
    [
        ("StringEqual", "did you mean 'StringEquals'?"),
        ("stringequals", "did you mean 'StringEquals'?"),
        ("StringEqualsIfExist", "did you mean 'StringEqualsIfExists'?"),
        ("ForAnyValues:StringLike", "did you mean 'ForAnyValue:StringLike'?"),
        ("ArnLikes", "did you mean 'ArnLike'?"),
        ("NullIfExists", "is no operator"),
        ("Matches", "is no operator"),
        ("StringEquals\n", "did you mean 'StringEquals'?"),
    ],
)
def test_an_operator_that_is_none_is_refused(operator, words):
    ((place, said),) = told(Condition={operator: {"aws:PrincipalTag/team": "data"}})
    assert place == f"0.Condition.{operator}"
    assert "allowed: those of IAM, such as StringEquals" in said
    assert words in said
