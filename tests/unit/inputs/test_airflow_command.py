"""What may be given to airflow_command.yml, and what its container is started with."""

from __future__ import annotations

import shlex

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs.airflow_command import (
    problems,
    task_command,
)
from ansible_collections.farflow.airflow.plugins.module_utils.validation.plain_secrets import holds_secret

GOOD = [
    "dags list",
    "  dags list\n",
    """dags trigger --conf '{"day": "it''s"}' report""",
    'dags trigger --note "two\nlines" report',
    r"dags trigger --note a\ b report",
    "users create --username ada --password secret:ada",
    "users create --username ada --password=secret:team/ada",
    "users create --username ada --use-random-password",
    "users list -o json",
    "connections add db --conn-uri postgres://ada@db/x",
    "connections add db --conn-uri secret:db",
    """connections add db --conn-json '{"conn_type": "http", "host": "example.org"}'""",
    "connections add db --conn-type http --conn-port 80",
    "connections get db",
    "variables set limit 3",
    "variables set api_key secret:key",
    "variables get api_key",
    "dags list | grep x",
    "variables set --description 'a password' limit 3",
    "variables set -jv limit '{\"day\": 1}'",
    "variables set limit -j secret:limit",
    "connections add db --conn-extra secret:extra",
    """connections add db --conn-extra '{"region": "eu-west-1"}'""",
    "connections add db --conn-host https://example.org --conn-login ada",
    "dags trigger report --conf secret:conf",
    """dags trigger --conf '{"arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"}' report""",
    """dags trigger -c'{"arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"}' report""",
    "dags trigger --note 'top-secret:3' report",
    "dags trigger --note 'the secret: mine' report",
    "tasks clear -t report dag",
    "celery worker -a 2,4 -c 4",
    "roles list -p",
    "users create --username ada --use-random-pass",
    "users reset-password --username ada --use-random-password",
    "users create --username ada --role secret:role --password secret:ada",
    "users list | grep password",
    "api-server --proxy-headers --ssl-key /run/key.pem",
    "config get-value api_auth jwt_secret",
    "config list --section secrets",
    "kerberos --keytab /run/keytab",
    "variables get smtp_password",
    "variables get --default 'postgres://ada@db/x' db",
    "variables delete smtp_password",
    "variables import /opt/airflow/dags/passwords.json --action-on-existing-key skip",
    "variables set image airflow:3.3.2@sha256:0123",
    "variables set page 'http://example.org:8080/of/ada@example.org'",
    "variables set owner mailto:ada@example.org",
    "variables set owner ada@example.org",
    "variables set role arn:aws:iam::123456789012:ada@example.org",
    "variables set query 'select * from t where t.token=u.token'",
    "variables set options retries=3,region=eu-west-1",
    "variables set text 'a password: none'",
    "variables set limit --json secret:limit",
    "connections get db-password",
    "connections add password --conn-type http",
    "connections add db --conn-host example.org:80 --conn-login ada",
    "connections add db --conn-host ada@example.org",
    "connections add db --conn-host '[fd00::7]:80'",
    'connections add db --conn-extra \'{"password": "", "token": null, "use_password": false}\'',
    "connections add db --conn-extra '{\"max_tokens\": 5}'",
    "connections add db --conn-description 'where the password: is known'",
    "connections add db --conn-type http --conn-password=secret:db --conn-extra secret:extra",
    "dags trigger --note 'the password is new' report",
    "dags trigger --note 'password: a new one' report",
    "dags trigger --note '-password is new' report",
    'dags trigger --conf \'{"to": "ada@example.org", "at": "08:00"}\' report',
    'dags trigger --conf \'{"note": "the password: ask ada"}\' report',
    "dags trigger --partition-key secretary report",
    "dags list --columns dag_id,owners",
    "dags test report 2026-01-01T00:00:00+00:00",
    "assets materialize --uri s3://bucket/key",
    "roles add-perms --action can_read can_edit --resource DAGs -- Op",
    "db clean --clean-before-timestamp '2026-01-01 00:00:00+00:00' --yes",
]


@pytest.mark.parametrize("command", GOOD)
def test_a_command_as_in_a_shell_is_right(command):
    assert problems(command, 30, "") == []
    assert task_command(command)[1:] == shlex.split(command)


def test_secrets_are_asked_for_by_a_word_that_only_an_image_that_reads_them_knows():
    assert task_command("users list")[0] == "airflow"
    for given in (
        "users create --password secret:ada",
        "users create --password=secret:ada",
        "variables set x secret:x",
    ):
        assert task_command(given)[0] == "airflow-with-secrets"


BAD = [
    ("", "command: is empty, allowed: what Airflow shall run"),
    (" \n ", "command: is empty"),
    (None, "command: is empty"),
    (["dags", "list"], "command: is no text, allowed: what Airflow shall run"),
    (5, "command: is no text"),
    ("dags list 'x", "command: no closing quotation"),
    ("dags list \\", "command: no escaped character"),
    ("dags list\nusers list", "command: has several lines, allowed: one"),
    ("dags \\\n list", "command: has several lines"),
    ("dags list \0", "command: holds a NUL character"),
    ("airflow dags list", "command: begins with airflow, allowed: the words behind that"),
    ("users create --password 'secret:a b'", "command: has 'secret:' with no valid name behind it, allowed: letters"),
    ("users create -p secret:ada", "command: has a secret behind -p, allowed: the option's long form"),
    ("users create -psecret:ada", "command: has a secret behind -p, allowed: the option's long form"),
    ("users create -p=secret:ada", "command: has a secret behind -p, allowed"),
    ("users create -vpsecret:ada", "command: has a secret behind -vp, allowed"),
    ("users create -vp secret:ada", "command: has a secret behind -vp, allowed"),
    ("dags trigger -c secret:conf report", "command: has a secret behind -c, allowed"),
    ("dags trigger --conf secret:a,secret:b report", "command: has secret:<name> inside of a word, where"),
    ("connections add db --conn-uri=secret:a,secret:b", "allowed: a word of its own, or right behind --<option>=;"),
    ("users create --password secret:", "command: has 'secret:' with no valid name behind it"),
    ("dags trigger --conf " + "x" * 8192, "characters as AWS counts them, in JSON, allowed: 8192"),
]


@pytest.mark.parametrize(("command", "said"), BAD)
def test_what_cannot_work_is_told_with_what_is_allowed(command, said):
    [line] = problems(command, 30, "")
    assert said in line
    assert "allowed: " in line


HIDDEN = "hunter2-hunter2"
IN_PLAIN = [
    f"users create --username ada --password {HIDDEN}",
    f"users create --password={HIDDEN} --username ada",
    f"users create --pass {HIDDEN}",
    f"users create -p {HIDDEN}",
    f"users create -p{HIDDEN}",
    f"users reset-password --username ada --password {HIDDEN}",
    f"connections add db --conn-password {HIDDEN}",
    f"connections add db --conn-pass={HIDDEN}",
    f"connections add db --conn-uri postgres://ada:{HIDDEN}@db/x",
    f"connections add db --conn-uri=postgres://ada:{HIDDEN}@db/x",
    f'connections add db --conn-json \'{{"password": "{HIDDEN}"}}\'',
    f"variables set smtp_password {HIDDEN}",
    f"users create -vp{HIDDEN}",
    f"users create -vp {HIDDEN}",
    f"users create -p={HIDDEN}",
    f"users create --p={HIDDEN}",
    f"-- users create --password {HIDDEN}",
    f"users -- create --password {HIDDEN}",
    f"users reset-password -p {HIDDEN}",
    f"connections add db --conn-u postgres://ada:{HIDDEN}@db/x",
    f"connections add db --conn-uri 'aws://?aws_secret_access_key={HIDDEN}'",
    f"connections add db --conn-uri 'http://x/?__extra__=%7B%22token%22%3A%22{HIDDEN}%22%7D'",
    f'connections add db --conn-extra \'{{"aws_secret_access_key": "{HIDDEN}"}}\'',
    f'connections add db --conn-e=\'{{"keyfile_dict": {{"x": "{HIDDEN}"}}}}\'',
    f'connections add db --conn-json \'{{"extra": "{{\\"token\\": \\"{HIDDEN}\\"}}"}}\'',
    f"connections add db --conn-host https://ada:{HIDDEN}@example.org",
    f"variables set --description 'of mail' smtp_password {HIDDEN}",
    f"variables set --desc=mail -j smtp_password {HIDDEN}",
    f"variables set smtp_password -- {HIDDEN}",
    f"variables set -- smtp_password -{HIDDEN}",
    f"variables set slack_webhook_url {HIDDEN}",
    f"variables set db postgres://ada:{HIDDEN}@db/x",
    f'variables set db \'{{"password": "{HIDDEN}"}}\'',
    f'dags trigger --conf \'{{"api_key": "{HIDDEN}"}}\' report',
    f'dags trigger -c\'{{"api_key": "{HIDDEN}"}}\' report',
    f'dags test -c \'{{"api_key": "{HIDDEN}"}}\' report',
    f'backfill create --dag-run-conf \'{{"api_key": "{HIDDEN}"}}\'',
    f'tasks test -t \'{{"api_key": "{HIDDEN}"}}\' report fetch',
    f'tasks test --env-vars \'{{"API_KEY": "{HIDDEN}"}}\' report fetch',
    f"celery flower --basic-auth ada:{HIDDEN}",
    f"celery flower -Aada:{HIDDEN}",
    f"celery flower --broker-api http://ada:{HIDDEN}@x",
    f"users create --password '{HIDDEN}",
    f"users create --password {HIDDEN}\nusers list",
    # The user and password of a URI without its scheme.
    f"connections add db --conn-host ada:{HIDDEN}@db",
    f"connections add db --conn-host //ada:{HIDDEN}@db",
    f"connections add db --conn-host :{HIDDEN}@db",
    f"connections add db --conn-uri ada:{HIDDEN}@db",
    f"connections add db --conn-uri //ada:{HIDDEN}@db/x",
    f"connections add db --conn-uri postgres://ada:{HIDDEN}/4@db/x",
    f"connections add db --conn-uri 'postgres://ada:{HIDDEN}#4@db/x'",
    f"connections add db --conn-uri 'postgres://ada:x?{HIDDEN}@db/x'",
    f'connections add db --conn-json \'{{"host": "ada:{HIDDEN}@db"}}\'',
    f"variables set db ada:{HIDDEN}@db",
    f"variables get --default //ada:{HIDDEN}@db db",
    # What is meant as JSON.
    f"""connections add db --conn-json "{{'password': '{HIDDEN}'}}" """,
    f"""connections add db --conn-json '{{"host": "x", "password": "{HIDDEN}"'""",
    f"""connections add db --conn-json '{{"host": "x", "password": "{HIDDEN}",}}'""",
    f"""connections add db --conn-json '{{host: x, password: {HIDDEN}}}'""",
    f"connections add db --conn-json '{{host: x, Password: {HIDDEN}}}'",
    f"connections add db --conn-json {{password: {HIDDEN}}}",
    f'connections add db --conn-json {{"password": "{HIDDEN}"}}',
    f"connections add db --conn-json '{{\"extra\": \"{{'token': '{HIDDEN}'}}\"}}'",
    f"""connections add db --conn-extra "{{'token': '{HIDDEN}'}}" """,
    f"connections add db --conn-extra '{{token => {HIDDEN}}}'",
    f"connections add db --conn-extra 'password: {HIDDEN}'",
    f"connections add db --conn-extra 'host: x\npassword: {HIDDEN}'",
    f"""connections add db --conn-extra '{{"pwd": "{HIDDEN}"}}'""",
    """connections add db --conn-extra '{"password": 4711}'""",
    f"""dags trigger report --conf "{{'api_key': '{HIDDEN}'}}" """,
    f"""variables import '{{"smtp_password": "{HIDDEN}"}}'""",
    f"""variables import "{{'smtp_password': '{HIDDEN}'}}" """,
    f"variables import smtp_password={HIDDEN}",
    f"variables set db 'password: {HIDDEN}'",
    f"""variables set db "{{'password': '{HIDDEN}'}}" """,
    # Pairs.
    f"connections add db --conn-extra password={HIDDEN}",
    f"connections add db --conn-extra 'user=ada password={HIDDEN}'",
    f"connections add db --conn-extra 'user=ada;PASSWORD = {HIDDEN}'",
    f"connections add db password={HIDDEN}",
    f"connections add db PASSWORD={HIDDEN}",
    f"users create username=ada password={HIDDEN}",
    f"users create username ada password {HIDDEN}",
    f"connections add db conn_password {HIDDEN}",
    f"variables set db 'host=x password={HIDDEN}'",
    # Options that Airflow does not know, or not there, or not so.
    f"users create --Password {HIDDEN}",
    f"users create --PASSWORD={HIDDEN}",
    f"users create --pasword {HIDDEN}",
    f"users create --passwrod {HIDDEN}",
    f"users create --passwd={HIDDEN}",
    f"users create --pwd {HIDDEN}",
    f"users create --user-password {HIDDEN}",
    f"users create --password{HIDDEN}",
    f"users create -password {HIDDEN}",
    f"users create \u2013password {HIDDEN}",
    f"users create \u2014password={HIDDEN}",
    f"users create -P {HIDDEN}",
    f"users create --username ada --password= {HIDDEN}",
    f"users create --username ada --password= -{HIDDEN}",
    f"users create --username ada --password = {HIDDEN}",
    f"user create -p {HIDDEN}",
    f"-v users create -p {HIDDEN}",
    f"Users create -p {HIDDEN}",
    f"connections add db --conn_password {HIDDEN}",
    f"connections add db --conn-pasword {HIDDEN}",
    f"connections add db --password {HIDDEN}",
    f"connections add db --conn-token={HIDDEN}",
    f"connections add db --api-key {HIDDEN}",
    f"dags list --password {HIDDEN}",
    f'dags trigger --Conf \'{{"api_key": "{HIDDEN}"}}\' report',
    f"--password {HIDDEN} users create",
    f"users create --username ada '--password {HIDDEN}'",
    f"connections add db --conn-uri mysql://ada%3A{HIDDEN}@x",
    f"connections add db --conn-extra password:{HIDDEN}",
    f"connections add db --conn-extra '- host: x\n- password: {HIDDEN}'",
    f"celery flower --basic_auth ada:{HIDDEN}",
    f"celery flower --basic-Auth ada:{HIDDEN}",
]


@pytest.mark.parametrize("command", IN_PLAIN)
def test_a_secret_in_plain_is_refused_and_not_repeated(command):
    found = problems(command, 30, "")
    assert found
    assert HIDDEN not in "\n".join(found)


@pytest.mark.parametrize("value", ["postgres://ada:secret:db@db/x", """'{"token": "secret:db"}'"""])
def test_a_secret_is_composed_of_no_others(value):
    _plain, inside = problems(f"connections add db --conn-extra {value}", 30, "")
    assert "command: has secret:<name> inside of a word" in inside
    assert "is one secret as a whole" in inside


@pytest.mark.parametrize("command", IN_PLAIN[:-2])
def test_one_secret_is_told_once(command):
    """But for what is no command at all."""
    if "\n" in command and "conn-extra" not in command:
        return
    assert len(problems(command, 30, "")) == 1


def test_it_is_told_what_can_stand_there():
    [line] = problems(f"users create --password {HIDDEN}", 30, "")
    assert "allowed: --password secret:<name>" in line
    for command in ("users create --Pasword", "users create --password=", "users create password"):
        [line] = problems(f"{command} {HIDDEN}", 30, "")
        assert "allowed: --password secret:<name>" in line
    [line] = problems(f"connections add db --password {HIDDEN}", 30, "")
    assert "allowed: --conn-password secret:<name>" in line
    [line] = problems(f"dags list --password {HIDDEN}", 30, "")
    assert "allowed: secret:<name>" in line
    [line] = problems(f"variables set smtp_password {HIDDEN}", 30, "")
    assert "allowed: secret:<name>" in line


def test_what_aws_counts_is_the_json_with_its_quotes():
    """8192 characters are few where each is escaped: the length of the text itself says nothing."""
    assert problems("dags trigger --conf '" + '"' * 4000 + "'", 30, "") == []
    assert problems("dags trigger --conf '" + '"' * 4090 + "'", 30, "") != []


def test_only_a_secret_of_the_command_is_generated():
    assert problems("users create --password secret:ada", 30, "ada") == []
    [line] = problems("users create --password secret:ada", 30, "bob")
    assert line == "generate_secret: is 'bob', allowed: ada"
    [line] = problems("users list", 30, "bob")
    assert line.startswith("generate_secret: is 'bob', allowed: none")


def test_what_is_no_name_of_a_secret_is_not_offered_for_generating():
    found = problems("connections add db --conn-uri secret:a,secret:b", 30, "a")
    assert [line for line in found if line.startswith("generate_secret: is 'a', allowed: none")]


@pytest.mark.parametrize("minutes", ["30", 30, 600, "1"])
def test_minutes_it_may_run(minutes):
    assert problems("dags list", minutes, "") == []


@pytest.mark.parametrize("minutes", [0, "", 601, "-1", "1:30", 2.5, "10 ", None])
def test_minutes_it_may_not_run(minutes):
    [line] = problems("dags list", minutes, "")
    assert line.startswith("wait_minutes: is ") and line.endswith("allowed: 1 to 600 minutes")


def test_all_that_is_wrong_is_told_together():
    assert len(problems(f"airflow users create --password {HIDDEN}", 0, "x")) >= 3
    assert len(problems("", 0, "")) == 2


@pytest.mark.parametrize(
    ("connection", "has"),
    [
        ("aws://?region_name=x&aws_secret_access_key=pw", True),
        ("aws://?region_name=x&secret=", False),
        ("http://x?__extra__=%7B%22a%22%3A+%7B%22bearer%22%3A+%22pw%22%7D%7D", True),
        ('{"keyfile_dict": {"a": "b"}}', True),
        ('{"extra": "{\\"token\\": \\"pw\\"}"}', True),
        ("http://ada:pw@x", True),
        ('{"password": "pw"}', True),
        ("http://ada@x", False),
        ("ada:pw@x", True),
        ("//ada:pw@x", True),
        ("{'password': 'pw'}", True),
        ('{"password": "pw"', True),
        ("password=pw", True),
        ("{}", False),
        ("[" * 9000, False),
        ('{"password": "pw", "x": ' + "[" * 9000, True),
        (None, False),
    ],
)
def test_a_connection_with_its_password(connection, has):
    assert holds_secret(connection) is has
