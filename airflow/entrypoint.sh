#!/bin/sh
# Runs one component of Airflow, one of the deploy's chores, or any other command:
#
#   api-server | scheduler | dag-processor | triggerer | worker   a component
#   execute-workload WORKLOAD                                     one task of Airflow, for executor="ecs"
#   migrate [--check | --no-upgrade]                              the database's schema
#   create-admin                                                  the first user
#   check-dags FOLDER | --version VERSION                         what is wrong with DAG files: scripts/check_dags.py
#   dag-versions-in-use                                           the versions of the DAGs that runs need
#   airflow ...                                                   any Airflow command line
#   airflow-with-secrets ...                                      the same, with words secret:<name>: scripts/command.py
#   orphans [--stop]                                              Fargate tasks that no Airflow task waits for
#
# Each command replaces this shell, so that tini (process 1) sends SIGTERM to that process only. A Celery worker then
# finishes its running tasks before it exits, because its child processes do not get the signal.
#
# Beside a scheduler, where the deploy names FARFLOW_WORKER_POOLS, runs scripts/publish_workers_wanted.py. It is begun
# again when it ends, and ends with the container.
set -eu

# What a deploy may expect of this image, as a number; the deploy says which it needs. Raised with every new expectation.
# Other files here say in a comment which they have. Edit them as you like, and leave that line as it is.
contract=3
if [ "${FARFLOW_CONTRACT:-0}" -gt "$contract" ]; then
    echo "this image has contract $contract, and the deploy needs $FARFLOW_CONTRACT: build it from a newer airflow/" >&2
    exit 64
fi

if [ "$#" -eq 0 ]; then
    sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
    exit 64
fi

publish_workers_wanted() {
    until python -I /opt/airflow/scripts/publish_workers_wanted.py; do
        echo "workers wanted: their publisher has ended, and begins again" >&2
        sleep 15
    done
}

case "$1" in
    scheduler)
        # Not a child of the scheduler: twice forked, it becomes one of tini.
        [ -z "${FARFLOW_WORKER_POOLS:-}" ] || (publish_workers_wanted &)
        exec airflow "$@"
        ;;
    api-server | dag-processor | triggerer) exec airflow "$@" ;;
    worker)
        shift
        python -I /opt/airflow/scripts/wait_for_execution_api.py
        exec airflow celery worker "$@"
        ;;
    execute-workload)
        shift
        python -I /opt/airflow/scripts/wait_for_execution_api.py
        exec python /opt/airflow/scripts/execute_workload.py "$@"
        ;;
    migrate) shift && exec python /opt/airflow/scripts/migrate.py "$@" ;;
    check-dags) shift && exec python /opt/airflow/scripts/check_dags.py "$@" ;;
    dag-versions-in-use) exec python /opt/airflow/scripts/dag_versions_in_use.py ;;
    create-admin) shift && exec python /opt/airflow/scripts/create_admin.py "$@" ;;
    orphans) shift && exec python /opt/airflow/scripts/orphans.py "$@" ;;
    airflow | airflow-with-secrets) shift && exec python /opt/airflow/scripts/command.py "$@" ;;
    *) exec "$@" ;;
esac
