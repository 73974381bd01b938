"""A database as the tests of rds_instances give it, and what befalls it."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.modules import rds_instances as module
from moto.core.responses import ActionResult
from moto.rds.models import rds_backends
from moto.rds.responses import RDSResponse

SECRET = "farflow/test/database_password"
DATABASE = {
    "identifier": "test-database",
    "engine_version": "17",
    "instance_class": "db.t4g.small",
    "allocated_storage": 25,
    "master_username": "airflow",
    "master_user_secret": SECRET,
    "tags": {"farflow:environment": "test"},
    "wait": True,
}
GONE = {"identifier": "test-database", "state": "absent", "wait": True}


def run(run_module, check_mode=False, state="present", wait_timeout=3600, *, wait, **instance):
    """What becomes of one database: its entry, or what the module fails with."""
    call = {"instances": [instance], "state": state, "wait": wait, "wait_timeout": wait_timeout}
    done = run_module(module, check_mode=check_mode, **call)
    return done if "failed" in done else done["instances"][0]


def tell_versions(monkeypatch, *targets):
    """moto, with what it lacks: DescribeDBEngineVersions. Every version can be upgraded to these."""

    def describe(response):
        version = {
            "Engine": response.params["Engine"],
            "EngineVersion": response.params.get("EngineVersion"),
            "ValidUpgradeTarget": [{"EngineVersion": target} for target in targets],
        }
        return ActionResult({"DBEngineVersions": [version]})

    monkeypatch.setattr(RDSResponse, "describe_db_engine_versions", describe, raising=False)


def recorded(monkeypatch):
    """Every call that is made to RDS from here on, in order: operation and input."""
    from botocore.client import BaseClient

    made = []
    call = BaseClient._make_api_call

    def record(self, name, given):
        if self.meta.service_model.service_name == "rds":
            made.append((name, given))
        return call(self, name, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return made


def database():
    return rds_backends["123456789012"]["eu-west-1"].databases["test-database"]


def at_every_pause(monkeypatch, *steps):
    """Lets something happen at the first pause, the second and so on."""
    remaining = list(steps)
    monkeypatch.setattr("time.sleep", lambda seconds: remaining.pop(0)())


def becomes(status):
    return lambda: setattr(database(), "status", status)


def ok(result):
    assert "failed" not in result, result
    return result


def mutating(calls):
    return [name for name, _unused in calls if not name.startswith(("Describe", "List"))]
