"""Connects to each database URL given, as Airflow does it with both of its engines.

Prints, by URL, what each says: the version of TLS in use, or the class of the error.
"""

from __future__ import annotations

import asyncio
import json
import sys

from airflow import settings
from sqlalchemy import create_engine, text

IN_USE = text("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


def synchronous(url):
    with create_engine(url).connect() as connection:
        return connection.scalar(IN_USE)


async def asynchronous(url):
    engine = settings.create_async_metadata_engine(url.replace("psycopg2", "asyncpg"), connect_args={})
    async with engine.connect() as connection:
        return await connection.scalar(IN_USE)


def said(connect, url):
    try:
        return connect(url)
    except Exception as error:  # whatever a driver raises is what we want to know
        return type(getattr(error, "orig", None) or error).__name__


print(
    json.dumps(
        {
            url: {
                "psycopg2": said(synchronous, url),
                "asyncpg": said(lambda url: asyncio.run(asynchronous(url)), url),
            }
            for url in sys.argv[1:]
        }
    )
)
