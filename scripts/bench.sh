#!/bin/sh
# `make bench`: writes docs/bench.md. Arguments are those of tests/bench: `--help` lists them.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
sh scripts/environment.sh dev
exec python -m tests.bench "$@"
