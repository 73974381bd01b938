"""Services of workers with containers: a worker that protects itself outlives a deployment, and one on Spot is told
to stop.
"""

from __future__ import annotations

import uuid

import pytest
from in_containers import in_subnet, mount_target, register, until

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
$SIG{TERM} = sub { print "told to stop\n"; exit 7 unless $ENV{STUBBORN} };
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
        efs = aws.client("efs")
        self._file_system = efs.create_file_system(CreationToken=str(uuid.uuid4()))["FileSystemId"]
        mount_target(aws, self._file_system, subnet)

    def create(self, environment=(), **service):
        self._register(environment)
        network = in_subnet(self._subnet)
        asked = {"cluster": "c", "serviceName": "worker", "taskDefinition": "worker", "desiredCount": 1}
        self.ecs.create_service(**{**asked, "networkConfiguration": network, **service})

    def roll(self):
        self._register()
        self.ecs.update_service(cluster="c", service="worker", taskDefinition="worker")

    def _register(self, environment=()):
        shared = {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": self._file_system}}
        mount = {"sourceVolume": "shared", "containerPath": "/shared"}
        register(
            *(self.aws, "worker", self._image, f"exec perl -e '{WORKER}'"),
            role="worker",
            volumes=[shared],
            mountPoints=[mount],
            stopTimeout=120,
            environment=list(environment),
        )

    def become_idle(self):
        self.aws.settings.path("efs", self._file_system, "idle").touch()

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


SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]


@pytest.fixture
def on_spot(worker):
    providers = ["FARGATE", "FARGATE_SPOT"]
    worker.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=providers, defaultCapacityProviderStrategy=[]
    )
    return worker


@pytest.mark.parametrize(("environment", "code"), [([], 7), ([{"name": "STUBBORN", "value": "1"}], 137)])
def test_an_interrupted_worker_is_told_to_stop_and_killed_after_two_minutes(aws, on_spot, environment, code):
    worker = on_spot
    worker.create(environment, capacityProviderStrategy=SPOT)
    until(lambda: worker.tasks() and worker.log(worker.tasks()[0]))
    [old] = worker.tasks()
    with aws.clock(60):
        aws.interrupt_spot(old)
        assert worker.task(old)["lastStatus"] == "RUNNING"
        until(lambda: worker.tasks() and worker.tasks() != [old])
        until(lambda: worker.task(old)["lastStatus"] == "STOPPED")
    stopped = worker.task(old)
    assert (stopped["stopCode"], stopped["containers"][0]["exitCode"]) == ("SpotInterruption", code)
    assert worker.log(old)[-1] == "told to stop"


def test_a_task_for_which_there_is_no_capacity_runs_nothing(aws, on_spot, subnet):
    worker = on_spot
    worker.create(desiredCount=0, launchType="FARGATE")
    with aws.behaviours(no_capacity_later=["FARGATE_SPOT"]):
        [task] = worker.ecs.run_task(
            cluster="c", taskDefinition="worker", capacityProviderStrategy=SPOT, networkConfiguration=in_subnet(subnet)
        )["tasks"]
        until(lambda: worker.task(task["taskArn"])["lastStatus"] == "STOPPED")
    stopped = worker.task(task["taskArn"])
    assert (stopped["stopCode"], stopped.get("startedAt")) == ("TaskFailedToStart", None)
    assert worker.log(task["taskArn"]) == []
