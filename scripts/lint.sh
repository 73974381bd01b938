#!/bin/sh
# `make lint`: what is checked without running anything. Goes through all of it and fails at the end if anything did.
set -u
cd "$(dirname "$0")/.." || exit
PATH="$PWD/.venv/bin:$PATH"
sh scripts/environment.sh dev || exit
failed=0

check() {
    echo "lint: $*" >&2
    "$@" || failed=1
}

check ruff check .
check ruff format --check .
check python scripts/options.py --check
check python scripts/readme.py --check
check python scripts/awx.py --check
check shellcheck scripts/*.sh airflow/entrypoint.sh
exit "$failed"
