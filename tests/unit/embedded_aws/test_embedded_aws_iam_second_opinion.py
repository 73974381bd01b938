"""The evaluation beside that of ministack, which was written by others. Where they differ there is a reason."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ministack.core import iam_evaluator

from tests.embedded_aws.authorization.evaluation import ALLOWED, DENIED, NOT_ALLOWED, Policies, Request, judge

ACCOUNT = "111122223333"
_OUTCOMES = {"Allow": ALLOWED, "Deny": DENIED, "ImplicitDeny": NOT_ALLOWED}

_actions = st.sampled_from(["s3:GetObject", "s3:getobject", "s3:Get*", "s3:*", "*", "s3:?etObject", "sqs:SendMessage"])
_resources = st.sampled_from(
    ["*", "arn:aws:s3:::one", "arn:aws:s3:::one/*", "arn:aws:s3:::*", "arn:aws:s3:::o?e/a", "arn:aws:s3:::One/a"]
)
_texts = st.sampled_from(["ada", "Ada", "a*", "?da", "10", "9", "10.0", "", "true", "false"])
_arns = st.sampled_from(["arn:aws:sqs:eu-west-1:1:dev-a", "arn:aws:sqs:*:*:dev-*", "arn:aws:sqs:eu-west-1:1:DEV-a"])
_addresses = st.sampled_from(["203.0.113.7", "203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"])
_moments = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "1767225600", "2025-12-31"])
_numbers = st.sampled_from(["9", "10", "10.0", "-1"])


def _one_or_some(values):
    return st.one_of(values, st.lists(values, min_size=1, max_size=3))


def _tests(names, key, values):
    """Conditions with one of these operators, on a key, with some of these values."""
    ending = st.sampled_from(["", "IfExists"])
    return st.builds(
        lambda name, ends, wanted: {name + ends: {key: wanted}}, st.sampled_from(names), ending, _one_or_some(values)
    )


_STRINGS = [f"String{way}" for way in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase")]
_ORDERS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
_LIKE = ["StringLike", "StringNotLike"]
_conditions = st.one_of(
    st.just({}),
    _tests([*_STRINGS, *_LIKE], "x:text", _texts),
    _tests(["Bool"], "x:text", st.sampled_from(["true", "false", True, False])),
    _tests([f"Numeric{order}" for order in _ORDERS], "x:number", _numbers),
    _tests([f"Date{order}" for order in _ORDERS], "x:moment", _moments),
    _tests([f"Arn{way}" for way in ("Equals", "Like", "NotEquals", "NotLike")], "x:arn", _arns),
    _tests(["IpAddress", "NotIpAddress"], "x:address", _addresses),
    _tests([f"ForAllValues:{way}" for way in [*_STRINGS, *_LIKE]], "aws:TagKeys", _texts),
    _tests([f"ForAnyValue:{way}" for way in [*_STRINGS, *_LIKE]], "aws:TagKeys", _texts),
    st.builds(
        lambda key, wanted: {"Null": {key: wanted}},
        st.sampled_from(["x:text", "aws:TagKeys"]),
        st.sampled_from(["true", "false"]),
    ),
)
_statements = st.builds(
    lambda effect, action, resource, condition: {**effect, **action, **resource, "Condition": condition},
    st.sampled_from([{"Effect": "Allow"}, {"Effect": "Allow"}, {"Effect": "Deny"}]),
    st.builds(lambda name, value: {name: value}, st.sampled_from(["Action", "NotAction"]), _one_or_some(_actions)),
    st.builds(
        lambda name, value: {name: value}, st.sampled_from(["Resource", "NotResource"]), _one_or_some(_resources)
    ),
    _conditions,
)
_documents = st.builds(
    lambda statements: {"Version": "2012-10-17", "Statement": statements}, st.lists(_statements, max_size=3)
)
_contexts = st.fixed_dictionaries(
    {},
    optional={
        "x:text": _texts,
        "x:number": _numbers,
        "x:moment": _moments,
        "x:arn": _arns,
        "x:address": st.sampled_from(["203.0.113.7", "10.1.2.3", "2001:db8::1"]),
        "aws:TagKeys": st.lists(_texts, max_size=3),
    },
)
_policies = st.builds(
    Policies,
    identity=st.lists(_documents, min_size=1, max_size=2).map(tuple),
    boundary=st.one_of(st.none(), _documents),
    session=st.one_of(st.none(), st.lists(_documents, max_size=2).map(tuple)),
)
_requests = st.builds(
    Request,
    st.sampled_from(["s3:GetObject", "sqs:SendMessage"]),
    st.sampled_from(["arn:aws:s3:::one", "arn:aws:s3:::one/a", "arn:aws:s3:::two/b"]),
    _contexts,
)


def theirs(policies, request):
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/worker",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=request.action,
        resource_arn=request.resource,
        region="eu-west-1",
        # what their caller of the evaluation does, too: a request without tags has no such key
        service_context={"aws:tagkeys": None, **{name.lower(): value for name, value in request.context.items()}},
    )
    boundary = [] if policies.boundary is None else [(policies.boundary,)]
    limits = [*boundary, *([] if policies.session is None else [policies.session])]
    read = [[iam_evaluator.parse_policy_document(each) for each in some] for some in (policies.identity, *limits)]
    return _OUTCOMES[iam_evaluator.evaluate(context, *read).decision]


def ours(policies, request):
    return judge(policies, request).outcome


@settings(max_examples=400, deadline=None)
@given(_policies, _requests)
def test_both_decide_alike(policies, request):
    assert ours(policies, request) == theirs(policies, request)


@settings(max_examples=500, deadline=None)
@given(_conditions, _contexts)
def test_both_find_conditions_met_alike(condition, context):
    """Alone, where nothing else decides."""
    policies, request = _one(condition, context=context)
    assert ours(policies, request) == theirs(policies, request)


def _one(condition, resource="*", context=None, effect="Allow"):
    statement = {"Effect": effect, "Action": "*", "Resource": resource, "Condition": condition}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Policies(identity=(document,)), Request("s3:GetObject", "arn:aws:s3:::one/ada", context or {})


#: By what the examples above are kept from: name, the request, what we decide, why that is right.
DIFFERENCES = {
    "variables: there are none in theirs": (
        *_one({}, "arn:aws:s3:::one/${aws:username}", {"aws:username": "ada"}),
        ALLOWED,
    ),
    "variables in values of conditions": (
        *_one({"StringEquals": {"x:text": "${aws:username}"}}, context={"aws:username": "ada", "x:text": "ada"}),
        ALLOWED,
    ),
    "each part of an ARN is compared by itself": (
        *_one({"ArnLike": {"x:arn": "arn:aws:*:dev-a"}}, context={"x:arn": "arn:aws:sqs:eu-west-1:1:dev-a"}),
        NOT_ALLOWED,
    ),
    "a text that is no number is equal to none": (
        *_one({"NumericNotEquals": {"x:number": "10"}}, context={"x:number": "ten"}),
        ALLOWED,
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_where_they_differ(name):
    policies, request, expected = DIFFERENCES[name]
    assert ours(policies, request) == expected
    assert theirs(policies, request) != expected
