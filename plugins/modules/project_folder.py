#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: project_folder
short_description: Lay down a project of your own
version_added: 0.1.0
description:
  - Copies out of the collection what a project starts from, Airflow's image with a sample DAG, two sample DAG tasks,
    variables and inventories of two environments, playbooks, and a README.
  - What lies in the folder already stays as it is, unless O(overwrite) names it.
  - Calls no AWS. The playbook C(farflow.airflow.init) wraps it.
author: farflow.airflow contributors (@farflow)
attributes:
  check_mode:
    description: Says what a run would write, and writes nothing.
    support: full
  diff_mode:
    description: One line for each file that is written.
    support: full
options:
  path:
    description: The project's folder. It is made when it does not exist.
    type: path
    required: true
  collection:
    description: The folder of the collection to copy from.
    type: path
    required: true
  overwrite:
    description:
      - Files and folders of the project to write anew where they differ from the collection's, relative to O(path).
        V(.) is all of them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: A project in a folder of its own
  farflow.airflow.project_folder:
    path: /home/me/airflow-on-fargate
    collection: /home/me/.ansible/collections/ansible_collections/farflow/airflow

- name: After an upgrade of the collection, its newer plugins and start-up scripts
  farflow.airflow.project_folder:
    path: /home/me/airflow-on-fargate
    collection: /home/me/.ansible/collections/ansible_collections/farflow/airflow
    overwrite: [airflow/plugins/farflow, airflow/scripts]
"""

RETURN = r"""
project:
  description: The project's folder, absolute.
  returned: success
  type: str
  sample: /home/me/airflow-on-fargate
created:
  description: The files that were, or in check mode would be, created.
  returned: success
  type: list
  elements: str
  sample: [README.md, airflow/Dockerfile, vars/dev.yml]
overwritten:
  description: The files that differed and were, or in check mode would be, written anew.
  returned: success
  type: list
  elements: str
  sample: []
kept:
  description: The files that differ from the collection's and were left as they are.
  returned: success
  type: list
  elements: str
  sample: [airflow/requirements.in]
own:
  description: The files in the folders of O(overwrite) that the collection has none of, which are left as they are.
  returned: success
  type: list
  elements: str
  sample: [airflow/plugins/ours.py]
"""

from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.engine.errors import FarflowError
from ..module_utils.project.laying_down import lay

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "collection": {"type": "path", "required": True},
    "overwrite": {"type": "list", "elements": "str", "default": []},
}


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    project = Path(module.params["path"]).absolute()
    try:
        plan, own, told = lay(Path(module.params["collection"]), project, module.params["overwrite"], module.check_mode)
    except FarflowError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(told), project=str(project), diff={"prepared": told}, own=own, **asdict(plan))


if __name__ == "__main__":
    main()
