from __future__ import annotations

import json
import threading

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import service_discovery as glue
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.service_discovery import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import service_discovery as module
from moto.core.exceptions import JsonRESTError as InUse
from moto.route53.models import route53_backends
from moto.servicediscovery.models import ServiceDiscoveryBackend
from moto.servicediscovery.responses import ServiceDiscoveryResponse

TAGS = {"farflow:environment": "test"}
NAME = "test.farflow.internal"


@pytest.fixture(autouse=True)
def cloud_map(aws, monkeypatch):
    """What moto leaves out: the VPC of a namespace's hosted zone, that an update keeps the zone, the filter of
    ListServices, and the refusal to delete a namespace that has services and a service that has instances.
    """
    create = ServiceDiscoveryBackend.create_private_dns_namespace
    update = ServiceDiscoveryBackend.update_private_dns_namespace
    delete_namespace = ServiceDiscoveryBackend.delete_namespace
    delete_service = ServiceDiscoveryBackend.delete_service
    list_services = ServiceDiscoveryResponse.list_services

    def create_private_dns_namespace(self, vpc, **members):
        operation = create(self, vpc=vpc, **members)
        zone = next(one for one in self.namespaces.values() if one.vpc == vpc).dns_properties["HostedZoneId"]
        route53_backends[self.account_id]["aws"].get_hosted_zone(zone).add_vpc(vpc, self.region_name)
        return operation

    def update_private_dns_namespace(self, _id, description, properties):
        return update(self, _id, description, {**self.namespaces[_id].dns_properties, **properties})

    def list_services_of_a_namespace(self):
        answer = json.loads(list_services(self))
        ids = [value for one in self._get_param("Filters") if one["Name"] == "NAMESPACE_ID" for value in one["Values"]]
        return json.dumps({"Services": [one for one in answer["Services"] if one["NamespaceId"] in ids]})

    def delete_empty_namespace(self, namespace_id):
        if any(service.namespace_id == namespace_id for service in self.services.values()):
            raise InUse("ResourceInUse", "the namespace has services")
        return delete_namespace(self, namespace_id)

    def delete_empty_service(self, service_id):
        if self.services[service_id].instances:
            raise InUse("ResourceInUse", "the service has instances")
        return delete_service(self, service_id)

    for owner, name, method in (
        (ServiceDiscoveryBackend, "create_private_dns_namespace", create_private_dns_namespace),
        (ServiceDiscoveryBackend, "update_private_dns_namespace", update_private_dns_namespace),
        (ServiceDiscoveryBackend, "delete_namespace", delete_empty_namespace),
        (ServiceDiscoveryBackend, "delete_service", delete_empty_service),
        (ServiceDiscoveryResponse, "list_services", list_services_of_a_namespace),
    ):
        monkeypatch.setattr(owner, name, method)


@pytest.fixture
def vpcs(aws):
    ec2 = boto3.client("ec2")
    return [ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"] for number in range(2)]


@pytest.fixture
def spec(vpcs):
    return {
        "namespaces": [{"name": NAME, "vpc_id": vpcs[0], "description": "names of test", "tags": TAGS}],
        "services": [
            {"name": f"api-server.{NAME}", "tags": TAGS},
            {"name": f"flower.{NAME}", "dns_records": {"A": 60}, "routing_policy": "WEIGHTED", "tags": TAGS},
        ],
    }


def cloud():
    return boto3.client("servicediscovery")


def listed():
    client = cloud()
    namespaces = client.list_namespaces()["Namespaces"]
    filters = [{"Name": "NAMESPACE_ID", "Values": [one["Id"] for one in namespaces], "Condition": "EQ"}]
    services = client.list_services(Filters=filters)["Services"] if namespaces else []
    return [one["Name"] for one in namespaces], [one["Name"] for one in services]


def reasons(result):
    return {one["name"]: one["reasons"] for key in ("namespaces", "services") for one in result[key] if one["changed"]}


def test_creates_then_changes_nothing(run_module, spec):
    first = run_module(module, **spec)
    assert reasons(first) == {NAME: ["created"], f"api-server.{NAME}": ["created"], f"flower.{NAME}": ["created"]}
    second = run_module(module, **spec)
    assert reasons(second) == {}
    assert second["changed"] is False
    for key, id_name in (("namespaces", "namespace_id"), ("services", "service_id")):
        assert [one[id_name] for one in second[key]] == [one[id_name] for one in first[key]]


def changed(spec, key, **members):
    return {**spec, key: [{**spec[key][0], **members}, *spec[key][1:]]}


CHANGES = {
    "description": ("namespaces", {"description": "names"}, NAME, ["description names of test -> names"]),
    "soa": ("namespaces", {"soa_ttl": 60}, NAME, ["soa_ttl 15 -> 60"]),
    "namespace tags": ("namespaces", {"tags": {}}, NAME, ["tags farflow:environment test -> (none)"]),
    "service description": (
        "services",
        {"description": "serves"},
        f"api-server.{NAME}",
        ['description "" -> serves'],
    ),
    "records": ("services", {"dns_records": {"A": 5}}, f"api-server.{NAME}", ["dns_records A 10 -> 5"]),
    "service tags": (
        "services",
        {"tags": {**TAGS, "team": "data"}},
        f"api-server.{NAME}",
        ["tags team (none) -> data"],
    ),
}


@pytest.mark.parametrize(("key", "members", "name", "why"), CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(run_module, spec, key, members, name, why):
    run_module(module, **spec)
    wanted = changed(spec, key, **members)
    predicted = run_module(module, check_mode=True, **wanted)
    assert run_module(module, check_mode=True, **wanted) == predicted
    done = run_module(module, **wanted)
    assert reasons(predicted) == reasons(done) == {name: why}
    assert run_module(module, **wanted)["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_cannot_change_is_refused_with_advice(run_module, spec, vpcs, check_mode):
    run_module(module, **spec)
    moved = run_module(module, check_mode=check_mode, **changed(spec, "namespaces", vpc_id=vpcs[1]))
    assert f"cannot change dns namespace {NAME} in place (vpc_id {vpcs[0]} -> {vpcs[1]})" in moved["msg"]
    other = changed(spec, "services", routing_policy="WEIGHTED", custom_health_check=False)
    told = run_module(module, check_mode=check_mode, **other)["msg"]
    assert "(routing_policy MULTIVALUE -> WEIGHTED): delete the service" in told
    assert "(custom_health_check true -> false): delete the service" in told


def test_drift_is_seen_and_mended(run_module, spec):
    first = run_module(module, **spec)
    client = cloud()
    client.delete_service(Id=first["services"][1]["service_id"])
    client.update_service(
        Id=first["services"][0]["service_id"], Service={"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 3600}]}}
    )
    mended = run_module(module, **spec)
    assert reasons(mended) == {f"api-server.{NAME}": ["dns_records A 3600 -> 10"], f"flower.{NAME}": ["created"]}
    assert run_module(module, **spec)["changed"] is False


def register(service, instance, **attributes):
    cloud().register_instance(ServiceId=service, InstanceId=instance, Attributes=attributes)


def test_instances_of_others_are_taken_off_and_those_of_ecs_stay(run_module, spec):
    service = run_module(module, **spec)["services"][0]["service_id"]
    register(service, "task", AWS_INSTANCE_IPV4="10.0.0.1", ECS_SERVICE_NAME="api-server")
    assert run_module(module, **spec)["changed"] is False
    for number in (2, 3):
        register(service, f"hand-{number}", AWS_INSTANCE_IPV4=f"10.0.0.{number}")
    why = {f"api-server.{NAME}": ["instances_of_others [hand-2, hand-3] -> (none)"]}
    assert reasons(run_module(module, check_mode=True, **spec)) == reasons(run_module(module, **spec)) == why
    assert [one["Id"] for one in cloud().list_instances(ServiceId=service)["Instances"]] == ["task"]
    assert run_module(module, **spec)["changed"] is False


def test_an_instance_that_leaves_by_itself_is_no_error(run_module, spec, calls):
    service = run_module(module, **spec)["services"][0]["service_id"]
    register(service, "hand", AWS_INSTANCE_IPV4="10.0.0.2")
    calls.refuse("DeregisterInstance", "InstanceNotFound")
    wanted = changed(spec, "services", dns_records={"A": 5})
    assert reasons(run_module(module, **wanted)) == {
        f"api-server.{NAME}": ["dns_records A 10 -> 5", "instances_of_others [hand] -> (none)"]
    }


def test_a_service_of_an_existing_namespace(run_module, spec):
    run_module(module, namespaces=spec["namespaces"])
    assert run_module(module, services=spec["services"])["changed"] is True
    assert run_module(module, **spec)["changed"] is False


def test_a_service_without_its_namespace_is_refused(run_module, spec):
    assert f"no private DNS namespace {NAME}" in run_module(module, services=spec["services"])["msg"]


def test_check_mode_creates_nothing(run_module, spec):
    result = run_module(module, check_mode=True, **spec)
    assert len(reasons(result)) == 3
    assert listed() == ([], [])


def test_absent_deletes_only_what_is_named(run_module, spec):
    run_module(module, **spec)
    only = {"services": spec["services"][:1], "state": "absent"}
    predicted = run_module(module, check_mode=True, **only)
    done = run_module(module, **only)
    assert reasons(predicted) == reasons(done) == {f"api-server.{NAME}": ["deleted"]}
    assert listed() == ([NAME], ["flower"])
    run_module(module, **{**spec, "state": "absent"})
    assert listed() == ([], [])
    assert run_module(module, **{**spec, "state": "absent"})["changed"] is False


def test_a_service_is_deleted_when_the_last_instance_has_left(run_module, spec):
    service = run_module(module, **spec)["services"][0]["service_id"]
    client = cloud()
    client.register_instance(ServiceId=service, InstanceId="i", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"})
    leaves = threading.Timer(1, lambda: client.deregister_instance(ServiceId=service, InstanceId="i"))
    leaves.start()
    run_module(module, services=spec["services"], state="absent")
    leaves.join()
    assert listed() == ([NAME], [])


def test_a_failed_operation_tells_the_reason_of_cloud_map(run_module, spec, monkeypatch):
    failed = {"Id": "o", "Status": "FAIL", "Type": "CREATE_NAMESPACE", "ErrorMessage": "too many hosted zones"}
    monkeypatch.setattr(ServiceDiscoveryResponse, "get_operation", lambda self: json.dumps({"Operation": failed}))
    result = run_module(module, **spec)
    assert result["msg"] == "Cloud Map could not create namespace: too many hosted zones"


def test_a_namespace_is_deleted_when_the_last_service_has_left(run_module, spec, calls, pauses):
    run_module(module, **spec)
    calls.refuse("DeleteNamespace", "ResourceInUse")
    calls.refuse("DeleteNamespace", "DuplicateRequest")
    run_module(module, **{**spec, "state": "absent"})
    assert listed() == ([], [])
    assert len(pauses) == 2


def test_what_is_listed_after_its_deletion_is_none(run_module, spec, calls):
    run_module(module, **spec)
    by_namespace = [{"Name": "NAMESPACE_ID", "Values": [cloud().list_namespaces()["Namespaces"][0]["Id"]]}]
    services = cloud().list_services(Filters=by_namespace)["Services"]
    gone = next(one["Arn"] for one in services if one["Name"] == "flower")
    calls.refuse_of("ListTagsForResource", "ResourceARN", gone, "ResourceNotFoundException")
    assert [one.name for one in glue.find(counted()[0], "test")] == [NAME, f"api-server.{NAME}"]
    calls.refuse("ListTagsForResource", "ResourceNotFoundException")
    assert glue.find(counted()[0], "test") == []


def test_a_namespace_that_others_share_and_that_is_closed_to_us_is_none(run_module, spec, calls):
    run_module(module, **spec)
    namespace = cloud().list_namespaces()["Namespaces"][0]
    calls.refuse_of("ListTagsForResource", "ResourceARN", namespace["Arn"], "AccessDeniedException")
    assert glue.find(counted()[0], "test") == []
    for expected in (NAME, namespace["Id"]):
        with pytest.raises(FarflowError, match="could not read the tags of .*AccessDenied"):
            glue.find(counted()[0], "test", expected=[expected])


def counted():
    calls = []

    def make(service, config):
        client = boto3.client(service)
        client.meta.events.register(f"before-call.{service}", lambda model, **_unused: calls.append(model.name))
        return client

    return Clients(make), calls


def test_find_sees_the_environment_alone(run_module, spec, vpcs):
    run_module(module, **spec)
    other = "test-eu.farflow.internal"
    run_module(module, namespaces=[{"name": other, "vpc_id": vpcs[1]}], services=[{"name": f"api-server.{other}"}])
    clients, calls = counted()
    wanted = [
        *map(pure.desired_namespace, spec["namespaces"]),
        *map(pure.desired_service, spec["services"]),
    ]
    assert plan(wanted, glue.find(clients, "test")) == []
    asked = {"GetHostedZone", "ListInstances", "ListNamespaces", "ListServices", "ListTagsForResource"}
    assert set(calls) == asked
    assert len(calls) == 8


def test_find_asks_once_where_there_is_nothing():
    clients, calls = counted()
    assert glue.find(clients, "test") == []
    assert calls == ["ListNamespaces"]


def associate(vpc_id):
    """What somebody does whose network resolves our names by a VPN."""
    (namespace,) = cloud().list_namespaces()["Namespaces"]
    zone = namespace["Properties"]["DnsProperties"]["HostedZoneId"]
    boto3.client("route53").associate_vpc_with_hosted_zone(
        HostedZoneId=zone, VPC={"VPCRegion": "eu-west-1", "VPCId": vpc_id}
    )


def test_names_that_are_resolved_in_a_second_vpc_are_no_difference(run_module, spec, vpcs):
    run_module(module, **spec)
    associate(vpcs[1])
    assert run_module(module, **spec)["changed"] is False
    (found,) = (one for one in glue.find(counted()[0], "test") if one.type == pure.NAMESPACE)
    assert found.attributes["vpc_ids"] == sorted(vpcs)
    wanted = pure.desired_namespace(spec["namespaces"][0])
    assert plan([pure.seen_from(wanted, found)], [found]) == []
    assert pure.seen_from(wanted, None) == wanted


def test_names_that_are_resolved_in_other_vpcs_alone_are_refused(run_module, spec, vpcs):
    run_module(module, **spec)
    associate(vpcs[1])
    elsewhere = {"namespaces": [{**spec["namespaces"][0], "vpc_id": "vpc-0a"}]}
    assert f"(vpc_id {', '.join(sorted(vpcs))} -> vpc-0a)" in run_module(module, **elsewhere)["msg"]


def told(calls, operation):
    """The descriptions that calls of an operation had, None of one without."""
    documents = [arguments for made, arguments in calls.made if made == operation]
    return [{**one, **one.get("Namespace", {}), **one.get("Service", {})}.get("Description") for one in documents]


def test_an_empty_description_is_sent_only_to_take_one_away(run_module, spec, calls):
    namespace = {key: value for key, value in spec["namespaces"][0].items() if key != "description"}
    bare = {"namespaces": [namespace], "services": spec["services"][:1]}
    run_module(module, **bare)
    assert (told(calls, "CreatePrivateDnsNamespace"), told(calls, "CreateService")) == ([None], [None])
    service = {**spec["services"][0], "dns_records": {"A": 60}}
    run_module(module, namespaces=[{**namespace, "soa_ttl": 60}], services=[service])
    assert (told(calls, "UpdatePrivateDnsNamespace"), told(calls, "UpdateService")) == ([None], [None])
    described = {"description": "names"}
    run_module(module, namespaces=[{**namespace, **described}], services=[{**service, **described}])
    run_module(module, namespaces=[namespace], services=[service])
    assert told(calls, "UpdatePrivateDnsNamespace") == [None, "names", ""]
    assert told(calls, "UpdateService") == [None, "names", ""]
