# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs the module of this name in Ansible's own process."""

from __future__ import annotations

from ..plugin_utils.in_process import ActionModule

__all__ = ["ActionModule"]
