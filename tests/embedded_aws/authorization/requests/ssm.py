"""Parameters of AWS Systems Manager. One that is made with tags needs ssm:AddTagsToResource (PutParameter in its API
reference).
"""

from __future__ import annotations

from .asked import Asked, Row, needs_tagging, rows


def _parameter(asked: Asked) -> str:
    return asked.arn(f"parameter/{str(asked['Name']).lstrip('/')}")


def _parameters(asked: Asked) -> list[str]:
    return [asked.arn(f"parameter/{str(name).lstrip('/')}") for name in asked["Names"]]


ROWS: dict[str, Row] = {
    "PutParameter": needs_tagging(lambda asked: asked.on(_parameter(asked)), "AddTagsToResource", _parameter),
    **rows("DeleteParameter GetParameter GetParameterHistory", lambda asked: asked.on(_parameter(asked))),
    **rows("GetParameters DeleteParameters", lambda asked: asked.on(*_parameters(asked))),
}
