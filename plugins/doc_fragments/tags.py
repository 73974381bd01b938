# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What every module says of tags that are not its own."""

    DOCUMENTATION = r"""
options:
  ignored_tags:
    description:
      - Keys of tags that others put on resources, as an organization does by itself. They are no difference, and they
        are never taken away.
      - One that ends with C(*) stands for all keys that begin so. Tags of AWS, C(aws:*), are always ignored.
    type: list
    version_added: 0.2.0
    elements: str
    default: []
"""
