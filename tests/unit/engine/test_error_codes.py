"""AWS spells one code in several ways."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import caused_by, doing, refused, unless
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from botocore.exceptions import ClientError


def failing(code):
    def call():
        raise ClientError({"Error": {"Code": code, "Message": "says the test"}}, "Operation")

    return call


ALIKE = [
    ("InvalidVpcID.NotFound", "InvalidVpcId.NotFound"),
    ("InvalidRouteTableId.NotFound", "InvalidRouteTableID.NotFound"),
    ("InvalidVpcEndpointID.NotFound", "InvalidVpcEndpointId.NotFound"),
    ("DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound"),
    ("InvalidDBParameterGroupState", "InvalidDBParameterGroupStateFault"),
]


@pytest.mark.parametrize("codes", [*ALIKE, *(pair[::-1] for pair in ALIKE)])
def test_a_code_is_known_in_each_spelling(codes):
    answered, known = codes
    assert unless({known}, failing(answered), "nothing") == "nothing"
    assert answered in refused({known}, failing(answered))
    with pytest.raises(FarflowError) as caught, doing("do", "something"):
        failing(answered)()
    assert caused_by(caught.value, {known})


@pytest.mark.parametrize("known", ["InvalidSubnetID.NotFound", "NotFound", ""])
def test_another_code_is_another(known):
    with pytest.raises(ClientError):
        unless({known}, failing("InvalidVpcID.NotFound"))


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("because no identity-based policy allows the ecs:RunTask action", "give the identity that runs this"),
        ("with an explicit deny in a service control policy", "the organization forbids it to everybody"),
        ("because no service control policy allows the ecs:RunTask action", "the organization forbids it to everybody"),
        ("with an explicit deny in a resource control policy", "the organization forbids it on the resources"),
        ("because no permissions boundary allows the ecs:RunTask action", "the permissions boundary of the identity"),
        ("because no session policy allows the ecs:RunTask action", "the policy of this session"),
        ("with an explicit deny in a VPC endpoint policy", "the policy of the VPC endpoint"),
    ],
)
def test_who_keeps_a_right_back_is_told_by_what_helps(words, advice):
    message = f"User: arn:aws:iam::1:user/ada is not authorized to perform: ecs:RunTask on resource: x {words}"
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, "RunTask")
    with (
        pytest.raises(FarflowError, match=f"could not run task dev: .*[(]{advice}") as caught,
        doing("run", "task", "dev"),
    ):
        raise error
    assert str(caught.value).count("(") == 2  # AWS's own, and one advice


def test_such_words_in_another_error_are_none():
    error = ClientError({"Error": {"Code": "ValidationError", "Message": "permissions boundary"}}, "CreateRole")
    with pytest.raises(FarflowError) as caught, doing("create", "role"):
        raise error
    assert "ask who manages" not in str(caught.value)


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "Throttling", "ThrottledException", "ThrottlingException"])
def test_who_is_throttled_to_the_end_is_told_that_what_is_done_is_kept(code):
    told = r"could not do something: .* \(AWS throttled every attempt: run again"
    with pytest.raises(FarflowError, match=told), doing("do", "something"):
        failing(code)()
