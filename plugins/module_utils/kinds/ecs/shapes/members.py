# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The members of ECS's documents that this collection knows, by the name of their shape: data.

Whatever AWS answers for one of them is compared. It adds others several times a year, and tells of them, with a default
of its own, to whoever has a newer botocore: those are no difference until somebody wants them. Source: "API Reference"
of Amazon ECS, the inputs of RegisterTaskDefinition, CreateService and CreateCluster.
"""

from __future__ import annotations

_MEMBERS = {
    "AdvancedConfiguration": "alternateTargetGroupArn productionListenerRule roleArn testListenerRule",
    "AwsVpcConfiguration": "assignPublicIp securityGroups subnets",
    "CanaryConfiguration": "canaryBakeTimeInMinutes canaryPercent",
    "CapacityProviderStrategyItem": "base capacityProvider weight",
    "ClusterConfiguration": "executeCommandConfiguration managedStorageConfiguration",
    "ClusterServiceConnectDefaultsRequest": "namespace",
    "ClusterSetting": "name value",
    "ContainerDefinition": (
        "command cpu credentialSpecs dependsOn disableNetworking dnsSearchDomains dnsServers dockerLabels "
        "dockerSecurityOptions entryPoint environment environmentFiles essential extraHosts firelensConfiguration "
        "healthCheck hostname image interactive links linuxParameters logConfiguration memory memoryReservation "
        "mountPoints name portMappings privileged pseudoTerminal readonlyRootFilesystem repositoryCredentials "
        "resourceRequirements restartPolicy secrets startTimeout stopTimeout systemControls ulimits user "
        "versionConsistency volumesFrom workingDirectory"
    ),
    "ContainerDependency": "condition containerName",
    "ContainerRestartPolicy": "enabled ignoredExitCodes restartAttemptPeriod",
    "CreateClusterRequest": (
        "capacityProviders clusterName configuration defaultCapacityProviderStrategy serviceConnectDefaults "
        "settings tags"
    ),
    "CreateServiceRequest": (
        "availabilityZoneRebalancing capacityProviderStrategy clientToken cluster deploymentConfiguration "
        "deploymentController desiredCount enableECSManagedTags enableExecuteCommand healthCheckGracePeriodSeconds "
        "launchType loadBalancers monitoring networkConfiguration placementConstraints placementStrategy "
        "platformVersion propagateTags role schedulingStrategy serviceConnectConfiguration serviceName "
        "serviceRegistries tags taskDefinition volumeConfigurations vpcLatticeConfigurations"
    ),
    "DeploymentAlarms": "alarmNames enable rollback",
    "DeploymentCircuitBreaker": "enable resetOnHealthyTask rollback thresholdConfiguration",
    "DeploymentConfiguration": (
        "alarms bakeTimeInMinutes canaryConfiguration deploymentCircuitBreaker earlySuccessCriteria lifecycleHooks "
        "linearConfiguration maximumPercent minimumHealthyPercent strategy"
    ),
    "DeploymentController": "type",
    "DeploymentEarlySuccessCriteria": "enable healthyPercent sourceServiceRevisionCleanup",
    "DeploymentLifecycleHook": "hookDetails hookTargetArn lifecycleStages roleArn targetType timeoutConfiguration",
    "DeploymentLifecycleHookTimeoutConfiguration": "action timeoutInMinutes",
    "Device": "containerPath hostPath permissions",
    "DockerVolumeConfiguration": "autoprovision driver driverOpts labels scope",
    "EBSTagSpecification": "propagateTags resourceType tags",
    "EFSAuthorizationConfig": "accessPointId iam",
    "EFSVolumeConfiguration": "authorizationConfig fileSystemId rootDirectory transitEncryption transitEncryptionPort",
    "EnvironmentFile": "type value",
    "EphemeralStorage": "sizeInGiB",
    "ExecuteCommandConfiguration": "kmsKeyId logConfiguration logging",
    "ExecuteCommandLogConfiguration": (
        "cloudWatchEncryptionEnabled cloudWatchLogGroupName s3BucketName s3EncryptionEnabled s3KeyPrefix"
    ),
    "FSxWindowsFileServerAuthorizationConfig": "credentialsParameter domain",
    "FSxWindowsFileServerVolumeConfiguration": "authorizationConfig fileSystemId rootDirectory",
    "FirelensConfiguration": "options type",
    "HealthCheck": "command interval retries startPeriod timeout",
    "HostEntry": "hostname ipAddress",
    "HostVolumeProperties": "sourcePath",
    "InferenceAccelerator": "deviceName deviceType",
    "KernelCapabilities": "add drop",
    "KeyValuePair": "name value",
    "LinearConfiguration": "stepBakeTimeInMinutes stepPercent",
    "LinuxParameters": "capabilities devices initProcessEnabled maxSwap sharedMemorySize swappiness tmpfs",
    "LoadBalancer": "advancedConfiguration containerName containerPort loadBalancerName targetGroupArn",
    "LogConfiguration": "logDriver options secretOptions",
    "ManagedStorageConfiguration": "fargateEphemeralStorageKmsKeyId kmsKeyId",
    "MetricConfiguration": "metricNames resolutionSeconds",
    "MonitoringConfiguration": "metricConfigurations",
    "MountPoint": "containerPath readOnly sourceVolume",
    "NetworkConfiguration": "awsvpcConfiguration",
    "PlacementConstraint": "expression type",
    "PlacementStrategy": "field type",
    "PortMapping": "appProtocol containerPort containerPortRange hostPort name protocol",
    "ProxyConfiguration": "containerName properties type",
    "RegisterTaskDefinitionRequest": (
        "containerDefinitions cpu enableFaultInjection ephemeralStorage executionRoleArn family "
        "inferenceAccelerators ipcMode memory networkMode pidMode placementConstraints proxyConfiguration "
        "requiresCompatibilities runtimePlatform tags taskRoleArn volumes"
    ),
    "RepositoryCredentials": "credentialsParameter",
    "ResourceRequirement": "type value",
    "RuntimePlatform": "cpuArchitecture operatingSystemFamily",
    "S3FilesVolumeConfiguration": "accessPointArn fileSystemArn rootDirectory transitEncryptionPort",
    "Secret": "name valueFrom",
    "ServiceConnectAccessLogConfiguration": "format includeQueryParameters",
    "ServiceConnectClientAlias": "dnsName port testTrafficRules",
    "ServiceConnectConfiguration": "accessLogConfiguration enabled logConfiguration namespace services",
    "ServiceConnectService": "clientAliases discoveryName ingressPortOverride portName timeout tls",
    "ServiceConnectTestTrafficHeaderMatchRules": "exact",
    "ServiceConnectTestTrafficHeaderRules": "name value",
    "ServiceConnectTestTrafficRules": "header",
    "ServiceConnectTlsCertificateAuthority": "awsPcaAuthorityArn",
    "ServiceConnectTlsConfiguration": "issuerCertificateAuthority kmsKey roleArn",
    "ServiceManagedEBSVolumeConfiguration": (
        "encrypted filesystemType iops kmsKeyId roleArn sizeInGiB snapshotId tagSpecifications throughput "
        "volumeInitializationRate volumeType"
    ),
    "ServiceRegistry": "containerName containerPort port registryArn",
    "ServiceVolumeConfiguration": "managedEBSVolume name",
    "SystemControl": "namespace value",
    "Tag": "key value",
    "TaskDefinitionPlacementConstraint": "expression type",
    "ThresholdConfiguration": "type value",
    "TimeoutConfiguration": "idleTimeoutSeconds perRequestTimeoutSeconds",
    "Tmpfs": "containerPath mountOptions size",
    "Ulimit": "hardLimit name softLimit",
    "Volume": (
        "configuredAtLaunch dockerVolumeConfiguration efsVolumeConfiguration "
        "fsxWindowsFileServerVolumeConfiguration host name s3filesVolumeConfiguration"
    ),
    "VolumeFrom": "readOnly sourceContainer",
    "VpcLatticeAdvancedConfiguration": "alternateTargetGroupArn productionListenerRule testListenerRule",
    "VpcLatticeConfiguration": "advancedConfiguration portName roleArn targetGroupArn",
}

MEMBERS = {shape: frozenset(names.split()) for shape, names in _MEMBERS.items()}
