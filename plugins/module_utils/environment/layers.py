# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The layers of an environment, in the order in which they are made: one for each role, and the DAGs."""

from __future__ import annotations

from dataclasses import replace

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
from . import airflow_service, dag_tasks, dags, image_readers, named_things, network, own_names, readers, schema
from . import cluster as ecs_cluster
from . import database as rds
from . import network_readers as ec2
from . import recognition as ec2_recognition
from . import workers as worker_pool
from .plan import Layer

# With the task definitions come the tags of everything else, and the account, which what inputs name is looked up in;
# repositories tell where images are.
_DEFINITIONS = (readers.whose_account, readers.roles, readers.task_definitions, image_readers.prebuilt)
_REPOSITORIES = (readers.repositories, readers.groups_of_logs, named_things.find)
_IMAGES = (readers.images, image_readers.builder)
# The database is told as one who wants it sees it, with security groups known; the secrets' values hold its address.
_SECRETS = (readers.all_secrets,)
_PLANNERS = {ecs_task_definitions.TYPE: readers.plan_task_definitions}

#: The layer that no role makes.
DAGS = "dags"

_ALL = (
    Layer(
        "network",
        network.desired,
        (tuple(ec2.FINDERS), (readers.private_names, *ec2.FINDERS_IN_VPC)),
        types=frozenset({ec2_security_groups.RULES, ec2_network_acls.TYPE, *ec2_guardduty.TYPES}),
        kept_until_teardown=ec2_guardduty.TYPES,
        recognise=ec2_recognition.recognise,
    ),
    Layer(
        "rds",
        rds.desired,
        (
            (readers.snapshots,),
            (readers.subnet_groups, readers.parameter_groups, readers.database),
            (*_SECRETS, readers.engine_versions, readers.engine_parameters),
            (readers.instance_class,),
        ),
        needs=("network",),
        kept_until_teardown=frozenset({rds_snapshots.TYPE, rds_instances.TYPE}),
    ),
    Layer("ecs_cluster", ecs_cluster.desired, ((readers.clusters,),)),
    Layer(
        "dag_tasks",
        dag_tasks.desired,
        ((*_DEFINITIONS, readers.file_systems), _REPOSITORIES, (*_IMAGES, *_SECRETS)),
        needs=("network",),
        types=frozenset({efs.MOUNT_TARGET, ecr_images.TYPE}),
        kept_until_teardown=frozenset({efs.FILE_SYSTEM, ecr_images.TYPE}),
        planners=_PLANNERS,
        makes=dag_tasks.makes,
    ),
    Layer(
        "airflow_service",
        airflow_service.desired,
        (
            _DEFINITIONS,
            (*_REPOSITORIES, readers.load_balancers, readers.services, readers.queues, readers.buckets),
            _IMAGES,
        ),
        needs=("network", "rds", "ecs_cluster"),
        types=frozenset({schema.SCHEMA, network_load_balancer.LISTENER, ecr_images.TYPE}),
        kept_until_teardown=frozenset({schema.SCHEMA, ecr_images.TYPE}),
        planners=_PLANNERS,
        replaces_id=ecs_task_definitions.registers,
    ),
    Layer(
        "worker_pool",
        worker_pool.desired,
        ((readers.scaling,),),
        needs=("network", "rds", "ecs_cluster", "airflow_service"),
        types=application_autoscaling.TYPES,
        planners=_PLANNERS,
        replaces_id=ecs_task_definitions.registers,
    ),
    Layer(
        DAGS,
        dags.desired,
        ((readers.whose_account,), (readers.dag_bundles,)),
        types=frozenset({dag_bundles.TYPE}),
        planners={dag_bundles.TYPE: readers.plan_dag_bundles},
    ),
)

LAYERS = {layer.name: replace(layer, may_name=own_names.is_own) for layer in _ALL}
