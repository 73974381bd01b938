"""DAG files that can't work: what is in them, and what the check has to say. Each is a file, named by its key.

The check is told of the DAG tasks number_task and multi_task, of the executors CeleryExecutor and ecs, of queue
lab-celery, of pool warehouse and of 10 seconds.
"""

from __future__ import annotations

_HEAD = "from airflow.sdk import DAG, dag, task\nfrom farflow import FargateTask\n"
_EMPTY = "from airflow.providers.standard.operators.empty import EmptyOperator\n"
_TIME = "from datetime import timedelta\n"


def _fargate(dag_id: str, **arguments: str) -> str:
    """A DAG with one FargateTask; arguments are as they stand in the file. The task is in line 4."""
    given = {"task_id": "'fetch'", "task": "'number_task'", **arguments}
    words = ", ".join(f"{name}={value}" for name, value in given.items())
    return f"{_HEAD}with DAG('{dag_id}', schedule=None):\n    FargateTask({words})\n"


def _python(dag_id: str, call: str = "", **arguments: str) -> str:
    """A DAG with one task that is a function of Python, in line 5."""
    given = ", ".join(f"{name}={value}" for name, value in arguments.items())
    return (
        f"{_HEAD}with DAG('{dag_id}', schedule=None):\n    @task({given})\n    def resize(n=0, m=0):\n        pass\n"
        f"    resize{f'.{call}' if call else '()'}\n"
    )


def _mapped(dag_id: str, expand: str, partial: str = "") -> str:
    """A DAG with a FargateTask that is mapped over what `expand` says. The task is in line 4."""
    given = f"task_id='each', task='number_task'{partial}"
    return f"{_HEAD}with DAG('{dag_id}', schedule=None):\n    FargateTask.partial({given}).{expand}\n"


BROKEN: dict[str, tuple[str, list[str]]] = {
    "no_module.py": (f"{_HEAD}import pandsa\n", ["no_module.py:3: ModuleNotFoundError: No module named 'pandsa'"]),
    "no_name.py": (
        f"{_HEAD}from airflow.sdk import Dga\n",
        ["no_name.py:3: ImportError: cannot import name 'Dga' from 'airflow.sdk'"],
    ),
    "syntax.py": (f"{_HEAD}def broken(:\n    pass\n", ["syntax.py:3: SyntaxError"]),
    "indented.py": (f"{_HEAD}with DAG('indented'):\npass\n", ["indented.py:4: IndentationError"]),
    "tabs.py": (f"{_HEAD}if DAG:\n    a = 1\n\tb = 2\n", ["tabs.py:5: TabError"]),
    "nul.py": (f"{_HEAD}x = 'a\0b'\n", ["nul.py: SyntaxError: source code string cannot contain null bytes"]),
    "latin.py": (f"{_HEAD}x = '\udce9'\n", ["latin.py:3: SyntaxError: (unicode error) 'utf-8' codec can't decode"]),
    "unclosed.py": (f"{_HEAD}x = [1,\n", ["unclosed.py:3: SyntaxError: '[' was never closed"]),
    "undefined.py": (f"{_HEAD}DAG('undefined', schedule=daily)\n", ["undefined.py:3: NameError: name 'daily'"]),
    "zero.py": (f"{_HEAD}\n\nx = 1 / 0\n", ["zero.py:5: ZeroDivisionError"]),
    "key.py": (
        f"{_HEAD}import os\nTABLE = os.environ['NO_SUCH_TABLE']\n",
        ["key.py:4: KeyError: 'NO_SUCH_TABLE'"],
    ),
    "no_file.py": (f"{_HEAD}open('/no/such/file')\n", ["no_file.py:3: FileNotFoundError"]),
    "in_helper.py": (f"{_HEAD}from helpers import broken\n", ["in_helper.py:3: ValueError: from the helper"]),
    "argument_of_dag.py": (
        f"{_HEAD}DAG('argument_of_dag', shedule='@daily')\n",
        ["argument_of_dag.py:3: TypeError"],
    ),
    "schedule.py": (
        f"{_HEAD}d = DAG('schedule', schedule='0 0 32 * *')\n",
        ["schedule.py:3: AirflowTimetableInvalid: [0 0 32 * *] is not acceptable"],
    ),
    "dag_id.py": (f"{_HEAD}DAG('my dag', schedule=None)\n", ["dag_id.py:3"]),
    "task_id_twice.py": (
        f"{_HEAD}{_EMPTY}with DAG('task_id_twice', schedule=None):\n"
        "    EmptyOperator(task_id='a')\n    EmptyOperator(task_id='a')\n",
        ["task_id_twice.py:6", "DuplicateTaskIdFound"],
    ),
    "argument_of_operator.py": (
        f"{_HEAD}{_EMPTY}with DAG('argument_of_operator', schedule=None):\n    EmptyOperator(task_id='a', retires=3)\n",
        ["argument_of_operator.py:5: TypeError"],
    ),
    "circle.py": (
        f"{_HEAD}{_EMPTY}with DAG('circle', schedule=None):\n"
        "    a, b = EmptyOperator(task_id='a'), EmptyOperator(task_id='b')\n    a >> b >> a\n",
        ["circle.py:4: its tasks wait for one another in a circle"],
    ),
    "dag_twice.py": (
        f"{_HEAD}{_EMPTY}with DAG('dag_twice', schedule=None):\n    EmptyOperator(task_id='a')\n"
        "with DAG('dag_twice', schedule=None) as other:\n    EmptyOperator(task_id='b')\n",
        ["dag_twice.py:4: DAG 'dag_twice' is there more than once"],
    ),
    "same_one.py": (
        f"{_HEAD}{_EMPTY}with DAG('same', schedule=None):\n    EmptyOperator(task_id='a')\n",
        ["same_one.py:4: DAG 'same' is in dags/same_two.py:4 too, allowed: each id in one file"],
    ),
    "same_two.py": (
        f"{_HEAD}{_EMPTY}with DAG('same', schedule=None):\n    EmptyOperator(task_id='b')\n",
        ["same_two.py:4: DAG 'same' is in dags/same_one.py:4 too"],
    ),
    "no_folder.py": (
        _fargate("no_folder", task="'numbr_task'"),
        [
            "no_folder.py:4: task 'fetch' of DAG 'no_folder' runs DAG task 'numbr_task', which is no folder in tasks/, "
            "did you mean 'number_task'?"
        ],
    ),
    "no_folder_mapped.py": (
        f"{_HEAD}with DAG('no_folder_mapped', schedule=None):\n"
        "    FargateTask.partial(task_id='each', task='nothing_like_it').expand(command=[['a'], ['b']])\n",
        ["no_folder_mapped.py:4: task 'each' of DAG 'no_folder_mapped' runs DAG task 'nothing_like_it'"],
    ),
    "command_text.py": (
        _fargate("command_text", command="'python main.py'"),
        ["command_text.py:4: ", "FargateTask fetch: command: is the text 'python main.py', allowed: a list of texts"],
    ),
    "command_number.py": (
        _fargate("command_number", command="['python', 'main.py', 10]"),
        ["command_number.py:4: ", 'FargateTask fetch: command: item 3 is 10, of type int, allowed: text, as in "10"'],
    ),
    "environment_number.py": (
        _fargate("environment_number", environment="{'LIMIT': 10}"),
        ["environment_number.py:4: ", "FargateTask fetch: environment: LIMIT is 10, of type int, allowed: text"],
    ),
    "environment_list.py": (
        _fargate("environment_list", environment="['LIMIT=10']"),
        ["environment_list.py:4: "],
    ),
    "overrides_list.py": (_fargate("overrides_list", overrides="['cpu']"), ["overrides_list.py:4"]),
    "mapped_name.py": (
        f"{_HEAD}with DAG('mapped_name', schedule=None):\n"
        "    FargateTask.partial(task_id='each').expand(task=['number_task', 'numbr_task'])\n",
        ["mapped_name.py:4: task 'each' of DAG 'mapped_name' runs DAG task 'numbr_task', which is no folder in tasks/"],
    ),
    "mapped_environment.py": (
        _mapped("mapped_environment", "expand(environment=[{'A': '1'}, {'A': 1}])"),
        ["mapped_environment.py:4: ", "task each: environment: A is 1, of type int, allowed: text"],
    ),
    "mapped_kwargs.py": (
        _mapped("mapped_kwargs", "expand_kwargs([{'cpu': 300}])"),
        ["mapped_kwargs.py:4: ", "task each: cpu 300 is not a size of Fargate"],
    ),
    "mapped_command.py": (
        _mapped("mapped_command", "expand(command=[['a'], 'a b'])"),
        ["mapped_command.py:4: ", "task each: command: is the text 'a b', allowed: a list of texts"],
    ),
    "mapped_cpu.py": (
        _mapped("mapped_cpu", "expand(command=[['a'], ['b']])", ", cpu=300"),
        ["mapped_cpu.py:4: ", "task each: cpu 300 is not a size of Fargate"],
    ),
    "mapped_inputs.py": (
        _mapped("mapped_inputs", "expand(inputs=[{'a': 1}])", ", overrides=['cpu']"),
        ["mapped_inputs.py:4: ", "task each: overrides: is ['cpu'], of type list, allowed: a dictionary"],
    ),
    "delay.py": (
        _fargate("delay", waiter_delay="'6s'"),
        ["delay.py:4: ", "FargateTask fetch: waiter_delay: is the text '6s', allowed: a number of seconds above 0"],
    ),
    "environment_name.py": (
        _fargate("environment_name", environment="{'A=B': '1'}"),
        [
            "environment_name.py:4: ",
            "FargateTask fetch: environment: has the name the text 'A=B', allowed: text without =",
        ],
    ),
    "inputs_object.py": (
        _fargate("inputs_object", inputs="{'a': [object()]}"),
        [
            "inputs_object.py:4: ",
            "FargateTask fetch: inputs: holds <object object",
            "of type object, allowed: what JSON",
        ],
    ),
    "task_list.py": (
        _fargate("task_list", task="['number_task']"),
        [
            "task_list.py:4: ",
            "FargateTask fetch: task: is ['number_task'], of type list, allowed: the name of a folder",
        ],
    ),
    "task_empty.py": (
        _fargate("task_empty", task="''"),
        ["task_empty.py:4: ", "FargateTask fetch: task: is the text '', allowed: the name of a folder under tasks/"],
    ),
    "task_missing.py": (
        f"{_HEAD}with DAG('task_missing', schedule=None):\n    FargateTask(task_id='fetch')\n",
        ["task_missing.py:4: ", "FargateTask fetch: task: is missing, allowed: the name of a folder under tasks/"],
    ),
    "task_missing_mapped.py": (
        f"{_HEAD}with DAG('task_missing_mapped', schedule=None):\n"
        "    FargateTask.partial(task_id='each').expand(command=[['a'], ['b']])\n",
        ["task_missing_mapped.py:4: ", "task each: task: is missing, allowed: the name of a folder under tasks/"],
    ),
    "task_list_mapped.py": (
        f"{_HEAD}with DAG('task_list_mapped', schedule=None):\n"
        "    FargateTask.partial(task_id='each').expand(task=['number_task', ['number_task']])\n",
        ["task_list_mapped.py:4: ", "task each: task: is ['number_task'], of type list, allowed: the name"],
    ),
    "multiple_outputs.py": (
        _fargate("multiple_outputs", multiple_outputs="True"),
        ["multiple_outputs.py:4: ", "FargateTask fetch: multiple_outputs: needs result='json'"],
    ),
    "timeout_negative.py": (
        f"{_TIME}{_fargate('timeout_negative', execution_timeout='timedelta(minutes=-1)')}",
        [
            "timeout_negative.py:5: ",
            "FargateTask fetch: execution_timeout: is -60 seconds, allowed: a timedelta above 0",
        ],
    ),
    "timeout_mapped.py": (
        _TIME + _mapped("timeout_mapped", "expand(command=[['a']])", ", execution_timeout=timedelta(0)"),
        ["timeout_mapped.py:5: ", "task each: execution_timeout: is 0 seconds, allowed: a timedelta above 0"],
    ),
    "timeout_of_another.py": (
        f"{_HEAD}{_EMPTY}{_TIME}with DAG('timeout_of_another', schedule=None):\n"
        "    EmptyOperator(task_id='a', execution_timeout=timedelta(seconds=-1.5))\n",
        ["timeout_of_another.py:6: ", "task a: execution_timeout: is -1.5 seconds, allowed: a timedelta above 0"],
    ),
    "timeout_by_default.py": (
        f"{_HEAD}{_EMPTY}{_TIME}"
        "with DAG('timeout_by_default', schedule=None, default_args={'execution_timeout': timedelta(0)}):\n"
        "    EmptyOperator(task_id='a')\n",
        ["timeout_by_default.py:6: ", "task a: execution_timeout: is 0 seconds, allowed: a timedelta above 0"],
    ),
    "timeout_of_run.py": (
        f"{_HEAD}{_EMPTY}{_TIME}"
        "with DAG('timeout_of_run', schedule=None, dagrun_timeout=timedelta(hours=-1)):\n"
        "    EmptyOperator(task_id='a')\n",
        ["timeout_of_run.py:5: DAG 'timeout_of_run': dagrun_timeout: is -3600 seconds, allowed: a timedelta above 0"],
    ),
    "retry_delay.py": (
        f"{_HEAD}{_EMPTY}{_TIME}with DAG('retry_delay', schedule=None):\n"
        "    EmptyOperator(task_id='a', retries=2, retry_delay=timedelta(minutes=-1))\n",
        ["retry_delay.py:6: ", "task a: retry_delay: is -60 seconds, allowed: a timedelta of 0 or more"],
    ),
    "overrides_empty.py": (
        _fargate("overrides_empty", overrides="[]"),
        ["overrides_empty.py:4: ", "FargateTask fetch: overrides: is [], of type list, allowed: a dictionary"],
    ),
    "overrides_deep.py": (
        _fargate("overrides_deep", overrides="{'containerOverrides': [{'name': 'x', 'command': 'a b'}]}"),
        [
            "overrides_deep.py:4: ",
            "FargateTask fetch: overrides: containerOverrides: item 1: command is the text 'a b', allowed: a list",
        ],
    ),
    "overrides_mapped.py": (
        _mapped("overrides_mapped", "expand(overrides=[{'cpu': '256'}, {'containerOverrides': 'x'}])"),
        ["overrides_mapped.py:4: ", "task each: overrides: containerOverrides is the text 'x', allowed: a list"],
    ),
    "queue.py": (
        _fargate("queue", queue="'lab-celeri'"),
        [
            "queue.py:4: task 'fetch' of DAG 'queue' has queue 'lab-celeri', which no worker serves, did you mean "
            "'lab-celery'?; allowed: lab-celery, or no queue at all"
        ],
    ),
    "executor.py": (
        _python("executor", executor="'ec'"),
        [
            "executor.py:4: task 'resize' of DAG 'executor' has executor 'ec', which the environment does not have",
            "allowed: CeleryExecutor, ecs, or no executor at all; airflow_service_executors says which there are",
        ],
    ),
    "executor_config.py": (
        _python("executor_config", executor_config="['large']"),
        ["executor_config.py:5: task 'resize': executor_config: is ['large'], of type list, allowed: a dictionary"],
    ),
    "executor_config_size.py": (
        _python("size", executor="'ecs'", executor_config="{'overrides': {'cpu': '1024', 'memory': '512'}}"),
        [
            "size.py:5: task 'resize': executor_config: overrides: memory 512 does not go with cpu 1024",
            "choose 2048 to 8192 in steps of 1024",
        ],
    ),
    "executor_config_mapped.py": (
        _python("mapped", "partial(n=1).expand(m=[1, 2])", executor="'ecs'", executor_config="{'cpu': 1024}"),
        ["mapped.py:5: task 'resize': executor_config: has 'cpu', allowed: overrides, capacityProvider"],
    ),
    "pool.py": (
        _fargate("pool", pool="'warehose'"),
        ["pool.py:4: task 'fetch' of DAG 'pool' has pool 'warehose', which is not there, did you mean 'warehouse'?"],
    ),
    "slow.py": (
        f"{_HEAD}import time\ntime.sleep(60)\n",
        ["slow.py:4: takes longer than 10 seconds to be parsed, allowed: dags_parse_seconds"],
    ),
    "stubborn.py": (
        f"{_HEAD}import ctypes\nctypes.CDLL(None).sleep(60)\n",
        ["stubborn.py", "takes longer than 10 seconds to be parsed"],
    ),
    "ends_the_process.py": (
        f"{_HEAD}import os\nos._exit(3)\n",
        ["ends_the_process.py: the process that parsed it ended with exit code 3"],
    ),
    "segfault.py": (
        f"{_HEAD}import ctypes\nctypes.string_at(0)\n",
        ["segfault.py:4: the process that parsed it was ended by SIGSEGV"],
    ),
    "killed.py": (
        f"{_HEAD}import os\nos.kill(os.getpid(), 9)\n",
        ["killed.py: the process that parsed it was ended by SIGKILL"],
    ),
    "exits.py": (f"{_HEAD}import sys\nsys.exit('no')\n", ["exits.py:4: SystemExit: no"]),
    "without_version.py": (
        f"{_HEAD}{_EMPTY}with DAG('without_version', schedule=None, disable_bundle_versioning=True):\n"
        "    EmptyOperator(task_id='a')\n",
        ["without_version.py:4: DAG 'without_version' has disable_bundle_versioning, allowed: without it"],
    ),
    "inputs_nan.py": (
        _fargate("inputs_nan", inputs="{'a': [float('nan')]}"),
        ["inputs_nan.py:4: ", "FargateTask fetch: inputs: holds nan, which Airflow's database can't keep"],
    ),
    "command_nul.py": (
        _fargate("command_nul", command="['printf', 'a\\0b']"),
        ["command_nul.py:4: ", r"FargateTask fetch: command: holds 'a\x00b', which Airflow's database can't keep"],
    ),
    "env_nan.py": (
        f"{_HEAD}from airflow.providers.standard.operators.bash import BashOperator\n"
        "with DAG('env_nan', schedule=None):\n"
        "    BashOperator(task_id='a', bash_command='true', env={'A': float('nan')})\n",
        ["env_nan.py:4: DAG 'env_nan': it can't be stored in Airflow's database: it holds nan"],
    ),
    "doc_nul.py": (
        f"{_HEAD}{_EMPTY}with DAG('doc_nul', schedule=None, description='a\\0b'):\n    EmptyOperator(task_id='a')\n",
        [r"doc_nul.py:4: DAG 'doc_nul': it can't be stored in Airflow's database: it holds 'a\x00b'"],
    ),
    "not_stored.py": (
        f"{_HEAD}{_EMPTY}with DAG('not_stored', schedule=None, params={{'x': object()}}):\n"
        "    EmptyOperator(task_id='a')\n",
        ["not_stored.py"],
    ),
}

#: What lies beside them, and is no DAG file.
BESIDE = {
    ".airflowignore": "helpers.py\n",
    "helpers.py": "# airflow dag\nraise ValueError('from the helper')\n",
    "data.json": "{}",
}

#: In which nothing is wrong.
GOOD = {
    "good.py": f"{_HEAD}{_EMPTY}"
    "@dag(schedule=None)\n"
    "def good():\n"
    "    @task\n"
    "    def words():\n"
    "        return ['a']\n"
    "    said = words()\n"
    "    one = FargateTask(task_id='one', task='number_task', command=said, pool='warehouse',\n"
    "                      environment={'A': said})\n"
    "    two = FargateTask(task_id='two', task='multi_task', command=['{{ ds }}', said], queue='lab-celery')\n"
    "    many = FargateTask.partial(task_id='many', task='multi_task').expand(command=[['a'], ['b']])\n"
    "    @task(executor='ecs', queue='of-no-worker', executor_config={'overrides': {'cpu': 1024, 'memory': '2048'}})\n"
    "    def resize():\n"
    "        pass\n"
    "    one >> two >> many >> resize() >> EmptyOperator(task_id='end', executor='CeleryExecutor')\n"
    "good()\n"
}

GOOD["good_later.py"] = (
    f"{_HEAD}from datetime import datetime\n"
    "with DAG('native', schedule=None, render_template_as_native_obj=True):\n"
    "    one = FargateTask(task_id='one', task='number_task', command=\"{{ ['python', '-c', 'print(5)'] }}\",\n"
    "                      inputs={'day': '{{ ds }}'}, memory='{{ params.memory }}', params={'memory': 1024},\n"
    "                      waiter_delay=0.5)\n"
    "    given = dict(task='number_task', environment={'A': '{{ ds }}'}, inputs={'a': [one.output]})\n"
    "    FargateTask.partial(task_id='two', **given).expand(command=one.output)\n"
    "    FargateTask.partial(task_id='three', **given).expand_kwargs(one.output)\n"
    "    FargateTask.partial(task_id='four', **given).expand(command=[['a', one.output]])\n"
    "    FargateTask.partial(task_id='five', **given).expand_kwargs([{'command': ['a']}, {'memory': 512}])\n"
)

#: It asks for what only an environment has.
ELSEWHERE = {"variable.py": f"{_HEAD}from airflow.sdk import Variable\nX = Variable.get('no_such_variable')\n"}
