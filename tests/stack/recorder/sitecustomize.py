"""On PYTHONPATH: every call of AWS is written with its arguments to the file that CALLS_OF_AWS names, a line each.

IAM decides by the tags of what a call names by an id, too: so these are asked for first, by calls that are not written.
Contents and secrets are left out.
"""

import json
import os
import re
from pathlib import Path

from botocore.client import BaseClient

_call = BaseClient._make_api_call
_READS = re.compile(r"Describe|List|Get|Head|BatchGet")
_HIDDEN = {"Body", "MasterUserPassword", "SecretString"}
_ID_OF_EC2 = re.compile(r"[a-z]+-[0-9a-f]{8,17}|eipalloc-\w+|rtbassoc-\w+|aclassoc-\w+")


def _recorded(self, operation_name, api_params):
    path, service = os.environ.get("CALLS_OF_AWS"), self.meta.service_model.service_name
    if path:
        reads = _READS.match(operation_name) and service not in _READ_BY_TAG
        tags = {} if reads else _TAGS.get(service, _none)(self, api_params)
        arguments = {name: value for name, value in api_params.items() if name not in _HIDDEN}
        line = {"service": service, "operation": operation_name, "arguments": arguments, "tags": tags}
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
    return _call(self, operation_name, api_params)


def _none(client, arguments):
    return {}


def _texts(value):
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str):
        yield value
    elif not isinstance(value, (bytes, bytearray)) and hasattr(value, "__iter__"):
        for each in value:
            yield from _texts(each)


def _of_ec2(client, arguments):
    """By the id of each resource its tags, and of an association those of what it is of."""
    found = {}
    ids = {text for text in _texts(arguments) if _ID_OF_EC2.fullmatch(text)}
    for association in sorted(each for each in ids if each.startswith("rtbassoc-")):
        named = {"Filters": [{"Name": "association.route-table-association-id", "Values": [association]}]}
        for table in _call(client, "DescribeRouteTables", named)["RouteTables"]:
            ids.add(table["RouteTableId"])
            ids |= {
                each["SubnetId"]
                for each in table["Associations"]
                if each.get("RouteTableAssociationId") == association and "SubnetId" in each
            }
    for association in sorted(each for each in ids if each.startswith("aclassoc-")):
        for acl in _call(client, "DescribeNetworkAcls", {})["NetworkAcls"]:
            of = [each for each in acl["Associations"] if each["NetworkAclAssociationId"] == association]
            ids |= {each["SubnetId"] for each in of}
    for id_ in sorted(ids):
        named = {"Filters": [{"Name": "resource-id", "Values": [id_]}]}
        tags = _call(client, "DescribeTags", named)["Tags"]
        found[id_] = {each["Key"]: each["Value"] for each in tags}
    return found


def _of_efs(client, arguments):
    """By the id of each resource its tags, and of a mount target those of its file system."""
    found = {}
    for id_ in list(_texts(arguments)):
        try:
            if id_.startswith("fsmt-"):
                (target,) = _call(client, "DescribeMountTargets", {"MountTargetId": id_})["MountTargets"]
                id_ = target["FileSystemId"]
            if id_.startswith(("fs-", "fsap-")):
                tags = _call(client, "ListTagsForResource", {"ResourceId": id_})["Tags"]
                found[id_] = {each["Key"]: each["Value"] for each in tags}
        except client.exceptions.ClientError:
            continue
    return found


def _of_cloud_map(client, arguments):
    """By the id of each resource its tags."""
    found = {}
    for operation, key in (("ListNamespaces", "Namespaces"), ("ListServices", "Services")):
        for each in _call(client, operation, {})[key]:
            if {each["Id"], each["Arn"]} & set(_texts(arguments)):
                tags = _call(client, "ListTagsForResource", {"ResourceARN": each["Arn"]})["Tags"]
                found[each["Id"]] = {tag["Key"]: tag["Value"] for tag in tags}
                found[each["Id"]]["arn"] = each["Arn"]
    return found


#: Where a look is decided on by the tags of what it names, too.
_READ_BY_TAG = {"efs"}
_TAGS = {"ec2": _of_ec2, "efs": _of_efs, "servicediscovery": _of_cloud_map}

BaseClient._make_api_call = _recorded
