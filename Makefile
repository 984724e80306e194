# What people type. Each target does its work in Python; this file only says in which order.
PYTHON ?= python3
PY := .venv/bin/python
# What works where a `make setup` was interrupted: any Python, and whether the packages are there.
ANY_PYTHON = $$([ -x $(PY) ] && echo $(PY) || echo $(PYTHON))
IS_WHOLE = $(PY) -c "import devcluster.__main__" 2>/dev/null
BENCH_ARGS ?=
DRILL_ARGS ?=
KILL ?=

.PHONY: help setup setup-dev check machine up preview down clean clean-cache test test-quick lint bench drill docs pin policy peer

help: ## list what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## make the driver ready to run: .venv with the pinned packages
	@command -v $(PYTHON) >/dev/null || { echo "✗ $(PYTHON) is missing"; echo "  next: install Python 3.11 or newer (Debian: apt install python3 python3-venv)"; exit 1; }
	@$(PYTHON) toolchain/environment.py runtime

setup-dev: setup policy
	@$(PYTHON) toolchain/environment.py dev

policy: setup ## make the policy pack ready to run (an environment of its own, policy/.venv)
	@$(PYTHON) toolchain/environment.py policy

machine: setup
	@$(PY) -m toolchain check --missing

check: setup
	@$(PY) -m stacks check local

up: check machine ## start the development cluster, and secure it
	@$(PY) -m devcluster up
	@$(PY) -m stacks up local --yes

preview: setup ## show what `make up` would do to the development cluster
	@test -d .dev/cluster || { echo "✗ the development cluster is not laid out yet"; echo "  next: make up"; exit 1; }
	@$(PY) -m stacks preview local || [ $$? -eq 1 ] # 1: there is something to do

down: ## stop the development cluster (its data stays)
	@if $(IS_WHOLE); then $(PY) -m devcluster stop; else $(ANY_PYTHON) toolchain/leaving.py stop; fi

clean: ## stop the development cluster, and remove all that was set up in this checkout
	@if $(IS_WHOLE); then $(PY) -m devcluster clean || true; fi # a stack file with a mistake is no reason to keep it
	@$(ANY_PYTHON) toolchain/leaving.py clean
	@echo "left alone: what all checkouts share (make clean-cache), and the caches of pip, Maven and Go themselves"

clean-cache: setup ## remove what all checkouts on this machine share: the built engine and Elasticsearch
	@$(PY) -m toolchain clean

test: setup-dev machine ## run every test, also those on real nodes
	@$(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-quick: setup-dev ## run the tests that need no node and no engine
	@$(PY) -m pytest -m "not cluster and not engine"

lint: setup-dev ## check style, types and the rules of the house
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@PYTHONPATH=policy .venv/bin/lint-imports

peer: setup # Ansible, which `make bench` measures beside us, in an environment of its own
	@$(PYTHON) toolchain/environment.py peer

bench: setup-dev peer up ## measure, side by side, also on the development cluster (BENCH_ARGS=--json for machines)
	@$(PY) -m bench $(BENCH_ARGS)

drill: up ## renew and rotate everything in the development cluster, under load (KILL=1: and kill nodes meanwhile)
	@$(PY) -m drill $(if $(filter 1,$(KILL)),--kill) $(DRILL_ARGS)

docs: setup-dev ## make docs/configuration.md from the models
	@$(PY) -m stacks.reference > docs/configuration.md

pin: ## pin requirements*.txt anew from requirements*.in (needs pip-tools)
	@pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --strip-extras -o requirements.txt requirements.in
	@pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --strip-extras --allow-unsafe -o requirements-dev.txt requirements-dev.in
	@cd policy && pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --strip-extras --allow-unsafe -o requirements.txt requirements.in
	@cd peers/ansible && pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --strip-extras --allow-unsafe -o requirements.txt requirements.in
