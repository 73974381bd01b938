# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secrets of an environment: what is generated, and what is composed from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.compare import UNKNOWN
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds.secret import documents as secrets
from . import names
from .desire import made_by

Inputs = Mapping[str, Any]
Document = dict[str, Any]

DATABASE_PASSWORD = "database-password"
FERNET_KEY = "fernet-key"
JWT_SIGNING_KEY = "jwt-signing-key"
API_SECRET_KEY = "api-secret-key"
ADMIN_PASSWORD = "admin-password"
DATABASE_URL = "database-url"
RESULT_BACKEND_URL = "result-backend-url"
NAMES = (
    DATABASE_PASSWORD,
    FERNET_KEY,
    JWT_SIGNING_KEY,
    API_SECRET_KEY,
    ADMIN_PASSWORD,
    DATABASE_URL,
    RESULT_BACKEND_URL,
)

#: Where the image keeps the certificates of RDS's authorities.
_ROOT_CERTIFICATES = "/opt/airflow/certificates/rds-global-bundle.pem"


def database_password(inputs: Inputs) -> Resource:
    """The password of the database's master user. It belongs to role rds."""
    description = "Password of the master user of Airflow's database"
    return _generated(inputs, "rds", DATABASE_PASSWORD, description, {"kind": "password"})


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """The secrets of Airflow."""
    password = {"kind": "password", "length": 24}
    return [
        _generated(inputs, "airflow_service", FERNET_KEY, "Encrypts connections and variables", {"kind": "fernet_key"}),
        _generated(inputs, "airflow_service", JWT_SIGNING_KEY, "Signs the tokens of API and tasks", {"kind": "token"}),
        _generated(inputs, "airflow_service", API_SECRET_KEY, "Signs sessions and log requests", {"kind": "token"}),
        _generated(inputs, "airflow_service", ADMIN_PASSWORD, "Password of Airflow's first user", password),
        _database_url(inputs, known, DATABASE_URL, "Airflow's metadata database", "postgresql+psycopg2"),
        _database_url(inputs, known, RESULT_BACKEND_URL, "Celery's result backend", "db+postgresql+psycopg2"),
    ]


def _generated(inputs: Inputs, role: str, name: str, description: str, generate: Document) -> Resource:
    secret = {
        "name": names.secret(inputs, name),
        "description": description,
        "generate": generate,
        "tags": tags(inputs, role),
    }
    return made_by(secrets.desired, secret)


def _database_url(inputs: Inputs, known: Existing, name: str, description: str, driver: str) -> Resource:
    mode = inputs["airflow_service_database_ssl_mode"]
    certificates = "" if mode == "require" else f"&sslrootcert={_ROOT_CERTIFICATES}"
    user, database = inputs["rds_master_username"], inputs["rds_database_name"]
    secret: Document = {
        "name": names.secret(inputs, name),
        "description": description,
        "tags": tags(inputs, "airflow_service"),
    }
    host = known.attribute("rds_instance", names.database(inputs), "address")
    if host == UNKNOWN and not known.get(secrets.TYPE, secret["name"]):
        # Roles and task definitions need its ARN alone, and need not wait for the database.
        return made_by(secrets.desired, secret)
    secret["compose"] = {
        "template": f"{driver}://{user}:{{password}}@{{host}}:{{port}}/{database}?sslmode={mode}{certificates}",
        "values": {"host": host, "port": known.attribute("rds_instance", names.database(inputs), "port")},
        "secrets": {"password": {"secret": names.secret(inputs, DATABASE_PASSWORD)}},
    }
    password = known.id(secrets.TYPE, names.secret(inputs, DATABASE_PASSWORD))
    return made_by(secrets.desired, secret, password)
