"""Cloud Map and EFS: lists of several that are taken as one, or not at all, and names that several have."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import efs, servicediscovery


def apply() -> None:
    of_services, of_namespaces = {"NAMESPACE_ID": "NamespaceId"}, {"TYPE": "Type", "NAME": "Name"}
    servicediscovery._list_services = look_at_filters(servicediscovery._list_services, of_services)
    servicediscovery._list_namespaces = look_at_filters(servicediscovery._list_namespaces, of_namespaces)
    servicediscovery._create_service = refuse_second_service(servicediscovery._create_service)
    efs.handle_request = join_tag_keys(efs.handle_request)


def look_at_filters(list_all, members: dict[str, str]):
    """Fault: all are listed, whatever was asked for. ``members`` names the member that each filter is of."""

    def handler(data: dict[str, Any]):
        filters = {each["Name"]: each["Values"] for each in data.get("Filters") or []}
        if unknown := filters.keys() - members.keys():
            return servicediscovery.error_response_json("InvalidInput", f"Filter {min(unknown)} is not valid.", 400)
        status, headers, body = list_all(data)
        [(key, found)] = json.loads(body).items()
        fitting = [one for one in found if all(one.get(members[name]) in values for name, values in filters.items())]
        return status, headers, json.dumps({key: fitting}).encode()

    return handler


def refuse_second_service(create):
    """Fault: several services of a namespace have one name."""

    def handler(data: dict[str, Any]):
        for one in servicediscovery._services.values():
            if (one["NamespaceId"], one["Name"]) == (data.get("NamespaceId"), data.get("Name")):
                return servicediscovery.error_response_json("ServiceAlreadyExists", "Service already exists.", 400)
        return create(data)

    return handler


def join_tag_keys(handle_request):
    """Fault: of several tags to be taken away only one is."""

    async def handler(method, path, headers, body, query_params):
        keys = query_params.get("tagKeys")
        if isinstance(keys, list):
            query_params = {**query_params, "tagKeys": [",".join(keys)]}
        return await handle_request(method, path, headers, body, query_params)

    return handler
