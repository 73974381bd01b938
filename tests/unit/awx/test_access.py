"""Where AWX is and who asks, as the environment says it: no secret in a message."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.plugin_utils.awx import Client

RIGHT = {"CONTROLLER_HOST": "http://127.0.0.1:9", "CONTROLLER_OAUTH_TOKEN": "token"}


def refused(**given: str) -> str:
    with pytest.raises(FarflowError) as error:
        Client({**RIGHT, **given})
    return str(error.value)


@pytest.mark.parametrize("token", ["SECRET\r", "SECRET\n", "SECRET\nx", "SECRET ", "SECRET…", "SECRETö"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(token):
    told = refused(CONTROLLER_OAUTH_TOKEN=token)
    assert told.startswith("CONTROLLER_OAUTH_TOKEN: is not shown, allowed: letters, digits and signs")
    assert "SECRET" not in told


@pytest.mark.parametrize(
    "host",
    [
        "https://user:SECRET@awx.example.com",
        "https://SECRET@awx.example.com:443/",
        "user:SECRET@awx.example.com",
        "https://user:SECRET @awx.example.com",
    ],
)
def test_a_password_in_the_host_is_refused_and_not_shown(host):
    told = refused(CONTROLLER_HOST=host)
    assert told.startswith("CONTROLLER_HOST: is not shown, as it has a user or password in it")
    assert "set CONTROLLER_OAUTH_TOKEN" in told
    assert "SECRET" not in told


@pytest.mark.parametrize(
    "host",
    [
        "awx.example.com",
        "https://",
        "ftp://awx.example.com",
        "http://127.0.0.1:abc",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:80 /x",
        "https://[awx",
        "https://awx.example.com/#/home",
        "https://awx.example.com/?next=1",
        "https://awx.example.com\r",
    ],
)
def test_what_is_no_url_of_awx_is_told(host):
    assert refused(CONTROLLER_HOST=host).startswith(f"CONTROLLER_HOST: is {host.rstrip('/')!r}, which is no URL of AWX")


def test_a_user_with_a_colon_would_be_another_one():
    told = refused(CONTROLLER_OAUTH_TOKEN="", CONTROLLER_USERNAME="a:b", CONTROLLER_PASSWORD="SECRET")
    assert told == "CONTROLLER_USERNAME: is not shown, allowed: a name without a colon"
