"""EC2: each subnet has one network ACL, the default one unless another is said, and a VPC goes without others."""

from __future__ import annotations

import uuid
from typing import Any

from ministack.services import ec2


def apply() -> None:
    actions = ec2._ACTION_MAP
    actions["DescribeNetworkAcls"] = with_associations(actions["DescribeNetworkAcls"])
    actions["ReplaceNetworkAclAssociation"] = with_associations(replace_association)
    actions["CreateNetworkAclEntry"] = refuse_entry(actions["CreateNetworkAclEntry"], is_there=True)
    for action in ("ReplaceNetworkAclEntry", "DeleteNetworkAclEntry"):
        actions[action] = refuse_entry(actions[action], is_there=False)
    for action in ("CreateNetworkAclEntry", "ReplaceNetworkAclEntry"):
        actions[action] = keep_ports(actions[action])
    ec2._network_acl_entry_xml = tell_ports(ec2._network_acl_entry_xml)
    actions["DeleteVpc"] = refuse_while_there_are_others(actions["DeleteVpc"])


def with_associations(action):
    """Fault: no subnet has an ACL."""

    def handler(parameters: dict[str, Any]):
        give_associations()
        return action(parameters)

    return handler


def give_associations() -> None:
    """Each subnet that has none gets the default one of its VPC."""
    for acl in ec2._network_acls.values():
        acl["Associations"] = [each for each in acl["Associations"] if each["SubnetId"] in ec2._subnets]
    given = {each["SubnetId"] for acl in ec2._network_acls.values() for each in acl["Associations"]}
    defaults = {acl["VpcId"]: acl for acl in ec2._network_acls.values() if acl["IsDefault"]}
    for subnet_id, subnet in ec2._subnets.items():
        if subnet_id not in given and subnet["VpcId"] in defaults:
            defaults[subnet["VpcId"]]["Associations"].append(_association(subnet_id))


def replace_association(parameters: dict[str, Any]):
    """Fault: the subnet is forgotten when it gets another ACL."""
    association_id, wanted = ec2._p(parameters, "AssociationId"), ec2._p(parameters, "NetworkAclId")
    if wanted not in ec2._network_acls:
        return ec2._error("InvalidNetworkAclID.NotFound", f"The network ACL '{wanted}' does not exist", 400)
    for acl in ec2._network_acls.values():
        for each in acl["Associations"]:
            if each["NetworkAclAssociationId"] == association_id:
                acl["Associations"].remove(each)
                new = _association(each["SubnetId"])
                ec2._network_acls[wanted]["Associations"].append(new)
                told = f"<newAssociationId>{new['NetworkAclAssociationId']}</newAssociationId>"
                return ec2._xml(200, "ReplaceNetworkAclAssociationResponse", told)
    return ec2._error("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist", 400)


def refuse_entry(action, is_there: bool):
    """Fault: an entry is made a second time, or one that there is not is replaced or deleted."""

    def handler(parameters: dict[str, Any]):
        acl = ec2._network_acls.get(ec2._p(parameters, "NetworkAclId"), {"Entries": []})
        number, egress = int(ec2._p(parameters, "RuleNumber")), ec2._p(parameters, "Egress") == "true"
        found = any((each["RuleNumber"], each["Egress"]) == (number, egress) for each in acl["Entries"])
        if found is not is_there:
            return action(parameters)
        if is_there:
            return ec2._error("NetworkAclEntryAlreadyExists", "The network acl entry identified already exists.", 400)
        return ec2._error("InvalidNetworkAclEntry.NotFound", "The network acl entry does not exist.", 400)

    return handler


def keep_ports(action):
    """Fault: the ports of an entry are dropped, so that it is about all of them."""

    def handler(parameters: dict[str, Any]):
        answer = action(parameters)
        first, last = (ec2._p(parameters, f"PortRange.{which}") for which in ("From", "To"))
        if answer[0] == 200 and first and last:
            number, egress = int(ec2._p(parameters, "RuleNumber")), ec2._p(parameters, "Egress") == "true"
            for each in ec2._network_acls[ec2._p(parameters, "NetworkAclId")]["Entries"]:
                if (each["RuleNumber"], each["Egress"]) == (number, egress):
                    each["PortRange"] = {"From": int(first), "To": int(last)}
        return answer

    return handler


def tell_ports(render):
    def entry_xml(entry: dict[str, Any]) -> str:
        ports = entry.get("PortRange")
        told = f"<portRange><from>{ports['From']}</from><to>{ports['To']}</to></portRange>" if ports else ""
        return render(entry).replace("</item>", f"{told}</item>")

    return entry_xml


def refuse_while_there_are_others(delete):
    """Fault: a VPC's ACLs go with it, also those that AWS did not make."""

    def handler(parameters: dict[str, Any]):
        vpc_id = ec2._p(parameters, "VpcId")
        if any(acl["VpcId"] == vpc_id and not acl["IsDefault"] for acl in ec2._network_acls.values()):
            words = f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
            return ec2._error("DependencyViolation", words, 400)
        return delete(parameters)

    return handler


def _association(subnet_id: str) -> dict[str, str]:
    return {"NetworkAclAssociationId": f"aclassoc-{uuid.uuid4().hex[:17]}", "SubnetId": subnet_id}
