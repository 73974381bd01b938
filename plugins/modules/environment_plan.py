#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_plan
short_description: x
description: x
options:
  layers:
    description: x
"""
