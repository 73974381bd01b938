"""CloudWatch Logs. "Overview of managing access permissions to your CloudWatch Logs resources" in its guide: a policy
names a group by its ARN with `:*` at the end, but without it for tags.
"""

from __future__ import annotations

from ..evaluation import Request
from .asked import Asked, Row, by, everything, needs_tagging, rows


def _group(asked: Asked) -> str:
    return asked.arn(f"log-group:{asked['logGroupName']}")


def _in_group(asked: Asked) -> list[Request]:
    return asked.on(f"{_group(asked)}:log-stream:")


def _stream(asked: Asked) -> list[Request]:
    return asked.on(f"{_group(asked)}:log-stream:{asked['logStreamName']}")


def _key(asked: Asked) -> list[Request]:
    return _in_group(asked)


ROWS: dict[str, Row] = {
    "CreateLogGroup": needs_tagging(_in_group, "TagResource", _group),
    **rows("DeleteLogGroup DescribeLogStreams PutRetentionPolicy DeleteRetentionPolicy FilterLogEvents", _in_group),
    **rows("AssociateKmsKey DisassociateKmsKey", _key),
    **rows("CreateLogStream PutLogEvents GetLogEvents DeleteLogStream", _stream),
    "DescribeLogGroups": everything,
    **rows("TagResource UntagResource ListTagsForResource", by("resourceArn")),
}
