"""Services as ECS keeps them, and their deployments."""

from __future__ import annotations

from copy import deepcopy

from .defaults import filled, filled_members
from .leaves import MODEL
from .paging import page
from .wire import AwsError

ARN = "arn:aws:ecs:eu-west-1:123456789012:service/"

#: DescribeServices shows these in the newest deployment, not in the service.
OF_THE_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")

#: What starts a deployment, by UpdateService's documentation.
STARTS_A_DEPLOYMENT = {
    "taskDefinition",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    *OF_THE_DEPLOYMENT,
}

#: What DescribeServices shows of a service that was not given.
DEFAULTS = {
    "availabilityZoneRebalancing": "ENABLED",
    "desiredCount": 0,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": 0,
    "loadBalancers": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "platformVersion": "LATEST",
    "propagateTags": "NONE",
    "schedulingStrategy": "REPLICA",
    "serviceRegistries": [],
}
DEPLOYMENT_DEFAULTS = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "alarms": {"alarmNames": [], "rollback": False, "enable": False},
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}


class Services:
    """``stored`` has every service by name. ``rollouts`` are the states that coming deployments go through, a step a
    look; the last one stays. Without any they are COMPLETED at once. So many
    ``stale_answers`` of DescribeServices don't know the newest deployment yet.
    """

    def __init__(self, tags, clusters, task_definitions, tasks):
        self.stored = {}
        self.tags = tags
        self.rollouts = []
        self.stale_answers = 0
        self.lacking = 0
        self.tokens = []
        self._clusters = clusters
        self._task_definitions = task_definitions
        self._tasks = tasks
        self._count = 0

    def CreateService(self, given):
        cluster = self._clusters.named(given["cluster"])
        name = given["serviceName"]
        if name in self.stored and self.stored[name]["status"] == "ACTIVE":
            raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
        self.tokens.append(given["clientToken"])
        given = filled(MODEL.operation_model("CreateService").input_shape, given)
        document = {**deepcopy(DEFAULTS), **deepcopy(given)}
        _fill(document)
        arn = f"{ARN}{cluster['clusterName']}/{name}"
        document.update(serviceArn=arn, clusterArn=cluster["clusterArn"], status="ACTIVE", deployments=[], events=[])
        self.stored[name] = document
        self.tags[arn] = {tag["key"]: tag.get("value", "") for tag in given.get("tags", [])}
        self._deploy(document, given)
        return {"service": self._shown(document)}

    def UpdateService(self, given):
        document = self._named(given["service"])
        shape = MODEL.operation_model("UpdateService").input_shape
        changes = filled_members(shape, deepcopy({k: v for k, v in given.items() if k not in ("cluster", "service")}))
        force = changes.pop("forceNewDeployment", False)
        if "capacityProviderStrategy" in changes and not force:
            raise AwsError("InvalidParameterException", "forceNewDeployment must be true to change the strategy")
        if changes.get("capacityProviderStrategy") == []:
            document["launchType"] = "FARGATE"
        elif "capacityProviderStrategy" in changes:
            document.pop("launchType", None)
        merged = changes.pop("deploymentConfiguration", {})
        document["deploymentConfiguration"].update(merged)
        document.update(changes)
        _fill(document)
        if force or STARTS_A_DEPLOYMENT & set(changes):
            self._deploy(document, changes)
        return {"service": self._shown(document)}

    def _deploy(self, document, given):
        document["taskDefinition"] = self._task_definitions.resolved(document["taskDefinition"])["taskDefinitionArn"]
        previous = document["deployments"][0] if document["deployments"] else {}
        self._count += 1
        deployment = {
            **{name: previous[name] for name in OF_THE_DEPLOYMENT if name in previous},
            **{name: given[name] for name in OF_THE_DEPLOYMENT if name in given},
            "id": f"ecs-svc/{self._count}",
            "status": "PRIMARY",
            "taskDefinition": document["taskDefinition"],
            "steps": list(self.rollouts),
        }
        for old in document["deployments"]:
            old["status"] = "ACTIVE"
        document["deployments"] = [deployment, *document["deployments"]][:2]

    def _named(self, reference):
        found = self.stored.get(reference.rsplit("/", 1)[-1])
        if not found or found["status"] == "INACTIVE":
            raise AwsError("ServiceNotFoundException", "Service not found.")
        return found

    def _shown(self, document):
        """A service as DescribeServices shows it: nothing of the deployments' in the service itself."""
        shown = {name: value for name, value in document.items() if name not in OF_THE_DEPLOYMENT}
        shown["tags"] = [{"key": key, "value": value} for key, value in self.tags[document["serviceArn"]].items()]
        shown["currentServiceRevisions"] = [{"arn": f"{document['serviceArn']}/revision"}]
        newest = document["deployments"][0]
        state = newest["steps"].pop(0) if newest["steps"] else newest.get("rolloutState", "COMPLETED")
        newest["rolloutState"] = state
        newest["rolloutStateReason"] = newest.get("reason", "tasks failed to start." if state == "FAILED" else "")
        shown["runningCount"] = document["desiredCount"] - self.lacking if state == "COMPLETED" else 0
        return shown

    def DescribeServices(self, given):
        self._clusters.named(given["cluster"])
        if len(given["services"]) > 10:
            raise AwsError("InvalidParameterException", "Services cannot have more than 10 elements")
        found = [self._seen(self.stored[name]) for name in given["services"] if name in self.stored]
        return {"services": found, "failures": []}

    def _seen(self, document):
        if self.stale_answers and len(document["deployments"]) > 1:
            self.stale_answers -= 1
            old = {**document["deployments"][1], "status": "PRIMARY", "steps": []}
            document = {**document, "deployments": [old], "taskDefinition": old["taskDefinition"]}
        return self._shown(document)

    def DescribeServiceRevisions(self, given):
        found = []
        for arn in given["serviceRevisionArns"]:
            document = self.stored[arn.split("/")[-2]]
            found.append({"serviceRevisionArn": arn, "monitoring": document.get("monitoring")})
        return {"serviceRevisions": [{k: v for k, v in each.items() if v is not None} for each in found]}

    def ListServices(self, given):
        cluster = self._clusters.named(given["cluster"])["clusterArn"]
        found = [each for each in self.stored.values() if (each["clusterArn"], each["status"]) == (cluster, "ACTIVE")]
        return page(given, "serviceArns", [each["serviceArn"] for each in found], size=10)

    def DeleteService(self, given):
        document = self._named(given["service"])
        if document["desiredCount"] and not given.get("force"):
            raise AwsError("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
        document["status"] = "INACTIVE"
        self._tasks.stop_service(document["serviceName"])
        return {"service": self._shown(document)}


def _fill(document):
    document["deploymentConfiguration"] = {
        **deepcopy(DEPLOYMENT_DEFAULTS),
        **document.get("deploymentConfiguration", {}),
    }
    document.setdefault("deploymentController", {"type": "ECS"})
    document["networkConfiguration"]["awsvpcConfiguration"].setdefault("assignPublicIp", "DISABLED")
    document["networkConfiguration"]["awsvpcConfiguration"].setdefault("securityGroups", [])
    for item in document.get("capacityProviderStrategy", []):
        item.setdefault("weight", 0)
        item.setdefault("base", 0)
