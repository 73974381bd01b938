"""The AWS operations that Airflow, its providers and Celery call in a deployment, with the IAM actions that AWS checks.

They are found in their sources. The tests of the whole stack hold them against what was called.
"""

from __future__ import annotations

OPERATIONS: dict[tuple[str, str], set[str]] = {
    # FargateTask and its trigger; RunTask passes the task's roles on, and its definition's tags
    ("ecs", "RunTask"): {"ecs:RunTask", "ecs:TagResource", "iam:PassRole"},
    ("ecs", "ListTasks"): {"ecs:ListTasks"},
    ("ecs", "ListTaskDefinitionFamilies"): {"ecs:ListTaskDefinitionFamilies"},
    # the page "Fargate"
    ("ecs", "ListTaskDefinitions"): {"ecs:ListTaskDefinitions"},
    ("ecs", "DescribeTaskDefinition"): {"ecs:DescribeTaskDefinition"},
    ("ecs", "DescribeTasks"): {"ecs:DescribeTasks"},
    ("ecs", "StopTask"): {"ecs:StopTask"},
    # a worker, of itself
    ("ecs", "DescribeServices"): {"ecs:DescribeServices"},
    ("ecs", "GetTaskProtection"): {"ecs:GetTaskProtection"},
    ("ecs", "UpdateTaskProtection"): {"ecs:UpdateTaskProtection"},
    # the number of workers that the scheduler wants
    ("monitoring", "PutMetricData"): {"cloudwatch:PutMetricData"},
    ("logs", "GetLogEvents"): {"logs:GetLogEvents"},
    # S3RemoteLogIO
    ("s3", "ListObjectsV2"): {"s3:ListBucket"},
    ("s3", "HeadObject"): {"s3:GetObject", "s3:ListBucket"},  # the latter to tell a missing object from a forbidden one
    ("s3", "GetObject"): {"s3:GetObject"},
    ("s3", "PutObject"): {"s3:PutObject"},
    # SecretsManagerBackend
    ("secretsmanager", "GetSecretValue"): {"secretsmanager:GetSecretValue"},
    # kombu's SQS transport with predefined queues
    ("sqs", "GetQueueAttributes"): {"sqs:GetQueueAttributes"},
    ("sqs", "SendMessage"): {"sqs:SendMessage"},
    ("sqs", "ReceiveMessage"): {"sqs:ReceiveMessage"},
    ("sqs", "DeleteMessage"): {"sqs:DeleteMessage"},
    ("sqs", "ChangeMessageVisibility"): {"sqs:ChangeMessageVisibility"},
}
