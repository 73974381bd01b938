"""The process behind one endpoint: the emulator, mended, what it lacks, and the front before them."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import os
import shutil
import signal
import socket
import threading

from . import behaviours, clock, replay
from .calls import CallLog
from .progress import say
from .settings import ACCOUNT_ID, REGION, Settings

_LOOPBACK = "127.0.0.1"
_NO_DOCKER = "unix:///nonexistent/docker.sock"


def serve(settings: Settings) -> None:
    """Serve until SIGTERM. Binds first, so that port 0 becomes a port nobody else has, then tells it."""
    sockets = _bind({settings.host, _LOOPBACK}, settings.port)
    settings = dataclasses.replace(settings, port=sockets[0].getsockname()[1])
    os.environ.update(_emulator_environment(settings))
    clock.set_factor(settings.clock)
    replayed = replay.read(settings.replay) if settings.replay else {}
    behaviours.set_base(strict=settings.strict, seed=settings.seed, replayed=replayed)
    say(f"{settings.name}: {settings.manner}")
    asyncio.run(_serve(settings, sockets))


def _bind(hosts: set[str], port: int) -> list[socket.socket]:
    """One listening socket a host, all on one port.

    Raises: OSError when the asked port is taken.
    """
    for attempt in range(20):
        sockets = [_listen(sorted(hosts)[0], port)]
        try:
            sockets += [_listen(host, sockets[0].getsockname()[1]) for host in sorted(hosts)[1:]]
        except OSError:
            sockets[0].close()
            if port or attempt == 19:
                raise
        else:
            return sockets
    raise AssertionError("unreachable")


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.create_server((host, port), backlog=256)
    listener.setblocking(False)
    return listener


def _emulator_environment(settings: Settings) -> dict[str, str]:
    """What the emulators read, partly at import."""
    environment = {
        "GATEWAY_PORT": str(settings.port),
        "MINISTACK_HOST": settings.host,
        "MINISTACK_HOSTNAME": settings.owner,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_REGION": REGION,
        "MINISTACK_CODEBUILD_EXECUTE": "0" if settings.fast else "1",
        "MINISTACK_DOCKER_TIMEOUT": "120",
        "RDS_TMPFS_SIZE": "1g",
        "MINISTACK_RDS_PUBLIC_ENDPOINT": "1",
        # Two that look for a free port at the same moment would find the same one.
        "RDS_BASE_PORT": str(15432 + settings.port % 400 * 40),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "STATE_DIR": str(settings.path("state")),
        "S3_DATA_DIR": str(settings.path("s3")),
        "TMPDIR": str(settings.path("tmp")),
    }
    if settings.fast:
        environment["DOCKER_HOST"] = _NO_DOCKER
    return environment


async def _serve(settings: Settings, sockets: list[socket.socket]) -> None:
    # The emulators read their environment when they are imported.
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    from .emulators import load_ministack

    ministack = load_ministack(settings)
    from .application_autoscaling.app import app as application_autoscaling
    from .authorization import enforcement, principals, registry
    from .authorization.agent import as_the_task
    from .front import Front
    from .limits import throttle
    from .mends import cloudwatch_metrics, cloudwatch_watch, ecs_spot, elbv2_listeners
    from .mends.ecs_protection import answer_agent
    from .network import ways
    from .quotas import app as service_quotas
    from .validation import whole_resources
    from .validation.hook import hold_against_constraints, hold_against_schemas

    front = Front(
        ministack=ministack,
        apps={"application-autoscaling": application_autoscaling, "servicequotas": service_quotas},
        controls={
            "identities": principals.make,
            "interruptions": ecs_spot.interrupt,
            "listeners": elbv2_listeners.told,
            "organization": principals.set_organization,
            "metrics": cloudwatch_metrics.put_of_aws,
            "published": lambda _asked: list(cloudwatch_watch.published),
        },
        log=CallLog(settings.path("calls.jsonl")),
        container_cidr=settings.container_cidr,
        agent=as_the_task(answer_agent),
        on_reset=functools.partial(_forget, settings),
        hooks=[
            enforcement.authenticate,
            throttle,
            hold_against_constraints,
            enforcement.authorize,
            hold_against_schemas,
        ],
        registry=registry.answer,
        principal_of=principals.arn_of,
        cut_off=ways.cut_off,
    )
    config = Config()
    config.bind = [f"fd://{listener.fileno()}" for listener in sockets]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"

    if behaviours.WHOLE_RESOURCES.is_on:
        threading.Thread(target=whole_resources.load, daemon=True).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings.save()
    await hypercorn_serve(front, config, shutdown_trigger=stop.wait)


def _forget(settings: Settings) -> None:
    """What ministack's own reset does not reach."""
    from .application_autoscaling import registry
    from .authorization import principals
    from .authorization import registry as passwords
    from .mends import certificates, cloudwatch_watch, elbv2_listeners, server_certificates
    from .network import ways

    registry.forget()
    elbv2_listeners.forget()
    certificates.forget()
    server_certificates.forget()
    principals.forget()
    passwords.forget()
    cloudwatch_watch.forget()
    ways.forget()
    clock.forget()
    behaviours.forget()
    shutil.rmtree(settings.path("efs"), ignore_errors=True)
