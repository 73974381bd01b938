"""The documentation's site; scripts/docs.sh builds it."""

from __future__ import annotations

import re

from docutils import nodes

project = "farflow.airflow"
copyright = "farflow.airflow contributors"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
exclude_patterns = ["README.md"]
myst_heading_anchors = 3
html_theme = "sphinx_rtd_theme"
html_title = project
html_show_sourcelink = False
html_show_sphinx = False
# Variables of the environment that Ansible has, and that are described there.
nitpick_ignore_regex = [("envvar", "(ANSIBLE|AWS|CONTROLLER|DOCKER)_.*")]

_REPOSITORY = "https://github.com/farflow/airflow/blob/main/"
_ANSIBLE = "https://docs.ansible.com/ansible/latest/"

# What the generated pages refer to in Ansible's own documentation.
_ELSEWHERE = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def _link_to_ansible(app, env, node, contnode):
    """A label of Ansible's as a link there; Sphinx warns of every other one that is not here."""
    if node["reftarget"] not in _ELSEWHERE:
        return None
    return nodes.reference("", "", contnode, internal=False, refuri=_ANSIBLE + _ELSEWHERE[node["reftarget"]])


def _link_to_repository(app, docname, source):
    """Files beside docs/ are not part of the site."""
    source[0] = re.sub(r"\]\(\.\./", f"]({_REPOSITORY}", source[0])


def setup(app):
    app.connect("missing-reference", _link_to_ansible)
    app.connect("source-read", _link_to_repository)
