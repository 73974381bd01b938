#!/bin/sh
# Writes requirements.txt anew from requirements.in: every package that Airflow's image gets, pinned and hashed. The
# image's build refuses what the one asks for and the other does not hold.
#
#   sh lock-requirements.sh             keeps the versions that still fit
#   sh lock-requirements.sh --upgrade   takes the newest ones that requirements.in allows
set -eu
cd "$(dirname "$0")"

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement requirements-build.txt
# Resolved for every platform, and for the Python of the image's base.
"$tools/bin/uv" pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
    --custom-compile-command "sh lock-requirements.sh" "$@" --output-file requirements.txt requirements.in
