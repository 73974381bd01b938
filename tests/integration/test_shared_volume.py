"""The volume that tasks share, with what is on it, outlives the last task that does, and a teardown that keeps it."""

from __future__ import annotations

import pytest

from tests.stack.listing import difference, listing, more
from tests.stack.look import Looks

from .stack import mutating_calls

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def share(project, shares):
    (project.tasks / "hello" / "task.yml").write_text(f"shared_volume: {str(shares).lower()}\n")


def volume(aws):
    """The ids of the file system and of its access point."""
    efs = aws.client("efs")
    (system,), (point,) = efs.describe_file_systems()["FileSystems"], efs.describe_access_points()["AccessPoints"]
    return system["FileSystemId"], point["AccessPointId"]


def mounted_in(aws):
    """The names of the subnets in which the volume can be mounted."""
    subnets = {each["SubnetId"]: each for each in aws.client("ec2").describe_subnets()["Subnets"]}
    targets = aws.client("efs").describe_mount_targets(FileSystemId=volume(aws)[0])["MountTargets"]
    tags = [tag for each in targets for tag in subnets[each["SubnetId"]]["Tags"]]
    return sorted(tag["Value"] for tag in tags if tag["Key"] == "Name")


def definition(aws):
    return aws.client("ecs").describe_task_definition(taskDefinition="local-hello")["taskDefinition"]


@pytest.mark.thorough
def test_the_volume_stays_when_no_task_shares_it_and_when_a_teardown_keeps_it(aws, playbooks, project):
    before = listing(aws)
    share(project, True)
    playbooks.deploy(network_availability_zones=ZONES[:2], **project.variables)
    made = volume(aws)

    share(project, False)
    variables = {**project.variables, "network_availability_zones": ZONES}
    playbooks.deploy(**variables)
    assert definition(aws)["volumes"] == []
    assert volume(aws) == made
    assert mounted_in(aws) == ["local-private-a", "local-private-b", "local-private-c"]
    aws.reset_calls()
    again = playbooks.deploy(**variables)
    assert (again.changed, mutating_calls(aws)) == (0, []), again.output

    share(project, True)
    assert list(Looks(aws, variables).plan()) == ["change ecs_task_definition local-hello"]
    outcome = playbooks.run("dag_tasks", **variables)
    assert outcome.code == 0, outcome.output
    [mounted] = definition(aws)["volumes"]
    assert mounted["efsVolumeConfiguration"]["fileSystemId"] == made[0]

    share(project, False)
    outcome = playbooks.run("dag_tasks", **variables)
    assert outcome.code == 0, outcome.output
    assert volume(aws) == made

    keep = {**variables, "farflow_teardown_keep": ["shared_volume"]}
    teardown = playbooks.teardown(**keep)
    assert '"kept: file_system local-shared-volume"' in teardown.output
    assert volume(aws) == made
    assert set(more(before, listing(aws))) == {"file system", "access point"}
    aws.reset_calls()
    again = playbooks.teardown(**keep)
    assert (again.changed, mutating_calls(aws)) == (0, []), again.output

    playbooks.deploy(**variables)
    assert volume(aws) == made
    assert mounted_in(aws) == ["local-private-a", "local-private-b", "local-private-c"]
    playbooks.teardown(**variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_a_database_that_takes_longer_than_all_else_is_waited_for(aws, playbooks, project):
    """Also when the round in which it was begun has been followed by others, as for the volume."""
    share(project, True)
    with aws.behaviours(database_creating=150, file_system_seconds=6):
        playbooks.deploy(**project.variables)
    assert playbooks.deploy(**project.variables).changed == 0
