# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The option of modules whose errors name missing rules of security groups."""

    DOCUMENTATION = r"""
options:
  security_group_rules:
    description:
      - The rules that security groups shall have, as M(farflow.airflow.ec2_security_groups) takes them. The error of
        what does not come up also says which of them are missing. They are read then, and only then.
    type: list
    elements: dict
    default: []
    version_added: 0.2.0
    suboptions:
      name:
        description: The name of the group.
        type: str
        required: true
      group_id:
        description: The id of the group.
        type: str
        required: true
      ingress:
        description: What may come in, each rule with its description.
        type: dict
        default: {}
      egress:
        description: What may go out, each rule with its description.
        type: dict
        default: {}
"""
