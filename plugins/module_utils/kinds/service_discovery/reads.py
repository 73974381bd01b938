# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS Cloud Map tells of a namespace and of a service, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import TAGS, Compared, NotCompared, Nothing, OfOthers, Reads, Told

_OTHER_VPCS = NotCompared("other VPCs of the hosted zone", "they can resolve names, not connect")
_INSTANCES = Told("servicediscovery ListInstances")
_ATTRIBUTES = NotCompared("attributes of the service", "nothing reads them")

READS = [
    Reads(
        kind="dns_namespace",
        title="Private names",
        service="servicediscovery",
        ids=("NamespaceName", "GetNamespace.Id", "ResourceARN"),
        operations={
            "DiscoverInstances": OfOthers("discovery_service"),
            "DiscoverInstancesRevision": Nothing("a number that grows with each change of its instances"),
            "GetNamespace": Told("servicediscovery ListNamespaces"),
            "ListNamespaces": Compared(),
            "ListTagsForResource": TAGS,
        },
        besides=(_OTHER_VPCS,),
    ),
    Reads(
        kind="discovery_service",
        title="The api-server's private name",
        service="servicediscovery",
        ids=("ServiceName", "ServiceId", "GetService.Id", "ResourceARN"),
        operations={
            "DiscoverInstances": _INSTANCES,
            "DiscoverInstancesRevision": Nothing("a number that grows with each change of its instances"),
            "GetInstance": _INSTANCES,
            "GetInstancesHealthStatus": Nothing("which tasks are healthy"),
            "GetService": Told("servicediscovery ListServices"),
            "GetServiceAttributes": _ATTRIBUTES,
            "ListInstances": Compared(),
            "ListServices": Compared(),
            "ListTagsForResource": TAGS,
        },
    ),
]
