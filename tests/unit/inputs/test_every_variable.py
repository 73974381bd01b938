"""What holds for every variable that is declared, by its type, so that none can be added without bounds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import checks
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs.variables import VARIABLES
from gathered import OPTIONS, ROOT, gather

WRONG_TYPES = {"str": [1], "path": {"a": 1}, "int": "many", "bool": "perhaps", "list": {"a": 1}, "dict": 5}

#: Texts that are compared with another one, or only handed on.
ANY_TEXT = {"farflow_secret_key", "farflow_teardown_confirm"}

#: A key and a value that are right, where others than texts are.
RIGHT_MEMBERS = {
    **{name: ("count", 1) for name, option in OPTIONS.items() if option.get("options")},
    "airflow_service_ecs_task": ("cpu", 512),
    "airflow_service_config": ("core", {"parallelism": 4}),
    "airflow_service_secrets": ("TOKEN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf"),
    "dag_tasks_images": ("hello", "tasks:1"),
    "worker_pools": ("heavy", {"memory": 4096}),
}

#: Variables of a role that do not begin with its name.
OTHERS = {"worker_pool": ("worker_pools", "worker_drain_hours")}

#: What a default is left to by Ansible, or by AWS.
UNDERSTOOD = {"type", "required", "default", "choices", "elements", "options", "no_log", "description"}


def of_type(*types):
    return [name for name, option in OPTIONS.items() if option["type"] in types]


def lines_about(name, problems):
    return [line for line in problems if line.startswith((f"{name}: ", f"{name}."))]


def test_the_defaults_are_right():
    assert gather()[1] == []


@pytest.mark.parametrize("name", OPTIONS)
def test_a_value_of_another_type_is_refused(name):
    value = WRONG_TYPES[OPTIONS[name]["type"]]
    inputs, problems = gather(**{name: value})
    (line,) = lines_about(name, problems)
    assert "allowed: " in line
    assert name not in inputs


@pytest.mark.parametrize("name", of_type("int"))
@pytest.mark.parametrize("number", [-1, 10**12, True, 1.5, float("inf"), float("nan"), "1e999999999"])
def test_a_number_has_bounds(name, number):
    assert lines_about(name, gather(**{name: number})[1])


@pytest.mark.parametrize("name", sorted(set(of_type("str")) - ANY_TEXT))
def test_a_text_of_two_lines_is_refused(name):
    assert lines_about(name, gather(**{name: "two\nlines"})[1])


@pytest.mark.parametrize("name", of_type("list"))
@pytest.mark.parametrize("item", [None, [1], "two\nlines"])
def test_an_item_of_a_list_has_bounds(name, item):
    (line, *_unused) = lines_about(name, gather(**{name: [item]})[1])
    assert line.startswith(f"{name}.0")


@pytest.mark.parametrize("name", of_type("dict"))
@pytest.mark.parametrize("key", ["two\nlines", "line\n", ""])
def test_a_key_of_a_mapping_has_bounds(name, key):
    """Whose value is right, as is seen by another key."""
    good, value = RIGHT_MEMBERS.get(name, ("key", "x"))
    assert lines_about(name, gather(**{name: {good: value}})[1]) == []
    assert lines_about(name, gather(**{name: {key: value}})[1])


@pytest.mark.parametrize("key", ["two\nlines", "line\n", ""])
def test_a_key_of_a_section_has_bounds(key):
    assert lines_about("airflow_service_config", gather(airflow_service_config={"core": {key: "x"}})[1])


@pytest.mark.parametrize("given", [1, "1", True])
def test_tls_of_the_database_may_be_asked_for(given):
    assert gather(rds_parameters={"rds.force_ssl": given})[1] == []


@pytest.mark.parametrize("host", ["airflow.example.org", "[fd00::7]", "127.0.0.1:1", "airflow:8080", "[fd00::7]:65535"])
def test_a_url_may_have_a_port(host):
    urls = {"airflow_service_base_url": f"https://{host}", "farflow_endpoint_url": f"http://{host}/air/flow:99999"}
    assert gather(**urls)[1] == []


@pytest.mark.parametrize(
    "path", ["", "/", "/tools", "/tools/", "/a/b-c_d.e~1/", "/...", "/executions", "/tools/execution"]
)
def test_airflow_may_be_below_a_path(path):
    assert gather(airflow_service_base_url=f"https://airflow.example.org{path}")[1] == []


@pytest.mark.parametrize(
    "path",
    ["/../x", "/..", "/./x", "/x/.", "//", "/a//b", "/a//", "/ü", "/%2e", "/a b", "/a\\b", "/a;b"],
)
def test_a_path_that_others_read_otherwise_is_refused(path):
    url = f"http://airflow.example.org{path}"
    (line,) = lines_about("airflow_service_base_url", gather(airflow_service_base_url=url)[1])
    assert "allowed: a URL that begins with http:// or https://" in line
    assert "in its path letters, digits and characters of ._~-, no . or .. alone between slashes" in line


@pytest.mark.parametrize("path", ["/execution", "/execution/", "/execution/x"])
def test_the_path_of_the_task_execution_api_is_taken(path):
    url = f"http://airflow.example.org{path}"
    (line,) = lines_about("airflow_service_base_url", gather(airflow_service_base_url=url)[1])
    assert "allowed: another path than /execution, where Airflow has its task execution API" in line


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("http://api-server.prod.farflow.internal:8081/execution/", "https://airflow.example.org"),
        ("http://api-server.prod.farflow.internal:8081/execution/", "http://api-server.prod.farflow.internal"),
        ("http://API-server.prod.farflow.internal:8081/tools/execution/", "https://airflow.example.org/tools/"),
        ("http://execution.example.org:8081/execution/", ""),
        ("http://execution:65535/execution/", ""),
        ("http://[fd00::7]:8081/execution/", ""),
        ("https://execution.example.org/execution/", ""),
    ],
)
def test_the_task_execution_api_may_have_a_name_of_ones_own(url, base_url):
    """Where that leads is known to whoever has made it."""
    assert gather(airflow_service_execution_api_url=url, airflow_service_base_url=base_url)[1] == []


@pytest.mark.parametrize("pattern", ["name", "NAME", "guarddutymanaged", "Owner", "cost*", "aws-*"])
def test_a_tag_in_other_letters_is_another_tag(pattern):
    """To AWS; and what IAM takes for the same is on none of its roles."""
    assert gather(farflow_ignored_tags=[pattern])[1] == []


@pytest.mark.parametrize("path", ["/service-role/", "/aws/", "/team/aws-service-role/"])
def test_a_path_that_only_looks_like_aws_own_is_right(path):
    assert gather(farflow_iam_path=path)[1] == []


@pytest.mark.parametrize("names", [["my_plugin"], ["core.new_key", "a.b", "a-b", "common.io.new"], ["openlineage"], []])
def test_a_section_of_ones_own_is_right(names):
    assert gather(airflow_service_config_of_plugins=names)[1] == []


@pytest.mark.parametrize("host", ["127.0.0.1:65535", "registry.example.org", "registry.example.org:5000"])
def test_a_registry_may_have_a_port(host):
    assert gather(farflow_registry=host)[1] == []


@pytest.mark.parametrize("region", ["eusc-de-east-1", "us-gov-east-1", "ap-southeast-12"])
def test_a_region_of_any_partition_may_be_named_with_its_zones(region):
    assert gather(farflow_region=region, network_availability_zones=[f"{region}a", f"{region}b"])[1] == []


def test_the_master_user_may_have_the_name_that_rds_proposes():
    """A snapshot of a database that was made in AWS's console has it."""
    assert gather(rds_master_username="postgres")[1] == []


@pytest.mark.parametrize(("count", "warned"), [(60, False), (61, True)])
def test_more_networks_than_a_security_group_takes_rules_are_warned_of(count, warned):
    """AWS may have raised the quota."""
    inputs, problems = gather(network_ingress_cidrs=[f"10.{number}.0.0/16" for number in range(count)])
    assert problems == []
    assert bool(checks.warnings(inputs)) == warned


FAR = f"210987654321.dkr.ecr.us-east-1.amazonaws.com/team/image@sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"airflow_service_image": FAR}, "airflow_service_image"),
        ({"dag_tasks_images": {"report": FAR}}, "dag_tasks_images.report"),
    ],
)
def test_an_image_in_another_regions_ecr_is_warned_of(given, place):
    """AWS pulls it, at a price."""
    inputs, problems = gather(**given)
    assert problems == []
    (line,) = checks.warnings(inputs)
    assert line.startswith(f"{place}: is in ECR in us-east-1, while the environment is in eu-west-1: each container")


@pytest.mark.parametrize(
    "image",
    [
        FAR.replace("us-east-1", "eu-west-1"),
        FAR.replace("210987654321.dkr.ecr.us-east-1.amazonaws.com", "registry.example.org"),
        "team/image:1",
    ],
)
def test_an_image_elsewhere_than_in_another_regions_ecr_is_not_warned_of(image):
    inputs, problems = gather(airflow_service_image=image, dag_tasks_images={"report": image})
    assert (problems, checks.warnings(inputs)) == ([], [])


@pytest.mark.parametrize("name", OPTIONS)
def test_nothing_is_the_default(name):
    inputs, problems = gather(**{name: None})
    assert bool(problems) == bool(OPTIONS[name].get("required"))


def test_every_option_is_understood():
    """What gathers the inputs reads these members of an argument spec, and no others."""

    def members(options):
        for option in options.values():
            yield from option
            yield from members(option.get("options", {}))

    assert set(members(OPTIONS)) <= UNDERSTOOD


def test_no_check_is_of_a_variable_that_is_not_declared():
    assert set(VARIABLES) <= set(OPTIONS)


def test_the_one_list_of_options_is_up_to_date():
    script = ROOT / "scripts" / "options.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_a_role_declares_its_defaults(role):
    spec = _read(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = _read(ROOT / "roles" / role / "defaults" / "main.yml")
    assert {name: option["default"] for name, option in spec.items() if not _is_template(defaults[name])} == {
        name: value for name, value in defaults.items() if not _is_template(value)
    }
    assert all(name.startswith((f"{role}_", *OTHERS.get(role, ()))) for name in spec)


def _read(path: Path):
    return yaml.safe_load(path.read_text())


def _is_template(value):
    return isinstance(value, str) and "{{" in value
