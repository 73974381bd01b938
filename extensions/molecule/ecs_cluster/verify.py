"""A cluster that runs on Fargate."""

from __future__ import annotations


def test_fargate_is_what_it_runs_on(client):
    (cluster,) = client("ecs").describe_clusters(clusters=["molecule"])["clusters"]
    assert cluster["status"] == "ACTIVE"
    assert {"FARGATE", "FARGATE_SPOT"} <= set(cluster["capacityProviders"])
