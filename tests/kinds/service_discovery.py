"""AWS Cloud Map: the private names."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds import service_discovery

from tests.embedded_aws.settings import ACCOUNT_ID, REGION

from .facts import CloudFormation, Tagging, drift, kind, mapping, pairs


class AnyId(dict):
    """An id for every name."""

    def __missing__(self, name):
        return f"id of {name}"


def _tagging(what):
    def arn(id_):
        return f"arn:aws:servicediscovery:{REGION}:{ACCOUNT_ID}:{what}/{id_}"

    def client(aws):
        return aws.client("servicediscovery")

    return Tagging(
        lambda aws, name, id_: mapping(client(aws).list_tags_for_resource(ResourceARN=arn(id_))["Tags"]),
        lambda aws, name, id_, tags: client(aws).tag_resource(ResourceARN=arn(id_), Tags=pairs(tags)),
        lambda aws, name, id_, keys: client(aws).untag_resource(ResourceARN=arn(id_), TagKeys=keys),
    )


kind(
    "dns_namespace",
    made_by="servicediscovery CreatePrivateDnsNamespace",
    read_by="servicediscovery ListNamespaces",
    tags=_tagging("namespace"),
    cloudformation=CloudFormation("AWS::ServiceDiscovery::PrivateDnsNamespace", {"vpc_id": "Vpc", "soa_ttl": None}),
    changed_by=service_discovery.NAMESPACE,
)
kind(
    "discovery_service",
    made_by="servicediscovery CreateService",
    read_by="servicediscovery ListServices",
    tags=_tagging("service"),
    changed_by=service_discovery.Service(AnyId()),
)


@drift("change dns_namespace local.farflow.internal", "soa_ttl 900 -> 15")
def the_namespace_edited(aws):
    discovery = aws.client("servicediscovery")
    (namespace,) = discovery.list_namespaces()["Namespaces"]
    soa = {"DnsProperties": {"SOA": {"TTL": 900}}}
    discovery.update_private_dns_namespace(Id=namespace["Id"], Namespace={"Properties": soa})


def discovery_service(aws):
    (found,) = aws.client("servicediscovery").list_services()["Services"]
    return found


@drift("change discovery_service api-server.local.farflow.internal", "dns_records A 300 -> 10")
def the_private_name_cached_longer(aws):
    records = {"DnsRecords": [{"Type": "A", "TTL": 300}]}
    aws.client("servicediscovery").update_service(
        Id=discovery_service(aws)["Id"], Service={"Description": "Airflow's api-server", "DnsConfig": records}
    )


@drift(
    "change discovery_service api-server.local.farflow.internal",
    "instances_of_others [mine] -> (none)",
    seen_by="servicediscovery ListInstances",
)
def another_api_server_under_the_private_name(aws):
    """Workers would send it their tokens."""
    service, address = discovery_service(aws)["Id"], {"AWS_INSTANCE_IPV4": "10.0.0.9"}
    aws.client("servicediscovery").register_instance(ServiceId=service, InstanceId="mine", Attributes=address)
