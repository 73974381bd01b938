"""What each playbook that calls AWS, called a door, asks of AWS in the life of an environment."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.authorization.evaluation import Request
from tests.embedded_aws.settings import REGION
from tests.stack import deployers
from tests.stack.playbooks import Playbooks
from tests.stack.project import Project

#: Of another region, so that nobody is asked for it and nothing is built: builds need an engine, or containers.
_IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/vendor@sha256:{'1' * 64}"
_IMAGES = {"airflow_service_image": _IMAGE, "dag_tasks_images": {"hello": _IMAGE}}


class Recorder:
    """Runs playbooks with the keys of a deployer, and keeps what IAM was asked for each door."""

    def __init__(self, playbooks: Playbooks, keys: Mapping[str, str]) -> None:
        self._playbooks, self._keys = playbooks, keys
        self.asked: dict[str, list[Request]] = {}

    @property
    def aws(self) -> EmbeddedAWS:
        return self._playbooks.aws

    def run(self, door: str, *arguments: str, **variables: Any) -> None:
        """Runs the playbook of that name, which has to succeed and is refused nothing."""
        self.aws.reset_calls()
        outcome = self._playbooks.run(door, *arguments, **variables, **self._keys)
        assert outcome.code == 0, outcome.output[-6000:]
        assert deployers.refused(self.aws) == []
        self.asked[door] = [*self.asked.get(door, []), *deployers.asked(self.aws)]


def live(recorder: Recorder, project: Project) -> None:
    """The life of an environment: made from a snapshot, used, changed in what costs other calls, and taken away."""
    given = {**project.variables, **_IMAGES}
    _leave_snapshot(recorder.aws)
    pools = {"worker_pool_scaling": "work", "worker_pools": {"heavy": {"scaling": "cpu"}}}
    recorder.run("deploy", **given, **pools, rds_snapshot_identifier="before", network_nat_gateways="per_az")
    _use(recorder, project, pools)
    shutil.rmtree(project.tasks / "reporter")
    kept = {"worker_pool_scaling": "work", "airflow_service_log_retention_in_days": 60}
    recorder.run("deploy", **given, **kept)
    _let_guardduty_in(recorder.aws)
    confirmed = {**given, **kept, "farflow_teardown_confirm": "local"}
    recorder.run("teardown", **confirmed, farflow_teardown_keep=["snapshot"], rds_skip_final_snapshot=False)
    recorder.run("teardown", **confirmed, farflow_teardown_keep=[])


def _use(recorder: Recorder, project: Project, pools: Mapping[str, Any]) -> None:
    given = {**project.variables, **_IMAGES}
    (project.dags / "example.py").write_text("A = 2\n")
    recorder.run("dags", **given)
    recorder.run("dags_list", **given)
    project.add_task("reporter")
    (project.tasks / "reporter" / "task.yml").write_text(
        "shared_volume: true\npolicy:\n  - {Effect: Allow, Action: ['s3:ListAllMyBuckets'], Resource: ['*']}\n"
    )
    others = {
        "farflow_image_builder": "codebuild",
        "dag_tasks_images": {"hello": _IMAGE, "reporter": _IMAGE},
        "dag_tasks_log_retention_in_days": 60,
    }
    changed = {**given, **others}
    recorder.run("dag_tasks", **changed)
    recorder.run("plan", **changed, **pools, network_nat_gateways="per_az")
    recorder.run("airflow_command", **given, command="users create --password secret:ada", generate_secret="ada")
    recorder.run("run_task", **changed, task="hello")
    recorder.run("orphans", **given)


def _leave_snapshot(aws: EmbeddedAWS) -> None:
    """One named ``before``, of a database that is gone."""
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="gone",
        Engine="postgres",
        EngineVersion="17",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=25,
        MasterUsername="airflow",
        MasterUserPassword="not-a-secret",
        DBName="farflow",
        StorageEncrypted=True,
    )
    rds.create_db_snapshot(DBInstanceIdentifier="gone", DBSnapshotIdentifier="before")
    rds.delete_db_instance(DBInstanceIdentifier="gone", SkipFinalSnapshot=True)


def _let_guardduty_in(aws: EmbeddedAWS) -> None:
    """What Runtime Monitoring makes in the VPC of the first Fargate task."""
    ec2 = aws.client("ec2")
    (vpc,) = (each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"])
    tags = [{"Key": "GuardDutyManaged", "Value": "true"}]
    group = ec2.create_security_group(
        GroupName=f"GuardDutyManagedSecurityGroup-{vpc}",
        Description="Associated with VPC Endpoint",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )["GroupId"]
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{REGION}.guardduty-data",
        SecurityGroupIds=[group],
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}],
    )
