#!/bin/sh
# `make test-all`: everything, as often as it takes. SEED=7 begins with another seed, SHARD=1/3 runs one part of three,
# and a run that was stopped goes on where it was: artifacts/test-all.jsonl has the results.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
exec sh scripts/test.sh --thorough --seed "${SEED:-0}" --shard "${SHARD:-1/1}" --results artifacts/test-all.jsonl
