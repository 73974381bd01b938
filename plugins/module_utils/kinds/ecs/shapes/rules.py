# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS does not distinguish in ECS's documents, and what Fargate does not have: data, by shape and member.

A member that no table names is compared as it is. Defaults and limits are those of the API reference of ECS and of
"Amazon ECS task definition differences for Fargate" in its developer guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TASK_DEFINITION = "RegisterTaskDefinitionRequest"
SERVICE = "CreateServiceRequest"

#: What AWS fills in. A structure as default ({}) is filled by the table of its own shape.
DEFAULTS: dict[str, dict[str, Any]] = {
    TASK_DEFINITION: {"ephemeralStorage": {}, "runtimePlatform": {}, "enableFaultInjection": False},
    "EphemeralStorage": {"sizeInGiB": 20},
    "RuntimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "ContainerDefinition": {
        "cpu": 0,
        "essential": True,
        "interactive": False,
        "pseudoTerminal": False,
        "readonlyRootFilesystem": False,
        "stopTimeout": 30,
        "versionConsistency": "enabled",
        "linuxParameters": {},
        "restartPolicy": {},
    },
    "ContainerRestartPolicy": {"enabled": False, "restartAttemptPeriod": 300},
    "EFSAuthorizationConfig": {"iam": "DISABLED"},
    "EFSVolumeConfiguration": {"rootDirectory": "/", "transitEncryption": "DISABLED", "authorizationConfig": {}},
    "HealthCheck": {"interval": 30, "timeout": 5, "retries": 3, "startPeriod": 0},
    "LinuxParameters": {"initProcessEnabled": False},
    "MountPoint": {"readOnly": False},
    "PortMapping": {"protocol": "tcp"},
    "ProxyConfiguration": {"type": "APPMESH"},
    "S3FilesVolumeConfiguration": {"rootDirectory": "/"},
    "Volume": {"configuredAtLaunch": False},
    "VolumeFrom": {"readOnly": False},
    SERVICE: {
        "availabilityZoneRebalancing": "ENABLED",
        "platformVersion": "LATEST",
        "deploymentConfiguration": {},
        "healthCheckGracePeriodSeconds": 0,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "serviceConnectConfiguration": {},
    },
    "AwsVpcConfiguration": {"assignPublicIp": "DISABLED"},
    "CanaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10},
    "CapacityProviderStrategyItem": {"weight": 0, "base": 0},
    "DeploymentAlarms": {"enable": False, "rollback": False},
    "DeploymentCircuitBreaker": {
        "enable": False,
        "rollback": False,
        "resetOnHealthyTask": True,
        "thresholdConfiguration": {},
    },
    "DeploymentConfiguration": {
        "deploymentCircuitBreaker": {},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "alarms": {},
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        "earlySuccessCriteria": {},
    },
    "DeploymentController": {"type": "ECS"},
    "DeploymentEarlySuccessCriteria": {"enable": False},
    "DeploymentLifecycleHook": {"targetType": "AWS_LAMBDA", "timeoutConfiguration": {}},
    "DeploymentLifecycleHookTimeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"},
    "LinearConfiguration": {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6},
    "ServiceConnectAccessLogConfiguration": {"includeQueryParameters": "DISABLED"},
    "ServiceConnectConfiguration": {"enabled": False},
    "ServiceManagedEBSVolumeConfiguration": {"filesystemType": "xfs"},
    "ThresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
    "CreateClusterRequest": {},
    "ExecuteCommandConfiguration": {"logging": "DEFAULT"},
    "ExecuteCommandLogConfiguration": {"cloudWatchEncryptionEnabled": False, "s3EncryptionEnabled": False},
}


@dataclass(frozen=True)
class Key:
    """By which members the items of an unordered list are told apart, and the member that is all of the rest."""

    names: tuple[str, ...]
    value: str | None = None


#: Lists without order whose items have an identity: they are compared as dictionaries.
KEYED: dict[tuple[str, str], Key] = {
    (TASK_DEFINITION, "containerDefinitions"): Key(("name",)),
    (TASK_DEFINITION, "volumes"): Key(("name",)),
    (TASK_DEFINITION, "tags"): Key(("key",), "value"),
    ("ContainerDefinition", "dependsOn"): Key(("containerName",), "condition"),
    ("ContainerDefinition", "environment"): Key(("name",), "value"),
    ("ContainerDefinition", "mountPoints"): Key(("containerPath",)),
    ("ContainerDefinition", "portMappings"): Key(("containerPort", "containerPortRange", "protocol")),
    ("ContainerDefinition", "secrets"): Key(("name",), "valueFrom"),
    ("ContainerDefinition", "systemControls"): Key(("namespace",), "value"),
    ("ContainerDefinition", "ulimits"): Key(("name",)),
    ("ContainerDefinition", "volumesFrom"): Key(("sourceContainer",)),
    ("LinuxParameters", "tmpfs"): Key(("containerPath",)),
    ("LogConfiguration", "secretOptions"): Key(("name",), "valueFrom"),
    ("ProxyConfiguration", "properties"): Key(("name",), "value"),
    (SERVICE, "capacityProviderStrategy"): Key(("capacityProvider",)),
    (SERVICE, "tags"): Key(("key",), "value"),
    (SERVICE, "volumeConfigurations"): Key(("name",)),
    ("EBSTagSpecification", "tags"): Key(("key",), "value"),
    ("MonitoringConfiguration", "metricConfigurations"): Key(("metricNames",)),
    ("ServiceConnectConfiguration", "services"): Key(("portName",)),
    ("ServiceManagedEBSVolumeConfiguration", "tagSpecifications"): Key(("resourceType",)),
    ("CreateClusterRequest", "defaultCapacityProviderStrategy"): Key(("capacityProvider",)),
    ("CreateClusterRequest", "settings"): Key(("name",), "value"),
    ("CreateClusterRequest", "tags"): Key(("key",), "value"),
}

#: Other lists without order: they are compared sorted.
SETS: frozenset[tuple[str, str]] = frozenset(
    {
        (TASK_DEFINITION, "requiresCompatibilities"),
        ("ContainerRestartPolicy", "ignoredExitCodes"),
        ("KernelCapabilities", "add"),
        ("KernelCapabilities", "drop"),
        (SERVICE, "loadBalancers"),
        (SERVICE, "serviceRegistries"),
        (SERVICE, "vpcLatticeConfigurations"),
        ("AwsVpcConfiguration", "securityGroups"),
        ("AwsVpcConfiguration", "subnets"),
        ("DeploymentAlarms", "alarmNames"),
        ("DeploymentConfiguration", "lifecycleHooks"),
        ("DeploymentLifecycleHook", "lifecycleStages"),
        ("MetricConfiguration", "metricNames"),
        ("ServiceConnectService", "clientAliases"),
        ("CreateClusterRequest", "capacityProviders"),
    }
)

_ONE_NETWORK = "containers on Fargate share one network interface of their task (awsvpc)"
_NO_HOST = "Fargate has no host that a user could configure"

#: Members that AWS refuses, or ignores, for Fargate.
REFUSED: dict[tuple[str, str], str] = {
    (TASK_DEFINITION, "inferenceAccelerators"): "Elastic Inference is not offered any more",
    (TASK_DEFINITION, "ipcMode"): "Fargate does not support it",
    (TASK_DEFINITION, "placementConstraints"): "Fargate places tasks itself",
    ("ContainerDefinition", "disableNetworking"): _ONE_NETWORK,
    ("ContainerDefinition", "dnsSearchDomains"): _ONE_NETWORK,
    ("ContainerDefinition", "dnsServers"): _ONE_NETWORK,
    ("ContainerDefinition", "dockerSecurityOptions"): _NO_HOST,
    ("ContainerDefinition", "extraHosts"): _ONE_NETWORK,
    ("ContainerDefinition", "hostname"): _ONE_NETWORK,
    ("ContainerDefinition", "links"): _ONE_NETWORK,
    ("ContainerDefinition", "privileged"): _NO_HOST,
    ("ContainerDefinition", "resourceRequirements"): "Fargate has no GPUs or Neuron devices",
    ("HostVolumeProperties", "sourcePath"): _NO_HOST,
    ("LinuxParameters", "devices"): _NO_HOST,
    ("LinuxParameters", "maxSwap"): "Fargate has no swap",
    ("LinuxParameters", "sharedMemorySize"): "Fargate does not support it",
    ("LinuxParameters", "swappiness"): "Fargate has no swap",
    ("Volume", "dockerVolumeConfiguration"): "Fargate has no Docker volumes, use efs_volume_configuration",
    ("Volume", "fsxWindowsFileServerVolumeConfiguration"): "Fargate does not support it",
    (SERVICE, "clientToken"): "the module makes one for each creation",
    (SERVICE, "placementConstraints"): "Fargate places tasks itself",
    (SERVICE, "placementStrategy"): "Fargate places tasks itself",
    (SERVICE, "role"): "with awsvpc ECS uses its service-linked role",
    ("LoadBalancer", "loadBalancerName"): "Fargate needs target groups, use target_group_arn",
}

#: Members of which Fargate, or this collection, takes only some values.
ONLY: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    (TASK_DEFINITION, "networkMode"): (("awsvpc",), "Fargate has no other"),
    (TASK_DEFINITION, "pidMode"): (("task",), "Fargate has no other"),
    (TASK_DEFINITION, "requiresCompatibilities"): (("FARGATE",), "this collection deploys on Fargate"),
    ("LogConfiguration", "logDriver"): (("awslogs", "splunk", "awsfirelens"), "Fargate has no other"),
    ("Ulimit", "name"): (("nofile",), "Fargate takes no other"),
    (SERVICE, "launchType"): (("FARGATE",), "this collection deploys on Fargate"),
    (SERVICE, "schedulingStrategy"): (("REPLICA",), "Fargate has no other"),
    ("DeploymentController", "type"): (("ECS",), "use deployment_configuration strategy for blue/green deployments"),
}
