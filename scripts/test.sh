#!/bin/sh
# `make test`: from the quickest tests to the slowest, ended by the first stage that fails. Whatever the end, the
# processes, containers and files of the tests are gone afterwards, and a Docker engine that was started for them.
# Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
sh scripts/environment.sh dev

say() { echo "test: $*" >&2; }

embedded_aws() { python tests/embedded_aws "$@"; }

# Names of instances that tests of ours made: fixed ones, and those of test processes that have ended.
leftovers() {
    for folder in .embedded-aws/e2e* .embedded-aws/integration-* .embedded-aws/test-*; do
        name=${folder##*/}
        owner=$(echo "$name" | sed -n 's/^test-[a-z]*-\([0-9]*\).*/\1/p')
        if [ -d "$folder" ] && ! { [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; }; then echo "$name"; fi
    done
}

clean_up() {
    result=$?
    trap - EXIT
    for name in $(leftovers); do embedded_aws down --name "$name" || result=1; done
    if [ "$engine" = absent ]; then embedded_aws down --name e2e --engine || result=1; fi
    exit "$result"
}

stage() {
    say "$1"
    shift
    started=$(date +%s)
    result=0
    # In the background, since a shell hears no signal before its child in the foreground has ended.
    python -m pytest -q -p no:cacheprovider --durations=10 "$@" &
    tests=$!
    wait "$tests" || result=$?
    tests=
    # Nothing is left of a stage whose tests have all passed in the run that this one resumes.
    case "$result $*" in "5 "*" --results "*) result=0 ;; esac
    say "$(($(date +%s) - started)) s"
    return "$result"
}

stop() {
    if [ -n "$tests" ]; then
        kill -TERM "$tests" 2>/dev/null || :
        wait "$tests" || :
    fi
    exit "$1"
}

tests=
engine=present
docker version >/dev/null 2>&1 || engine=absent
trap clean_up EXIT
trap 'stop 130' INT
trap 'stop 143' HUP TERM

say "a Docker engine and base images"
embedded_aws up --name e2e --port 0 >/dev/null
embedded_aws down --name e2e

# Some tests mostly wait for containers: so there is a process more than there are processors.
workers=$(($(nproc) + 1))
stage "units, modules in-process, the embedded AWS, the Airflow image" tests/unit -n "$workers" --dist loadfile \
    --no-loadscope-reorder --no-skips "$@"
case " $* " in
    *" --thorough "*)
        stage "playbooks on an AWS without containers" tests/integration -n auto --dist loadfile "$@"
        stage "the whole stack, with containers and a browser" tests/e2e "$@"
        ;;
    *)
        stage "the whole stack, with containers and a browser; beside it playbooks on an AWS without containers" \
            tests/e2e tests/integration -n "$workers" --dist loadfile --no-loadscope-reorder "$@"
        ;;
esac
