"""Cloud Map and EFS: lists of several that are taken as one, or not at all."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import efs, servicediscovery


def apply() -> None:
    servicediscovery._list_services = filter_services(servicediscovery._list_services)
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


def join_tag_keys(handle_request):
    """Fault: of several tags to be taken away only one is."""

    async def handler(method, path, headers, body, query_params):
        keys = query_params.get("tagKeys")
        if isinstance(keys, list):
            query_params = {**query_params, "tagKeys": [",".join(keys)]}
        return await handle_request(method, path, headers, body, query_params)

    return handler
