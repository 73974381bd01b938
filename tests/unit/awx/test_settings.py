"""What is wrong with settings, before anything is asked of AWX."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.awx.settings import problems

from tests.integration.awx_wanted import settings

ALLOWED = "allowed: the URL of a Git repository, such as https://host/a.git, ssh://git@host:22/a.git or git@host:a.git"


def told(**given: Any) -> list[str]:
    return list(problems(settings(**given)))


@pytest.mark.parametrize(
    "url",
    [
        "https://u:SECRET@git.example.com",
        "https://u:SECRET@git.example.com/a b",
        "https://u:SECRET@git.example.com/x.git",
        "https://SECRET@git.example.com/x.git",
        "https://u:SECRET x@git.example.com/x.git",
        "ssh://u:SECRET@git.example.com/x.git",
        "git://u:SECRET@git.example.com/x.git",
        "u:SECRET@git.example.com:x.git",
        "//u:SECRET@git.example.com/x.git",
        "git+ssh://u:SECRET@git.example.com/x.git",
    ],
)
def test_a_password_in_the_projects_url_is_refused_and_not_shown(url):
    (said,) = told(project_url=url)
    assert said.startswith("project_url: has a user or password in it")
    assert "SECRET" not in said


@pytest.mark.parametrize("url", ["https://u:SEC/RET@git.example.com/a.git", "a/b:SECRET@git.example.com", "git@host"])
def test_what_may_be_a_password_is_not_shown(url):
    (said,) = told(project_url=url)
    assert said == f"project_url: is not shown, {ALLOWED}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("git@host:22:x", "not shown"),
        ("git@host:a:b/c.git", "not shown"),
        ("https://host:99999/x.git", "'https://host:99999/x.git'"),
        ("ssh://git@host:65536/x.git", "not shown"),
        ("git+ssh://host/x.git", "'git+ssh://host/x.git'"),
        ("https://[::1/x.git", "'https://[::1/x.git'"),
    ],
)
def test_a_url_that_awx_refuses_is_refused(url, shown):
    assert told(project_url=url) == [f"project_url: is {shown}, {ALLOWED}"]


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/data/a.git",
        "http://git.example.com:3000/a.git",
        "https://git.example.com/data/a@b.git",
        "ssh://git@git.example.com:2222/a.git",
        "ssh://git.example.com/a.git",
        "ssh://git@[2001:db8::1]:2222/a.git",
        "git@git.example.com:data/a.git",
        "git@git.example.com:data/a@b.git",
        "git@git.example.com:2222/a.git",
        "https://git.example.com:65535/a.git",
    ],
)
def test_the_url_of_a_repository_is_taken(url):
    assert told(project_url=url) == []


@pytest.mark.parametrize("state", ["exact", "absent"])
def test_a_file_removes_nothing(state):
    (said,) = told(state=state, assets_file="assets.yml")
    assert said == f"assets_file: removes nothing, so it does not go with the state {state}, allowed: present"
    assert told(assets_file="assets.yml") == []


@pytest.mark.parametrize(
    "branch",
    [
        *(
            "",
            " ",
            "-x",
            "--upload-pack=x",
            "feature with space",
            " main",
            "a..b",
            "a:b",
            "a~1",
            "a^",
            "a?",
            "a*",
            "a[",
        ),
        *("a\\b", "a@{1}", "@", "/a", "a/", "a//b", "a.", ".a", "a/.b", "a.lock", "a.lock/b", "a\nb", "ä" * 201),
    ],
)
def test_what_is_no_branch_is_refused(branch):
    (said,) = told(project_branch=branch)
    assert said == f"project_branch: is {branch!r}, allowed: the name of a branch or tag of Git, or a commit"


@pytest.mark.parametrize(
    "branch", ["main", "feature/a-b_c", "v1.2.3", "9a3f0c1", "fix#12", "ü", "a@b", "HEAD", "release/2026.1"]
)
def test_a_branch_a_tag_and_a_commit_are_taken(branch):
    assert told(project_branch=branch) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"timeout": 2**40}, "timeout: is 1099511627776, allowed: 1 to 2147483647 seconds, or 0 for no limit"),
        ({"timeout": 2147483648}, "timeout: is 2147483648, allowed: 1 to 2147483647 seconds, or 0 for no limit"),
        ({"project_wait_minutes": 10**12}, "project_wait_minutes: is 1000000000000, allowed: 1 to 1440"),
        (
            {"teams": [{"team": "a", "may": ["plan"]}, {"team": "b", "may": []}]},
            "teams.1.may: is empty, allowed: a list with what the team may do",
        ),
        (
            {"teams": [{"team": "a", "may": ["plan"], "environments": []}]},
            "teams.0.environments: is empty, allowed: a list of names, or nothing for all environments",
        ),
    ],
)
def test_what_would_do_nothing_or_not_fit_is_refused(given, said):
    assert told(**given) == [said]


@pytest.mark.parametrize("timeout", [0, 1, 2147483647])
def test_a_timeout_that_fits_is_taken(timeout):
    assert told(timeout=timeout) == []


@pytest.mark.parametrize(
    "image",
    [
        f"registry.example.com/farflow-airflow@sha256:{'0f' * 32}",
        f"registry.example.com:5000/a/farflow-airflow:0.1.0@sha256:{'0f' * 32}",
        "localhost/farflow-airflow",
        "r/x:1",
        "farflow-airflow:latest",
    ],
)
def test_an_image_may_be_named_by_tag_and_digest(image):
    assert told(execution_environment_image=image) == []


@pytest.mark.parametrize(
    "image", ["", "UPPER/case", "a b", f"r/x:{'t' * 2000}", "a" * 300, "r/x:1@sha256:0f", "https://r/x:1"]
)
def test_what_is_no_image_is_refused(image):
    (said,) = told(execution_environment_image=image)
    assert said == f"execution_environment_image: is {image!r}, allowed: the name of an image, with a tag or a digest"
