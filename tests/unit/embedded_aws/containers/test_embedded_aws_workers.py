"""Services of workers with containers: a worker that protects itself outlives a deployment."""

from __future__ import annotations

import pytest
from in_containers import in_subnet, register, until

from tests.embedded_aws import engine

pytestmark = pytest.mark.skipif(not engine.answers(), reason="needs a Docker engine that runs")

#: Protects its task by the agent, prints what that answers, and gives the protection up when `/shared/idle` is there.
#: The image has Perl, but no HTTP client.
WORKER = r"""
use IO::Socket::INET; use POSIX; $| = 1;
my ($host, $path) = $ENV{ECS_AGENT_URI} =~ m{http://([^/]+)(.*)};
sub ask {
    my $s = IO::Socket::INET->new($host) or die $!;
    my $length = length($_[0]);
    print $s "PUT $path/task-protection/v1/state HTTP/1.0\r\nHost: $host\r\nContent-Length: $length\r\n\r\n$_[0]";
    print((split /\r\n\r\n/, join("", <$s>))[1], "\n");
}
$SIG{TERM} = sub { print "told to stop\n"; exit 7 };
ask(q({"ProtectionEnabled": true, "ExpiresInMinutes": 600}));
sleep 1 until -e "/shared/idle";
ask(q({"ProtectionEnabled": false}));
sleep 1 while 1;
"""


class Worker:
    """A service with one worker."""

    def __init__(self, aws, subnet, digest):
        self.aws = aws
        self.ecs = aws.client("ecs")
        self._image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tasks@{digest}"
        self._subnet = subnet
        self._file_system = aws.client("efs").create_file_system(CreationToken="workers")["FileSystemId"]

    def create(self, **service):
        self._register()
        network = in_subnet(self._subnet)
        self.ecs.create_service(
            cluster="c",
            serviceName="worker",
            taskDefinition="worker",
            desiredCount=1,
            networkConfiguration=network,
            **service,
        )

    def roll(self):
        self._register()
        self.ecs.update_service(cluster="c", service="worker", taskDefinition="worker")

    def _register(self):
        shared = {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": self._file_system}}
        mount = {"sourceVolume": "shared", "containerPath": "/shared"}
        register(
            *(self.aws, "worker", self._image, f"exec perl -e '{WORKER}'"),
            role="worker",
            volumes=[shared],
            mountPoints=[mount],
            stopTimeout=60,
        )

    def become_idle(self):
        [folder] = self.aws.settings.path("efs").iterdir()
        folder.joinpath("idle").touch()

    def tasks(self):
        return self.ecs.list_tasks(cluster="c", serviceName="worker")["taskArns"]

    def task(self, arn):
        return self.ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]

    def deployments(self):
        """Status, state and number of running tasks, the newest first."""
        [service] = self.ecs.describe_services(cluster="c", services=["worker"])["services"]
        return [(one["status"], one["rolloutState"], one["runningCount"]) for one in service["deployments"]]

    def log(self, arn):
        logs = self.aws.client("logs")
        stream = {"logGroupName": "/g", "logStreamName": f"prefix/worker/{arn.rsplit('/')[-1]}"}
        if not logs.describe_log_streams(logGroupName="/g", logStreamNamePrefix=stream["logStreamName"])["logStreams"]:
            return []
        return [event["message"] for event in logs.get_log_events(**stream, startFromHead=True)["events"]]


@pytest.fixture
def worker(aws, subnet, digest):
    worker = Worker(aws, subnet, digest)
    yield worker
    worker.ecs.delete_service(cluster="c", service="worker", force=True)


def test_a_worker_that_protects_itself_outlives_a_deployment(worker):
    worker.create(launchType="FARGATE")
    until(lambda: worker.tasks() and worker.log(worker.tasks()[0]))
    [old] = worker.tasks()
    assert '"ProtectionEnabled": true' in worker.log(old)[0]
    until(lambda: worker.deployments() == [("PRIMARY", "COMPLETED", 1)])
    worker.roll()
    until(lambda: worker.deployments() == [("PRIMARY", "IN_PROGRESS", 1), ("ACTIVE", "COMPLETED", 1)])
    [new] = [task for task in worker.tasks() if task != old]
    until(lambda: worker.log(new))
    assert '"Reason": "DEPLOYMENT_BLOCKED"' in worker.log(new)[0], "one is desired, and one is protected"
    worker.become_idle()
    until(lambda: worker.deployments() == [("PRIMARY", "COMPLETED", 1)])
    assert worker.tasks() == [new]
    until(lambda: worker.log(old)[-1] == "told to stop")
