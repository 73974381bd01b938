#!/bin/sh
# `make lint`: what is checked without running anything. Goes through all of it and fails at the end if anything did.
set -eu
cd "$(dirname "$0")/.."
sh scripts/environment.sh dev
failed=0
PRE_COMMIT_HOME="$PWD/.tools/pre-commit" .venv/bin/pre-commit run --all-files || failed=1
sh scripts/lint_collection.sh || failed=1
exit "$failed"
