# contract=2 (see entrypoint.sh)
"""Runs an Airflow command line as `airflow` does, without the warnings that libraries give to programmers.

Where a word is `secret:<name>`, or ends so behind an option's `=`, the value of the secret
`farflow/<environment>/commands/<name>` takes its place, read with this task's own role: so the value is in nothing that
AWS shows of the task. It is in no list of processes, in Airflow's audit log stand the words as given, and where the
command prints it, it is `***`.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import re
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TextIO

SECRET = re.compile(r"((?:--[a-z-]+=)?)secret:(.+)", re.DOTALL)
LIBRARIES = r"(airflow|fastapi|flask_appbuilder|flask_limiter|starlette)\b"


class Masked:
    """A stream that shows no secret."""

    def __init__(self, stream: TextIO, secrets: Iterable[str]) -> None:
        self._stream, self._secrets = stream, list(secrets)

    def write(self, text: str) -> int:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def fill(words: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """The words with the values of the secrets, by name, where they belong."""
    return [match[1] + values[match[2]] if (match := SECRET.fullmatch(word)) else word for word in words]


def audited(words: Iterable[str]) -> list[str]:
    """The words for Airflow's audit log, for which the word behind --conn-json is JSON: a secret's name is none."""
    found: list[str] = []
    for word in words:
        if SECRET.fullmatch(word) and found and found[-1] == "--conn-json":
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


@contextlib.contextmanager
def values_are_no_options(values: Collection[str]) -> Iterator[None]:
    """Within it, argparse takes none of these words for an option, though one may begin with a hyphen. So an option and
    its value stay two words: joined by = they would be refused where the option is a flag or has several values.
    """
    parse_optional = argparse.ArgumentParser._parse_optional

    def parse(parser: argparse.ArgumentParser, word: str) -> object:
        return None if word in values else parse_optional(parser, word)

    argparse.ArgumentParser._parse_optional = parse
    try:
        yield
    finally:
        argparse.ArgumentParser._parse_optional = parse_optional


def read(names: Iterable[str]) -> dict[str, str]:
    """The values of the secrets, by the names in the command."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client, values = boto3.client("secretsmanager"), {}
    for name in names:
        secret = f"farflow/{os.environ['FARFLOW_ENVIRONMENT']}/commands/{name}"
        try:
            value = client.get_secret_value(SecretId=secret).get("SecretString", "")
        except (BotoCoreError, ClientError) as error:
            raise SystemExit(f"secret {secret}: {error}") from None
        values[name] = value.removesuffix("\n")  # with which an editor ends a file
        if not values[name]:
            raise SystemExit(f"secret {secret}: holds no text")
    return values


def parse(words: list[str], values: Mapping[str, str]) -> None:
    """Have Airflow parse the words with the values in them, and find them without wherever it looks later."""
    from airflow.cli import cli_parser

    get_parser = cli_parser.get_parser
    filled = fill(words, values)

    def with_values() -> argparse.ArgumentParser:
        parser = get_parser()
        parser.parse_args = functools.partial(parser.parse_args, filled)
        return parser

    cli_parser.get_parser = with_values


def main() -> None:
    # A command line is no run, which would have a version of the DAGs: it gets the current one.
    os.environ["FARFLOW_DAGS_WITHOUT_VERSION"] = "current"
    words = sys.argv[1:]
    sys.argv = ["airflow", *audited(words)]
    values: dict[str, str] = {}
    names = dict.fromkeys(match[2] for word in words if (match := SECRET.fullmatch(word)))
    if names:
        values = read(names)
        sys.stdout, sys.stderr = (Masked(stream, values.values()) for stream in (sys.stdout, sys.stderr))
        parse(words, values)

    from airflow.__main__ import main as airflow

    warnings.filterwarnings("ignore", module=LIBRARIES)
    with values_are_no_options(values.values()):
        airflow()


if __name__ == "__main__":
    main()
