#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: secretsmanager_secrets
short_description: Generate and compose any number of secrets in AWS Secrets Manager in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes secrets. Their values are made inside this module and shown nowhere.
  - A generated value is made once, from the operating system's randomness. One that exists, also one that was put
    there by hand, is never changed.
  - A composed value is made from a template and other secrets. It is made anew exactly when the template, one of its
    values, or the version of a secret that it takes from has changed. What it was made from is remembered as digests
    in the secret's tag C(farflow:composed-from).
  - Rotation by Secrets Manager is switched off, since nothing would follow the new value.
  - A secret that is pending deletion under a wanted name is restored with its value.
  - By convention secrets of an environment are named C(farflow/<environment>/<name>).
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do, makes no mutating call and reads no value.
    support: full
  diff_mode:
    description: One line for each difference, never with a value.
    support: full
options:
  secrets:
    description: The secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the secret.
        type: str
        required: true
      description:
        description: What the secret is for.
        type: str
      kms_key_id:
        description: ARN, id or alias of the KMS key that encrypts it. AWS's own key when it is not given.
        type: str
      policy:
        description: The resource policy, compared by what it allows. None when it is not given; one that is there is
          removed then.
        type: dict
        version_added: 0.2.0
      tags:
        description: All the tags but C(farflow:composed-from); others are removed.
        type: dict
        default: {}
      generate:
        description:
          - How to make a value when there is none. Without O(secrets[].generate) and O(secrets[].compose) a secret is
            made that has no value yet, and one that exists keeps its value.
          - Later changes of it do not touch a value that exists.
        type: dict
        suboptions:
          kind:
            description:
              - V(password) has lower case, upper case, digits and punctuation; V(token) can stand in a URL;
                V(fernet_key) is 32 random bytes in URL-safe base64.
            type: str
            choices: [password, token, hex, fernet_key]
            required: true
          length:
            description:
              - The number of characters. By default 32 for a password, 43 for a token, 64 for hex.
              - A password has 8 to 128, a token 22 or more, hex 32 or more.
            type: int
          exclude_characters:
            description:
              - Characters that a password does not have. By default those that Amazon RDS refuses, that a shell or
                Airflow's configuration would expand, and the space.
            type: str
      compose:
        description: How to make a value from other secrets.
        type: dict
        suboptions:
          template:
            description: The value, with C({name}) for each of O(secrets[].compose.values) and
              O(secrets[].compose.secrets).
            type: str
            required: true
          values:
            description: Parts that are no secret, by the name in the template.
            type: dict
            default: {}
          secrets:
            description:
              - Parts that are secrets, by the name in the template. Each is a dictionary with C(secret), the name of
                the secret; C(json_key), the member to take when its value is a JSON object; and C(encoding), one of
                C(percent) (for a URL, the default), C(json) (inside a JSON string) and C(none).
              - They may be generated in the same call, but not composed in it.
            type: dict
            default: {}
      recovery_window_in_days:
        description: For O(state=absent), for how many days a deleted secret can be restored.
        type: int
        default: 30
      force_delete_without_recovery:
        description: For O(state=absent), deletes at once and for ever, also what is pending deletion already.
        type: bool
        default: false
  state:
    description: Whether the named secrets shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: The database's password, and the URL that Airflow connects with
  farflow.airflow.secretsmanager_secrets:
    secrets:
      - name: farflow/prod/database_password
        generate:
          kind: password
      - name: farflow/prod/database_url
        compose:
          template: "postgresql+psycopg2://airflow:{password}@{host}:{port}/airflow?sslmode=verify-full"
          values:
            host: prod-database.abcdefgh.eu-west-1.rds.amazonaws.com
            port: 5432
          secrets:
            password:
              secret: farflow/prod/database_password
      - name: farflow/prod/fernet_key
        generate:
          kind: fernet_key

- name: Delete a secret, with a month to think it over
  farflow.airflow.secretsmanager_secrets:
    secrets:
      - name: farflow/prod/database_url
    state: absent
"""

RETURN = r"""
secrets:
  description: One entry a secret, in the order given; after O(state=absent) one for each that was there. Never with a
    value.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    arn:
      description: The ARN; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(composed_from host (another) -> db.example.org).
      type: list
      elements: str
  sample:
    - name: farflow/prod/database_url
      arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:farflow/prod/database_url-AbCdEf
      changed: true
      reasons: ["composed_from password (another) -> current version of farflow/prod/database_password"]
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, as_result, run
from ..module_utils.kinds import secret as secrets
from ..module_utils.kinds.secret import documents

GENERATE = {
    "kind": {"type": "str", "choices": ["password", "token", "hex", "fernet_key"], "required": True},
    "length": {"type": "int"},
    "exclude_characters": {"type": "str"},
}

COMPOSE = {
    "template": {"type": "str", "required": True},
    "values": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": False},
}

ARGUMENT_SPEC = {
    "secrets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "no_log": False,
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "kms_key_id": {"type": "str", "no_log": False},
            "policy": {"type": "dict"},
            "tags": {"type": "dict", "default": {}},
            "generate": {"type": "dict", "options": GENERATE},
            "compose": {"type": "dict", "options": COMPOSE},
            "recovery_window_in_days": {"type": "int", "default": 30},
            "force_delete_without_recovery": {"type": "bool", "default": False},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the secrets."""
    wanted = parameters["secrets"]
    if parameters["state"] == "absent":
        return as_result("secrets", secrets.absent(clients, wanted, check_mode))
    problems = documents.errors(wanted)
    if problems:
        raise FarflowError("\n".join(problems))
    return as_result("secrets", secrets.present(clients, wanted, check_mode))


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
