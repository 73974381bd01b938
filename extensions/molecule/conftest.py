"""Clients of the scenario's AWS; verify.yml sets the environment that they read."""

from __future__ import annotations

import boto3
import pytest


@pytest.fixture
def client():
    """`client("ec2")`"""
    return boto3.client


@pytest.fixture
def of_environment():
    """Filters of EC2's describe calls: what the scenario's environment owns."""
    return [{"Name": "tag:farflow:environment", "Values": ["molecule"]}]
