"""The end of `make demo`: runs the sample DAG on what deploy.yml has made, and shows its tasks."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from airflow_api import Airflow

_PASSWORD = (
    'eval "$(make -s demo-env)"; aws secretsmanager get-secret-value --secret-id farflow/{}/admin-password'
    " --query SecretString --output text"
)


def connect(environment: str) -> Airflow:
    """Airflow on the embedded AWS that the environment variables point to, with the first user's password read where
    the deploy keeps it.
    """
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    password = boto3.client("secretsmanager").get_secret_value(SecretId=f"farflow/{environment}/admin-password")
    url = f"http://{environment}-airflow.alb.localhost:{endpoint.port}"
    return Airflow(url, "admin", password["SecretString"], via=endpoint.netloc)


def table(instances: list[dict[str, Any]]) -> str:
    """A line a task: its state and how long it took."""
    rows = [("task", "operator", "state", "seconds")]
    for instance in instances:
        rows.append((instance["task_id"], instance["operator_name"] or "", instance["state"] or "", _seconds(instance)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)


def _seconds(instance: dict[str, Any]) -> str:
    if not instance["start_date"] or not instance["end_date"]:
        return ""
    spent = datetime.fromisoformat(instance["end_date"]) - datetime.fromisoformat(instance["start_date"])
    return f"{spent.total_seconds():.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", default="local")
    parser.add_argument("--dag", default="example")
    given = parser.parse_args()
    airflow = connect(given.environment)
    run = airflow.dag_run(given.dag)
    print(f"\nDAG {given.dag}, run {run['dag_run_id']}: {run['state']}\n")
    print(table(airflow.task_instances(given.dag, run["dag_run_id"])))
    print(f"\nAirflow:  {airflow.url}\nuser:     {airflow.username}\npassword: {_PASSWORD.format(given.environment)}")
    return 0 if run["state"] == "success" else 1


if __name__ == "__main__":
    sys.exit(main())
