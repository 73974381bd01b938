"""Airflow's pages, as a person sees them in a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

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
    """Opens Airflow, is sent to the form, signs in and is sent back."""
    page.goto(airflow.url)
    page.locator("input[name=username]").fill(airflow.username)
    page.locator("input[name=password]").fill(airflow.password)
    page.locator("input[type=submit]").click()
    page.get_by_role("link", name="Dags", exact=True).first.wait_for()


def open_run(page: Page, dag_id: str, run_id: str) -> None:
    """Goes to a run the way a person does: by the list of DAGs and the page of its DAG."""
    page.get_by_role("link", name="Dags", exact=True).first.click()
    page.get_by_role("link", name=dag_id, exact=True).first.click()
    page.wait_for_url(f"**/dags/{dag_id}")
    page.locator(f"a[href='/dags/{dag_id}/runs/{run_id}']").first.click()
    page.get_by_role("heading", name=run_id).wait_for()


def open_task(page: Page, task_id: str) -> None:
    """Goes from a run to the log of one of its tasks."""
    page.get_by_role("row", name=task_id).get_by_role("link", name=task_id).click()
    page.wait_for_url(f"**/tasks/{task_id}")


def unfold_log(page: Page) -> None:
    """Opens the groups of the log that is shown.

    Airflow sorts lines by their time. What a container prints while the worker still says that the task is deferred is
    therefore in the worker's folded group "Post Execute". Fargate never starts a container so soon, this machine may.
    """
    folded = page.get_by_text(re.compile("^▶"))
    folded.first.wait_for()
    while folded.count():
        folded.first.click()


def open_fargate(page: Page) -> FrameLocator:
    """Goes to the page "Fargate" by the menu. What Airflow shows of it is in a frame."""
    page.get_by_role("button", name="Browse").first.click()
    page.get_by_role("menuitem", name="Fargate").first.click()
    page.wait_for_url("**/plugin/fargate")
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="Fargate").wait_for()
    return frame


def screenshot(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
