"""What is deployed by default is encrypted, closed to the public, and as read-only as it can be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from deployed_policies import resources

AIRFLOW = Path(__file__).parents[3] / "airflow"


def properties(type_, execute_command=False):
    """By name, the properties of everything of a type."""
    found = {one.name: one.properties for one in resources(execute_command) if one.type == type_}
    assert found
    return found


def containers(execute_command=False):
    """By name, each container of Airflow's components."""
    definitions = properties("ecs_task_definition", execute_command)
    found = {
        name: container
        for family, definition in definitions.items()
        if family.startswith("dev-airflow-")
        for name, container in definition["container_definitions"].items()
    }
    assert found
    return found


@pytest.mark.parametrize(
    ("type_", "member", "value"),
    [
        ("rds_instance", "storage_encrypted", True),
        ("rds_instance", "publicly_accessible", False),
        ("file_system", "encrypted", True),
        ("sqs_queue", "sqs_managed_sse_enabled", True),
        ("s3_bucket", "encryption", "AES256"),
        ("s3_bucket", "object_ownership", "BucketOwnerEnforced"),
        ("ecr_repository", "encryption_type", "AES256"),
        ("ecr_repository", "scan_on_push", True),
        ("ecr_repository", "image_tag_mutability", "IMMUTABLE"),
        ("load_balancer", "scheme", "internal"),
    ],
)
def test_by_default(type_, member, value):
    assert {name: one[member] for name, one in properties(type_).items() if one[member] != value} == {}


def test_no_bucket_can_be_opened_to_the_public():
    for bucket in properties("s3_bucket").values():
        assert set(bucket["public_access_block"].values()) == {True}


def test_postgres_takes_only_encrypted_connections_and_airflow_verifies_its_certificate():
    (group,) = properties("rds_parameter_group").values()
    assert group["parameters"]["rds.force_ssl"] == "1"
    urls = [one["composed_from"]["template"] for one in properties("secret").values() if "composed_from" in one]
    assert len(urls) == 2
    for url in urls:
        verified = re.search(r"\?sslmode=verify-full&sslrootcert=/opt/airflow/(\S+)$", url)
        assert (AIRFLOW / verified[1]).is_file()


def test_no_container_has_a_public_address():
    for service in properties("ecs_service").values():
        assert service["network_configuration"]["awsvpc_configuration"]["assign_public_ip"] == "DISABLED"


def test_the_shared_volume_is_mounted_through_tls_and_an_access_point():
    volume = properties("ecs_task_definition")["dev-reporter"]["volumes"]["shared-volume"]["efs_volume_configuration"]
    assert volume["transit_encryption"] == "ENABLED"
    assert "access_point_id" in volume["authorization_config"]


def test_airflow_writes_only_to_its_volumes():
    for container in containers().values():
        assert container["readonly_root_filesystem"]
        mounts = container["mount_points"]
        assert set(mounts) == set(re.findall(r'VOLUME \["(.*)", "(.*)"\]', (AIRFLOW / "Dockerfile").read_text())[0])


def test_a_dag_task_can_be_forbidden_to_write():
    definitions = properties("ecs_task_definition")
    wished = {
        family: definitions[family]["container_definitions"][family]["readonly_root_filesystem"]
        for family in ("dev-plain", "dev-reporter")
    }
    assert wished == {"dev-plain": False, "dev-reporter": True}


def test_a_shell_in_a_container_needs_a_root_that_can_be_written():
    """ECS Exec's agent writes to it, so the one switches the other off."""
    assert {container["readonly_root_filesystem"] for container in containers(execute_command=True).values()} == {False}


def test_no_secret_is_in_an_environment():
    for name, container in containers().items():
        if "ecs-task" in name:  # it talks to the task execution API alone
            assert set(container["secrets"]) == {"AIRFLOW__CORE__FERNET_KEY"}
        else:
            assert set(container["secrets"]) >= {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__FERNET_KEY"}
        values = " ".join(container["environment"].values())
        assert not re.search(r"://[^/?\s]*:[^/?\s]*@", values)
        assert not set(container["environment"]) & set(container["secrets"])
