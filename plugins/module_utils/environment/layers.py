# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The layers of an environment, in the order in which they are made: one for each role, and the DAGs."""

from __future__ import annotations

from ..dags import bundle_documents as dag_bundles
from ..images import documents as ecr_images
from ..kinds.autoscaling import documents as application_autoscaling
from ..kinds.ec2 import guardduty as ec2_guardduty
from ..kinds.ec2.network_acl import documents as ec2_network_acls
from ..kinds.ec2.security_group import documents as ec2_security_groups
from ..kinds.ecs.task_definition import documents as ecs_task_definitions
from ..kinds.efs import documents as efs
from ..kinds.load_balancer import documents as network_load_balancer
from ..kinds.rds.instance import documents as rds_instances
from ..kinds.rds.snapshot import documents as rds_snapshots
from . import (
    airflow_service,
    cluster,
    dag_tasks,
    dags,
    database,
    database_readers,
    network,
    network_readers,
    readers,
    recognition,
    removed_pools,
    schema,
    workers,
)
from .plan import Layer

_PLANNERS = {ecs_task_definitions.TYPE: readers.plan_task_definitions}

#: The layer that no role makes.
DAGS = "dags"

_ALL = (
    Layer(
        "network",
        network.desired,
        network_readers.READERS,
        types=frozenset({ec2_security_groups.RULES, ec2_network_acls.TYPE, *ec2_guardduty.TYPES}),
        kept_until_teardown=ec2_guardduty.TYPES,
        recognise=recognition.recognise,
    ),
    Layer(
        "rds",
        database.desired,
        database_readers.READERS,
        needs=("network",),
        kept_until_teardown=frozenset({rds_snapshots.TYPE, rds_instances.TYPE}),
    ),
    Layer("ecs_cluster", cluster.desired, cluster.READERS),
    Layer(
        "dag_tasks",
        dag_tasks.desired,
        dag_tasks.READERS,
        needs=("network",),
        types=frozenset({efs.MOUNT_TARGET, ecr_images.TYPE}),
        kept_until_teardown=frozenset({efs.FILE_SYSTEM, ecr_images.TYPE}),
        planners=_PLANNERS,
        makes=dag_tasks.makes,
    ),
    Layer(
        "airflow_service",
        airflow_service.desired,
        airflow_service.READERS,
        needs=("network", "rds", "ecs_cluster"),
        types=frozenset({schema.SCHEMA, network_load_balancer.LISTENER, ecr_images.TYPE}),
        kept_until_teardown=frozenset({schema.SCHEMA, ecr_images.TYPE}),
        planners=_PLANNERS,
        replaces_id=ecs_task_definitions.registers,
    ),
    Layer(
        "worker_pool",
        workers.desired,
        workers.READERS,
        needs=("network", "rds", "ecs_cluster", "airflow_service"),
        types=application_autoscaling.TYPES,
        planners=_PLANNERS,
        replaces_id=ecs_task_definitions.registers,
        makes=workers.makes,
        in_use=removed_pools.in_use,
    ),
    Layer(
        DAGS,
        dags.desired,
        (readers.whose_account, dags.current_version),
        types=frozenset({dag_bundles.TYPE}),
        planners={dag_bundles.TYPE: dags.planner},
    ),
)

LAYERS = {layer.name: layer for layer in _ALL}
