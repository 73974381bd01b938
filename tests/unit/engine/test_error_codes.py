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
