// The same task definitions by the AWS CDK: one stack, made from the list in the file that BENCH_TASK_DEFINITIONS names.
const fs = require("fs");
const { App, Stack } = require("aws-cdk-lib");
const { ContainerImage, CpuArchitecture, FargateTaskDefinition, LogDrivers, OperatingSystemFamily } = require("aws-cdk-lib/aws-ecs");
const { Role } = require("aws-cdk-lib/aws-iam");
const { LogGroup } = require("aws-cdk-lib/aws-logs");

const { task_definitions: wanted } = JSON.parse(fs.readFileSync(process.env.BENCH_TASK_DEFINITIONS));
const stack = new Stack(new App(), "Bench", { stackName: "bench" });
const role = Role.fromRoleArn(stack, "Role", wanted[0].role, { mutable: false });
const logGroup = LogGroup.fromLogGroupName(stack, "LogGroup", wanted[0].log_group);

for (const each of wanted) {
  const definition = new FargateTaskDefinition(stack, each.family, {
    family: each.family,
    cpu: Number(each.cpu),
    memoryLimitMiB: Number(each.memory),
    executionRole: role,
    taskRole: role,
    runtimePlatform: {
      cpuArchitecture: CpuArchitecture.X86_64,
      operatingSystemFamily: OperatingSystemFamily.LINUX,
    },
  });
  definition.addContainer("container", {
    containerName: each.family,
    image: ContainerImage.fromRegistry(each.image),
    environment: each.environment,
    logging: LogDrivers.awsLogs({ logGroup, streamPrefix: each.log_stream_prefix }),
  });
}
