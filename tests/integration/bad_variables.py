"""Variables that cannot work: what is given, and what the refusal has to say beside the variable's name."""

from __future__ import annotations

from typing import Any

Row = tuple[dict[str, Any], list[str]]

_ARN = "arn:aws:{}:us-east-1:123456789012:{}"
SECRET = _ARN.format("secretsmanager", "secret:token-AbCdEf")
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/3f9e"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/3f9e"
POLICY = "arn:aws:iam::aws:policy/P{}"
LONG = "a" * 50
SCHEDULER = "airflow_service_scheduler"
SIZES = [f"airflow_service_{each}" for each in ("api_server", "scheduler", "dag_processor", "triggerer")]
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def _each(name: str, *values: tuple[Any, str]) -> list[Row]:
    """Rows of one variable: a value, and what is said of it."""
    return [({name: value}, [said]) for value, said in values]


_ENVIRONMENT: list[Row] = [
    ({"farflow_enviroment": "x"}, ["did you mean farflow_environment?"]),
    ({"rds_outputs": {"endpoint": "x"}}, ["no such variable"]),
    ({"worker_pool_cpus": 4}, ["did you mean worker_pool_cpu?"]),
    *_each(
        "farflow_environment",
        (None, "is not given"),
        ("", "is a text ''"),
        ("Prod", "'Prod'"),
        ("p", "2 to 32"),
        ("prod-", "'prod-'"),
        ("1prod", "'1prod'"),
        ("prod--eu", "'prod--eu'"),
        ("prod_eu", "'prod_eu'"),
        (LONG, LONG),
        (["prod"], "a list"),
        ("internal", "load balancers"),
        ("sg-prod", "security groups"),
        ("amzn-s3-demo", "buckets"),
        ("{{ nobody_knows_this }}", "template"),
    ),
    *_each("farflow_region", (None, "is not given"), ("Ireland", "'Ireland'"), ("eu-west", "'eu-west'"), (5, "'5'")),
    *_each("farflow_state", ("gone", "present or absent"), ("absent", "allowed: present")),
    *_each(
        "farflow_tags",
        ("team", "'team'"),
        ({"farflow:role": "mine"}, "farflow_tags.farflow:role"),
        ({"aws:x": "y"}, "farflow_tags.aws:x"),
        ({"AWS:x": "y"}, "farflow_tags.AWS:x"),
        ({"Name": "y"}, "farflow_tags.Name"),
        ({"rds:x": "y"}, "farflow_tags.rds:x"),
        ({"k": "aws:x"}, "farflow_tags.k: is a text 'aws:x'"),
        ({"k": "RDS:x"}, "farflow_tags.k: is a text 'RDS:x'"),
        ({"k": "data team\n"}, "farflow_tags.k: is a text 'data team\\n'"),
        ({"k": "data\tteam"}, "farflow_tags.k: is a text 'data\\tteam'"),
        ({"k\n": "y"}, "is no key of a tag"),
        ({"k" * 129: "y"}, "1 to 128"),
        ({"k": "y" * 257}, "farflow_tags.k"),
        ({"k": 5}, "farflow_tags.k: is a number 5"),
        ({"k": None}, "farflow_tags.k: is nothing"),
        ({"k": "50 €"}, "farflow_tags.k: is a text '50 €'"),
        ({"Team": "a", "team": "b"}, "several letter cases"),
        ({f"key{number}": "x" for number in range(41)}, "has 41 tags, allowed: 40"),
    ),
    *_each("farflow_profile", ("no-such-profile-of-ours", "'no-such-profile-of-ours'"), (["a"], "a list")),
    *_each(
        "farflow_endpoint_url",
        ("localhost:4566", "'localhost:4566'"),
        ("ftp://localhost", "http"),
        ("http://user:word@localhost", "without user"),
        ("http://localhost:99999", "a port up to 65535"),
    ),
    ({"farflow_endpoint_url": "", "farflow_access_key": "AKIAEXAMPLE"}, ["farflow_access_key"]),
    ({"farflow_access_key": "", "farflow_secret_key": "x"}, ["together with farflow_access_key"]),
    ({"farflow_access_key": "a b"}, ["'a b'"]),
    ({"farflow_secret_key": ["x"]}, ["is not shown"]),
    *_each("farflow_registry", ("http://registry", "'http://registry'"), ("127.0.0.1:port", "'127.0.0.1:port'")),
    *_each("farflow_registry", ("127.0.0.1:99999", "a port up to 65535")),
    *_each("farflow_image_builder", ("podman", "docker or codebuild or prebuilt")),
    *_each("farflow_codebuild_image", ("two words", "'two words'"), ("", "''")),
    *_each("farflow_codebuild_arm_image", (["image"], "a list")),
    *_each("farflow_codebuild_compute_type", ("SMALL", "BUILD_GENERAL1_SMALL")),
    *_each("farflow_codebuild_policy", ([{"Effect": "Allow"}], "farflow_codebuild_policy.0: has no Action")),
    *_each(
        "farflow_build_ca_bundle",
        ("/no/such/bundle.pem", "/no/such/bundle.pem"),
        ("/", "PEM"),
        ("/etc/hostname", "PEM"),
        (5, "5"),
    ),
    *_each("farflow_teardown_keep", (["everything"], "'everything'"), (["images", "images"], "once more"), (5, "5")),
    *_each("farflow_teardown_confirm", (["local"], "a list")),
    *_each("farflow_plan_must_be_empty", ("perhaps", "'perhaps'")),
    *_each("farflow_lock_wait_minutes", (-1, "-1"), (1441, "1441")),
    *_each("farflow_lock_break", ("prod", "'prod'")),
]

_NETWORK: list[Row] = [
    *_each(
        "network_cidr",
        ("10.0.0.0", "'10.0.0.0'"),
        ("10.0.0.0/28", "/16 to /24"),
        ("10.0.0.0/8", "/16 to /24"),
        ("10.0.0.7/16", "host bits"),
        ("10.0.0.7/16", "here 10.0.0.0/16"),
        ("10.0.0.0/255.255.0.0", "here 10.0.0.0/16"),
        ("10.0.0.0/0.0.255.255", "here 10.0.0.0/16"),
        ("10.0.0.0/016", "here 10.0.0.0/16"),
        ("10.0.0.256/16", "'10.0.0.256/16'"),
        ("fd00::/56", "'fd00::/56'"),
        ("127.0.0.0/16", "makes no VPC"),
        ("169.254.0.0/16", "makes no VPC"),
        ("224.0.0.0/16", "makes no VPC"),
        (["10.0.0.0/16"], "a list"),
    ),
    ({"network_cidr": "10.0.0.0/24", "worker_pool_count": 50}, ["22 addresses", "room for 114", "such as a /22"]),
    (
        {"network_cidr": "10.0.0.0/23", "worker_pool_enabled": True, "worker_pool_max_count": 40},
        ["54 addresses", "room for", "such as a /22"],
    ),
    ({"network_cidr": "10.0.0.0/17", "worker_pool_count": 1000, **dict.fromkeys(SIZES, {"count": 500})}, ["as a /16"]),
    (
        {"network_cidr": "10.0.0.0/16", "worker_pool_count": 1000, **dict.fromkeys(SIZES, {"count": 1000})},
        ["8182 addresses", "room for 10006", "which takes more zones"],
    ),
    *_each("network_availability_zone_count", (1, "1"), (7, "7"), ("two", "'two'"), (2.5, "2.5"), (True, "a boolean")),
    *_each(
        "network_availability_zones",
        (["us-east-1a"], "2 to 8"),
        (["us-east-1a", "us-east-1a"], "different"),
        (["eu-west-1a", "eu-west-1b"], "'eu-west-1a'"),
        (["us-east-1a", "use1-az2"], "'use1-az2'"),
        (["us-east-1a", None], "network_availability_zones.1"),
        ([f"us-east-1{letter}" for letter in "abcdefghi"], "2 to 8"),
    ),
    *_each("network_nat_gateways", ("none", "single or per_az"), ("per-az", "did you mean 'per_az'")),
    *_each(
        "network_ingress_cidrs",
        (["everywhere"], "'everywhere'"),
        (["203.0.113.7"], "'203.0.113.7'"),
        (["203.0.113.7/24"], "host bits"),
        (["198.51.100.0/255.255.255.0"], "here 198.51.100.0/24"),
        (["198.51.100.7/24"], "here 198.51.100.0/24"),
        (["2001:db8::/32"], "'2001:db8::/32'"),
        (["0.0.0.0/0", "0.0.0.0/0"], "once more"),
        ([7], "'7'"),
    ),
]

_RDS: list[Row] = [
    *_each("rds_engine_version", ("latest", "'latest'"), ("9.6", "from 13"), ("17.", "'17.'"), (True, "a boolean")),
    *_each("rds_engine_version", (17.10, "is a number 17.1, allowed: a text; write it in quotes")),
    *_each("rds_instance_class", ("t4g.small", "'t4g.small'"), ("db.t4g", "db.t4g.small")),
    *_each("rds_allocated_storage", (5, "5"), (70000, "70000"), ("25 GB", "'25 GB'")),
    *_each("rds_max_allocated_storage", (21, "21"), (27, "from 28"), (70000, "70000"), (-1, "-1")),
    *_each("rds_storage_type", ("io1", "gp2 or gp3"), ("standard", "'standard'")),
    *_each(
        "rds_kms_key_id",
        ("alias/mine", "'alias/mine'"),
        (_ARN.format("kms", "alias/mine"), "alias"),
        (KEY, "region us-east-1"),
    ),
    *_each("rds_allow_major_version_upgrade", ("17", "true or false")),
    *_each("rds_multi_az", ("both", "true or false")),
    *_each("rds_deletion_protection", (2, "true or false")),
    *_each("rds_backup_retention_period", (36, "36"), (-1, "-1")),
    *_each(
        "rds_database_name", ("1st", "'1st'"), ("air-flow", "'air-flow'"), ("table", "SQL"), ("rdsadmin", "none of")
    ),
    *_each(
        "rds_master_username",
        ("admin", "'admin'"),
        ("air-flow", "'air-flow'"),
        ("pg_me", "pg_..."),
        ("User", "SQL"),
        ("a" * 64, "63"),
    ),
    *_each(
        "rds_parameters",
        ("max_connections", "'max_connections'"),
        ({"Max Connections": 5}, "rds_parameters.Max Connections"),
        ({"work_mem": None}, "rds_parameters.work_mem: is nothing"),
        ({"work_mem": [1]}, "rds_parameters.work_mem: is a list"),
        ({"rds.force_ssl": 0}, "rds_parameters.rds.force_ssl"),
        ({"rds.force_ssl": "on"}, "rds_parameters.rds.force_ssl: is a text 'on', allowed: 1"),
        ({"rds.force_ssl": 1.0}, "rds_parameters.rds.force_ssl: is a number 1.0, allowed: 1"),
        ({"rds.force_ssl": "TRUE"}, "rds_parameters.rds.force_ssl: is a text 'TRUE', allowed: 1"),
        ({"rds.force_ssl": False}, "rds_parameters.rds.force_ssl: is a boolean False, allowed: 1"),
    ),
    *_each(
        "rds_snapshot_identifier",
        ("rds:prod-database-2026-01-01", "copied first"),
        (_ARN.format("rds", "snapshot"), "manual snapshot"),
        ("prod--before", "'prod--before'"),
        ("prod-", "'prod-'"),
        (7, "'7'"),
    ),
    *_each("rds_wait_minutes", (0, "0"), (601, "601")),
]

_TASKS: list[Row] = [
    *_each("ecs_cluster_container_insights", ("yes please", "'yes please'"), (True, "a boolean")),
    *_each(
        "dag_tasks_path", ("/no/such/folder", "/no/such/folder"), ("/etc/hostname", "no such folder"), ({}, "a path")
    ),
    *_each("dag_tasks_cpu", (300, "300"), ("1 vCPU", "'1 vCPU'")),
    ({"dag_tasks_cpu": 256, "dag_tasks_memory": 8192}, ["dag_tasks_memory: memory 8192 does not go with cpu 256"]),
    *_each("dag_tasks_memory", (500, "500"), ("2GB", "'2GB'")),
    *_each("dag_tasks_architecture", ("arm64", "did you mean 'ARM64'"), ("SPARC", "'SPARC'")),
    *_each(
        "dag_tasks_images",
        ({"hello": "my image"}, "dag_tasks_images.hello: is a text 'my image'"),
        ({"helo": "tasks:1"}, "dag_tasks_images.helo: is an image for no task, did you mean 'hello'?"),
        ({"hello": "registry.example.org/tasks:1"}, "sha256"),
    ),
    *_each(
        "dag_tasks_build_args",
        ({"A B": "c"}, "dag_tasks_build_args.A B"),
        ({"A": None}, "dag_tasks_build_args.A: is nothing"),
        ({"PYTHON": 3.10}, "dag_tasks_build_args.PYTHON: is a number 3.1, allowed: a text; write it in quotes"),
        ({"A": ["x"]}, "dag_tasks_build_args.A: is a list"),
    ),
    *_each("dag_tasks_log_retention_in_days", (31, "31"), (0, "0"), ("for ever", "'for ever'")),
    *_each("dag_tasks_keep_revisions", (0, "0"), (101, "101")),
]

_AIRFLOW: list[Row] = [
    *_each("airflow_service_path", ("/no/such/folder", "/no/such/folder"), ("/etc", "Dockerfile"), ("x" * 300, "xxx")),
    *_each("airflow_service_image", ("airflow", "'airflow'"), ("registry.example.org/airflow:3", "sha256")),
    *_each("airflow_service_architecture", ("x86", "'x86'")),
    *_each("airflow_service_build_args", ("BASE_IMAGE", "'BASE_IMAGE'"), ({"1": "x"}, "name of a build argument")),
    *_each("airflow_service_log_retention_in_days", (45, "45")),
    *_each(
        "airflow_service_api_server",
        ({"count": 0}, "airflow_service_api_server.count: is a number 0"),
        ({"memory": 512}, "airflow_service_api_server.memory"),
        ({"cpu": 100}, "cpu 100"),
        ([1], "a list"),
    ),
    *_each(
        SCHEDULER,
        ({"cpu": 256, "memory": 4096}, f"{SCHEDULER}.memory: memory 4096"),
        ({"count": 1, "cpus": 256}, f"{SCHEDULER}.cpus: is not a known key, did you mean 'cpu'?"),
        ({"count": -1}, f"{SCHEDULER}.count: is a number -1"),
        ({"count": "many"}, f"{SCHEDULER}.count: is a text 'many'"),
        ({"cpu": "half"}, f"{SCHEDULER}.cpu: is a text 'half'"),
        (2, "a number 2"),
        ("large", "'large'"),
    ),
    *_each(
        "airflow_service_dag_processor",
        ({"count": 1001}, "airflow_service_dag_processor.count: is a number 1001"),
        ({"cpu": 0}, "cpu 0"),
        ({"memory": 1}, "airflow_service_dag_processor.memory"),
    ),
    *_each(
        "airflow_service_triggerer",
        ({"count": [1]}, "airflow_service_triggerer.count: is a list"),
        ({"cpu": 3000}, "cpu 3000"),
        ({"memory": "1 GB"}, "airflow_service_triggerer.memory: is a text '1 GB'"),
    ),
    *_each("airflow_service_load_balancer_scheme", ("public", "'public'"), ("internet-facing", "allow_plain_http")),
    *_each("airflow_service_load_balancer_port", (70000, "70000"), (0, "0"), ("https", "'https'")),
    *_each(
        "airflow_service_certificate_arn",
        ("my certificate", "'my certificate'"),
        (_ARN.format("s3", "certificate/x"), "ACM or IAM"),
        (CERTIFICATE, "eu-west-1"),
    ),
    *_each("airflow_service_ssl_policy", ("TLS 1.3", "'TLS 1.3'")),
    *_each("airflow_service_allow_plain_http", ("perhaps", "'perhaps'")),
    *_each("airflow_service_deletion_protection", ([True], "a list")),
    *_each(
        "airflow_service_base_url",
        ("airflow.example.org", "'airflow.example.org'"),
        ("https://", "'https://'"),
        ("https://airflow.example.org?x=1", "query"),
        ("https://airflow.example.org:99999/", "a port up to 65535"),
        ("https://airflow.example.org:port", "a port up to 65535"),
        ("https://airflow.example.org:0", "a port up to 65535"),
    ),
    *_each(
        "airflow_service_execution_api_url", ("http://airflow.internal:8080", "/execution/"), ("/execution/", "URL")
    ),
    *_each("airflow_service_execution_api_url", ("http://airflow.internal:65536/execution/", "a port up to 65535")),
    *_each("airflow_service_database_ssl_mode", ("disable", "verify-full or verify-ca or require")),
    *_each("airflow_service_admin_username", ("a b", "'a b'"), ("", "''"), (True, "a boolean")),
    *_each("airflow_service_enable_execute_command", ("sometimes", "'sometimes'")),
    *_each("airflow_service_wait_minutes", (0, "0"), (10000, "10000")),
    *_each("airflow_service_migration_wait_minutes", (0, "0"), (10000, "10000")),
]

_SETTINGS: list[Row] = [
    *_each(
        "airflow_service_config",
        ({"core": "parallelism=4"}, "airflow_service_config.core: is a text 'parallelism=4'"),
        ({"core": [{"parallelism": 4}]}, "airflow_service_config.core: is a list"),
        ({"core": {"Parallelism": 4, "parallelism": 5}}, "airflow_service_config.core.parallelism: is AIRFLOW__CORE__"),
        ({"a.b": {"c": 4}, "A_B": {"c": 5}}, "airflow_service_config.A_B.c: is AIRFLOW__A_B__C once more"),
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
        ({"smtp": {"smtp_password": "x"}}, "airflow_service_secrets as AIRFLOW__SMTP__SMTP_PASSWORD"),
        ("core.parallelism=4", "airflow_service_config.core.parallelism"),
    ),
    *_each(
        "airflow_service_environment",
        ({"A B": "c"}, "airflow_service_environment.A B"),
        ({"A": None}, "airflow_service_environment.A: is nothing"),
        ({"VERSION": 3.10}, "is a number 3.1, allowed: a text; write it in quotes"),
        ({"A": {"b": "c"}}, "airflow_service_environment.A: is a mapping"),
        ({"FARFLOW_CLUSTER": "mine"}, "FARFLOW_CLUSTER"),
        ({"AWS_REGION": "eu-west-1"}, "allowed: farflow_region"),
        ({"AWS_SECRET_ACCESS_KEY": "x"}, "is a key of AWS"),
        ({"AIRFLOW__CORE__FERNET_KEY": "x"}, "AIRFLOW__CORE__FERNET_KEY"),
        ({"AIRFLOW_CONN_AWS_DEFAULT": "aws://"}, "a connection of another name"),
        ({"AIRFLOW_CONN_DB": "postgres://me:hunter2@db/x"}, "holds a password"),
        ({"AIRFLOW_CONN_DB": '{"conn_type": "postgres", "password": "hunter2"}'}, "holds a password"),
    ),
    *_each(
        "airflow_service_secrets",
        ({"TOKEN": SECRET.removesuffix("-AbCdEf")}, "airflow_service_secrets.TOKEN: is a text"),
        ({"TOKEN": "hunter2"}, "airflow_service_secrets.TOKEN: is a text of 7 characters, not shown"),
        ({"TOKEN": 5}, "airflow_service_secrets.TOKEN: is a number"),
        ({"TOKEN": "arn:aws:ssm:us-east-1:123456789012:parameter/x"}, "Secrets Manager"),
        ({"A B": SECRET}, "airflow_service_secrets.A B"),
        ({"AIRFLOW__API__SECRET_KEY": SECRET}, "the deploy makes it"),
    ),
    (
        {"airflow_service_secrets": {"TOKEN": SECRET}, "airflow_service_environment": {"TOKEN": "x"}},
        ["airflow_service_secrets.TOKEN", "airflow_service_environment too"],
    ),
    (
        {
            "airflow_service_environment": {"AIRFLOW__CORE__PARALLELISM": 4},
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
    *_each(
        "airflow_service_environment",
        ({"LARGE": "x" * 70_000}, "bytes together, allowed: 57344"),
        ({f"NAME_{number}": "é" * 20 for number in range(500)}, "bytes together"),
    ),
    *_each("airflow_service_config", ({"core": {"large": ["x" * 7] * 7000}}, "bytes together")),
    (
        {
            "airflow_service_config": {"core": {"large": "x" * 20_000}},
            "airflow_service_environment": {"LARGE": "x" * 20_000},
            "airflow_service_secrets": {f"SECRET_{number}": SECRET for number in range(200)},
        },
        ["bytes together"],
    ),
    *_each(
        "airflow_service_policy",
        ([{"Effect": "Allow"}], "airflow_service_policy.0: has no Action"),
        ([{**STATEMENT, "Action": "*"}], "airflow_service_policy.0.Action"),
        ([{**STATEMENT, "Action": []}], "airflow_service_policy.0.Action: is a list []"),
        ([{**STATEMENT, "Effect": "allow"}], "did you mean 'Allow'?"),
        ([{**STATEMENT, "Resource": "my-bucket"}], "airflow_service_policy.0.Resource"),
        ([{**STATEMENT, "Principal": "*"}], "airflow_service_policy.0.Principal: is not a known key"),
        ([{**STATEMENT, "Condition": {"StringEquals": "x"}}], "airflow_service_policy.0.Condition.StringEquals"),
        ([{**STATEMENT, "Condition": ["StringEquals"]}], "airflow_service_policy.0.Condition: is a list"),
        ([{**STATEMENT, "Sid": "Mine"}, {**STATEMENT, "Sid": "Mine"}], "airflow_service_policy.1.Sid"),
        ([{**STATEMENT, "Resource": [f"arn:aws:s3:::bucket-{n}/*" for n in range(500)]}], "allowed: 10240"),
        ({"Version": "2012-10-17", "Statement": [STATEMENT]}, "a mapping"),
        (["s3:GetObject"], "'s3:GetObject'"),
    ),
    *_each(
        "airflow_service_managed_policy_arns",
        (["ReadOnly"], "'ReadOnly'"),
        ([POLICY.format(1), POLICY.format(1)], "once more"),
        ([POLICY.format(number) for number in range(11)], "has 11 policies, allowed: 10"),
    ),
]

_WORKERS: list[Row] = [
    *_each("worker_pool_count", (-1, "-1"), (1001, "1001")),
    *_each("worker_pool_cpu", (100, "100"), ({}, "a mapping")),
    *_each("worker_pool_memory", (100, "100"), (1024, "cpu 1024")),
    *_each("worker_pool_concurrency", (0, "0"), (1001, "1001")),
    *_each("worker_pool_enabled", ("perhaps", "'perhaps'")),
    *_each("worker_pool_min_count", (6, "worker_pool_max_count"), (-1, "-1")),
    *_each("worker_pool_max_count", (0, "at least worker_pool_min_count"), (1001, "1001")),
    *_each("worker_pool_cpu_percent", (170, "170"), (-1, "-1")),
    *_each("worker_pool_memory_percent", (101, "101"), ("70 %", "'70 %'")),
    *_each("worker_pool_scale_in_cooldown", (-1, "-1"), (86401, "86401")),
    *_each("worker_pool_scale_out_cooldown", ("soon", "'soon'"), (90000, "90000")),
    (
        {"worker_pool_enabled": True, "worker_pool_cpu_percent": 0, "worker_pool_memory_percent": 0},
        ["at least one of them"],
    ),
]

VARIABLES: list[Row] = [*_ENVIRONMENT, *_NETWORK, *_RDS, *_TASKS, *_AIRFLOW, *_SETTINGS, *_WORKERS]
