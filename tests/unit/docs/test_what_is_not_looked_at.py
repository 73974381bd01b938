"""What docs/security.md says of what a deploy does not look at is written from the tables beside the kinds."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reads import (
    Compared,
    NotCompared,
    Nothing,
    OfOthers,
    Reads,
    Told,
)
from test_readme_is_true import ROOT

SCRIPT = ROOT / "scripts" / "reads.py"

LOGGING = NotCompared("logging", "it tells names alone")
TABLES = [
    Reads(
        kind="bucket",
        title="Buckets",
        service="s3",
        ids=("Bucket",),
        operations={
            "GetBucketPolicy": Compared(),
            "GetBucketLogging": LOGGING,
            "GetBucketMetrics": LOGGING,
            "GetBucketTagging": Told("s3 GetBucketPolicy"),
            "ListObjects": OfOthers("object"),
        },
        besides=(NotCompared("access points", "they let nobody in"),),
    ),
    Reads(
        kind="object",
        title="Objects",
        service="s3",
        ids=("Key",),
        operations={"GetObject": Nothing("what is in it"), "GetObjectLogging": LOGGING},
    ),
]
TEXT = """\
| Of | Not looked at | Why |
| --- | --- | --- |
| Buckets | logging | it tells names alone |
| | access points | they let nobody in |

AWS has 7 operations that tell something of one of these 2 kinds, each counted for every kind that it tells of. A look \
compares what 1 of them tell. 2 more tell the same again, 1 tell what has happened or what is in one, and 3 what is in \
the table above:

| Of | Operations | Compared | Told by another | Nothing is set | Not looked at |
| --- | --- | --- | --- | --- | --- |
| Buckets | 5 | 1 | 2 | 0 | 2 |
| Objects | 2 | 0 | 0 | 1 | 1 |"""


@pytest.fixture
def reads(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    return importlib.import_module("reads")


def test_it_is_up_to_date():
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_each_is_told_once_with_its_reason_and_all_are_counted(reads):
    assert reads.text(TABLES) == TEXT


def test_the_tables_of_all_kinds_are_found(reads):
    assert {"sqs_queue", "vpc", "ecs_service", "rds_instance"} <= {table.kind for table in reads.tables()}
