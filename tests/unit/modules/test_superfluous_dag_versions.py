"""How many versions of the DAGs a deploy is told that it could delete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.dags import bundles as dag_bundles
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reconcile import Outcome
from ansible_collections.farflow.airflow.plugins.modules import dag_bundles as module


@pytest.mark.parametrize(
    ("old", "young", "superfluous"),
    [(60, 0, 10), (50, 20, 20), (0, 90, 0), (5, 90, 5), (10, 10, 0)],
)
def test_young_versions_stay_so_nobody_is_sent_to_delete_them(monkeypatch, old, young, superfluous):
    """To ask Airflow which versions it needs takes a container: not for nothing, at each of many deploys in an hour."""
    now = datetime.now(UTC)
    put = [now - timedelta(hours=2)] * old + [now] * young
    there = {f"{number:016}": {"size": 1, "put": moment} for number, moment in enumerate(put)}
    monkeypatch.setattr(dag_bundles, "versions", lambda *_unused: there)
    monkeypatch.setattr(dag_bundles, "put", lambda *_unused: Outcome(dag_bundles.NAME, "a" * 16, True, []))
    asked = {"state": "current", "bundles": [{"bucket": "bucket", "path": "airflow", "keep_versions": 50}]}
    assert module.work(asked, None, False)["bundles"][0]["superfluous"] == superfluous
