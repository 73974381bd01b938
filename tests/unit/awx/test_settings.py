"""What is wrong with settings, before anything is asked of AWX."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.pure.awx_settings import problems

from tests.integration.awx_wanted import settings


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
    assert said == "project_url: is not shown, allowed: the URL of a Git repository"


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
    ],
)
def test_the_url_of_a_repository_is_taken(url):
    assert told(project_url=url) == []


@pytest.mark.parametrize("state", ["exact", "absent"])
def test_a_file_removes_nothing(state):
    (said,) = told(state=state, assets_file="assets.yml")
    assert said == (
        f"assets_file: writes what is wanted and removes nothing, so it does not go with the state {state}; "
        "allowed: present"
    )
    assert told(assets_file="assets.yml") == []
