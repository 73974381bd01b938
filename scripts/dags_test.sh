#!/bin/sh
# `make dags-test`: the tests in airflow/tests with the sample DAG and tasks of this checkout. No account, no embedded AWS.
# Arguments go to ansible-playbook.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

# A Docker engine and base images, where there are none; SSL_CERT_FILE names the authorities that a build needs here.
exec python tests/embedded_aws engine --images ansible-playbook playbooks/dags_test.yml \
    -e farflow_environment=test -e farflow_region=us-east-1 \
    -e "farflow_build_ca_bundle=${SSL_CERT_FILE:-}" "$@"
