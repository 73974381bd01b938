#!/bin/sh
# Brings the Python environment .venv to what a lock file says. Does nothing when it is so already.
#
#   environment.sh          what deploys, here and on AWS: requirements.lock
#   environment.sh dev      and what tests, lints and documents: requirements-dev.lock, which has all of the other
#   environment.sh --lock   writes both anew from pyproject.toml
set -eu
cd "$(dirname "$0")/.."

uv_version=0.13.9

say() { echo "environment: $*" >&2; }

# The first interpreter that really runs and is new enough: a version manager's shim may exist and fail.
python_command() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
            return
        fi
    done
    say "no Python 3.11 or newer found; install one, on Debian or Ubuntu: apt-get install python3 python3-venv"
    exit 1
}

make_tools() {
    if "$1" -m venv .tools 2>/dev/null; then return; fi
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        say "installing python3-venv"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        "$1" -m venv .tools
    else
        say "$1 cannot make virtual environments; on Debian or Ubuntu: apt-get install python3-venv"
        exit 1
    fi
}

uv_command() {
    if uv --version >/dev/null 2>&1; then
        command -v uv
        return
    fi
    if [ ! -x .tools/bin/uv ]; then
        say "installing uv $uv_version into .tools"
        make_tools "$1"
        .tools/bin/python -m pip install -q --disable-pip-version-check "uv==$uv_version"
    fi
    echo .tools/bin/uv
}

lock() {
    "$uv" pip compile -q pyproject.toml --universal --generate-hashes --no-annotate --no-emit-index-url \
        --custom-compile-command "make lock" --python-version 3.11 "$@"
}

# .venv/.lock has the digests of the lock files that .venv holds all of.
installed() {
    digest=$(sha256sum "$1" | cut -d ' ' -f 1)
    grep -qx "$digest" .venv/.lock 2>/dev/null && .venv/bin/python -c '' 2>/dev/null
}

case "${1:-}" in
    --lock)
        uv=$(uv_command "$(python_command)")
        lock --group embedded --group test --group lint --group docs -o requirements-dev.lock
        lock --group embedded -c requirements-dev.lock -o requirements.lock
        exit 0
        ;;
    dev) lock=requirements-dev.lock ;;
    *) lock=requirements.lock ;;
esac
if installed "$lock"; then exit 0; fi
python=$(python_command)
uv=$(uv_command "$python")
if ! .venv/bin/python -c '' 2>/dev/null; then
    say "making .venv with $python"
    "$uv" venv -q --clear --python "$python" .venv
fi
say "installing what $lock names"
rm -f .venv/.lock
"$uv" pip sync -q --python .venv/bin/python --require-hashes "$lock"
# Where Python may not write bytecode, as in many containers, each ansible-playbook would compile Ansible anew: a second.
.venv/bin/python -m compileall -q -j 0 \
    -x '/(ansible_collections/(?!amazon/).*|sympy|networkx|sphinx|mypyc?|pygments|pylint|cfnlint|setuptools|tests?)/' \
    "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" ||
    say "some packages could not be compiled; they are at each start"
sha256sum requirements.lock "$lock" | cut -d ' ' -f 1 > .venv/.lock
