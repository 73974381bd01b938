"""Airflow's pages, as a person sees them in a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.embedded_aws.engine import install_packages

from .airflow_api import Airflow

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-sync",
    "--disable-background-networking",
    "--no-first-run",
]
_LIMIT = 60_000  # milliseconds: a cold api-server on a small machine takes its time


@contextmanager
def chromium(address: str) -> Iterator[Page]:
    """A page of the distribution's Chromium, installed if need be. Hosts below .localhost are found at `address`."""
    if not shutil.which("chromium"):
        install_packages(("chromium",))
    flags = [*_FLAGS, f"--host-resolver-rules=MAP *.localhost {address}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
            page.set_default_timeout(_LIMIT)
            expect.set_options(timeout=_LIMIT)
            yield page
        finally:
            browser.close()


def sign_in(page: Page, airflow: Airflow) -> None:
    """Opens Airflow, is sent to the form, and signs in."""
    page.goto(airflow.url)
    page.locator("input[name=username]").fill(airflow.username)
    page.locator("input[name=password]").fill(airflow.password)
    page.locator("input[type=submit], button[type=submit]").first.click()
    page.wait_for_url(re.compile(re.escape(airflow.url) + "/(?!auth)"))


def open_dag(page: Page, dag_id: str) -> None:
    """Goes to a DAG the way a person does: by the list of DAGs."""
    page.get_by_role("link", name=re.compile("dags", re.IGNORECASE)).first.click()
    page.get_by_role("link", name=dag_id, exact=True).first.click()
    page.wait_for_url(f"**/dags/{dag_id}**")


def screenshot(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
