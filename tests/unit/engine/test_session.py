"""Clients from the arguments that all modules share."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine import session
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.session import client_factory, read_models
from botocore.loaders import JSONFileLoader

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


def wrong_profile(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobodys")


def old_botocore(monkeypatch):
    monkeypatch.setattr(session.botocore, "__version__", "1.43.9")


def no_botocore(monkeypatch):
    monkeypatch.setattr(session, "botocore", None)


def no_such_service(monkeypatch):
    monkeypatch.setattr(session, "_OF_ALL", ("no-such-data",))


@pytest.mark.parametrize("wrong", [wrong_profile, old_botocore, no_botocore, no_such_service])
def test_what_keeps_models_from_being_read_ahead_is_left_to_who_needs_them(monkeypatch, wrong):
    wrong(monkeypatch)
    read_models(["sts"])


def test_models_are_read_once(monkeypatch):
    load, found = JSONFileLoader.load_file, []

    def read(loader, path):
        document = load(loader, path)
        found.extend([path] if document else [])
        return document

    read_models(["sts"])
    monkeypatch.setattr(JSONFileLoader, "load_file", read)
    assert Clients(client_factory(ARGUMENTS))("sts").can_paginate("get_caller_identity") is False
    assert found == []


def test_regions_and_profiles_are_told_also_where_the_profile_is_wrong(monkeypatch):
    wrong_profile(monkeypatch)
    assert "eu-west-1" in session.regions()
    assert "nobodys" not in session.profiles()
