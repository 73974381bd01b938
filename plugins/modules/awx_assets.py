#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: awx_assets
short_description: Bring job templates for Airflow, and what they need, into AWX
version_added: 0.1.0
description:
  - Creates and mends an execution environment, a project, and for each environment an inventory with its source, a job
    template for each playbook that is one, with a survey, a workflow with an approval, and one that looks for drift.
  - Speaks to AWX's REST API. Of what exists only the fields that differ are written, so what people set beside
    them stays.
  - Refuses before it makes anything when names are taken by others, rights are lacking, or something that a person
    makes is not there.
  - A credential that is missing is created without keys, which a person puts in. One that exists is not touched.
  - What it shall make is said by the variables that begin with C(farflow_awx_). C(playbooks/awx.meta.yml) declares
    them.
  - The surveys are made from the argument specs of the variables that they ask for.
author: farflow.airflow contributors (@farflow)
attributes:
  check_mode:
    description: Says what a run would bring into AWX, and changes nothing there.
    support: full
  diff_mode:
    description: One line for each object that is made or differs.
    support: full
notes:
  - It runs on the controller, in Ansible's own process.
  - Where AWX is, and who asks, say E(CONTROLLER_HOST) and E(CONTROLLER_OAUTH_TOKEN), or E(CONTROLLER_USERNAME) and
    E(CONTROLLER_PASSWORD). E(CONTROLLER_VERIFY_SSL) switches the check of its certificate off.
options: {}
"""

EXAMPLES = r"""
- name: Job templates for dev and prod
  farflow.airflow.awx_assets:
  vars:
    farflow_awx_project_url: https://git.example.com/data/airflow-on-fargate.git
    farflow_awx_execution_environment_image: registry.example.com/farflow-airflow:0.1.0
    farflow_awx_environments: [dev, prod]
"""

RETURN = r"""
reasons:
  description: One line for each object that was, or in check mode would be, made or mended.
  returned: success
  type: list
  elements: str
  sample: ["job_templates Airflow dev: Plan: playbook, survey_spec"]
credentials:
  description: The names of the credentials that this run or an earlier one made, or in check mode would make, and that
    have no keys yet. A person has to put those in.
  returned: success
  type: list
  elements: str
  sample: [Airflow dev]
unwanted:
  description: What carries the project's mark and is not wanted any more. With V(exact) as C(farflow_awx_state) it is
    removed, and named by RV(reasons).
  returned: success
  type: list
  elements: str
  sample: ["job_templates Airflow staging: Plan"]
notices:
  description: What has the project's mark and stays all the same, with the reason, and what else is to know.
  returned: success
  type: list
  elements: str
  sample: ["execution_environments farflow.airflow stays, used by job_templates Sales dev: Plan"]
webhooks:
  description: Of each workflow that pushes start, its C(name) and the C(url) that Git sends them to.
  returned: success
  type: list
  elements: dict
"""
