"""What playbooks/awx.yml makes of AWX, in this process and without it: settings, assets, one convergence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.awx.assets import Assets, assets
from ansible_collections.farflow.airflow.plugins.module_utils.awx.settings import Settings
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs
from ansible_collections.farflow.airflow.plugins.plugin_utils.awx import Client
from ansible_collections.farflow.airflow.plugins.plugin_utils.awx_converge import converge

from .awx_double import AWX, FIELDS, TOKEN

MARK = "[farflow.airflow: Airflow on Fargate]"
ROOT = Path(__file__).parents[2]
PLAYBOOKS = [f"playbooks/{path.name}" for path in (ROOT / "playbooks" / "project" / "playbooks").iterdir()]


def load(path: str) -> Any:
    return yaml.safe_load(Path(path).read_text())


TEMPLATES = inputs.job_templates(load)
OPTIONS = load(str(ROOT / "playbooks" / "awx.meta.yml"))["argument_specs"]["awx"]["options"]


def settings(**given: Any) -> Settings:
    """Those of awx/settings.yml, with others, named without their prefix."""
    values = load(str(ROOT / "awx" / "settings.yml")) | {f"farflow_awx_{name}": value for name, value in given.items()}
    values, problems = inputs.gather(OPTIONS, values, lambda value: value)
    assert problems == []
    return Settings(**{name.removeprefix("farflow_awx_"): value for name, value in values.items()})


def wanted(**given: Any) -> Assets:
    """The assets for these settings."""
    return assets(settings(**given), TEMPLATES)


def run(awx: AWX, check_mode: bool = False, token: str = TOKEN, **given: Any) -> dict[str, Any]:
    """One run of the playbook's module. `said` of its result has what it said while it ran."""
    said: list[str] = []
    chosen = settings(**given)
    client = Client({"CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": token})
    return {**converge(client, chosen, assets(chosen, TEMPLATES), check_mode, said.append), "said": said}


def organization(awx: AWX) -> int:
    return awx.named("organizations", "Default")["id"]


def credential(awx: AWX, name: str, kind: str = "Amazon Web Services") -> int:
    kinds = awx.named("credential_types", kind)["id"]
    return awx.add("credentials", {"name": name, "organization": organization(awx), "credential_type": kinds})["id"]


def attached(awx: AWX, resource: str, name: str, relation: str, other: str) -> list[str]:
    found = awx.attached.get((awx.named(resource, name)["id"], relation), [])
    return [awx.objects[other][one]["name"] for one in found]


def names(awx: AWX, resource: str) -> list[str]:
    return sorted(one["name"] for one in awx.objects[resource].values())


def refused(awx: AWX, **given: Any) -> str:
    """What a run is refused with, which has written nothing."""
    awx.calls.clear()
    with pytest.raises(FarflowError) as error:
        run(awx, **given)
    assert awx.calls == []
    return str(error.value)


def copy(awx: AWX, resource: str, name: str, called: str) -> dict[str, Any]:
    """What AWX's Copy makes, which takes the description along."""
    one = awx.named(resource, name)
    return awx.add(resource, {**{field: one[field] for field in FIELDS[resource]}, "name": called})
