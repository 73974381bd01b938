"""What a stack meets on a strict embedded AWS."""

from __future__ import annotations

#: So many times faster than on AWS passes the time for which a deploy waits.
CLOCK = 60

#: The behaviours that cannot but strike in a deploy, a change and a teardown.
ALWAYS = {
    *("late_tags", "late_iam", "late_queues", "late_secrets", "late_tasks", "late_authorization_details"),
    *("bucket_busy", "bucket_not_empty", "nat_gateway_seconds", "load_balancer_seconds", "load_balancer_traces"),
    *("database_creating", "database_backing_up", "database_deleting", "unknown_members", "rates"),
}
