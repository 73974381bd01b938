"""Makes `ansible_collections.farflow.airflow` importable from this checkout, and runs modules in-process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).parent.parent
_AnsibleCollectionFinder(paths=[str(ROOT / "playbooks" / "collections")])._install()


@pytest.fixture
def run_module(capsys):
    """`run_module(module, check_mode=False, **arguments)` runs a module's main() and returns the JSON it prints."""

    def run(module, check_mode=False, **arguments):
        capsys.readouterr()
        given = {**arguments, "_ansible_check_mode": check_mode}
        with patch_module_args(given), pytest.raises(SystemExit):
            module.main()
        basic._ANSIBLE_ARGS = None
        return json.loads(capsys.readouterr().out)

    return run
