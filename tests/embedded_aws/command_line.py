"""The commands `up`, `down`, `env`, `status`, `reset` and `engine`."""

from __future__ import annotations

import argparse
import shlex
import signal
import subprocess
import sys

from . import base_images, engine
from .instance import EmbeddedAWS, EmbeddedAWSError, accounts
from .progress import say
from .settings import Settings, folder_of

DEFAULT_PORT = 4566


def main() -> int:
    """Run the command that the arguments name; 1 when it cannot be done, 3 when `status` finds nothing."""
    arguments = _parser().parse_args()
    try:
        return arguments.command(arguments) or 0
    except (EmbeddedAWSError, engine.EngineError, base_images.ImageError) as error:
        print(f"embedded AWS: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/embedded_aws", description=__doc__)
    commands = parser.add_subparsers(required=True)

    up = _command(commands, "up", _up, "start it; nothing is done when it is up")
    _server_options(up)
    down = _command(commands, "down", _down, "stop it and remove all that it made")
    down.add_argument("--engine", action="store_true", help="also stop a Docker engine that was started here")
    _command(commands, "env", _env, "print lines for a shell that point AWS clients at it")
    _command(commands, "status", _status, "say whether it is up")
    _command(commands, "reset", _reset, "an empty account again, containers gone")
    command = _command(commands, "engine", _engine, "run a command while a Docker engine answers, started if need be")
    command.add_argument("--images", action="store_true", help="and has the base images that builds begin with")
    command.add_argument("words", nargs=argparse.REMAINDER, metavar="command")
    serve = _command(commands, "serve", _serve, "the process behind `up`")
    _server_options(serve)
    serve.add_argument("--host", required=True)
    serve.add_argument("--container-cidr", required=True)
    return parser


def _command(commands, name: str, function, help_text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text)
    command.set_defaults(command=function)
    command.add_argument("--name", default="demo")
    return command


def _server_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--fast", action="store_true", help="without containers and without a Docker engine")
    parser.add_argument(
        "--clock", type=float, default=1.0, help="how many times faster the time passes that AWS counts (clock.py)"
    )
    parser.add_argument("--strict", action="store_true", help="as AWS is at its hardest: all of README's column Strict")
    parser.add_argument("--seed", type=int, default=0, help="of what happens by chance")
    parser.add_argument("--replay", default="", help="a report of first_deploy_report.yml: all takes as long as in it")
    parser.add_argument(
        "--database-seconds", type=float, default=0, help="with --fast, how long a database stays `creating`"
    )


def _up(arguments: argparse.Namespace) -> None:
    aws = EmbeddedAWS(
        arguments.name,
        port=arguments.port,
        fast=arguments.fast,
        database_seconds=arguments.database_seconds,
        clock=arguments.clock,
        strict=arguments.strict,
        seed=arguments.seed,
        replay=arguments.replay,
    )
    aws.up()
    say(f"{aws.name}: up")
    print(aws.endpoint_url)


def _down(arguments: argparse.Namespace) -> None:
    EmbeddedAWS(arguments.name, fast=False).down()
    say(f"{arguments.name}: down")
    if arguments.engine and not engine.stop():
        say("the Docker engine was not started here, it stays")


def _env(arguments: argparse.Namespace) -> None:
    environment = EmbeddedAWS(arguments.name).environment
    for name in accounts():
        if name not in environment:
            print(f"unset {name}")
    for name, value in environment.items():
        print(f"export {name}={shlex.quote(value)}")


def _status(arguments: argparse.Namespace) -> int:
    aws = EmbeddedAWS(arguments.name)
    if not aws.is_up():
        print(f"{aws.name}: down")
        return 3
    settings = aws.settings
    containers = "without" if settings.fast else "with"
    print(f"{aws.name}: up at {aws.endpoint_url}, {containers} containers, {settings.manner}")
    for each in aws.listeners():
        balancer = each["arn"].split("/")[2]
        print(f"{aws.name}: {balancer} hears {each['protocol']} {each['port']} at {each['address']}")
    return 0


def _reset(arguments: argparse.Namespace) -> None:
    EmbeddedAWS(arguments.name).reset()
    say(f"{arguments.name}: empty")


def _engine(arguments: argparse.Namespace) -> int:
    with engine.running():
        if arguments.images:
            base_images.ensure()
        process = subprocess.Popen(arguments.words)
        # It ends as it wants to; what was started for it is stopped after it.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: process.send_signal(number))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells it, too
        return process.wait()


def _serve(arguments: argparse.Namespace) -> None:
    from .server import serve

    serve(
        Settings(
            arguments.name,
            arguments.host,
            arguments.port,
            arguments.fast,
            arguments.database_seconds,
            str(folder_of(arguments.name)),
            arguments.container_cidr,
            arguments.clock,
            arguments.strict,
            arguments.seed,
            arguments.replay,
        )
    )
