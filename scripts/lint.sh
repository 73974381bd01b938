#!/bin/sh
# `make lint`: what is checked without running anything. .pre-commit-config.yaml lists it.
set -eu
cd "$(dirname "$0")/.."
sh scripts/environment.sh dev
PRE_COMMIT_HOME="$PWD/.tools/pre-commit" exec .venv/bin/pre-commit run --all-files --hook-stage pre-push
