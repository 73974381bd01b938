"""command.py: Airflow gets the values of secrets, and nothing else shows them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import unittest
from unittest import mock

import boto3
from airflow.cli import cli_parser
from airflow.utils.cli import _build_metrics
from botocore.stub import Stubber

sys.path.insert(0, "/opt/airflow/scripts")
import command

USERS_CREATE = "airflow.providers.fab.auth_manager.cli_commands.user_command.users_create"
CONNECTIONS_ADD = "airflow.cli.commands.connection_command.connections_add"
VARIABLES_SET = "airflow.cli.commands.variable_command.variables_set"
ROLES_ADD_PERMS = "airflow.providers.fab.auth_manager.cli_commands.role_command.roles_add_perms"
VALUE = "-s3cret 'of' {some} \\length="


class Secrets(unittest.TestCase):
    def setUp(self):
        self.client = boto3.client("secretsmanager", region_name="eu-west-1")
        self.stubber = Stubber(self.client)
        environment = {"FARFLOW_ENVIRONMENT": "lab"}
        for patch in (
            mock.patch.object(boto3, "client", return_value=self.client),
            mock.patch.dict(os.environ, environment),
            mock.patch.object(command.warnings, "filterwarnings"),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def holds(self, name, value=VALUE):
        arn = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-AbCdEf"
        answer = {"Name": name, "ARN": arn, **({"SecretString": value} if value else {})}
        self.stubber.add_response("get_secret_value", answer, {"SecretId": f"farflow/lab/commands/{name}"})

    def run_command(self, *words, function):
        """What Airflow's function was given, what its audit log would hold, and what was printed."""
        seen = {}
        cli_parser.get_parser.cache_clear()

        def act(arguments):
            seen.update(arguments=arguments, audit=_build_metrics("f", arguments)["full_command"])
            print(f"printed {VALUE}")
            print(f"told {VALUE}", file=sys.stderr)

        out, err = io.StringIO(), io.StringIO()
        with (
            self.stubber,
            mock.patch.object(sys, "argv", ["command.py", *words]),
            mock.patch(function, act),
            mock.patch.object(cli_parser, "get_parser", cli_parser.get_parser),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            command.main()
        self.stubber.assert_no_pending_responses()
        return seen["arguments"], seen["audit"], out.getvalue() + err.getvalue()

    def test_password_of_a_user(self):
        given = ("--username", "ada", "--email", "a", "--firstname", "A", "--lastname", "L", "--role", "Op")
        for password in (("--password", "secret:ada"), ("--password=secret:ada",)):
            self.holds("ada")
            arguments, audit, printed = self.run_command("users", "create", *given, *password, function=USERS_CREATE)
            self.assertEqual((arguments.username, arguments.password), ("ada", VALUE))
            self.assertNotIn("s3cret", audit + printed + " ".join(sys.argv))
            self.assertIn("printed ***", printed)
            self.assertIn("told ***", printed)

    def test_connection_as_a_whole(self):
        for option, value in (
            ("--conn-uri", "http://ada:pw1234@x"),
            ("--conn-json", json.dumps({"password": "pw1234"})),
        ):
            self.holds("team/db", value)
            arguments, audit, _unused = self.run_command(
                "connections", "add", "db", option, "secret:team/db", function=CONNECTIONS_ADD
            )
            self.assertEqual(value, arguments.conn_uri or arguments.conn_json)
            self.assertIn("secret:team/db", audit)
            self.assertNotIn("pw1234", audit)

    def test_variable(self):
        self.holds("limit", "17\n")
        arguments, audit, _unused = self.run_command(
            "variables", "set", "limit", "secret:limit", function=VARIABLES_SET
        )
        self.assertEqual((arguments.key, arguments.value), ("limit", "17"))
        self.assertIn("secret:limit", audit)

    def test_behind_a_flag_and_among_several_values(self):
        self.holds("limit", "-17")
        arguments, _unused, _unused = self.run_command(
            "variables", "set", "limit", "--json", "secret:limit", function=VARIABLES_SET
        )
        self.assertEqual((arguments.key, arguments.value, arguments.json), ("limit", "-17", True))
        self.holds("first", "-a")
        self.holds("second", "--b")
        words = ("roles", "add-perms", "--resource", "DAGs", "--action", "secret:first", "secret:second", "--", "Op")
        arguments, _unused, _unused = self.run_command(*words, function=ROLES_ADD_PERMS)
        self.assertEqual((arguments.action, arguments.role), (["-a", "--b"], ["Op"]))

    def test_without_a_secret_nothing_is_asked_for(self):
        arguments, audit, printed = self.run_command("variables", "set", "limit", "3", function=VARIABLES_SET)
        self.assertEqual(arguments.value, "3")
        self.assertIn(f"printed {VALUE}", printed)

    def test_a_secret_that_there_is_not(self):
        self.stubber.add_client_error("get_secret_value", "ResourceNotFoundException", "can't find the secret")
        with self.assertRaisesRegex(SystemExit, "secret farflow/lab/commands/ada: .*can't find the secret"):
            self.run_command("variables", "set", "x", "secret:ada", function=VARIABLES_SET)

    def test_a_secret_without_text(self):
        self.holds("ada", None)
        with self.assertRaisesRegex(SystemExit, "secret farflow/lab/commands/ada: holds no text"):
            self.run_command("variables", "set", "x", "secret:ada", function=VARIABLES_SET)


if __name__ == "__main__":
    unittest.main()
