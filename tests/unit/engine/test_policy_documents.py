from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine import policy_documents as policy
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN, differences

READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["a", "b"]}
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "q"}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


TRUST = document({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"})


def changed(statement, **members):
    return {**statement, **members}


def conditioned(operator, key, values):
    return document(changed(SEND, Condition={operator: {key: values}}))


def principal(value):
    return document({"Effect": "Allow", "Principal": value, "Action": "sts:AssumeRole"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document(READ, SEND), document(SEND, READ)),
        (document(SEND), {"Version": "2012-10-17", "Statement": SEND}),
        (document(SEND), document(changed(SEND, Action=["sqs:SendMessage"], Resource=["q"]))),
        (document(READ), document(changed(READ, Action=["S3:listbucket", "s3:getobject"], Resource=["b", "a", "b"]))),
        (document(SEND), json.dumps(document(SEND))),
        (document(SEND), quote(json.dumps(document(SEND)))),
        (principal("*"), principal({"AWS": ["*"]})),
        (principal({"AWS": "123456789012"}), principal({"AWS": ["arn:aws:iam::123456789012:root"]})),
        (conditioned("Bool", "aws:SecureTransport", False), conditioned("Bool", "AWS:securetransport", ["false"])),
        (conditioned("NumericLessThan", "s3:max-keys", 10), conditioned("NumericLessThan", "s3:max-keys", "10")),
        (conditioned("StringLike", "aws:arn", ["b", "a"]), conditioned("StringLike", "aws:arn", ["a", "b"])),
        ({"Statement": [SEND]}, {"Version": "2008-10-17", "Statement": [SEND]}),
        (document(SEND, SEND), document(SEND, SEND)),
        (None, ""),
    ],
)
def test_equal_rights_are_equal(one, other):
    assert differences(policy.canonical(one), policy.canonical(other)) == []


@pytest.mark.parametrize(
    ("wanted", "found", "reason"),
    [
        (document(READ), document(changed(READ, Effect="Deny")), "Statement Read Effect Deny -> Allow"),
        (document(READ), document(changed(READ, Resource="a")), "Statement Read Resource [a] -> [a, b]"),
        (document(READ), document(changed(READ, Resource=["A", "b"])), "Statement Read Resource [A, b] -> [a, b]"),
        (document(SEND), {"Statement": [SEND]}, "Version 2008-10-17 -> 2012-10-17"),
        (
            document(changed(SEND, Resource="r")),
            document(SEND),
            "Statement Allow sqs:sendmessage Resource [q] -> [r]",
        ),
        (
            conditioned("StringEquals", "aws:SourceAccount", "1"),
            conditioned("StringEquals", "aws:SourceAccount", "2"),
            "Statement Allow sqs:sendmessage Condition StringEquals aws:SourceAccount [2] -> [1]",
        ),
        (principal({"AWS": "AROAGONE"}), TRUST, "Statement Allow sts:assumerole Principal AWS (none) -> [AROAGONE]"),
    ],
)
def test_other_rights_differ_and_say_where(wanted, found, reason):
    told = [str(difference) for difference in differences(policy.canonical(wanted), policy.canonical(found))]
    assert reason in told


def test_a_statement_more_and_a_statement_doubled_with_other_resources_are_differences():
    assert differences(policy.canonical(document(READ)), policy.canonical(document(READ, SEND)))
    twice = document(SEND, changed(SEND, Resource="r"))
    assert differences(policy.canonical(twice), policy.canonical(document(SEND)))


def test_a_document_that_is_not_known_yet_differs_from_everything():
    assert policy.canonical(UNKNOWN) == UNKNOWN
    waiting = policy.canonical(document(changed(SEND, Resource=f"{UNKNOWN}/*")))
    assert differences(waiting, waiting)


@pytest.mark.parametrize("given", [TRUST, document(READ, SEND), document(SEND, changed(SEND, Resource="r"))])
def test_what_is_sent_to_aws_is_the_same_policy_in_the_letters_given(given):
    sent = policy.to_json(policy.canonical(given))
    assert policy.canonical(sent) == policy.canonical(given)
    assert policy.canonical(policy.canonical(given)) == policy.canonical(given)
    assert given["Statement"][0]["Action"][0] in sent or given["Statement"][0]["Action"] in sent


def test_a_list_of_one_is_sent_as_its_value():
    condition = {"Bool": {"aws:SecureTransport": ["false"]}}
    resources = ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": resources, "Condition": condition}
    sent = json.loads(policy.to_json(policy.canonical({"Version": "2012-10-17", "Statement": [deny]})))
    assert sent["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": resources,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
