# What a person calls. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help environment lock demo demo-down demo-env test test-all dags-test generate lint molecule docs bench bench-workers

PYTHON := .venv/bin/python
EMBEDDED_AWS := $(PYTHON) tests/embedded_aws
ARTIFACTS := artifacts

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

environment: ## make or renew .venv from requirements.lock
	@sh scripts/environment.sh

lock: ## write requirements.lock anew from pyproject.toml
	@sh scripts/environment.sh --lock

demo: environment ## all of it on this machine, on an embedded AWS
	@sh scripts/demo.sh up

demo-down: ## stop the demo and remove what it made
	@sh scripts/demo.sh down

demo-env: environment ## print what points AWS clients at the demo: eval "$$(make -s demo-env)"
	@$(EMBEDDED_AWS) env --name demo

test: ## units, modules, bad input, the demo's path with a browser, a teardown
	@sh scripts/test.sh

test-all: ## everything, at length: SEED=7 SHARD=1/3; goes on where it was stopped
	@sh scripts/test_all.sh

dags-test: environment ## the tests of the sample DAG, its tasks as containers of this machine
	@sh scripts/dags_test.sh

generate: environment ## what is written by scripts: tables, the options of playbooks, meta/runtime.yml
	@set -e; for script in options readme routing permissions deployer reads; do $(PYTHON) scripts/$$script.py; done

lint: ## what is checked without running
	@sh scripts/lint.sh

molecule: ## every role on its own
	@sh scripts/molecule.sh

docs: ## the documentation as a site
	@sh scripts/docs.sh

bench: ## what a deploy costs, beside what others cost: docs/bench.md
	@sh scripts/bench.sh

bench-workers: environment ## how workers follow the work, simulated with AWS's delays: docs/bench-workers.md
	@$(PYTHON) -m tests.bench_workers
