"""docs/operating.md: how many connections to the database each container may have, by the settings of its pools."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.environment.components import ALL, WORKER

ROOT = Path(__file__).parents[3]
OPERATING = (ROOT / "docs" / "operating.md").read_text()
SECTION = OPERATING.partition("## Connections to the database")[2].partition("\n## ")[0]
CONCURRENCY = yaml.safe_load((ROOT / "roles/worker_pool/defaults/main.yml").read_text())["worker_pool_concurrency"]
#: What each pool keeps, and opens beside that: airflow/config_templates/config.yml of Airflow 3.3.2.
SIZE, OVERFLOW = 5, 10


def rows() -> dict[str, tuple[str, int, int]]:
    """By container what stands in the table: pools, and both numbers."""
    found = re.findall(r"^\| ([a-z-]+) \|(.*)\| (\d+) \| (\d+) \|$", SECTION, re.MULTILINE)
    return {name: (pools.strip(), int(keeps), int(most)) for name, pools, keeps, most in found}


def test_every_container_that_runs_for_good_is_in_the_table():
    names = {container.name for component in ALL if component.service for container in component.containers}
    assert set(rows()) == {*names, "together"}


@pytest.mark.parametrize("name", sorted(set(rows()) - {"together", WORKER.name}))
def test_its_numbers_are_those_of_its_pools(name):
    pools, keeps, most = rows()[name]
    count = int(pools.partition(":")[0])
    assert (keeps, most) == (count * SIZE, count * (SIZE + OVERFLOW))


def test_a_worker_has_one_for_each_of_its_processes():
    pools, keeps, most = rows()[WORKER.name]
    assert f", {CONCURRENCY}" in pools
    assert (keeps, most) == (CONCURRENCY, CONCURRENCY)


def test_the_sums_are_right_wherever_they_stand():
    found = rows()
    _pools, keeps, most = found.pop("together")
    assert (keeps, most) == tuple(sum(row[column] for row in found.values()) for column in (1, 2))
    assert f"may keep {keeps}, and twice that" in (ROOT / "docs" / "cost.md").read_text()


def test_the_deploy_leaves_the_pools_as_airflow_has_them():
    settings = [*(ROOT / "plugins/module_utils/environment").rglob("*.py"), ROOT / "airflow/config/airflow.cfg"]
    assert [path.name for path in settings if re.search("sql_alchemy_(pool|max)", path.read_text(), re.I)] == []
