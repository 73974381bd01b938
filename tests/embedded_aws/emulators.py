"""The two emulators as ASGI applications, with their faults mended (`mends/`)."""

from __future__ import annotations

import asyncio
from typing import Any

from .settings import Settings

_moto: Any = None
_moto_lock = asyncio.Lock()


def load_ministack(settings: Settings) -> Any:
    """ministack's application. Its environment must be set before: it is read at import."""
    from ministack.app import app

    from . import mends

    mends.apply(settings)
    return app


async def moto(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """moto's application-autoscaling. Imported at the first call: the import takes a second, and few tests need it."""
    global _moto
    async with _moto_lock:
        if _moto is None:
            _moto = await asyncio.to_thread(_make_moto)
    await _moto(scope, receive, send)


def reset_moto() -> None:
    """Forget all that moto holds."""
    if _moto is not None:
        from moto.backends import get_backend

        get_backend("applicationautoscaling").reset()


def _make_moto() -> Any:
    from hypercorn.middleware import AsyncioWSGIMiddleware
    from moto.moto_server.werkzeug_app import create_backend_app

    from .mends import autoscaling

    autoscaling.apply()
    return AsyncioWSGIMiddleware(create_backend_app("applicationautoscaling"), max_body_size=2**20)
