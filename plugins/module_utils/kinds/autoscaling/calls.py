# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Application Auto Scaling: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.clients import Clients, doing, pages, unless

_SERVICE = "application-autoscaling"
_GONE = {"ObjectNotFoundException"}


def targets(clients: Clients, namespace: str) -> list[dict[str, Any]]:
    """All scalable targets of a service namespace in the region."""
    with doing("describe", "scalable targets of", namespace):
        return pages(clients(_SERVICE), "describe_scalable_targets", "ScalableTargets", ServiceNamespace=namespace)


def policies(clients: Clients, namespace: str) -> list[dict[str, Any]]:
    """All scaling policies of a service namespace in the region."""
    with doing("describe", "scaling policies of", namespace):
        return pages(clients(_SERVICE), "describe_scaling_policies", "ScalingPolicies", ServiceNamespace=namespace)


def scheduled_actions(clients: Clients, namespace: str) -> list[dict[str, Any]]:
    """All scheduled actions of a service namespace in the region."""
    with doing("describe", "scheduled actions of", namespace):
        return pages(clients(_SERVICE), "describe_scheduled_actions", "ScheduledActions", ServiceNamespace=namespace)


def tags(clients: Clients, arn: str) -> dict[str, str]:
    """The tags of a scalable target."""
    with doing("read the tags of", "scalable target", arn):
        answer = unless(
            {"ResourceNotFoundException"}, lambda: clients(_SERVICE).list_tags_for_resource(ResourceARN=arn), {}
        )
    return dict(answer.get("Tags") or {})


def register(
    clients: Clients,
    key: Mapping[str, str],
    bounds: tuple[int, int],
    suspended_state: Mapping[str, bool],
    tags: Mapping[str, str] | None = None,
) -> None:
    """Makes a scalable target, or sets its bounds and state. ``key`` is ServiceNamespace, ResourceId and
    ScalableDimension. Tags are for a new one only.
    """
    tagged = {"Tags": dict(tags)} if tags else {}
    with doing("register", "scalable target", key["ResourceId"]):
        clients(_SERVICE).register_scalable_target(
            **key, MinCapacity=bounds[0], MaxCapacity=bounds[1], SuspendedState=dict(suspended_state), **tagged
        )


def set_tags(clients: Clients, arn: str, wanted: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients(_SERVICE)
    with doing("tag", "scalable target", arn):
        if superfluous:
            client.untag_resource(ResourceARN=arn, TagKeys=superfluous)
        if wanted:
            client.tag_resource(ResourceARN=arn, Tags=dict(wanted))


def put_target_tracking(clients: Clients, key: Mapping[str, str], name: str, configuration: Mapping[str, Any]) -> str:
    """Makes or replaces a target-tracking policy, with its alarms; its ARN."""
    with doing("put", f"scaling policy {name} of", key["ResourceId"]):
        answer = clients(_SERVICE).put_scaling_policy(
            **key,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=dict(configuration),
        )
    return str(answer["PolicyARN"])


def delete_policy(clients: Clients, key: Mapping[str, str], name: str) -> None:
    """Deletes a policy with its alarms; one that is gone is fine."""
    with doing("delete", f"scaling policy {name} of", key["ResourceId"]):
        unless(_GONE, lambda: clients(_SERVICE).delete_scaling_policy(**key, PolicyName=name))


def delete_scheduled_action(clients: Clients, key: Mapping[str, str], name: str) -> None:
    """Deletes a scheduled action; one that is gone is fine."""
    with doing("delete", f"scheduled action {name} of", key["ResourceId"]):
        unless(_GONE, lambda: clients(_SERVICE).delete_scheduled_action(**key, ScheduledActionName=name))


def deregister(clients: Clients, key: Mapping[str, str]) -> None:
    """Ends the scaling of a resource; its count stays. One that is gone is fine."""
    with doing("deregister", "scalable target", key["ResourceId"]):
        unless(_GONE, lambda: clients(_SERVICE).deregister_scalable_target(**key))
