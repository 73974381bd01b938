# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What waits in the triggerer while a Fargate task runs."""

from __future__ import annotations

from airflow.providers.amazon.aws.hooks.ecs import EcsHook
from airflow.providers.amazon.aws.triggers.ecs import TaskDoneTrigger


class FargateTaskTrigger(TaskDoneTrigger):
    """
    Airflow's TaskDoneTrigger, which also ends the Fargate task when someone ends the Airflow task.

    Without it a task that is cleared or marked while it is deferred goes on running, and costing, unseen.
    """

    async def on_kill(self) -> None:
        hook = EcsHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )
        async with await hook.get_async_conn() as ecs:
            await ecs.stop_task(cluster=self.cluster, task=self.task_arn, reason="The Airflow task was ended by a user")
        self.log.info("Fargate task %s is told to stop", self.task_arn)
