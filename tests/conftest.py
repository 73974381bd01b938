"""Makes `ansible_collections.farflow.airflow` importable from this checkout, and runs modules in-process.

A test run that is told to end, by a person or by CI, takes its fixtures down first.
"""

from __future__ import annotations

import json
import os
import signal
from functools import cache, partial
from pathlib import Path

import pytest
from ansible.module_utils import _internal, basic
from ansible.module_utils.testing import patch_module_args
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from botocore.loaders import JSONFileLoader, Loader
from hypothesis import settings

pytest_plugins = ["tests.thorough"]

# The same examples in every run of CI, so that a red run is about the change; new ones wherever people work.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).parent.parent
_AnsibleCollectionFinder(paths=[str(ROOT / "playbooks" / "collections")])._install()

# Every run of a module makes sessions of its own, and each would read botocore's models anew: half of the tests' time.
# But for that of S3, into which its clients write, and where a test extends them: that is written into them, too.
_read = partial(JSONFileLoader.load_file, JSONFileLoader())
_read_once = cache(_read)
_OF_S3 = f"{os.sep}s3{os.sep}"


def _read_model(_unused, path):
    return (_read if _OF_S3 in path or "AWS_DATA_PATH" in os.environ else _read_once)(path)


JSONFileLoader.load_file = _read_model

# And each client would list the folders of all services, to know that there is one of its own.
_list = Loader.list_available_services
_listed_once = cache(lambda paths, kind: _list(Loader(list(paths), include_default_search_paths=False), kind))


def _list_services(self, type_name):
    return _listed_once(tuple(self.search_paths), type_name)


Loader.list_available_services = _list_services


#: The files of tests that take longest, which have to begin first: each is run by one process. Those of the units that
#: mostly wait for containers come after some that do not, and after the one that builds Airflow's image.
_LONGEST = (
    "test_check_dags",
    "test_unknown_members_of_every_kind",
    "test_lost_answers_of_every_kind",
    "test_embedded_aws_containers",
    "test_airflow_image",
    "test_worker_ends_tasks",
    "test_tasks_in_queues",
    "test_worker_in_ecs",
    "test_embedded_aws_workers",
    "test_story",
    "test_drift",
    "test_touched_tags",
    "test_dags",
    "test_workers",
    "test_bad_input",
    "test_teardown_keep",
    "test_interrupted",
    "test_two_at_once",
    "test_newer_aws",
    "test_production",
    "test_governed_account",
    "test_database",
    "test_init",
    "test_secrets_scan",
    "test_deploy",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    places = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="a test that is skipped has failed")


def pytest_configure():
    from tests.embedded_aws import forget_accounts

    forget_accounts()
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.skipped and item.config.getoption("no_skips"):
        report.outcome = "failed"
        report.longrepr = "skipped: {2}".format(*report.longrepr)
    return report


@pytest.fixture
def run_module(capsys, monkeypatch):
    """`run_module(module, check_mode=False, **arguments)` runs a module's main() and returns the JSON it prints."""

    def run(module, check_mode=False, **arguments):
        capsys.readouterr()
        given = {**arguments, "_ansible_check_mode": check_mode}
        # Other tests in this process may have imported the controller's side, which takes warnings for itself.
        monkeypatch.setattr(_internal, "is_controller", False)
        with patch_module_args(given), pytest.raises(SystemExit):
            module.main()
        basic._ANSIBLE_ARGS = None
        return json.loads(capsys.readouterr().out)

    return run
