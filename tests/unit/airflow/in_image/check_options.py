"""The table of Airflow's settings is what the packages of this image say."""

from __future__ import annotations

import subprocess
import sys
import unittest
from pathlib import Path


class Options(unittest.TestCase):
    def test_the_table_is_up_to_date(self):
        printed = subprocess.run(
            [sys.executable, "/scripts/airflow_options.py"], capture_output=True, text=True, check=True
        ).stdout
        self.assertEqual(printed, Path("/module_utils/validation/airflow_options.py").read_text())


if __name__ == "__main__":
    unittest.main()
