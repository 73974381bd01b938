"""Cloud Map and EFS: lists of several that are taken as one, or not at all, and names that several have."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import efs, servicediscovery


def apply() -> None:
    servicediscovery._list_services = filter_services(servicediscovery._list_services)
    servicediscovery._create_service = refuse_second_service(servicediscovery._create_service)
    efs.handle_request = join_tag_keys(efs.handle_request)


def filter_services(list_services):
    """Fault: the services of all namespaces are listed, whichever one was asked for."""

    def handler(data: dict[str, Any]):
        status, headers, body = list_services(data)
        document = json.loads(body)
        for each in data.get("Filters") or []:
            if each["Name"] == "NAMESPACE_ID":
                document["Services"] = [one for one in document["Services"] if one.get("NamespaceId") in each["Values"]]
        return status, headers, json.dumps(document).encode()

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
