from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import components, containers, pools
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service import documents as ecs_services

SIZES = {"count": 1, "cpu": 512, "memory": 1024}
INPUTS = {
    "farflow_environment": "test",
    "farflow_region": "eu-west-1",
    "farflow_tags": {},
    "network_availability_zones": ["eu-west-1a", "eu-west-1b"],
    "airflow_service_enable_execute_command": False,
    **{f"airflow_service_{name}": SIZES for name in ("api_server", "scheduler", "dag_processor", "triggerer")},
    "airflow_service_architecture": "X86_64",
    "worker_pools": {},
    "airflow_service_executors": ["celery"],
    **pools.OF_DEFAULT,
}
REBALANCED = {
    "api-server": "ENABLED",
    "dag-processor": "ENABLED",
    "scheduler": "ENABLED",
    "triggerer": "DISABLED",
    "worker": "DISABLED",
}


@pytest.mark.parametrize("component", [each for each in components.ALL if each.service], ids=lambda each: each.name)
def test_what_would_lose_the_work_that_it_does_is_not_stopped_to_even_out_zones(component):
    service = ecs_services.desired(containers.service(INPUTS, Existing(), component, "definition:1"))
    assert service.properties["availability_zone_rebalancing"] == REBALANCED[component.name]
