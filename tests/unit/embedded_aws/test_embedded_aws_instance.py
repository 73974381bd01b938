"""An instance from the outside: counting calls, several side by side, the command line, a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.instance import EmbeddedAWSError
from tests.embedded_aws.settings import folder_of

NAME = f"test-instance-{os.getpid()}"
COMMAND = [sys.executable, str(Path(__file__).parents[2] / "embedded_aws")]


@pytest.fixture(scope="module")
def aws():
    with EmbeddedAWS(NAME) as running:
        yield running


def test_calls_are_counted_outside(aws):
    aws.reset_calls()
    aws.client("sqs").create_queue(QueueName="q")
    with pytest.raises(ClientError):
        aws.client("iam").get_role(RoleName="none")
    (created,) = aws.calls(mutating=True)
    (failed,) = aws.calls(service="iam")
    assert (created["operation"], created["status"], created["caller"]) == ("CreateQueue", 200, "host")
    assert (failed["operation"], failed["status"], failed["error"]) == ("GetRole", 404, "NoSuchEntity")
    assert created["request_id"] != failed["request_id"] != ""
    aws.reset_calls()
    assert aws.calls() == []


def test_two_stand_side_by_side(aws):
    aws.client("sqs").create_queue(QueueName="q")
    with EmbeddedAWS(f"{NAME}-other") as other:
        assert other.endpoint_url != aws.endpoint_url
        assert other.client("sqs").list_queues().get("QueueUrls", []) == []
    assert aws.is_up()


def test_the_command_line_brings_up_points_and_takes_down():
    name = f"{NAME}-command"
    up = [*COMMAND, "up", "--name", name, "--fast", "--port", "0"]
    try:
        endpoint = subprocess.run(up, check=True, capture_output=True, text=True).stdout.strip()
        again = subprocess.run(up, check=True, capture_output=True, text=True).stdout.strip()
        script = f'eval "$({" ".join(COMMAND)} env --name {name})"; echo "$AWS_ENDPOINT_URL $AWS_REGION$AWS_PROFILE"'
        mine = {**os.environ, "AWS_PROFILE": "mine", "AWS_REGION": "mars"}
        pointed = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True, env=mine).stdout
        assert endpoint == again
        assert pointed == f"{endpoint} us-east-1\n"
    finally:
        subprocess.run([*COMMAND, "down", "--name", name], check=True)
    assert not folder_of(name).exists()
    assert subprocess.run([*COMMAND, "status", "--name", name], check=False, capture_output=True).returncode == 3


def test_down_cleans_up_after_a_crash():
    aws = EmbeddedAWS(f"{NAME}-crash")
    aws.up()
    pid = int(folder_of(aws.name).joinpath("server.pid").read_text())
    os.kill(pid, 9)
    deadline = time.monotonic() + 10
    while aws.is_up():
        assert time.monotonic() < deadline, "still answers"
        time.sleep(0.05)
    aws.down()
    assert not folder_of(aws.name).exists()


def test_down_ends_playbooks_that_still_run():
    aws = EmbeddedAWS(f"{NAME}-clients")
    aws.up()
    environment = {**os.environ, "ANSIBLE_HOME": str(aws.ansible_home)}
    # Its answer says that it has begun: before, the kernel does not show its environment.
    playbook = subprocess.Popen(
        ["cat"], env=environment, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    try:
        playbook.stdin.write(b"\n")
        playbook.stdout.readline()
        aws.down()
        assert playbook.wait(10) == -signal.SIGKILL
    finally:
        playbook.kill()
        playbook.communicate()


def refusals(s3, name):
    """The codes by which a bucket's deletion is refused, until it is not."""
    codes = []
    while name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        try:
            s3.delete_bucket(Bucket=name)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    return codes


def test_a_strict_account_is_strict_from_the_start_and_again_after_whatever_was_asked_for():
    with EmbeddedAWS(f"{NAME}-strict", strict=True, seed=4) as aws:
        s3 = aws.client("s3")
        expected = [(1, {}), (3, {"bucket_not_empty": 3}), (0, {"bucket_not_empty": 0}), (1, {})]
        for number, asked in expected:
            with aws.behaviours(**asked):
                s3.create_bucket(Bucket="logs")
                assert refusals(s3, "logs").count("BucketNotEmpty") == number
        assert aws.struck()["bucket_not_empty"] == 5


def test_an_emptied_account_begins_anew():
    with EmbeddedAWS(f"{NAME}-anew", strict=True) as aws:
        s3 = aws.client("s3")
        for _unused in range(2):
            s3.create_bucket(Bucket="logs")
            assert refusals(s3, "logs").count("BucketNotEmpty") == 1
            aws.reset()


def test_the_command_line_says_how_strict_it_is():
    name = f"{NAME}-told"
    status = [*COMMAND, "status", "--name", name]
    up = [*COMMAND, "up", "--name", name, "--fast", "--port", "0", "--strict", "--seed", "7", "--clock", "60"]
    try:
        subprocess.run(up, check=True, capture_output=True)
        told = subprocess.run(status, check=True, capture_output=True, text=True).stdout
        assert told.endswith("without containers, strict by the seed 7, a second of AWS's takes 0.0167 s\n")
        assert "strict by the seed 7" in folder_of(name).joinpath("server.log").read_text()
    finally:
        subprocess.run([*COMMAND, "down", "--name", name], check=True)


@pytest.mark.parametrize("name", ["", "../demo", "a.b", "Demo"])
def test_a_name_that_is_no_folder_and_no_label_is_refused(name):
    with pytest.raises(EmbeddedAWSError, match="lower-case"):
        EmbeddedAWS(name)
