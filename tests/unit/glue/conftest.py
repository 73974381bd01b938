"""What glue is given to call AWS with."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.aws.calls import Clients


@pytest.fixture
def clients(aws):
    return Clients(lambda service, config: boto3.client(service, config=config))
