"""What FargateTask shares with the collection is the same file, so that both say the same of a stop and of a size."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "path"), [("ecs_advice.py", "runs/advice.py"), ("fargate.py", "validation/fargate.py")]
)
def test_the_image_and_the_collection_hold_the_same_file(name, path):
    in_image = ROOT / "airflow" / "plugins" / "farflow" / name
    in_collection = ROOT / "plugins" / "module_utils" / path
    assert in_image.read_bytes() == in_collection.read_bytes()
