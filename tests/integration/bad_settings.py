"""Airflow's settings, and rights for it, that cannot work: rows as those of bad_variables.py."""

from __future__ import annotations

from typing import Any

Row = tuple[dict[str, Any], list[str]]

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"
POLICY = "arn:aws:iam::aws:policy/P{}"
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def each(name: str, *values: tuple[Any, str]) -> list[Row]:
    """Rows of one variable: a value, and what is said of it."""
    return [({name: value}, [said]) for value, said in values]


SETTINGS: list[Row] = [
    *each(
        "airflow_service_config",
        ({"core": "parallelism=4"}, "airflow_service_config.core: is a text 'parallelism=4'"),
        ({"core": [{"parallelism": 4}]}, "airflow_service_config.core: is a list"),
        ({"core": {"Parallelism": 4, "parallelism": 5}}, "airflow_service_config.core.parallelism: is AIRFLOW__CORE__"),
        ({"a.b": {"c": 4}, "A_B": {"c": 5}}, "airflow_service_config.A_B.c: is AIRFLOW__A_B__C once more"),
        ({"core": {"parralelism": 64}}, "airflow_service_config.core.parralelism: is no setting of Airflow"),
        ({"core": {"parralelism": 64}}, "did you mean 'core.parallelism'?"),
        ({"scheduler": {"max_tis_per_query_": 4}}, "did you mean 'scheduler.max_tis_per_query'?"),
        ({"webserver_typo": {"foo": "bar"}}, "airflow_service_config.webserver_typo.foo: is no setting of Airflow"),
        ({"webserver": {"base_url": "http://x"}}, "is AIRFLOW__API__BASE_URL, which the deploy sets itself"),
        ({"webserver": {"web_server_port": 80}}, "is AIRFLOW__API__PORT, which the deploy sets itself"),
        ({"webserver": {"secret_key": "x"}}, "is AIRFLOW__API__SECRET_KEY, which the deploy sets itself"),
        ({"celery": {"default_queue": "q"}}, "the queue is the environment's"),
        ({"core": {"sql_alchemy_conn_cmd": "cat url"}}, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD, which the deploy"),
        ({"webserver": {"instance_name": "x"}}, "allowed: its name of today, api.instance_name in airflow_service_con"),
        ({"webserver": {"worker_class": "sync"}}, "webserver.worker_class: is no setting of Airflow 3.3.2"),
        ({"opensearch": {"password": "x"}}, "airflow_service_secrets as AIRFLOW__OPENSEARCH__PASSWORD"),
        ({"secrets": {"backend_kwargs": {"aws_secret_access_key": "x"}}}, "as AIRFLOW__SECRETS__BACKEND_KWARGS"),
        ({"core": {"dataset_manager_kwargs": '{"a": {"token": "x"}}'}}, "as AIRFLOW__CORE__ASSET_MANAGER_KWARGS"),
        ({"core": {"parallelism": None}}, "airflow_service_config.core.parallelism: is nothing"),
        ({"my core": {"parallelism": 4}}, "airflow_service_config.my core.parallelism"),
        ({"database": {"sql_alchemy_conn": "postgresql://a:b@c/d"}}, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"),
        ({"core": {"fernet_key": "x"}}, "AIRFLOW__CORE__FERNET_KEY"),
        ({"core": {"fernet_key_cmd": "cat key"}}, "AIRFLOW__CORE__FERNET_KEY_CMD"),
        ({"api_auth": {"jwt_secret": "x"}}, "AIRFLOW__API_AUTH__JWT_SECRET"),
        ({"api": {"secret_key": "x"}}, "AIRFLOW__API__SECRET_KEY"),
        ({"api": {"base_url": "http://x"}}, "allowed: airflow_service_base_url"),
        ({"celery": {"broker_url": "redis://x"}}, "the queue is the environment's"),
        ({"celery": {"worker_concurrency": 4}}, "allowed: worker_pool_concurrency"),
        ({"smtp": {"smtp_password": "x"}}, "airflow_service_config.smtp.smtp_password: is no setting of Airflow 3.3.2"),
        ("core.parallelism=4", "airflow_service_config.core.parallelism"),
    ),
    *each(
        "airflow_service_config_of_plugins",
        (["my plugin"], "airflow_service_config_of_plugins.0: is a text 'my plugin', allowed: a section, or a setting"),
        ({"my_plugin": ["key"]}, "a mapping"),
        (
            ["core"],
            "is 'core', a section of Airflow's own or its providers', in which no mistake would be seen any more",
        ),
        (["Core"], "is 'Core', a section of Airflow's own"),
        (["opensearch"], "allowed: the setting in it that they do not know, as section.key"),
        (["common.io"], "a section of Airflow's own"),
        (["celery_broker.transport_options"], "a section of Airflow's own"),
        (["a.b.c"], "is a text 'a.b.c', allowed: a section, or a setting as section.key"),
        (["a."], "is a text 'a.', allowed: a section, or a setting as section.key"),
        (["mine", "other", "mine"], "airflow_service_config_of_plugins.2: is 'mine', which is 'mine' once more"),
        (["my.key", "MY.KEY"], "airflow_service_config_of_plugins.1: is 'MY.KEY', which is 'my.key' once more"),
    ),
    *each(
        "airflow_service_environment",
        ({"A B": "c"}, "airflow_service_environment.A B"),
        ({"A": None}, "airflow_service_environment.A: is nothing"),
        ({"DEBUG": True}, "airflow_service_environment.DEBUG: is a boolean True, allowed: a text; write it in quotes"),
        ({"PORT": 8080}, "airflow_service_environment.PORT: is a number 8080, allowed: a text; write it in quotes"),
        ({"A": "x\0y"}, "airflow_service_environment.A: holds the character NUL, as character 2, allowed: a text"),
        ({"VERSION": 3.10}, "is a number 3.1, allowed: a text; write it in quotes"),
        ({"A": {"b": "c"}}, "airflow_service_environment.A: is a mapping"),
        ({"FARFLOW_CLUSTER": "mine"}, "FARFLOW_CLUSTER"),
        ({"AWS_REGION": "eu-west-1"}, "allowed: farflow_region"),
        ({"AWS_SECRET_ACCESS_KEY": "x"}, "is a key of AWS"),
        ({"AIRFLOW__CORE__FERNET_KEY": "x"}, "AIRFLOW__CORE__FERNET_KEY"),
        ({"AIRFLOW__CORE__SQL_ALCHEMY_CONN": "postgresql://u:p@h/d"}, "is AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, which"),
        ({"AIRFLOW__WEBSERVER__SECRET_KEY": "x"}, "is AIRFLOW__API__SECRET_KEY, which the deploy sets itself"),
        ({"AIRFLOW__CORE__PARRALELISM": "4"}, "did you mean 'AIRFLOW__CORE__PARALLELISM'?"),
        ({"AIRFLOW__CELERY__FLOWER_BASIC_AUTH": "x"}, "is a secret"),
        ({"AIRFLOW_CONN_AWS_DEFAULT": "aws://"}, "a connection of another name"),
        ({"AIRFLOW_CONN_DB": "postgres://me:hunter2@db/x"}, "holds a password"),
        ({"AIRFLOW_CONN_DB": '{"conn_type": "postgres", "password": "hunter2"}'}, "holds a password"),
    ),
    *each(
        "airflow_service_secrets",
        ({"TOKEN": SECRET.removesuffix("-AbCdEf")}, "airflow_service_secrets.TOKEN: is a text"),
        ({"TOKEN": f"{SECRET}:key"}, f"which lacks colons at its end, allowed: '{SECRET}:key::', in quotes"),
        ({"TOKEN": f"{SECRET}:key:"}, f"which lacks colons at its end, allowed: '{SECRET}:key::', in quotes"),
        ({"TOKEN": "hunter2"}, "airflow_service_secrets.TOKEN: is a text of 7 characters, not shown"),
        ({"TOKEN": 5}, "airflow_service_secrets.TOKEN: is a number"),
        ({"TOKEN": "arn:aws:ssm:us-east-1:123456789012:parameter/x"}, "Secrets Manager"),
        ({"A B": SECRET}, "airflow_service_secrets.A B"),
        ({"AIRFLOW__API__SECRET_KEY": SECRET}, "the deploy makes it"),
        ({"AIRFLOW__WEBSERVER__SECRET_KEY": SECRET}, "the deploy makes it"),
        ({"AIRFLOW__SMTP__SMTP_PASWORD": SECRET}, "airflow_service_secrets.AIRFLOW__SMTP__SMTP_PASWORD: is no setting"),
    ),
    (
        {"airflow_service_secrets": {"TOKEN": SECRET}, "airflow_service_environment": {"TOKEN": "x"}},
        ["airflow_service_secrets.TOKEN", "airflow_service_environment too"],
    ),
    (
        {
            "airflow_service_environment": {"AIRFLOW__CORE__PARALLELISM": "4"},
            "airflow_service_config": {"core": {"parallelism": 5}},
        },
        ["airflow_service_environment.AIRFLOW__CORE__PARALLELISM: is given by airflow_service_config too"],
    ),
    (
        {
            "airflow_service_secrets": {"AIRFLOW__SECRETS__BACKEND": SECRET},
            "airflow_service_config": {"secrets": {"backend": "x"}},
        },
        ["airflow_service_secrets.AIRFLOW__SECRETS__BACKEND", "airflow_service_config too"],
    ),
    *each(
        "airflow_service_environment",
        ({"LARGE": "x" * 70_000}, "bytes together, allowed: 28672"),
        ({f"NAME_{number}": "é" * 20 for number in range(500)}, "bytes together"),
    ),
    *each("airflow_service_config", ({"core": {"hostname_callable": ["x" * 7] * 7000}}, "bytes together")),
    (
        {
            "airflow_service_config": {"core": {"hostname_callable": "x" * 20_000}},
            "airflow_service_environment": {"LARGE": "x" * 20_000},
            "airflow_service_secrets": {f"SECRET_{number}": SECRET for number in range(200)},
        },
        ["bytes together"],
    ),
    *each(
        "airflow_service_policy",
        ([{"Effect": "Allow"}], "airflow_service_policy.0: has no Action"),
        ([{**STATEMENT, "Action": "*"}], "airflow_service_policy.0.Action"),
        ([{**STATEMENT, "Action": []}], "airflow_service_policy.0.Action: is a list []"),
        ([{**STATEMENT, "Effect": "allow"}], "did you mean 'Allow'?"),
        ([{**STATEMENT, "Resource": "my-bucket"}], "airflow_service_policy.0.Resource"),
        (
            [{**STATEMENT, "Resource": "arn:aws:s3:::bucket/* "}],
            "airflow_service_policy.0.Resource: is a text 'arn:aws:s",
        ),
        ([{**STATEMENT, "Action": "s3:GetObject "}], "airflow_service_policy.0.Action: is a text 's3:GetObject '"),
        ([{**STATEMENT, "Principal": "*"}], "airflow_service_policy.0.Principal: is not a known key"),
        ([{**STATEMENT, "Condition": {"StringEquals": "x"}}], "airflow_service_policy.0.Condition.StringEquals"),
        ([{**STATEMENT, "Condition": ["StringEquals"]}], "airflow_service_policy.0.Condition: is a list"),
        ([{**STATEMENT, "Sid": "Mine"}, {**STATEMENT, "Sid": "Mine"}], "airflow_service_policy.1.Sid"),
        ([{**STATEMENT, "Resource": [f"arn:aws:s3:::bucket-{n}/*" for n in range(500)]}], "allowed: 10240"),
        ({"Version": "2012-10-17", "Statement": [STATEMENT]}, "a mapping"),
        (["s3:GetObject"], "'s3:GetObject'"),
    ),
    *each(
        "airflow_service_managed_policy_arns",
        (["ReadOnly"], "'ReadOnly'"),
        ([POLICY.format(1), POLICY.format(1)], "once more"),
        ([POLICY.format(number) for number in range(11)], "has 11 policies, allowed: 10"),
    ),
]
