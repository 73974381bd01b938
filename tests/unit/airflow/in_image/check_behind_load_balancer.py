"""The scheme is what the base URL says, for cookies and redirects; the task execution API is elsewhere."""

from __future__ import annotations

import importlib.util
import os
import unittest
from unittest import mock

from a2wsgi import WSGIMiddleware
from airflow import plugins_manager
from airflow.api_fastapi import app as airflow_app
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from flask import Flask, redirect, session, url_for
from starlette.middleware.base import BaseHTTPMiddleware

PLUGIN = os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER", "/opt/airflow/plugins") + "/behind_load_balancer.py"
HOST = "airflow.example.org"


class AroundIt(BaseHTTPMiddleware):
    """As Airflow's own middleware sets its token: outside of a plugin's."""

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.set_cookie("around", "x", secure=request.base_url.scheme == "https")
        return response


def flask_app():
    """As Airflow's sign-in: a WSGI application, with a session and a redirect to a whole URL."""
    app = Flask(__name__)
    app.secret_key = "x"

    @app.get("/login/")
    def login():
        session["user"] = "x"
        return url_for("login", _external=True)

    @app.get("/away")
    def away():
        return redirect(url_for("login", _external=True))

    return app


def client(base_url, path=""):
    """Of an application with our plugin's middlewares, between others as Airflow places them."""
    with mock.patch.dict(os.environ, {"AIRFLOW__API__BASE_URL": base_url}):
        spec = importlib.util.spec_from_file_location("plugin", PLUGIN)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    app = FastAPI(root_path=path)
    middlewares = module.BehindLoadBalancer.fastapi_root_middlewares
    with mock.patch("airflow.plugins_manager.get_fastapi_plugins", return_value=([], middlewares)):
        airflow_app.init_plugins(app)
    app.mount("/auth", WSGIMiddleware(flask_app()))

    @app.get("/cookies")
    def set_cookies(request: Request, response: Response):
        response.set_cookie("plain", "x")
        response.set_cookie("marked", "x", secure=True)
        return str(request.base_url)

    @app.get("/{rest:path}")
    def page(rest: str):
        return rest

    app.add_middleware(AroundIt)
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


def cookies(response):
    """Name -> the attributes, in lower case."""
    made = [header.split(";") for header in response.headers.get_list("set-cookie")]
    return {first.partition("=")[0]: [each.strip().lower() for each in rest] for first, *rest in made}


class Scheme(unittest.TestCase):
    def test_https_makes_every_cookie_secure_and_once(self):
        with client(f"https://{HOST}") as browser:
            for path, expected in (
                ("/cookies", {"plain", "marked", "around"}),
                ("/auth/login/", {"session", "around"}),
            ):
                found = cookies(browser.get(path))
                self.assertEqual(set(found), expected)
                self.assertEqual({name: each.count("secure") for name, each in found.items()}, dict.fromkeys(found, 1))

    def test_https_is_where_redirects_lead_and_what_an_application_reads(self):
        with client(f"https://{HOST}") as browser:
            for path in ("/auth/login", "/auth/away"):
                self.assertEqual(browser.get(path).headers["location"], f"https://{HOST}/auth/login/")
            self.assertEqual(browser.get("/cookies").json(), f"https://{HOST}/")

    def test_http_is_left_as_it_is(self):
        with client(f"http://{HOST}") as browser:
            found = cookies(browser.get("/cookies"))
            self.assertEqual([name for name, each in found.items() if "secure" in each], ["marked"])
            self.assertEqual(browser.get("/auth/login").headers["location"], f"http://{HOST}/auth/login/")

    def test_a_header_of_the_client_says_nothing(self):
        with client(f"https://{HOST}") as browser:
            answer = browser.get("/auth/login", headers={"X-Forwarded-Proto": "http", "Forwarded": "proto=http"})
            self.assertEqual(answer.headers["location"], f"https://{HOST}/auth/login/")


class ExecutionApi(unittest.TestCase):
    def test_it_is_not_found_and_all_else_is(self):
        for base, path in ((f"https://{HOST}", ""), (f"http://{HOST}/airflow/", "/airflow")):
            with client(base, path) as browser:
                for place in ("/execution", "/execution/", "/execution/health", f"{path}/execution/health"):
                    for method in ("GET", "PUT", "PATCH", "POST"):
                        self.assertEqual(browser.request(method, place).status_code, 404, place)
                for place in ("/", "/executions", "/dags/execution/", "/plugin/execution/x", f"{path}/dags"):
                    self.assertEqual(browser.get(place).status_code, 200, place)


class Plugin(unittest.TestCase):
    def test_airflow_finds_it(self):
        self.assertEqual(plugins_manager.get_import_errors(), {})
        self.assertIn("behind_load_balancer", [each["name"] for each in plugins_manager.get_plugin_info()])


if __name__ == "__main__":
    unittest.main()
