"""What is told of the versions of the DAGs."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.dags import bundles as dag_bundles
from ansible_collections.farflow.airflow.plugins.modules import dag_bundle_info

MOVE = {
    "number": 1,
    "version": "a" * 16,
    "previous": None,
    "when": "2026-11-29T12:00:00Z",
    "by": "arn:aws:iam::123456789012:user/ada",
    "commit": None,
    "files": 1,
    "size": 10,
}
GONE = "the pointer s3://bucket/dags/current.json is missing: no version is the current one until the next deploy"


@pytest.mark.parametrize(
    ("pointer", "moves", "problem", "current"),
    [
        (dag_bundles.Pointer(MOVE, "etag"), [MOVE], "", [True]),
        (dag_bundles.Pointer(None, "etag", "it was edited"), [MOVE], "it was edited", [False]),
        (dag_bundles.Pointer(), [MOVE], f"{GONE} of the DAGs", [False]),
        (dag_bundles.Pointer(), [], "", []),
    ],
)
def test_why_no_version_is_the_current_one_is_said(monkeypatch, pointer, moves, problem, current):
    answers = {"read_pointer": pointer, "versions": {"a" * 16: {}}, "read_history": (moves, [])}
    for name, answer in answers.items():
        monkeypatch.setattr(dag_bundles, name, lambda *_unused, answer=answer: answer)
    told = dag_bundle_info.work({"bucket": "bucket", "most": 20}, None, False)
    assert (told["problem"], [one["current"] for one in told["history"]]) == (problem, current)
