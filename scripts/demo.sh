#!/bin/sh
# `make demo` and `make demo-down`: the whole stack on the embedded AWS, and the sample DAG run on it.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

embedded_aws() { python tests/embedded_aws "$@"; }

case "${1:-}" in
    up)
        embedded_aws up --name demo >/dev/null
        eval "$(embedded_aws env --name demo)"
        ansible-playbook -i inventories/local playbooks/deploy.yml
        python tests/e2e/demo.py
        ;;
    down)
        embedded_aws down --name demo --engine
        ;;
    *)
        echo "usage: $0 up|down" >&2
        exit 64
        ;;
esac
