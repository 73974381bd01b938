"""Clients from the arguments that all modules share."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine import session
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.session import client_factory

ARGUMENTS = {"region": "eu-west-1", "access_key": "a", "secret_key": "b", "endpoint_url": "http://127.0.0.1:9"}


def test_a_client_is_as_the_arguments_say():
    meta = Clients(client_factory(ARGUMENTS))("ssm").meta
    assert (meta.region_name, meta.endpoint_url) == ("eu-west-1", "http://127.0.0.1:9")
    assert (meta.config.connect_timeout, meta.config.max_pool_connections) == (60, 32)


def test_a_users_own_settings_go_before_ours():
    config = Clients(client_factory({**ARGUMENTS, "aws_config": {"connect_timeout": 7}}))("ssm").meta.config
    assert (config.connect_timeout, config.max_pool_connections) == (7, 32)


def test_a_setting_that_there_is_not_is_named():
    with pytest.raises(FarflowError, match="aws_config: .*conect_timeout"):
        client_factory({**ARGUMENTS, "aws_config": {"conect_timeout": 7}})


def test_a_botocore_that_is_too_old_is_told_before_it_is_asked_for_what_it_does_not_know(monkeypatch):
    monkeypatch.setattr(session.botocore, "__version__", "1.43.9")
    with pytest.raises(FarflowError, match="botocore 1.43.9 is installed, allowed: 1.43.49 or newer"):
        client_factory(ARGUMENTS)
