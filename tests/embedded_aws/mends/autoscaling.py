"""Application Auto Scaling comes from moto, the services that it scales live in ministack."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import ecs


def apply() -> None:
    """Mend moto; it is loaded."""
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

    ApplicationAutoscalingBackend._ecs_service_exists_for_target = service_exists_in_ministack
    for name in ("deregister_scalable_target", "delete_scaling_policy", "delete_scheduled_action"):
        setattr(ApplicationAutoscalingBackend, name, know_what_is_gone(getattr(ApplicationAutoscalingBackend, name)))
    register = ApplicationAutoScalingResponse.register_scalable_target
    ApplicationAutoScalingResponse.register_scalable_target = keep_tags(register)
    ApplicationAutoScalingResponse.list_tags_for_resource = list_tags
    ApplicationAutoScalingResponse.tag_resource = add_tags
    ApplicationAutoScalingResponse.untag_resource = remove_tags


def service_exists_in_ministack(backend: Any, r_id: str) -> bool:
    """Fault: moto wants the service to exist in its own ECS, where nothing is."""
    from moto.applicationautoscaling.exceptions import AWSValidationException

    cluster, service = r_id.split("/")[1:]
    wanted = (backend.account_id, backend.region_name, f"{cluster}/{service}")
    if any(place == wanted and record["status"] == "ACTIVE" for place, record in ecs._services.all_items()):
        return True
    raise AWSValidationException(f"ECS service doesn't exist: {r_id}")


def know_what_is_gone(delete):
    """Fault: to delete what there is not is a ValidationException. On AWS it is an ObjectNotFoundException."""
    from moto.applicationautoscaling.exceptions import AWSValidationException
    from moto.core.exceptions import JsonRESTError

    def method(backend: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return delete(backend, *arguments, **named)
        except AWSValidationException as error:
            raise JsonRESTError("ObjectNotFoundException", str(error)) from error

    return method


def keep_tags(register):
    """Fault: moto knows no tags of scalable targets. They live and die with the target."""

    def handler(response: Any) -> str:
        answer = register(response)
        _target(response, json.loads(answer)["ScalableTargetARN"]).tags.update(response._get_param("Tags") or {})
        return answer

    return handler


def list_tags(response: Any) -> str:
    return json.dumps({"Tags": _target(response, response._get_param("ResourceARN")).tags})


def add_tags(response: Any) -> str:
    _target(response, response._get_param("ResourceARN")).tags.update(response._get_param("Tags"))
    return "{}"


def remove_tags(response: Any) -> str:
    tags = _target(response, response._get_param("ResourceARN")).tags
    for key in response._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _target(response: Any, arn: str) -> Any:
    from moto.core.exceptions import JsonRESTError

    for targets in response.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                if not hasattr(target, "tags"):
                    target.tags = {}
                return target
    raise JsonRESTError("ResourceNotFoundException", f"No scalable target found for resource ARN: {arn}")
