"""The ends of the ways that are opened here, by what the emulators hold of the caller's account and region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ministack.services import alb, ec2, efs, rds

from .rules import AWS_PORTS, End, Network

Record = dict[str, Any]

NFS_PORT = 2049
_POSTGRES_PORT = 5432


class Place(str):
    """The id of a task's subnet, with all that its network is: a task keeps no more than this."""

    network: Record

    @classmethod
    def of(cls, subnet: str, network: Record) -> Place:
        """A subnet, and the `awsvpcConfiguration` that names it first."""
        place = cls(subnet)
        place.network = network
        return place


def network() -> Network:
    """What EC2 holds now."""
    aws = [{**each, "Cidrs": [each["Cidr"]]} for each in ec2._get_aws_managed_prefix_lists()]
    ours = [{**each, "Cidrs": [one["Cidr"] for one in each["Entries"]]} for each in ec2._prefix_lists.values()]
    return Network(
        subnets=dict(ec2._subnets.items()),
        security_groups=dict(ec2._security_groups.items()),
        route_tables=dict(ec2._route_tables.items()),
        network_acls=dict(ec2._network_acls.items()),
        nat_gateways=dict(ec2._nat_gateways.items()),
        internet_gateways=dict(ec2._internet_gateways.items()),
        vpc_endpoints=dict(ec2._vpc_endpoints.items()),
        prefix_lists={each["PrefixListId"]: each for each in [*aws, *ours] if each.get("AddressFamily") == "IPv4"},
    )


def of_task(task: Record) -> End | None:
    """The network interface of a task; None for one that is in no subnet of these."""
    place = task.get("_subnet")
    if not isinstance(place, Place) or place not in ec2._subnets:
        return None
    family = task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0]
    return End(
        f"task {task['taskArn'].rpartition('/')[2]} of {family}",
        str(place),
        tuple(place.network.get("securityGroups") or _default_groups(place)),
        is_public=place.network.get("assignPublicIp") == "ENABLED",
    )


def of_load_balancer(balancer: Record) -> list[End]:
    """A network interface in each of its subnets. A network load balancer without security groups filters nothing."""
    return [
        End(
            f"load balancer {balancer['LoadBalancerName']}",
            subnet,
            tuple(balancer["SecurityGroups"]) or (None if balancer["Type"] == "network" else _default_groups(subnet)),
            is_public=balancer["Scheme"] == "internet-facing",
            ports=AWS_PORTS,
        )
        for subnet in balancer["Subnets"]
        if subnet in ec2._subnets
    ]


def of_databases() -> Iterator[tuple[End, int, int]]:
    """The network interface of each database, its port as AWS has it, and the port at which it is here."""
    for name, database in rds._instances.items():
        subnets = [each["SubnetIdentifier"] for each in database["DBSubnetGroup"]["Subnets"]]
        there = [each for each in subnets if each in ec2._subnets]
        in_zone = [each for each in there if ec2._subnets[each]["AvailabilityZone"] == database["AvailabilityZone"]]
        subnet = next(iter(in_zone + there), ec2._DEFAULT_SUBNET_ID)
        groups = tuple(each["VpcSecurityGroupId"] for each in database["VpcSecurityGroups"])
        end = End(f"database {name}", subnet, groups or _default_groups(subnet))
        yield end, database.get("DbInstancePort") or _POSTGRES_PORT, database["_HostPort"]


def of_mount_target(file_system: str, subnet: str) -> End | None:
    """Where a file system is mounted from a subnet: its mount target in the subnet's zone, if there is one."""
    for target in efs._mount_targets.values():
        there = ec2._subnets.get(target["SubnetId"], {})
        in_zone = there.get("AvailabilityZone") == ec2._subnets[subnet]["AvailabilityZone"]
        if target["FileSystemId"] == file_system and in_zone and there["VpcId"] == ec2._subnets[subnet]["VpcId"]:
            groups = tuple(target["SecurityGroups"]) or _default_groups(target["SubnetId"])
            return End(f"the mount target of {file_system}", target["SubnetId"], groups)
    return None


def balancers_of(group: Record) -> list[Record]:
    """The load balancers that send to a target group."""
    return [alb._lbs[arn] for arn in group.get("LoadBalancerArns", ()) if arn in alb._lbs]


def listener_port(balancer: Record) -> int:
    """The port of its listener that is served here, the first one."""
    arn = balancer["LoadBalancerArn"]
    return next((int(each["Port"]) for each in alb._listeners.values() if each["LoadBalancerArn"] == arn), 80)


def _default_groups(subnet: str) -> tuple[str, ...]:
    """What AWS gives to a network interface for which no security group is said."""
    vpc = ec2._subnets[subnet]["VpcId"]
    return tuple(
        name for name, each in ec2._security_groups.items() if each["VpcId"] == vpc and each["GroupName"] == "default"
    )
