from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import efs as glue
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.efs import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import efs_file_systems as module
from moto.efs.exceptions import EFSError
from moto.efs.models import EFSBackend, FileSystem, efs_backends
from moto.efs.responses import EFSResponse

NAME = "test-shared-volume"
TAGS = {"farflow:environment": "test", "stage": "test"}
TLS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}


class AccessPointAlreadyExists(EFSError):
    code = 409


class ReplicationNotFound(EFSError):
    code = 404


@pytest.fixture(autouse=True)
def efs_of_moto(aws, monkeypatch):
    """What moto leaves out: changes of throughput, backup and policy, what AWS fills into a policy, replication, and
    that it takes the token of an access point once. Returns the replications, by the ids of their sources.
    """
    replications = {}
    put, create_access_point = EFSBackend.put_file_system_policy, EFSBackend.create_access_point
    info = FileSystem.info_json

    def system(self):
        return self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]

    def update_file_system(self):
        found = system(self)
        found.throughput_mode = self._get_param("ThroughputMode")
        found.provisioned_throughput_in_mibps = self._get_param("ProvisionedThroughputInMibps")
        return json.dumps(found.info_json())

    def put_backup_policy(self):
        system(self)._backup = self._get_param("BackupPolicy")["Status"] == "ENABLED"
        return "{}"

    def delete_file_system_policy(self):
        system(self).file_system_policy = None
        return "{}"

    def of_replication(self):
        wanted = self._get_param("FileSystemId") or self._get_param("SourceFileSystemId")
        found = [one for one in replications.values() if wanted in json.dumps(one)]
        if not found:
            raise ReplicationNotFound("ReplicationNotFound", "says the test")
        return found

    def describe_replication_configurations(self):
        return json.dumps({"Replications": of_replication(self)})

    def delete_replication_configuration(self):
        of_replication(self)
        del replications[self._get_param("SourceFileSystemId")]
        return "{}"

    def update_file_system_protection(self):
        system(self).file_system_protection = self._get_param("ReplicationOverwriteProtection")
        return "{}"

    def info_json(self):
        protection = getattr(self, "file_system_protection", "ENABLED")
        return {**info(self), "FileSystemProtection": {"ReplicationOverwriteProtection": protection}}

    def put_file_system_policy(self, file_system_id, policy, **members):
        filled = json.loads(policy)
        filled["Id"] = "1"
        for number, statement in enumerate(filled["Statement"]):
            statement.setdefault("Sid", f"efs-statement-{number}")
            statement.setdefault("Resource", self.file_systems_by_id[file_system_id].file_system_arn)
        put(self, file_system_id=file_system_id, policy=json.dumps(filled), **members)

    def create_access_point_once(self, client_token, **members):
        if any(each.client_token == client_token for each in self.access_points.values()):
            raise AccessPointAlreadyExists("AccessPointAlreadyExists", "says the test")
        return create_access_point(self, client_token=client_token, **members)

    monkeypatch.setattr(EFSBackend, "put_file_system_policy", put_file_system_policy)
    monkeypatch.setattr(EFSBackend, "create_access_point", create_access_point_once)
    monkeypatch.setattr(FileSystem, "info_json", info_json)
    for method in (
        update_file_system,
        put_backup_policy,
        delete_file_system_policy,
        describe_replication_configurations,
        delete_replication_configuration,
        update_file_system_protection,
    ):
        monkeypatch.setattr(EFSResponse, method.__name__, method, raising=False)
    return replications


@pytest.fixture
def reconcile(run_module):
    """``reconcile(check_mode=False, state="present", retain=False, **file_system)`` is what becomes of one."""

    def run(check_mode=False, state="present", retain=False, **file_system):
        done = run_module(module, check_mode=check_mode, file_systems=[file_system], state=state, retain=retain)
        return done if "failed" in done else done["file_systems"][0]

    return run


@pytest.fixture
def network(network_in):
    return network_in("aba")


@pytest.fixture
def spec(network):
    return {
        "name": NAME,
        "lifecycle": {"transition_to_ia": "AFTER_30_DAYS"},
        "policy": TLS_ONLY,
        "subnets": network["subnets"][:2],
        "security_groups": network["groups"][:1],
        "access_points": [
            {
                "name": "tasks",
                "posix_user": {"uid": 50000, "gid": 0},
                "root_directory": {"path": "/tasks", "owner_uid": 50000, "owner_gid": 0, "permissions": "0770"},
            }
        ],
        "tags": TAGS,
    }


def efs():
    return boto3.client("efs")


def shown(values):
    return f"[{', '.join(sorted(values))}]"


def without_a_key(answer):
    """A file system of AWS's own key, of which some tell an empty text."""
    return {**answer, "FileSystems": [{**each, "KmsKeyId": ""} for each in answer["FileSystems"]]}


def test_a_key_that_is_an_empty_text_is_none(reconcile, spec, calls):
    calls.alter("DescribeFileSystems", without_a_key, times=20)
    reconcile(**spec)
    assert reconcile(**spec)["changed"] is False


def test_creates_then_changes_nothing(reconcile, spec):
    first = reconcile(**spec)
    assert first["reasons"] == [
        f"file system {NAME} created",
        f"mount target {NAME}/{spec['subnets'][0]} created",
        f"mount target {NAME}/{spec['subnets'][1]} created",
        f"access point {NAME}/tasks created",
    ]
    assert first["file_system_id"].startswith("fs-")
    assert set(first["mount_targets"]) == set(spec["subnets"])
    assert first["access_points"]["tasks"].startswith("fsap-")
    made = efs().describe_file_systems()["FileSystems"][0]
    assert (made["Encrypted"], made["ThroughputMode"]) == (True, "elastic")
    second = reconcile(**spec)
    assert second["reasons"] == []
    same = "file_system_id", "arn", "mount_targets", "access_points"
    assert [second[key] for key in same] == [first[key] for key in same]


CHANGES = {
    "throughput": lambda spec, _unused: (
        {"throughput_mode": "bursting"},
        [f"file system {NAME} throughput_mode elastic -> bursting"],
    ),
    "provisioned throughput": lambda spec, _unused: (
        {"throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 16},
        [
            f"file system {NAME} throughput_mode elastic -> provisioned",
            f"file system {NAME} provisioned_throughput_in_mibps (none) -> 16.0",
        ],
    ),
    "lifecycle": lambda spec, _unused: (
        {"lifecycle": {"transition_to_primary_storage_class": "AFTER_1_ACCESS"}},
        [
            f"file system {NAME} lifecycle transition_to_ia AFTER_30_DAYS -> (none)",
            f"file system {NAME} lifecycle transition_to_primary_storage_class (none) -> AFTER_1_ACCESS",
        ],
    ),
    "no lifecycle": lambda spec, _unused: (
        {"lifecycle": {}},
        [f"file system {NAME} lifecycle transition_to_ia AFTER_30_DAYS -> (none)"],
    ),
    "backup": lambda spec, _unused: ({"backup": True}, [f"file system {NAME} backup false -> true"]),
    "policy": lambda spec, _unused: (
        {"policy": {**TLS_ONLY, "Statement": [{**TLS_ONLY["Statement"][0], "Principal": {"AWS": "123456789012"}}]}},
        [f"file system {NAME} policy Statement Deny * Principal AWS [*] -> [123456789012]"],
    ),
    "security groups": lambda spec, network: (
        {"security_groups": network["groups"]},
        [
            f"mount target {NAME}/{subnet} security_groups {shown(network['groups'][:1])} -> {shown(network['groups'])}"
            for subnet in spec["subnets"]
        ],
    ),
    "another subnet in the same zone": lambda spec, network: (
        {"subnets": network["subnets"][1:]},
        [
            f"mount target {NAME}/{network['subnets'][0]} deleted",
            f"mount target {NAME}/{network['subnets'][2]} created",
        ],
    ),
    "access point": lambda spec, _unused: (
        {"access_points": [{"name": "other"}]},
        [f"access point {NAME}/tasks deleted", f"access point {NAME}/other created"],
    ),
    "tags": lambda spec, _unused: (
        {"tags": {"farflow:environment": "test", "team": "data"}},
        [
            f"file system {NAME} tags team (none) -> data",
            f"file system {NAME} tags stage test -> (none)",
            f"access point {NAME}/tasks tags team (none) -> data",
            f"access point {NAME}/tasks tags stage test -> (none)",
        ],
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(reconcile, spec, network, change):
    reconcile(**spec)
    members, reasons = change(spec, network)
    wanted = {**spec, **members}
    predicted = reconcile(check_mode=True, **wanted)
    assert reconcile(check_mode=True, **wanted) == predicted
    done = reconcile(**wanted)
    assert predicted["reasons"] == done["reasons"] == reasons
    assert reconcile(**wanted)["changed"] is False


def test_a_policy_can_be_taken_away(reconcile, spec):
    reconcile(**spec)
    wanted = {key: value for key, value in spec.items() if key != "policy"}
    assert len(reconcile(**wanted)["reasons"]) > 0
    assert reconcile(**wanted)["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_cannot_change_is_refused_with_advice(reconcile, spec, check_mode):
    reconcile(**spec)
    point = {**spec["access_points"][0], "posix_user": {"uid": 1, "gid": 1}}
    wanted = {**spec, "performance_mode": "maxIO", "access_points": [point]}
    result = reconcile(check_mode=check_mode, **wanted)
    assert "(performance_mode generalPurpose -> maxIO): copy the files" in result["msg"]
    assert f"access point {NAME}/tasks in place (posix_user uid 50000 -> 1)" in result["msg"]


def test_a_file_system_that_is_not_encrypted_is_refused(reconcile, spec):
    efs().create_file_system(CreationToken=NAME)
    assert "(encrypted false -> true)" in reconcile(**spec)["msg"]


def test_a_key_that_somebody_chose_is_told_from_the_key_of_aws(reconcile, spec):
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    chosen = {**spec, "kms_key_id": key}
    reconcile(**chosen)
    assert reconcile(**chosen)["changed"] is False
    assert f"(kms_key_id {key} -> (none))" in reconcile(**spec)["msg"]


def test_drift_is_seen_and_mended(reconcile, spec, network):
    first = reconcile(**spec)
    client, file_system = efs(), first["file_system_id"]
    client.put_lifecycle_configuration(FileSystemId=file_system, LifecyclePolicies=[])
    client.delete_mount_target(MountTargetId=first["mount_targets"][spec["subnets"][0]])
    client.delete_access_point(AccessPointId=first["access_points"]["tasks"])
    client.untag_resource(ResourceId=file_system, TagKeys=["farflow:environment"])
    mended = reconcile(**spec)
    assert mended["reasons"] == [
        f"file system {NAME} lifecycle transition_to_ia (none) -> AFTER_30_DAYS",
        f"file system {NAME} tags farflow:environment (none) -> test",
        f"mount target {NAME}/{spec['subnets'][0]} created",
        f"access point {NAME}/tasks created",
    ]
    assert reconcile(**spec)["changed"] is False


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"throughput_mode": "provisioned"}, f"file system {NAME}: provisioned_throughput_in_mibps goes with"),
        ({"provisioned_throughput_in_mibps": 5}, f"file system {NAME}: provisioned_throughput_in_mibps goes with"),
        ({"security_groups": []}, f"file system {NAME}: mount targets need security_groups"),
        ({"access_points": [{"name": "a", "root_directory": {"owner_uid": 1}}]}, f"access point {NAME}/a: owner_uid"),
    ],
)
def test_what_cannot_work_is_refused(reconcile, spec, members, words):
    assert words in reconcile(**{**spec, **members})["msg"]
    assert efs().describe_file_systems()["FileSystems"] == []


def test_check_mode_creates_nothing(reconcile, spec):
    result = reconcile(check_mode=True, **spec)
    assert len(result["reasons"]) == 4
    assert result["file_system_id"] is None
    assert efs().describe_file_systems()["FileSystems"] == []


def test_absent_deletes_only_what_is_named(reconcile, spec):
    reconcile(**spec)
    other = efs().create_file_system(CreationToken="other")["FileSystemId"]
    predicted = reconcile(check_mode=True, name=NAME, state="absent")
    done = reconcile(name=NAME, state="absent")
    assert predicted["reasons"] == done["reasons"]
    assert sorted(line.split()[-1] for line in done["reasons"]) == ["deleted"] * 4
    assert done["reasons"][-1] == f"file system {NAME} deleted"
    assert [one["FileSystemId"] for one in efs().describe_file_systems()["FileSystems"]] == [other]
    assert reconcile(name=NAME, state="absent")["changed"] is False


@pytest.fixture
def second(spec, network):
    """Another one, without what is one in an account."""
    return {"name": "test-second", "subnets": spec["subnets"], "security_groups": spec["security_groups"]}


def test_several_are_reconciled_in_one_call_and_told_in_the_order_given(run_module, spec, second):
    first = run_module(module, file_systems=[second, spec])
    assert [(each["name"], each["changed"]) for each in first["file_systems"]] == [("test-second", True), (NAME, True)]
    assert set(first["file_systems"][0]["mount_targets"]) == set(second["subnets"])
    assert first["diff"]["prepared"].startswith("file system test-second created\n")
    then = run_module(module, file_systems=[second, {**spec, "backup": True}])
    assert [each["reasons"] for each in then["file_systems"]] == [[], [f"file system {NAME} backup false -> true"]]
    assert then["changed"] is True
    gone = run_module(module, file_systems=[{"name": "test-second"}, {"name": NAME}], state="absent")
    assert [each["file_system_id"] for each in gone["file_systems"]] == [None, None]
    assert efs().describe_file_systems()["FileSystems"] == []


def test_where_one_is_refused_none_is_changed(run_module, spec, second):
    run_module(module, file_systems=[spec])
    result = run_module(module, file_systems=[second, {**spec, "performance_mode": "maxIO"}])
    assert "(performance_mode generalPurpose -> maxIO)" in result["msg"]
    assert [one["CreationToken"] for one in efs().describe_file_systems()["FileSystems"]] == [NAME]


def test_what_is_wrong_with_all_of_them_is_told_before_aws_is_asked(run_module, spec, second, calls):
    calls.made.clear()
    wrong = [{**each, "security_groups": []} for each in (spec, second)]
    told = run_module(module, file_systems=wrong)["msg"].splitlines()
    assert [line.partition(":")[0] for line in told] == [f"file system {NAME}", "file system test-second"]
    assert calls.made == []


def going(name=NAME):
    """A file system that AWS is deleting."""
    efs().create_file_system(CreationToken=name, Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()])
    (backend,) = [one for one in efs_backends["123456789012"].values() if one.file_systems_by_id]
    (system,) = backend.file_systems_by_id.values()
    system.life_cycle_state = "deleting"
    return lambda: backend.delete_file_system(system.file_system_id)


def test_one_that_is_retained_loses_its_mount_targets_alone(reconcile, spec):
    made = reconcile(**spec)
    gone = {"name": spec["name"], "retain": True, "state": "absent"}
    predicted = reconcile(check_mode=True, **gone)
    done = reconcile(**gone)
    assert predicted["reasons"] == done["reasons"] != []
    assert done["mount_targets"] == {}
    assert (done["file_system_id"], done["access_points"]) == (made["file_system_id"], made["access_points"])
    assert reconcile(**gone)["changed"] is False
    again = reconcile(**spec)
    assert again["file_system_id"] == made["file_system_id"]
    assert set(again["mount_targets"]) == set(made["mount_targets"])


def test_one_that_is_being_deleted_is_none(reconcile):
    going()
    clients, calls = counted()
    assert glue.find(clients, "test") == glue.read(clients, NAME) == []
    assert calls == ["DescribeFileSystems"] * 2


def test_the_name_of_one_that_is_being_deleted_is_waited_for(reconcile, spec, calls, pauses):
    end = going()
    for number in range(3):
        calls.before("CreateFileSystem", end if number == 2 else lambda: None)
    assert reconcile(**spec)["reasons"][0] == f"file system {NAME} created"
    assert len(pauses) == 2
    assert reconcile(**spec)["changed"] is False


def test_one_that_goes_while_it_is_read_is_none(reconcile, spec, calls):
    reconcile(**spec)
    calls.refuse("DescribeLifecycleConfiguration", "FileSystemNotFound")
    assert glue.find(Clients(lambda service, config: efs()), "test") == []
    calls.refuse("DescribeFileSystems", "FileSystemNotFound")
    assert glue.read(Clients(lambda service, config: efs()), NAME) == []


def test_a_mount_target_whose_answer_was_lost_is_the_one_of_its_subnet(reconcile, spec, network, calls, pauses):
    """As botocore repeats the call: the first one has made it, here with groups that are changed then."""
    wanted = {**spec, "subnets": spec["subnets"][:1]}

    def make():
        [file_system] = efs().describe_file_systems()["FileSystems"]
        efs().create_mount_target(
            FileSystemId=file_system["FileSystemId"],
            SubnetId=wanted["subnets"][0],
            SecurityGroups=network["groups"],
        )

    calls.before("CreateMountTarget", make)
    made = reconcile(**wanted)
    assert made["mount_targets"].keys() == set(wanted["subnets"])
    assert pauses == []
    assert reconcile(**wanted)["changed"] is False


def test_the_zone_of_a_mount_target_that_is_going_is_waited_for(reconcile, spec, network, calls, pauses):
    reconcile(**{**spec, "subnets": network["subnets"][:1]})
    [file_system] = efs().describe_file_systems()["FileSystems"]
    [target] = efs().describe_mount_targets(FileSystemId=file_system["FileSystemId"])["MountTargets"]

    def is_going(answer):
        return {**answer, "MountTargets": [{**each, "LifeCycleState": "deleting"} for each in answer["MountTargets"]]}

    calls.alter("DescribeMountTargets", is_going, times=2)
    calls.before("CreateMountTarget", lambda: None, times=2)
    calls.before("CreateMountTarget", lambda: efs().delete_mount_target(MountTargetId=target["MountTargetId"]))
    moved = {**spec, "subnets": network["subnets"][2:]}
    assert reconcile(**moved)["reasons"] == [f"mount target {NAME}/{moved['subnets'][0]} created"]
    assert len(pauses) == 1
    assert reconcile(**moved)["changed"] is False


def test_an_access_point_whose_answer_was_lost_is_the_one_of_its_token(reconcile, spec, calls):
    def make():
        [file_system] = efs().describe_file_systems()["FileSystems"]
        efs().create_access_point(
            ClientToken="tasks",
            FileSystemId=file_system["FileSystemId"],
            PosixUser={"Uid": 50000, "Gid": 0},
            RootDirectory={"Path": "/tasks", "CreationInfo": {"OwnerUid": 50000, "OwnerGid": 0, "Permissions": "0770"}},
        )

    calls.before("CreateAccessPoint", make)
    reconcile(**spec)
    assert len(efs().describe_access_points()["AccessPoints"]) == 1
    assert reconcile(**spec)["changed"] is False


def test_an_access_point_of_another_file_system_has_its_name(reconcile, spec):
    other = efs().create_file_system(CreationToken="other")["FileSystemId"]
    efs().create_access_point(ClientToken="tasks", FileSystemId=other)
    told = reconcile(**spec)["msg"]
    assert f"access point {NAME}/tasks: another file system of the account and region has one" in told


def counted():
    client, calls = efs(), []
    client.meta.events.register("before-call.efs", lambda model, **_unused: calls.append(model.name))
    return Clients(lambda _unused, config: client), calls


def test_find_sees_the_environment_alone(reconcile, spec):
    reconcile(**spec)
    reconcile(name="test-eu-volume", tags={"farflow:environment": "test-eu"})
    clients, calls = counted()
    assert plan(pure.desired(spec), glue.find(clients, "test")) == []
    assert len(calls) == 9


def replication(source, destination, status="ENABLED"):
    there = {"FileSystemId": destination, "Region": "eu-west-1", "Status": status}
    return {"SourceFileSystemId": source, "SourceFileSystemRegion": "us-east-1", "Destinations": [there]}


def test_a_copy_of_the_files_elsewhere_is_ended(reconcile, spec, efs_of_moto):
    id_ = reconcile(**spec)["file_system_id"]
    efs_of_moto[id_] = replication(id_, "fs-copy")
    why = [f"file system {NAME} replication [to fs-copy in eu-west-1] -> (none)"]
    assert reconcile(check_mode=True, **spec)["reasons"] == reconcile(**spec)["reasons"] == why
    assert efs_of_moto == {}
    assert reconcile(**spec)["changed"] is False


def test_a_file_system_that_is_a_copy_is_one_no_longer(reconcile, spec, efs_of_moto):
    id_ = reconcile(**spec)["file_system_id"]
    efs_of_moto["fs-source"] = replication("fs-source", id_)
    efs().update_file_system_protection(FileSystemId=id_, ReplicationOverwriteProtection="REPLICATING")
    assert reconcile(**spec)["reasons"] == [f"file system {NAME} replication [from fs-source in us-east-1] -> (none)"]
    assert efs_of_moto == {}


def test_a_replication_that_ends_by_itself_is_no_difference(reconcile, spec, efs_of_moto, calls):
    id_ = reconcile(**spec)["file_system_id"]
    efs_of_moto[id_] = replication(id_, "fs-copy", "DELETING")
    assert reconcile(**spec)["changed"] is False
    efs_of_moto[id_] = replication(id_, "fs-copy")
    calls.refuse("DeleteReplicationConfiguration", "ReplicationNotFound")
    assert reconcile(**spec)["changed"] is True


def test_no_other_file_system_may_be_copied_over_it(reconcile, spec):
    id_ = reconcile(**spec)["file_system_id"]
    efs().update_file_system_protection(FileSystemId=id_, ReplicationOverwriteProtection="DISABLED")
    why = [f"file system {NAME} replication_overwrite_protection DISABLED -> ENABLED"]
    assert reconcile(**spec)["reasons"] == why
    assert reconcile(**spec)["changed"] is False


def test_find_asks_once_where_there_is_nothing():
    clients, calls = counted()
    assert glue.find(clients, "test") == []
    assert calls == ["DescribeFileSystems"]
