# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Network load balancers: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.clients import Clients, chunks, doing, pages, tag_dict, tag_list, unless

_MOST_TAGGED = 20


def load_balancers(clients: Clients) -> list[dict[str, Any]]:
    """All load balancers of the region, of every type."""
    with doing("describe", "load balancers"):
        return pages(clients("elbv2"), "describe_load_balancers", "LoadBalancers")


def load_balancer(clients: Clients, arn: str) -> dict[str, Any] | None:
    """One load balancer, or None when it is gone."""
    client = clients("elbv2")
    with doing("describe", "load balancer", arn):
        answer = unless({"LoadBalancerNotFound"}, lambda: client.describe_load_balancers(LoadBalancerArns=[arn]))
    found = answer["LoadBalancers"] if answer else []
    return found[0] if found else None


def target_groups(clients: Clients) -> list[dict[str, Any]]:
    """All target groups of the region."""
    with doing("describe", "target groups"):
        return pages(clients("elbv2"), "describe_target_groups", "TargetGroups")


def listeners(clients: Clients, load_balancer_arn: str) -> list[dict[str, Any]]:
    """The listeners of a load balancer."""
    with doing("describe", "listeners of load balancer", load_balancer_arn):
        return pages(clients("elbv2"), "describe_listeners", "Listeners", LoadBalancerArn=load_balancer_arn)


def tags(clients: Clients, arns: list[str]) -> dict[str, dict[str, str]]:
    """The tags of load balancers, target groups and listeners, a dictionary for each ARN."""
    with doing("describe", "tags of load balancers, target groups and listeners"):
        described = [
            description
            for some in chunks(arns, _MOST_TAGGED)
            for description in clients("elbv2").describe_tags(ResourceArns=some)["TagDescriptions"]
        ]
    return {description["ResourceArn"]: tag_dict(description["Tags"]) for description in described}


def load_balancer_attributes(clients: Clients, arn: str) -> dict[str, str]:
    """A load balancer's attributes."""
    with doing("describe", "attributes of load balancer", arn):
        answer = clients("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def target_group_attributes(clients: Clients, arn: str) -> dict[str, str]:
    """A target group's attributes."""
    with doing("describe", "attributes of target group", arn):
        answer = clients("elbv2").describe_target_group_attributes(TargetGroupArn=arn)
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def create_load_balancer(clients: Clients, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Makes a load balancer; AWS gives the existing one when it is the same."""
    with doing("create", "load balancer", name):
        answer = clients("elbv2").create_load_balancer(
            Name=name,
            Type=wanted["type"],
            Scheme=wanted["scheme"],
            Subnets=wanted["subnets"],
            SecurityGroups=wanted["security_groups"],
            IpAddressType=wanted["ip_address_type"],
            **_tagged(wanted),
        )
    return dict(answer["LoadBalancers"][0])


def create_target_group(clients: Clients, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Makes a target group; AWS gives the existing one when it is the same."""
    with doing("create", "target group", name):
        answer = clients("elbv2").create_target_group(
            Name=name,
            Protocol=wanted["protocol"],
            Port=wanted["port"],
            VpcId=wanted["vpc_id"],
            TargetType=wanted["target_type"],
            **_tagged(wanted),
            **_health_check(wanted["health_check"]),
        )
    return dict(answer["TargetGroups"][0])


def create_listener(clients: Clients, load_balancer_arn: str, target_group_arn: str, wanted: Mapping[str, Any]) -> str:
    """Makes a listener; its ARN."""
    with doing("create", "listener", f"{wanted['protocol']} {wanted['port']} of {load_balancer_arn}"):
        answer = clients("elbv2").create_listener(
            LoadBalancerArn=load_balancer_arn, **_listener(target_group_arn, wanted), **_tagged(wanted)
        )
    return str(answer["Listeners"][0]["ListenerArn"])


def modify_listener(clients: Clients, arn: str, target_group_arn: str, wanted: Mapping[str, Any]) -> None:
    """Sets everything of a listener but its tags."""
    with doing("modify", "listener", arn):
        clients("elbv2").modify_listener(ListenerArn=arn, **_listener(target_group_arn, wanted))


def modify_health_check(clients: Clients, arn: str, health_check: Mapping[str, Any]) -> None:
    """Sets a target group's whole health check."""
    with doing("modify the health check of", "target group", arn):
        clients("elbv2").modify_target_group(TargetGroupArn=arn, **_health_check(health_check))


def modify_target_group_attributes(clients: Clients, arn: str, attributes: Mapping[str, str]) -> None:
    """Sets some attributes of a target group."""
    with doing("modify the attributes of", "target group", arn):
        clients("elbv2").modify_target_group_attributes(TargetGroupArn=arn, Attributes=tag_list(dict(attributes)))


def modify_load_balancer_attributes(clients: Clients, arn: str, attributes: Mapping[str, str]) -> None:
    """Sets some attributes of a load balancer."""
    with doing("modify the attributes of", "load balancer", arn):
        clients("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=tag_list(dict(attributes)))


def set_subnets(clients: Clients, arn: str, subnets: Sequence[str]) -> None:
    """The subnets, and so the availability zones, of a load balancer."""
    with doing("set the subnets of", "load balancer", arn):
        clients("elbv2").set_subnets(LoadBalancerArn=arn, Subnets=subnets)


def set_security_groups(clients: Clients, arn: str, security_groups: Sequence[str]) -> None:
    """The security groups of a load balancer that was made with some."""
    with doing("set the security groups of", "load balancer", arn):
        clients("elbv2").set_security_groups(
            LoadBalancerArn=arn,
            SecurityGroups=security_groups,
            EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="on",
        )


def set_ip_address_type(clients: Clients, arn: str, ip_address_type: str) -> None:
    """ipv4 or dualstack."""
    with doing("set the IP address type of", "load balancer", arn):
        clients("elbv2").set_ip_address_type(LoadBalancerArn=arn, IpAddressType=ip_address_type)


def set_tags(clients: Clients, arn: str, wanted: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("elbv2")
    with doing("tag", arn):
        if superfluous:
            client.remove_tags(ResourceArns=[arn], TagKeys=superfluous)
        if wanted:
            client.add_tags(ResourceArns=[arn], Tags=tag_list(dict(wanted)))


def delete_listener(clients: Clients, arn: str) -> None:
    """Deletes a listener; one that is gone is fine."""
    with doing("delete", "listener", arn):
        unless({"ListenerNotFound"}, lambda: clients("elbv2").delete_listener(ListenerArn=arn))


def delete_load_balancer(clients: Clients, arn: str) -> None:
    """Begins to delete a load balancer; one that is gone is fine."""
    with doing("delete", "load balancer", arn):
        unless({"LoadBalancerNotFound"}, lambda: clients("elbv2").delete_load_balancer(LoadBalancerArn=arn))


def delete_target_group(clients: Clients, arn: str) -> bool:
    """Deletes a target group; one that is gone is fine. False while a listener still uses it."""
    with doing("delete", "target group", arn):
        in_use = unless(
            {"ResourceInUse"},
            lambda: unless({"TargetGroupNotFound"}, lambda: clients("elbv2").delete_target_group(TargetGroupArn=arn)),
            default="in use",
        )
    return bool(in_use != "in use")


def network_interfaces(clients: Clients, load_balancer_arn: str) -> list[dict[str, Any]]:
    """The interfaces that a load balancer has, or still has, in its subnets."""
    description = f"ELB {load_balancer_arn.split(':loadbalancer/')[1]}"
    with doing("describe", "network interfaces of load balancer", load_balancer_arn):
        return pages(
            clients("ec2"),
            "describe_network_interfaces",
            "NetworkInterfaces",
            Filters=[{"Name": "description", "Values": [description]}],
        )


def _tagged(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """AWS takes no empty list of tags."""
    return {"Tags": tag_list(wanted["tags"])} if wanted["tags"] else {}


def _health_check(check: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": check["protocol"],
        "HealthCheckPort": check["port"],
        "HealthCheckIntervalSeconds": check["interval_seconds"],
        "HealthCheckTimeoutSeconds": check["timeout_seconds"],
        "HealthyThresholdCount": check["healthy_threshold_count"],
        "UnhealthyThresholdCount": check["unhealthy_threshold_count"],
    }
    if check["path"]:
        arguments |= {"HealthCheckPath": check["path"], "Matcher": {"HttpCode": check["matcher"]}}
    return arguments


def _listener(target_group_arn: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "Protocol": wanted["protocol"],
        "Port": wanted["port"],
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": target_group_arn}],
    }
    if wanted["certificate_arn"]:
        arguments |= {
            "Certificates": [{"CertificateArn": wanted["certificate_arn"]}],
            "SslPolicy": wanted["ssl_policy"],
            "AlpnPolicy": [wanted["alpn_policy"] or "None"],
        }
    return arguments
