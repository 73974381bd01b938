#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_lock
short_description: Keep others from changing an environment at the same time
version_added: 0.1.0
description:
  - Takes the lock of an environment in the name of the running ansible-playbook, or gives it back. The lock is the
    parameter C(/farflow/<environment>/lock) of Systems Manager, which exists only while somebody holds it.
  - When somebody else holds it, it fails and says who, where and since when.
  - A process beside ansible-playbook renews the lock every 5 minutes, however long a task takes, and gives it back when
    ansible-playbook ends without having done so. When a machine or a container is lost, and both with it, the lock
    expires 30 minutes after it was renewed last. On the machine of its holder it is taken over as soon as that does
    not run any more.
  - A run whose lock another one has got, because it expired or was broken, is interrupted as by Ctrl-C.
  - What holds the lock for longer than it should can be broken by naming the environment in O(break_lock).
  - It runs on the controller, as an action, and needs the permissions C(ssm:PutParameter), C(ssm:AddTagsToResource),
    C(ssm:GetParameterHistory) and C(ssm:DeleteParameter) on the parameter.
  - O(debug_botocore_endpoint_logs) has no effect.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - action_common_attributes
  - action_common_attributes.conn
  - action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    description: The lock is not taken, and not asked for.
    support: full
  connection:
    support: none
  delegation:
    support: none
  diff_mode:
    description: There is nothing to show.
    support: none
  platform:
    platforms: posix
    support: full
  until:
    description: Can be repeated by C(until).
    support: full
options:
  environment:
    description: Name of the environment.
    type: str
    required: true
  state:
    description:
      - V(present) takes the lock.
      - V(absent) gives back what this playbook holds, and removes what nobody holds any more. What somebody else holds
        is left, with a warning.
    type: str
    choices: [present, absent]
    default: present
  wait_minutes:
    description: How long to wait while somebody else holds the lock.
    type: int
    default: 0
  break_lock:
    description: Name of the environment, when the lock is to be taken even from a holder that may still run.
    type: str
  tags:
    description: Tags of the parameter, beside C(farflow:environment).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Change something of the environment
  block:
    - name: Take the lock
      farflow.airflow.environment_lock:
        environment: prod
      register: lock

    - name: Converge the cluster
      ansible.builtin.include_role:
        name: farflow.airflow.ecs_cluster
  always:
    - name: Give the lock back
      farflow.airflow.environment_lock:
        environment: prod
        state: absent
      when: lock.taken | default(false)
"""

RETURN = r"""
taken:
  description: Whether this playbook holds the lock now. Never in check mode.
  returned: success
  type: bool
waited:
  description: Whether the lock could not be had at once, so that the environment may look different from before.
  returned: when the lock was taken
  type: bool
"""
