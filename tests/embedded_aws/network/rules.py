"""Whether one end of a network reaches another, as a VPC of AWS decides it: by security groups, route tables, gateways,
VPC endpoints and network ACLs. Pure functions over documents as EC2 describes them.

Where AWS's answer hangs on what is not known here, such as the very address within a subnet, it is refused: a rule of a
security group, or an entry of a network ACL that allows, has to cover all that may be meant; one that denies, a part.

Sources: "Control traffic to your AWS resources using security groups", "Route priority", "NAT gateway basics",
"Troubleshoot NAT gateways" and "Control subnet traffic with network access control lists" with its "Ephemeral ports" in
the guide of Amazon VPC; "Access an AWS service using an interface VPC endpoint" and "Gateway endpoints" in that of AWS
PrivateLink.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

Document = Mapping[str, Any]
Ports = tuple[int, int]

ANYWHERE = "0.0.0.0/0"
TCP, UDP = "tcp", "udp"
MOST = 65535
#: The ports from which Linux calls, and those from which a NAT gateway or a load balancer does.
LINUX_PORTS: Ports = (32768, 61000)
AWS_PORTS: Ports = (1024, MOST)

_NUMBERS = {TCP: "6", UDP: "17"}
_GATEWAY_SERVICES = ("s3", "dynamodb")
_HTTPS = 443


@dataclass(frozen=True)
class End:
    """A network interface in a subnet, or something outside of all VPCs, which has no subnet.

    name: for reasons. groups: its security groups, None where none filters its traffic. address: a CIDR in which its
    address lies, of one in a subnet the subnet's; ANYWHERE where nobody knows. is_public: it has a public address too.
    ports: those from which it calls.
    """

    name: str
    subnet: str = ""
    groups: tuple[str, ...] | None = None
    address: str = ANYWHERE
    is_public: bool = False
    ports: Ports = LINUX_PORTS


INTERNET = End("the internet", address=ANYWHERE, ports=AWS_PORTS)


@dataclass(frozen=True)
class Network:
    """What EC2 describes, by ids. A prefix list has its `Cidrs`."""

    subnets: Mapping[str, Document] = field(default_factory=dict)
    security_groups: Mapping[str, Document] = field(default_factory=dict)
    route_tables: Mapping[str, Document] = field(default_factory=dict)
    network_acls: Mapping[str, Document] = field(default_factory=dict)
    nat_gateways: Mapping[str, Document] = field(default_factory=dict)
    internet_gateways: Mapping[str, Document] = field(default_factory=dict)
    vpc_endpoints: Mapping[str, Document] = field(default_factory=dict)
    prefix_lists: Mapping[str, Document] = field(default_factory=dict)

    def groups(self, end: End) -> list[Document]:
        """The security groups of an end that there are."""
        return [self.security_groups[each] for each in end.groups or () if each in self.security_groups]

    def vpc(self, subnet: str) -> str:
        """The VPC of a subnet."""
        return str(self.subnets[subnet]["VpcId"])

    def cidr(self, end: End) -> str:
        """Where the address of an end lies."""
        return str(self.subnets[end.subnet]["CidrBlock"]) if end.subnet else end.address

    def route_table(self, subnet: str) -> Document:
        """The table with which a subnet is associated, or else its VPC's main one."""
        tables = [table for table in self.route_tables.values() if table["VpcId"] == self.vpc(subnet)]
        associated = [table for table in tables if any(one.get("SubnetId") == subnet for one in table["Associations"])]
        main = [table for table in tables if any(one.get("Main") for one in table["Associations"])]
        return next(iter(associated + main), {"RouteTableId": "(none)", "Routes": ()})

    def network_acl(self, subnet: str) -> Document | None:
        """The ACL with which a subnet is associated, or else its VPC's default one; None where none is known."""
        acls = [acl for acl in self.network_acls.values() if acl["VpcId"] == self.vpc(subnet)]
        associated = [acl for acl in acls if any(one["SubnetId"] == subnet for one in acl["Associations"])]
        return next(iter(associated + [acl for acl in acls if acl["IsDefault"]]), None)


def refusal(network: Network, source: End, target: End, port: int, protocol: str = TCP) -> str:
    """Why no connection from one end to a port of another comes about; empty where one does."""
    return next(filter(None, _Connection(network, source, target, protocol, port).reasons()), "")


def service_refusal(network: Network, source: End, service: str, region: str) -> str:
    """Why an end in a subnet does not reach a service of AWS (`sqs`, `ecr.api`) by HTTPS; empty where it does."""
    name, vpc = f"com.amazonaws.{region}.{service}", network.vpc(source.subnet)
    ours = [each for each in network.vpc_endpoints.values() if each["VpcId"] == vpc and each["ServiceName"] == name]
    for endpoint in ours:
        if endpoint["VpcEndpointType"] == "Interface":  # its private name hides AWS's public one, whatever it lets in
            if endpoint["State"] != "available":
                return f"VPC endpoint {endpoint['VpcEndpointId']} is {endpoint['State']}"
            groups = tuple(endpoint.get("Groups", ()))
            ends = [End(f"the VPC endpoint of {service}", subnet, groups) for subnet in endpoint["SubnetIds"]]
            return next(filter(None, (refusal(network, source, end, _HTTPS) for end in ends)), "")
    aws = End(f"AWS's API of {service}", ports=AWS_PORTS)
    table = network.route_table(source.subnet)["RouteTableId"]
    by_gateway = service in _GATEWAY_SERVICES and any(table in each.get("RouteTableIds", ()) for each in ours)
    connection = _Connection(network, source, aws, TCP, _HTTPS)
    reasons = connection.to_gateway_endpoint(name) if by_gateway else connection.reasons()
    return next(filter(None, reasons), "")


def admits_somebody(network: Network, target: End, port: int) -> bool:
    """Whether a security group of an end lets anybody in by their address; so it is where none filters its traffic."""
    rules = [rule for group in network.groups(target) for rule in group["IpPermissions"]]
    return target.groups is None or any(rule.get("IpRanges") and _is_of(rule, TCP, port) for rule in rules)


def open_ports(network: Network, source: End, target: End, protocol: str = TCP) -> list[Ports]:
    """The ports of a target that a source reaches, as ranges. Between two ports that a rule names all are alike."""
    found: list[Ports] = []
    for first, last in _alike(network, source, target):
        if refusal(network, source, target, first, protocol):
            continue
        if found and found[-1][1] == first - 1:
            first = found.pop()[0]
        found.append((first, last))
    return found


def outside(network: Network, source: End) -> list[str]:
    """CIDRs outside of an end's VPC such that, within each but for those before it, all addresses are alike to it."""
    rules = [rule for group in network.groups(source) for rule in group["IpPermissionsEgress"]]
    named = [cidr for rule in rules for cidr in _cidrs(network, rule)]
    named += [route["DestinationCidrBlock"] for route in _routes(network, source.subnet)]
    subnets = [source.subnet, *(each["SubnetId"] for each in network.nat_gateways.values())]
    for acl in filter(None, map(network.network_acl, subnets)):
        named += [entry["CidrBlock"] for entry in acl["Entries"] if "CidrBlock" in entry]
    cidrs = {IPv4Network(each, strict=False) for each in [*named, ANYWHERE]}
    return [str(each) for each in sorted(cidrs, key=lambda cidr: (-cidr.prefixlen, cidr))]


def sample(cidrs: Sequence[str], place: int) -> str | None:
    """An address of the CIDR at a place that lies in none of those before it; None where all do."""
    cidr = IPv4Network(cidrs[place])
    inner = [each for each in map(IPv4Network, cidrs[:place]) if each.subnet_of(cidr)]
    for address in [cidr[0], *(each[-1] + 1 for each in inner if each[-1] < cidr[-1])]:
        if not any(address in each for each in inner):
            return f"{address}/32"
    return None


@dataclass(frozen=True)
class _Connection:
    """A connection that is wanted. Each method has what is against a part of it: reasons, and empty texts for none."""

    network: Network
    source: End
    target: End
    protocol: str
    port: int

    def reasons(self) -> Iterator[str]:
        if self.source.subnet and self.target.subnet:
            yield from self._within()
        elif self.source.subnet:
            yield from self._out()
        elif self.target.subnet:
            yield from self._into()

    def to_gateway_endpoint(self, name: str) -> Iterator[str]:
        """By the route of an endpoint of S3 or DynamoDB, to addresses that the prefix list of that name has."""
        lists = [each for each in self.network.prefix_lists.values() if each["PrefixListName"] == name]
        for cidr in (cidr for each in lists for cidr in each["Cidrs"]):
            end = End(self.target.name, address=cidr, ports=AWS_PORTS)
            connection = _Connection(self.network, self.source, end, self.protocol, self.port)
            yield connection._egress()
            yield from connection._through_acls(self.source.subnet, is_out=True)

    def _within(self) -> Iterator[str]:
        """The route within a VPC is always there."""
        if self.network.vpc(self.source.subnet) != self.network.vpc(self.target.subnet):
            yield f"{self.source.name} and {self.target.name} are in two VPCs"
        yield self._egress()
        yield self._ingress()
        if self.source.subnet != self.target.subnet:
            yield from self._through_acls(self.source.subnet, is_out=True)
            yield from self._through_acls(self.target.subnet, is_out=False)

    def _out(self) -> Iterator[str]:
        yield self._egress()
        route = self._route(self.source.subnet)
        if route.get("NatGatewayId"):
            yield from self._through_nat_gateway(str(route["NatGatewayId"]))
        else:
            yield from self._through_internet_gateway(self.source, route)
        yield from self._through_acls(self.source.subnet, is_out=True)

    def _into(self) -> Iterator[str]:
        """By an internet gateway; the answer takes the route back."""
        yield self._ingress()
        back = _Connection(self.network, self.target, self.source, self.protocol, self.port)
        yield from back._through_internet_gateway(self.target, back._route(self.target.subnet))
        yield from self._through_acls(self.target.subnet, is_out=False)

    def _egress(self) -> str:
        return self._by_groups(self.source, "IpPermissionsEgress", self.target)

    def _ingress(self) -> str:
        return self._by_groups(self.target, "IpPermissions", self.source)

    def _by_groups(self, end: End, direction: str, peer: End) -> str:
        if end.groups is None:
            return ""
        groups = self.network.groups(end)
        for rule in (rule for group in groups for rule in group[direction]):
            if _is_of(rule, self.protocol, self.port) and self._names(rule, peer):
                return ""
        names = ", ".join(f"{group['GroupName']} ({group['GroupId']})" for group in groups) or "(none)"
        what = f"{self.protocol} {self.port}"
        way = f"in {what} from {peer.name}" if direction == "IpPermissions" else f"out {what} to {peer.name}"
        return f"security group {names} does not let {way}"

    def _names(self, rule: Document, peer: End) -> bool:
        """Whether the peer is one that a rule of a security group is about."""
        if any(each.get("GroupId") in (peer.groups or ()) for each in rule.get("UserIdGroupPairs", ())):
            return True
        return any(_covers(cidr, self.network.cidr(peer)) for cidr in _cidrs(self.network, rule))

    def _route(self, subnet: str) -> Document:
        """The most specific route to the target; empty where there is none."""
        wanted = self.network.cidr(self.target)
        fitting = [each for each in _routes(self.network, subnet) if _covers(each["DestinationCidrBlock"], wanted)]
        return max(fitting, key=lambda each: IPv4Network(each["DestinationCidrBlock"]).prefixlen, default={})

    def _through_internet_gateway(self, end: End, route: Document) -> Iterator[str]:
        """`end`: who needs a public address for it."""
        gateway = str(route.get("GatewayId", ""))
        attached = self.network.internet_gateways.get(gateway, {}).get("Attachments", ())
        if not route:
            table = self.network.route_table(end.subnet)["RouteTableId"]
            yield f"route table {table} of {end.name} has no route to {self.target.name}"
        elif self.network.vpc(end.subnet) not in [each["VpcId"] for each in attached]:
            yield f"the route of {end.name} to {self.target.name} leads to no internet gateway of its VPC"
        elif not end.is_public:
            yield f"{end.name} has no public address, which its route by internet gateway {gateway} needs"

    def _through_nat_gateway(self, name: str) -> Iterator[str]:
        gateway = self.network.nat_gateways.get(name)
        if gateway is None or gateway["State"] != "available":
            yield f"NAT gateway {name} of the route of {self.source.name} is {gateway['State'] if gateway else 'gone'}"
            return
        is_public = gateway.get("ConnectivityType", "public") == "public"
        nat = End(f"NAT gateway {name}", gateway["SubnetId"], is_public=is_public, ports=AWS_PORTS)
        onward = _Connection(self.network, nat, self.target, self.protocol, self.port)
        yield from onward._through_internet_gateway(nat, onward._route(nat.subnet))
        yield from onward._through_acls(nat.subnet, is_out=True)
        if nat.subnet != self.source.subnet:
            yield from self._through_acls(nat.subnet, is_out=False)

    def _through_acls(self, subnet: str, is_out: bool) -> Iterator[str]:
        """By the ACL of a subnet: there, and back, since an ACL knows no connections. `is_out`: the source is in it."""
        peer = self.network.cidr(self.target if is_out else self.source)
        yield self._by_acl(subnet, is_out, peer, (self.port, self.port))
        yield self._by_acl(subnet, not is_out, peer, self.source.ports)

    def _by_acl(self, subnet: str, is_egress: bool, peer: str, ports: Ports) -> str:
        acl = self.network.network_acl(subnet)
        if acl is None:
            return ""
        entries = [each for each in acl["Entries"] if each["Egress"] == is_egress and "CidrBlock" in each]
        for entry in sorted(entries, key=lambda each: int(each["RuleNumber"])):
            if entry["Protocol"] not in ("-1", _NUMBERS[self.protocol]):
                continue
            of_entry = entry.get("PortRange") or {"From": 0, "To": MOST}
            first, last = of_entry["From"], of_entry["To"]
            if entry["RuleAction"] == "allow":
                if _covers(entry["CidrBlock"], peer) and first <= ports[0] and ports[1] <= last:
                    return ""
            elif _overlap(entry["CidrBlock"], peer) and first <= ports[1] and ports[0] <= last:
                break
        told = ports[0] if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"
        what = f"{self.protocol} {told}"
        way = f"out {what} to {peer}" if is_egress else f"in {what} from {peer}"
        return f"network ACL {acl['NetworkAclId']} of {subnet} does not let {way}"


def _routes(network: Network, subnet: str) -> list[Document]:
    """The routes of a subnet to CIDRs; the others are those of gateway endpoints and of IPv6."""
    return [each for each in network.route_table(subnet)["Routes"] if each.get("DestinationCidrBlock")]


def _cidrs(network: Network, rule: Document) -> list[str]:
    """What a rule of a security group says of addresses."""
    lists = [network.prefix_lists.get(each["PrefixListId"]) for each in rule.get("PrefixListIds", ())]
    return [
        *(each["CidrIp"] for each in rule.get("IpRanges", ())),
        *(cidr for each in lists if each for cidr in each["Cidrs"]),
    ]


def _is_of(rule: Document, protocol: str, port: int) -> bool:
    """Whether a rule of a security group is about a port of a protocol."""
    if rule["IpProtocol"] not in ("-1", protocol, _NUMBERS[protocol]):
        return False
    first, last = _ports(rule)
    return first <= port <= last


def _ports(rule: Document) -> Ports:
    first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
    return (0, MOST) if rule["IpProtocol"] == "-1" or first == -1 else (first, last)


def _alike(network: Network, *ends: End) -> Iterator[Ports]:
    """All ports, cut where a rule of a security group or of a network ACL begins or ends."""
    groups = [group for end in ends for group in network.groups(end)]
    ranges = [_ports(rule) for group in groups for rule in (*group["IpPermissions"], *group["IpPermissionsEgress"])]
    acls = [network.network_acl(end.subnet) for end in ends if end.subnet]
    entries = [entry["PortRange"] for acl in acls if acl for entry in acl["Entries"] if entry.get("PortRange")]
    ranges += [(each["From"], each["To"]) for each in entries]
    starts = {1} | {port for first, last in ranges for port in (first, last + 1) if 1 < port <= MOST}
    cuts = sorted(starts)
    yield from zip(cuts, [*(each - 1 for each in cuts[1:]), MOST], strict=True)


def _covers(cidr: str, other: str) -> bool:
    return IPv4Network(other, strict=False).subnet_of(IPv4Network(cidr, strict=False))


def _overlap(cidr: str, other: str) -> bool:
    return IPv4Network(other, strict=False).overlaps(IPv4Network(cidr, strict=False))
