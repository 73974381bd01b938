#!/bin/sh
# `make molecule`: every role on its own, on the embedded AWS. Arguments are molecule's: `sh scripts/molecule.sh -s rds`.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
sh scripts/environment.sh dev
if [ "$#" -eq 0 ]; then set -- --all; fi
exec molecule test "$@"
