"""What the READMEs and docs/ say of this repository is so: paths, links, variables, examples, figures."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import status as rds_status
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_yml
from ansible_collections.farflow.airflow.plugins.module_utils.runs import advice as ecs_advice
from ansible_collections.farflow.airflow.plugins.plugin_utils import former_modules
from ansible_collections.farflow.airflow.plugins.plugin_utils.inputs import OUTPUTS

ROOT = Path(__file__).parent.parent.parent.parent
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
DOCS = ROOT / "docs"
README = ROOT / "README.md"
READMES = [README, *(ROOT / "roles" / role / "README.md" for role in ROLES)]
DOCUMENTS = [*READMES, ROOT / "playbooks" / "project" / "README.md", *sorted(DOCS.glob("*.md"))]

METAS = [yaml.safe_load(path.read_text())["argument_specs"] for path in (ROOT / "playbooks").glob("*.meta.yml")]
DECLARED = {name for meta in METAS for entry in meta.values() for name in entry["options"]}
OPTIONS = next(meta["deploy"]["options"] for meta in METAS if "deploy" in meta)

each_readme = pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def fenced(path: Path, language: str) -> list[str]:
    """The code blocks of a language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", path.read_text(), re.DOTALL | re.MULTILINE)
    return ["".join(line.removeprefix(indent) for line in text.splitlines(keepends=True)) for indent, text in found]


def shown_files(path: Path) -> set[str]:
    """The paths of the files that a page shows whole, for a reader to make them."""
    return set(re.findall(r"`((?:tasks|airflow)/[\w./]+)`:\n\n```", path.read_text()))


def rows(document: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    section = re.split(rf"^#+ {re.escape(heading)}$", document.read_text(), flags=re.MULTILINE)[1].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@each_readme
def test_every_role_has_a_readme_that_opens_with_its_name(path):
    name = "farflow.airflow" if path == README else path.parent.name
    assert path.read_text().startswith(f"# {name}\n")


@each_document
def test_every_path_exists(path):
    rooms = "airflow|awx|docs|inventories|playbooks|plugins|roles|scripts|tasks|tests|vars"
    named = re.findall(rf"(?<![\w./<-])((?:{rooms})/[\w./-]*[\w/])", path.read_text())
    assert [each for each in named if not (ROOT / each).exists() and each not in shown_files(path)] == []


@each_document
def test_every_link_leads_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text()):
        name, _unused, anchor = target.partition("#")
        document = path.parent / name if name else path
        assert document.exists(), target
        if anchor:
            assert anchor in anchors(document), target


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@each_document
def test_every_variable_is_declared(path):
    prefixes = "|".join(["farflow", *ROLES])
    modules = {module.stem for module in (ROOT / "plugins" / "modules").glob("*.py")}
    # Former names, of which the plan calls resources still.
    modules |= set(former_modules.LISTS)
    # Names of a scanner's checks may begin as ours do.
    text = re.sub(r"\brds_instance_[a-z_]+", "", path.read_text()) if path.name == "security.md" else path.read_text()
    # Files of other collections.
    text = re.sub(r"`[a-z_]+\.py`", "", text)
    # An argument of EcsRunTaskOperator.
    text = text.replace("`network_configuration`", "")
    named = set(re.findall(rf"(?<![\w./-])(?:{prefixes})_[a-z_]+\b", text)) - modules - set(ROLES)
    assert named - DECLARED - set(OUTPUTS) == set()


def test_the_keys_of_task_yml_are_all_there():
    assert [row[0].strip("`") for row in rows(DOCS / "tasks.md", "task.yml")] == list(task_yml.KEYS)


def test_the_task_yml_of_the_guide_is_right():
    documents = [document for text in fenced(DOCS / "tasks.md", "yaml") if "cpu" in (document := yaml.safe_load(text))]
    assert len(documents) == 2
    assert [problem for document in documents for problem in task_yml.problems(document)] == []


def test_what_survives_a_teardown_is_all_there():
    kept = [row[0].strip("`") for row in rows(DOCS / "aws.md", "9. Take it away")]
    assert kept == OPTIONS["farflow_teardown_keep"]["choices"]


def test_the_variables_of_dev_are_those_of_the_file():
    shown = next(document for document in map(yaml.safe_load, fenced(DOCS / "aws.md", "yaml")))
    assert shown == yaml.safe_load((ROOT / "vars" / "dev.yml").read_text())


def test_the_settings_of_awx_are_those_of_the_file():
    shown = [document for text in fenced(DOCS / "awx.md", "yaml") if len(document := yaml.safe_load(text)) > 1]
    assert shown == [yaml.safe_load((ROOT / "awx" / "settings.yml").read_text())]


def awx_templates() -> list[dict[str, str]]:
    """The job templates that the playbooks' meta files declare."""
    metas = [yaml.safe_load(path.read_text()) for path in (ROOT / "playbooks").glob("*.meta.yml")]
    specs = [spec for meta in metas for spec in meta["argument_specs"].values()]
    return [spec["job_template"] for spec in specs if spec.get("job_template")]


def test_every_template_of_awx_is_listed():
    named = [row[0] for row in rows(DOCS / "awx.md", "7. Launch")]
    assert sorted(named) == sorted(each["name"] for each in awx_templates())


def test_what_each_right_of_a_team_lets_launch_is_listed():
    told = {row[0].strip("`"): row[1] for row in rows(DOCS / "awx.md", "4. Settings")}
    for each in awx_templates():
        assert each["name"] in told[each["right"]].split(", ")


def test_every_playbook_is_in_the_readme():
    named = {row[0].strip("`") for row in rows(README, "Playbooks")}
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml")}
    assert named == playbooks


def test_every_advice_on_stopped_tasks_is_in_the_guide():
    told = [row[1] for row in rows(DOCS / "troubleshooting.md", "A task stopped")]
    assert told == [cure for _unused, cure in ecs_advice._CURES]


def test_every_advice_on_broken_databases_is_in_the_guide():
    told = {row[0].strip("`"): row[1] for row in rows(DOCS / "troubleshooting.md", "A database that is broken")}
    assert told == {status: cure.replace("|", "\\|") for status, cure in rds_status.CURES.items()}


def test_every_page_is_in_the_contents():
    contents = re.findall(r"^([a-z_-]+)$", (DOCS / "index.md").read_text(), re.MULTILINE)
    assert {path.stem for path in DOCS.glob("*.md")} == {*contents, "index"}


@pytest.mark.parametrize("path", [README, DOCS / "tasks.md", DOCS / "fargate_task.md"], ids=lambda path: path.name)
def test_the_dag_of_the_guide_uses_tasks_that_exist(path):
    source = "\n".join(fenced(path, "python"))
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [key.value.value for call in calls for key in call.keywords if key.arg == "task"]
    assert names
    dockerfiles = [f"tasks/{name}/Dockerfile" for name in names]
    assert [each for each in dockerfiles if not (ROOT / each).is_file() and each not in shown_files(path)] == []
    assert "{{ ds }}" not in source  # a run that was triggered may have no logical date


@pytest.mark.parametrize("role", ROLES)
def test_the_example_of_a_role_uses_its_entry_points(role):
    examples = [text for text in fenced(ROOT / "roles" / role / "README.md", "yaml") if text.startswith("- hosts")]
    plays = [play for text in examples for play in yaml.safe_load(text)]
    included = [task["ansible.builtin.include_role"] for play in plays for task in play["tasks"]]
    assert included
    for include in included:
        assert include["name"] == f"farflow.airflow.{role}"
        assert (ROOT / "roles" / role / "tasks" / f"{include.get('tasks_from', 'main')}.yml").is_file()


def test_the_memory_of_the_guide_is_that_of_the_default_sizes():
    told = {row[0]: float(row[1].removesuffix(" GiB")) for row in rows(DOCS / "operating.md", "Memory")}
    services = ("api-server", "scheduler", "dag-processor", "triggerer")
    sizes = {name: OPTIONS[f"airflow_service_{name.replace('-', '_')}"]["default"] for name in services}
    sizes["worker"] = {"memory": OPTIONS["worker_pool_memory"]["default"]}
    assert told == {name: size["memory"] / 1024 for name, size in sizes.items()}


def test_the_vcpus_of_the_guide_are_those_of_the_default_sizes_and_of_prod():
    text = " ".join((DOCS / "aws.md").read_text().split())
    services = ("api_server", "scheduler", "dag_processor", "triggerer")

    def vcpus(given, workers):
        sizes = [
            given.get(f"airflow_service_{name}", OPTIONS[f"airflow_service_{name}"]["default"]) for name in services
        ]
        worker = given.get("worker_pool_cpu", OPTIONS["worker_pool_cpu"]["default"])
        return (sum(size["count"] * size["cpu"] for size in sizes) + workers * worker) / 1024

    default, prod = vcpus({}, 1), yaml.safe_load((ROOT / "vars" / "prod.yml").read_text())
    most = prod["worker_pool_max_count"]
    assert f"environment runs {default:g} vCPUs, and up to {2 * default:g} while" in text
    assert f"runs {vcpus(prod, 1):g} with one worker and {vcpus(prod, most):g} with ten" in text


def test_the_costs_are_those_of_the_default_sizes():
    sizes = [OPTIONS[f"airflow_service_{name}"]["default"] for name in ("api_server", "scheduler", "dag_processor")]
    sizes.append(OPTIONS["airflow_service_triggerer"]["default"])
    sizes.append({key: OPTIONS[f"worker_pool_{key}"]["default"] for key in ("count", "cpu", "memory")})
    vcpu = sum(size["count"] * size["cpu"] for size in sizes) / 1024
    memory = sum(size["count"] * size["memory"] for size in sizes) / 1024
    table = rows(DOCS / "cost.md", "What it costs to leave on")
    fargate = next(row for row in table if row[0].startswith("Fargate"))
    assert fargate[1].startswith(f"{vcpu:g} vCPU at 0.04048 and {memory:g} GB at 0.004445 ")
    assert int(fargate[2]) == round((vcpu * 0.04048 + memory * 0.004445) * 730)
    assert OPTIONS["rds_instance_class"]["default"] in next(row for row in table if row[0] == "Postgres")[1]
    together = sum(int(row[2]) for row in table[:-1])
    assert table[-1][2] == f"**about {round(together, -1)}**"
