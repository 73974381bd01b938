"""What AWS takes from a task that waits to a worker that has it, in seconds, and from where each figure is."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Delays:
    """Seconds. A worker is paid from the pull of its image on, and a minute at least."""

    metric: float = 5
    invocation: float = 60
    provision: float = 25
    pull: float = 30
    start: float = 30
    stop: float = 10
    protection: float = 10

    @property
    def paid_start(self) -> float:
        """How long a worker is paid before it takes its first task."""
        return self.pull + self.start

    @property
    def whole_start(self) -> float:
        """From a new desired count to a worker that takes tasks."""
        return self.provision + self.pull + self.start

    def doubled(self, *names: str) -> Delays:
        """The same, with the named ones doubled."""
        return replace(self, **{name: 2 * getattr(self, name) for name in names})


MINIMUM_PAID = 60
_AWS = "https://docs.aws.amazon.com"

#: By the name of the delay: what it is, and from where its figure is.
SOURCES = {
    "metric": (
        "from PutMetricData until an alarm has the value",
        "[a few seconds](https://repost.aws/questions/QUGIWUPlEYQWaCBm9x2WfnWA)",
    ),
    "invocation": (
        "between two invocations of a scaling policy while its alarm stays in ALARM, whatever the alarm's period",
        f"[CloudWatch]({_AWS}/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html), "
        "[once each minute](https://repost.aws/knowledge-center/autoscaling-policy-cloudwatch-alarm)",
    ),
    "provision": (
        "from the desired count to the pull: capacity, network interface",
        "[30 to 45 seconds or more with the pull](https://repost.aws/questions/QUjZAzJd27SZWxXM7MgyxOZw)",
    ),
    "pull": (
        "the pull of the image, which Fargate caches nowhere",
        "[53 to 62 seconds with the provisioning, for 413 MB]"
        "(https://elasticscale.com/blog/reduce-aws-fargate-pull-times-with-soci), "
        f"[no cache]({_AWS}/AmazonECS/latest/developerguide/fargate-pull-behavior.html)",
    ),
    "start": ("from the container's start until the worker takes tasks", "assumed, for one vCPU"),
    "stop": ("from SIGTERM until a worker without tasks has ended", "assumed"),
    "protection": (
        "from the last task of a worker until its protection is dropped; "
        "where a worker is protected after its first task has begun: as long after it",
        "the interval at which a worker looks",
    ),
}
