"""The DAGs in the guide are read as they stand, and its program finds its inputs."""

from __future__ import annotations

import json
import os
import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from airflow.dag_processing.dagbag import DagBag
from fargate_doubles import deployed

DOCS = Path(os.environ.get("DOCS", "/docs"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks():
    pages = sorted(DOCS.glob("*.md"))
    return [(page.name, source) for page in pages for source in BLOCK.findall(page.read_text())]


class Guide(unittest.TestCase):
    def test_every_dag_is_read(self):
        dags = [(name, source) for name, source in blocks() if "@dag" in source]
        self.assertGreaterEqual(len(dags), 2)
        for name, source in dags:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder, deployed(HOME=os.environ.get("HOME")):
                Path(folder, "example.py").write_text(source)
                bag = DagBag(folder)
                self.assertEqual(bag.import_errors, {})
                self.assertEqual(len(bag.dags), 1)

    def test_the_program_finds_its_inputs(self):
        [source] = [source for _unused, source in blocks() if "FARFLOW_INPUTS_URL" in source]
        program = {}
        exec(source, program)
        with mock.patch.dict(os.environ, {"FARFLOW_INPUTS": '{"a": 1}'}):
            self.assertEqual(program["inputs"](), {"a": 1})
        stored = mock.Mock()
        stored.get_object.side_effect = lambda **place: {"Body": mock.Mock(read=lambda: json.dumps(place))}
        with (
            mock.patch.dict(os.environ, {"FARFLOW_INPUTS_URL": "s3://lab/results/d/inputs.json"}),
            mock.patch("boto3.client", return_value=stored),
        ):
            self.assertEqual(program["inputs"](), {"Bucket": "lab", "Key": "results/d/inputs.json"})


if __name__ == "__main__":
    unittest.main()
