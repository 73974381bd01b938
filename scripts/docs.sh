#!/bin/sh
# `make docs`: the documentation as a static site in artifacts/docs/html. A warning is an error.
#
# Its pages are those of docs/, and one for each module, role and plugin, made from what ansible-doc knows of it.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
sh scripts/environment.sh dev

site=artifacts/docs
rm -rf "$site"
mkdir -p "$site/source/collection"
cp -R docs/. "$site/source"
ANSIBLE_COLLECTIONS_PATH="$PWD/playbooks/collections" ANSIBLE_NOCOLOR=1 antsibull-docs collection --use-current \
    --squash-hierarchy --fail-on-error --dest-dir "$site/source/collection" farflow.airflow
sphinx-build --quiet --fail-on-warning --nitpicky --builder html "$site/source" "$site/html"
echo "docs: $site/html/index.html" >&2
