# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWX posts to the notification hook, as templates that AWX itself renders.

AWX shows a template the job's artifacts, which playbooks/plan.yml fills; of an approval its name and URL alone.
"""

from __future__ import annotations

import json
from typing import Any

#: How a body begins and ends around a text in JSON.
_AROUND = {
    "text": ('{"text": ', "}"),
    "teams": (
        '{"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": '
        '{"type": "AdaptiveCard", "version": "1.2", "body": [{"type": "TextBlock", "wrap": true, "text": ',
        "}]}}]}",
    ),
}

_JOB = (
    "{% set said = job.name ~ ': ' ~ job.status ~ ', ' ~ url %}"
    "{% if job.artifacts.farflow_pending is defined %}"
    "{% set counts = job.artifacts.farflow_counts | default({}) %}"
    "{% set said = said ~ '\\n' ~ job.artifacts.farflow_pending ~ ' differences: create ' ~ counts.create"
    " ~ ', change ' ~ counts.change ~ ', delete ' ~ counts.delete %}"
    "{% set said = said ~ '\\n' ~ (job.artifacts.farflow_reasons | default([]) | join('\\n')) %}"
    "{% endif %}"
)


def messages(form: str) -> dict[str, Any] | None:
    """The ``messages`` of a notification template, for the bodies ``text`` and ``teams``; None for AWX's own."""
    if form not in _AROUND:
        return None
    ended = {"message": None, "body": _JOB + _body(form, "said")}
    return {
        "success": ended,
        "error": ended,
        "workflow_approval": {
            "running": _approval(form, "waits for an approval; the job before it says what a deploy would do"),
            "approved": _approval(form, "was approved"),
            "timed_out": _approval(form, "was not approved in time"),
            "denied": _approval(form, "was denied"),
        },
    }


def _approval(form: str, said: str) -> dict[str, Any]:
    text = f"approval_node_name ~ {json.dumps(f' {said}: ')} ~ workflow_url"
    return {"message": None, "body": _body(form, text)}


def _body(form: str, expression: str) -> str:
    before, after = _AROUND[form]
    return f"{before}{{{{ ({expression}) | tojson }}}}{after}"
