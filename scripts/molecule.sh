#!/bin/sh
# `make molecule`: every role on its own, on the embedded AWS. Arguments are molecule's: `sh scripts/molecule.sh -s rds`.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
sh scripts/environment.sh dev
# What leads to an account, a profile or an endpoint of one's own.
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
if [ "$#" -eq 0 ]; then set -- --all; fi
exec python tests/embedded_aws engine molecule test "$@"
