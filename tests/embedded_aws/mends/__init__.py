"""The known faults of the pinned emulators, each mended by one named function."""

from __future__ import annotations

from ..settings import Settings
from . import (
    certificates,
    cloudwatch_alarms,
    cloudwatch_metrics,
    cloudwatch_watch,
    codebuild,
    ec2,
    ec2_filters,
    ecr,
    ecs_capacity,
    ecs_documents,
    ecs_guardduty,
    ecs_protection,
    ecs_quotas,
    ecs_refusals,
    ecs_roles,
    ecs_scheduler,
    ecs_sight,
    ecs_zones,
    efs,
    elbv2,
    elbv2_listeners,
    elbv2_network,
    iam,
    lists,
    logs,
    network,
    network_acls,
    rds,
    rds_classes,
    rds_parameters,
    rds_states,
    rds_versions,
    references,
    route_tables,
    s3,
    secrets,
    server_certificates,
    sqs,
    states,
    strangers,
    tagging,
    young_roles,
)


def apply(settings: Settings) -> None:
    """Mend ministack in this process; its environment is set."""
    ecs_scheduler.apply()
    ecs_zones.apply()
    ecs_documents.apply()
    ecs_protection.apply()
    states.apply()
    ec2.apply()
    network_acls.apply()
    route_tables.apply()
    ec2_filters.apply()
    ecr.apply()
    codebuild.apply()
    s3.apply()
    efs.apply()
    secrets.apply()
    sqs.apply()
    strangers.apply()
    elbv2_network.apply()
    elbv2.apply()
    elbv2_listeners.apply(settings)
    certificates.apply()
    server_certificates.apply()
    iam.apply()
    tagging.apply()
    lists.apply()
    references.apply()
    rds.apply(settings)
    rds_parameters.apply()
    rds_classes.apply()
    rds_versions.apply()
    rds_states.apply()
    if settings.fast:
        from . import fast

        young_roles.apply_without_containers()
        fast.apply(settings)
    else:
        from . import ecs_containers, ecs_lifecycle, ecs_targets

        ecs_containers.apply(settings)
        ecs_lifecycle.apply(settings)
        ecs_targets.apply()
        codebuild.apply_with_containers(settings)
        elbv2.apply_with_containers()
        network.apply_with_containers(settings)
    ecs_quotas.apply()
    ecs_capacity.apply()
    ecs_roles.apply()
    young_roles.apply()
    ecs_refusals.apply()
    ecs_guardduty.apply()
    ecs_sight.apply()
    logs.apply()
    cloudwatch_metrics.apply()
    cloudwatch_alarms.apply()
    cloudwatch_watch.apply()
