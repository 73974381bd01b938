"""Clusters as ECS keeps them."""

from __future__ import annotations

from copy import deepcopy

from .paging import page
from .wire import AwsError

ARN = "arn:aws:ecs:eu-west-1:123456789012:cluster/"


class Clusters:
    """``stored`` has every cluster by name."""

    def __init__(self, tags):
        self.stored = {}
        self.tags = tags

    def CreateCluster(self, given):
        name = given["clusterName"]
        if name not in self.stored or self.stored[name]["status"] == "INACTIVE":
            document = {key: value for key, value in deepcopy(given).items() if key != "tags"}
            document.setdefault("settings", [{"name": "containerInsights", "value": "disabled"}])
            document.setdefault("capacityProviders", [])
            document.setdefault("defaultCapacityProviderStrategy", [])
            for item in document["defaultCapacityProviderStrategy"]:
                item.setdefault("weight", 0)
                item.setdefault("base", 0)
            self.stored[name] = {**document, "clusterArn": ARN + name, "status": "ACTIVE"}
            self.tags[ARN + name] = {tag["key"]: tag.get("value", "") for tag in given.get("tags", [])}
        return {"cluster": self.stored[name]}

    def named(self, reference):
        found = self.stored.get(reference.rsplit("/", 1)[-1])
        if not found:
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        return found

    def DescribeClusters(self, given):
        found = [self.stored[name] for name in given["clusters"] if name in self.stored]
        clusters = []
        for each in found:
            tags = [{"key": key, "value": value} for key, value in self.tags[each["clusterArn"]].items()]
            hidden = {name for name in ("settings", "configuration") if name.upper() not in " ".join(given["include"])}
            clusters.append({key: value for key, value in {**each, "tags": tags}.items() if key not in hidden})
        return {"clusters": clusters, "failures": []}

    def ListClusters(self, given):
        return page(given, "clusterArns", [each["clusterArn"] for each in self.stored.values()])

    def UpdateCluster(self, given):
        found = self.named(given["cluster"])
        changes = {key: value for key, value in deepcopy(given).items() if key != "cluster"}
        if "configuration" in changes:
            changes["configuration"] = {**found.get("configuration", {}), **changes["configuration"]}
        found.update(changes)
        if found.get("serviceConnectDefaults") == {"namespace": ""}:
            del found["serviceConnectDefaults"]
        return {"cluster": found}

    def PutClusterCapacityProviders(self, given):
        found = self.named(given["cluster"])
        found.update({key: value for key, value in deepcopy(given).items() if key != "cluster"})
        return {"cluster": found}

    def DeleteCluster(self, given):
        found = self.named(given["cluster"])
        found["status"] = "INACTIVE"
        return {"cluster": found}
