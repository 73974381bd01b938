# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What RDS tells of an instance, its groups and snapshots, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import Compared, NotCompared, Nothing, Reads, Told

_BLUE_GREEN = NotCompared(
    "blue/green deployments, and read replicas",
    "they are other instances; who connects to one needs the password, and a security group that lets them",
)
_BACKUPS = NotCompared(
    "automated backups that are kept or copied elsewhere",
    "they are more than was asked for; how long the instance keeps them is compared",
)
_EXPORTS = NotCompared(
    "exports of a snapshot to S3", "whoever makes one has to be let into its KMS key as well as into the bucket"
)
_SHARED = NotCompared(
    "with which accounts snapshots are shared",
    "those with AWS's own key cannot be shared; with `rds_kms_key_id` its policy decides",
)
_MAINTENANCE = NotCompared(
    "maintenance that AWS has announced", "AWS does it in the maintenance window, which is compared"
)
_HISTORY = Nothing("what has happened to it")
_NO_TENANTS = Nothing("tenant databases, which Postgres has none of")

READS = [
    Reads(
        kind="rds_instance",
        title="Database",
        service="rds",
        ids=(
            "DBInstanceIdentifier",
            "DbiResourceId",
            "ResourceIdentifier",
            "ResourceName",
            "SourceIdentifier",
        ),
        filters=("db-instance-id", "dbi-resource-id", "source"),
        without=("DBSnapshotIdentifier",),
        operations={
            "DescribeBlueGreenDeployments": _BLUE_GREEN,
            "DescribeDBInstanceAutomatedBackups": _BACKUPS,
            "DescribeDBInstances": Compared(),
            "DescribeDBLogFiles": Nothing("its log"),
            "DescribeDBRecommendations": Nothing("what AWS recommends"),
            "DescribeEvents": _HISTORY,
            "DescribePendingMaintenanceActions": _MAINTENANCE,
            "DescribeTenantDatabases": _NO_TENANTS,
            "DescribeValidDBInstanceModifications": Nothing("what storage it could have"),
            "ListTagsForResource": Compared(),
        },
    ),
    Reads(
        kind="rds_snapshot",
        title="Snapshots of the database",
        service="rds",
        ids=("DBSnapshotIdentifier", "DescribeExportTasks.SourceArn", "ResourceName"),
        filters=("db-snapshot-id",),
        operations={
            "DescribeDBSnapshotAttributes": _SHARED,
            "DescribeDBSnapshotTenantDatabases": _NO_TENANTS,
            "DescribeDBSnapshots": Compared(
                "a deploy keeps them all and changes none: tests/integration/test_database.py restores from one"
            ),
            "DescribeExportTasks": _EXPORTS,
            "ListTagsForResource": Told("rds DescribeDBSnapshots"),
        },
    ),
    Reads(
        kind="rds_parameter_group",
        title="Parameter group of the database",
        service="rds",
        ids=("DBParameterGroupName", "ResourceName"),
        operations={
            "DescribeDBParameterGroups": Compared("what it tells never changes"),
            "DescribeDBParameters": Compared(),
            "ListTagsForResource": Compared(),
        },
    ),
    Reads(
        kind="rds_subnet_group",
        title="Subnet group of the database",
        service="rds",
        ids=("DBSubnetGroupName", "ResourceName"),
        operations={
            "DescribeDBSubnetGroups": Compared(),
            "ListTagsForResource": Compared(),
        },
    ),
]
