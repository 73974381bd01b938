"""What an author may say in executor_config of a task with executor="ecs"."""

from __future__ import annotations

import unittest

from farflow.ecs_executor_config import problems, problems_of_task, request

STRATEGY = [{"capacityProvider": "FARGATE", "base": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 1}]

RIGHT = (
    None,
    {},
    {"overrides": {}},
    {"overrides": {"cpu": "256", "memory": "512"}},
    {"overrides": {"cpu": 16384, "memory": 122880, "ephemeralStorage": {"sizeInGiB": 200}}},
    {"overrides": {"containerOverrides": [{"name": "ecs-task", "environment": [{"name": "A", "value": ""}]}]}},
    {"capacityProviderStrategy": STRATEGY},
)

WRONG = (
    ("large", "is 'large', of type str, allowed: a dictionary, as in"),
    (["large"], "of type list"),
    ({"cpu": 1024}, "has 'cpu', allowed: overrides, capacityProviderStrategy"),
    ({"taskDefinition": "dev-airflow-command"}, "has 'taskDefinition'"),
    ({"networkConfiguration": {}}, "has 'networkConfiguration'"),
    ({"overrides": "large"}, "overrides is 'large', of type str"),
    ({"overrides": {"executionRoleArn": "arn:..."}}, "overrides has 'executionRoleArn'"),
    ({"overrides": {"cpu": 1024}}, "overrides has cpu alone, allowed: cpu and memory"),
    ({"overrides": {"memory": "2048"}}, "overrides has memory alone"),
    ({"overrides": {"cpu": "1 vCPU", "memory": 2048}}, "overrides.cpu is '1 vCPU', of type str, allowed: a number"),
    ({"overrides": {"cpu": True, "memory": 2048}}, "overrides.cpu is True"),
    ({"overrides": {"cpu": 1024, "memory": 2000}}, "memory 2000 does not go with cpu 1024"),
    ({"overrides": {"ephemeralStorage": 30}}, 'overrides.ephemeralStorage is 30, of type int, allowed: {"sizeInGiB"'),
    ({"overrides": {"ephemeralStorage": {"sizeInGiB": 20}}}, "from 21 to 200"),
    ({"overrides": {"containerOverrides": {}}}, "overrides.containerOverrides is {}, of type dict"),
    ({"overrides": {"containerOverrides": [{}, {}]}}, "a list of one dictionary"),
    ({"overrides": {"containerOverrides": [{"command": ["sh"]}]}}, "has 'command', allowed: name, environment"),
    ({"overrides": {"containerOverrides": [{"cpu": 1024}]}}, "has 'cpu', allowed: name, environment"),
    ({"overrides": {"containerOverrides": [{"environment": {"A": "b"}}]}}, 'a list of {"name": <text>'),
    ({"overrides": {"containerOverrides": [{"environment": [{"name": "A", "value": 1}]}]}}, "environment is {'name'"),
    ({"capacityProviderStrategy": "FARGATE_SPOT"}, "capacityProviderStrategy is 'FARGATE_SPOT', of type str"),
    ({"capacityProviderStrategy": []}, "capacityProviderStrategy is []"),
    ({"capacityProviderStrategy": [{"capacityProvider": "EC2"}]}, "is 'EC2', of type str, allowed: FARGATE or"),
    ({"capacityProviderStrategy": [{**STRATEGY[0], "weight": "1"}]}, "weight is '1', of type str"),
)


class ExecutorConfig(unittest.TestCase):
    def test_what_is_right(self):
        for config in RIGHT:
            with self.subTest(config=config):
                self.assertEqual(problems(config), [])

    def test_what_is_wrong_is_told_in_a_sentence(self):
        for config, words in WRONG:
            with self.subTest(config=config):
                (problem,) = problems(config)
                self.assertTrue(problem.startswith("executor_config: "), problem)
                self.assertIn(words, problem)

    def test_that_of_other_executors_is_a_dictionary_of_whatever(self):
        for executor in (None, "CeleryExecutor"):
            self.assertEqual(problems_of_task(executor, {"pod_override": object()}), [])
            (problem,) = problems_of_task(executor, "large")
            self.assertEqual(problem, "executor_config: is 'large', of type str, allowed: a dictionary")
        for name in ("ecs", "farflow.ecs_executor.EcsExecutor", "EcsExecutor"):
            self.assertEqual(len(problems_of_task(name, {"pod_override": 1})), 1)

    def test_numbers_become_the_texts_that_ecs_takes_and_the_container_has_its_name(self):
        environment = [{"name": "A", "value": "b"}]
        given = {"cpu": 1024, "memory": "2048", "ephemeralStorage": {"sizeInGiB": "30"}}
        asked = request({"overrides": {**given, "containerOverrides": [{"environment": environment}]}}, "ecs-task")
        self.assertEqual(
            asked,
            {
                "overrides": {
                    "cpu": "1024",
                    "memory": "2048",
                    "ephemeralStorage": {"sizeInGiB": 30},
                    "containerOverrides": [{"name": "ecs-task", "environment": environment}],
                }
            },
        )
        self.assertIsNot(asked["overrides"]["containerOverrides"][0]["environment"], environment)
        self.assertEqual(request(None, "ecs-task"), {})


if __name__ == "__main__":
    unittest.main()
