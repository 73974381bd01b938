"""The evaluation itself, by what AWS documents of it."""

from __future__ import annotations

import re

import pytest

from tests.embedded_aws.authorization.evaluation import (
    ALLOWED,
    BOUNDARY,
    DENIED,
    IDENTITY,
    NOT_ALLOWED,
    ORGANIZATION,
    RESOURCE,
    SESSION,
    Decision,
    Policies,
    Request,
    condition_keys,
    decide,
    judge,
)

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
        {"NotPrincipal": "*"},
        {"Condition": {"StringMatches": {"aws:SourceAccount": "1"}}},
        {"Condition": {"Bool:All": {"aws:SourceAccount": "1"}}},
        {"Condition": {"StringEquals": {"aws:TagKeys": "owner"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "${aws:TagKeys}"}}},
    ],
)
def test_what_it_does_not_know_it_does_not_judge(member):
    request = Request("sqs:SendMessage", QUEUE, {"aws:SourceAccount": "1", "aws:TagKeys": ["owner", "team"]})
    with pytest.raises(NotImplementedError):
        decision(request, allow(**member))


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({"NotAction": "sqs:*"}, NOT_ALLOWED),
        ({"NotAction": ["s3:*", "SQS:sendmessage"]}, NOT_ALLOWED),
        ({"NotAction": "s3:*"}, ALLOWED),
        ({"NotResource": "*"}, NOT_ALLOWED),
        ({"NotResource": QUEUE + "-2"}, ALLOWED),
        ({"NotResource": ["arn:aws:s3:::*", QUEUE]}, NOT_ALLOWED),
        ({"NotResource": "arn:aws:sqs:*:*:${aws:username}"}, NOT_ALLOWED),
    ],
)
def test_all_but_what_is_named(member, expected):
    statement = {name: value for name, value in allow().items() if f"Not{name}" not in member}
    assert decision(Request("sqs:SendMessage", QUEUE), {**statement, **member}) == expected


ADA = {"aws:username": "ada", "aws:PrincipalTag/team": "a*"}


@pytest.mark.parametrize(
    ("resource", "context", "expected"),
    [
        ("home/${aws:username}/*", ADA, ["home/ada/x"]),
        ("home/${AWS:UserName}/*", ADA, ["home/ada/x"]),
        ("home/${aws:username}/*", {}, []),
        ("home/${aws:username, 'all'}/*", ADA, ["home/ada/x"]),
        ("home/${aws:username,'all'}/*", {}, ["home/all/x"]),
        ("home/${aws:PrincipalTag/team}/x", ADA, ["home/a*/x"]),
        ("home/a${*}/x", {}, ["home/a*/x"]),
        ("home/a${?}a/x", {}, []),
        ("home/${$}{x}/x", {}, ["home/${x}/x"]),
    ],
)
def test_variables(resource, context, expected):
    """The value of one has no wildcards."""
    names = ["home/ada/x", "home/bob/x", "home/all/x", "home/a*/x", "home/${x}/x"]
    statement = allow(Action="s3:GetObject", Resource=f"arn:aws:s3:::{resource}")
    asked = {name: Request("s3:GetObject", f"arn:aws:s3:::{name}", context) for name in names}
    assert [name for name, request in asked.items() if decision(request, statement) == ALLOWED] == expected


def test_a_policy_of_the_older_version_has_no_variables():
    statement = allow(Resource="arn:aws:sqs:*:*:${aws:username}")
    named = Request("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:ada", ADA)
    literal = Request("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:${aws:username}", ADA)
    for document in ({"Statement": statement}, {"Version": "2008-10-17", "Statement": statement}):
        assert [decide([document], each) for each in (named, literal)] == [NOT_ALLOWED, ALLOWED]


@pytest.mark.parametrize(
    ("operator", "wanted", "matching", "others"),
    [
        ("StringEquals", "Ada", ["Ada"], ["ada", "Ada "]),
        ("StringEqualsIgnoreCase", "Ada", ["Ada", "aDA"], ["ada1"]),
        ("StringLike", ["a?a", "b*"], ["ada", "b", "bob"], ["ada1", "Ada"]),
        ("NumericEquals", "10", ["10", "10.0"], ["11", "ten"]),
        ("NumericLessThan", "10", ["9", "-1"], ["10", "11", "ten"]),
        ("NumericLessThanEquals", "10", ["10", "9.5"], ["10.5"]),
        ("NumericGreaterThan", 10, ["11"], ["10", "9"]),
        ("NumericGreaterThanEquals", "10", ["10"], ["9"]),
        ("DateEquals", "2026-01-01T00:00:00Z", ["2026-01-01T01:00:00+01:00", "1767225600"], ["2026-01-01T00:00:01Z"]),
        ("DateLessThan", "2026-01-01T00:00:00Z", ["2025-12-31T23:59:59Z"], ["2026-01-01T00:00:00Z", "soon"]),
        ("DateLessThanEquals", "2026-01-01", ["2026-01-01T00:00:00Z"], ["2026-01-02"]),
        ("DateGreaterThan", "1767225600", ["2026-01-02"], ["2026-01-01T00:00:00Z"]),
        ("DateGreaterThanEquals", "2026-01-01", ["2026-01-01T00:00:00Z"], ["2025-01-01"]),
        ("Bool", True, ["true", "True"], ["false"]),
        ("BinaryEquals", "QmluYXJ5", ["QmluYXJ5"], ["QmluYXJ6", "?"]),
        ("IpAddress", ["203.0.113.0/24", "2001:DB8::/32"], ["203.0.113.9", "2001:db8::1"], ["203.0.114.1", "x"]),
        ("IpAddress", "203.0.113.7", ["203.0.113.7"], ["203.0.113.8"]),
        ("ArnLike", "arn:aws:sqs:*:*:dev-*", [QUEUE], [QUEUE.replace("dev", "prod"), "dev-x"]),
        ("ArnEquals", "arn:aws:sqs:*:*:dev-*", [QUEUE], ["arn:aws:sqs:a:b:c:dev-celery"]),
    ],
)
def test_operators(operator, wanted, matching, others):
    """Each with its negation, which is met where no value matches, and where the key is missing."""
    negated = re.sub("(String|Numeric|Date|Arn)(Equals|Like)", r"\1Not\2", operator).replace("IpA", "NotIpA")

    def met(name, value):
        context = {} if value is None else {"x:Key": value}
        statement = allow(Condition={name: {"x:key": wanted}})
        return decision(Request("sqs:SendMessage", QUEUE, context), statement) == ALLOWED

    for name in (operator, operator.upper()):
        assert {value: met(name, value) for value in (*matching, *others)} == {
            **dict.fromkeys(matching, True),
            **dict.fromkeys(others, False),
        }
        assert not met(name, None)
        assert met(f"{name}IfExists", None)
    if negated != operator and "Than" not in operator:
        assert [met(negated, value) for value in matching] == [False] * len(matching)
        assert [met(negated, value) for value in others] == [True] * len(others)
        assert met(negated, None)


@pytest.mark.parametrize(("wanted", "there", "missing"), [("true", False, True), (False, True, False)])
def test_null_asks_whether_a_key_is_missing(wanted, there, missing):
    statement = allow(Condition={"Null": {"aws:TokenIssueTime": wanted}})
    asked = [Request("sqs:SendMessage", QUEUE, context) for context in ({"aws:TokenIssueTime": "2026-01-01"}, {})]
    assert [decision(request, statement) == ALLOWED for request in asked] == [there, missing]


#: By "Set operators for multivalued context keys": an absent key, or one without values, meets ForAllValues and does
#: not meet ForAnyValue.
TAG_KEYS = [["environment"], ["environment", "webserver"], ["environment", "cost-center"], ["cost-center"], [], None]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("ForAllValues:StringEquals", [True, True, False, False, True, True]),
        ("ForAnyValue:StringEquals", [True, True, True, False, False, False]),
        ("ForAllValues:StringNotEquals", [False, False, False, True, True, True]),
        ("ForAnyValue:StringNotEquals", [False, False, True, True, False, False]),
        ("ForAllValues:StringLike", [True, True, False, False, True, True]),
        ("ForAnyValue:StringEqualsIfExists", [True, True, True, False, False, True]),
    ],
)
def test_several_values(operator, expected):
    statement = allow(Condition={operator: {"aws:TagKeys": ["environment", "webserver"]}})
    contexts = [{} if keys is None else {"aws:TagKeys": keys} for keys in TAG_KEYS]
    decisions = [decision(Request("sqs:SendMessage", QUEUE, context), statement) for context in contexts]
    assert [each == ALLOWED for each in decisions] == expected


def test_a_key_with_one_value_may_be_asked_for_as_one_with_several():
    statement = allow(Condition={"ForAnyValue:StringEquals": {"aws:CalledVia": ["a", "b"]}})
    assert decision(Request("sqs:SendMessage", QUEUE, {"aws:CalledVia": "b"}), statement) == ALLOWED


def document(effect="Allow", **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "*", "Resource": "*", **more}]}


YES, NO, NOTHING = document(), document("Deny"), {"Version": "2012-10-17", "Statement": []}
ROLE = "arn:aws:iam::111122223333:role/path/worker"
TASK = "arn:aws:sts::111122223333:assumed-role/worker/1"
USER = "arn:aws:iam::111122223333:user/ada"
ACCOUNT_ROOT = "arn:aws:iam::111122223333:root"


def of_role(action="sqs:SendMessage"):
    return Request(action, QUEUE, principal=("AWS", ROLE), session=TASK)


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (Policies(), Decision(NOT_ALLOWED, IDENTITY)),
        (Policies(identity=(YES,)), Decision(ALLOWED)),
        (Policies(identity=(YES, NO)), Decision(DENIED, IDENTITY)),
        (Policies(identity=(YES,), boundary=YES), Decision(ALLOWED)),
        (Policies(identity=(YES,), boundary=NOTHING), Decision(NOT_ALLOWED, BOUNDARY)),
        (Policies(identity=(YES,), boundary=NO), Decision(DENIED, BOUNDARY)),
        (Policies(boundary=YES), Decision(NOT_ALLOWED, IDENTITY)),
        (Policies(identity=(YES,), session=(NOTHING, YES)), Decision(ALLOWED)),
        (Policies(identity=(YES,), session=()), Decision(NOT_ALLOWED, SESSION)),
        (Policies(identity=(YES,), session=(NO,)), Decision(DENIED, SESSION)),
        (Policies(identity=(YES,), organization=((YES,), (YES,))), Decision(ALLOWED)),
        (Policies(identity=(YES,), organization=((YES,), (NOTHING,))), Decision(NOT_ALLOWED, ORGANIZATION)),
        (Policies(identity=(YES,), organization=((YES, NO),)), Decision(DENIED, ORGANIZATION)),
        (Policies(identity=(YES,), resource=document("Deny", Principal="*")), Decision(DENIED, RESOURCE)),
        (Policies(identity=(YES,), resource=document("Deny", Principal={"AWS": USER})), Decision(ALLOWED)),
        (Policies(identity=(YES,), resource=NOTHING, needs_resource=True), Decision(NOT_ALLOWED, RESOURCE)),
        (
            Policies(identity=(YES,), resource=document(Principal={"AWS": ACCOUNT_ROOT}), needs_resource=True),
            Decision(ALLOWED),
        ),
        (
            Policies(resource=document(Principal={"AWS": "111122223333"}), needs_resource=True),
            Decision(NOT_ALLOWED, IDENTITY),
        ),
    ],
)
def test_policies_of_all_types_together(policies, expected):
    assert judge(policies, of_role()) == expected


@pytest.mark.parametrize(
    ("named", "alone", "with_limit"),
    [
        ({"AWS": TASK}, Decision(ALLOWED), Decision(ALLOWED)),
        ({"AWS": [USER, ROLE]}, Decision(ALLOWED), Decision(NOT_ALLOWED, BOUNDARY)),
        ("*", Decision(ALLOWED), Decision(NOT_ALLOWED, BOUNDARY)),
        ({"AWS": ACCOUNT_ROOT}, Decision(NOT_ALLOWED, IDENTITY), Decision(NOT_ALLOWED, IDENTITY)),
        ({"AWS": USER}, Decision(NOT_ALLOWED, IDENTITY), Decision(NOT_ALLOWED, IDENTITY)),
        ({"Service": "ecs.amazonaws.com"}, Decision(NOT_ALLOWED, IDENTITY), Decision(NOT_ALLOWED, IDENTITY)),
    ],
)
def test_what_a_resource_allows_by_itself(named, alone, with_limit):
    """By "Evaluating policies within a single account": a session that is named is held back by no boundary, a role
    that is named is; an account that is named leaves it to its identities.
    """
    resource = document(Principal=named)
    assert judge(Policies(resource=resource), of_role()) == alone
    assert judge(Policies(resource=resource, boundary=NOTHING), of_role()) == with_limit


def test_a_user_that_a_resource_names_is_held_back_by_the_organization_alone():
    request = Request("sqs:SendMessage", QUEUE, principal=("AWS", USER))
    resource = document(Principal={"AWS": USER})
    assert judge(Policies(resource=resource, boundary=NOTHING, session=()), request) == Decision(ALLOWED)
    held = Policies(resource=resource, organization=((NOTHING,),))
    assert judge(held, request) == Decision(NOT_ALLOWED, ORGANIZATION)


def test_the_keys_that_policies_look_at_for_an_action():
    one = document(Action="sqs:Send*", Condition={"StringEquals": {"aws:SourceAccount": "1", "x:B": "2"}})
    other = document(Action="s3:*", Condition={"Null": {"s3:prefix": "true"}})
    assert condition_keys([one, other, YES], "sqs:SendMessage") == {"aws:sourceaccount", "x:b"}
