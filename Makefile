# The commands a newcomer needs. `make help` lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps
WORKERS ?= 2

.PHONY: help run test test-all check fmt coverage-doc routes-doc lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/run.stamp: requirements-embedded.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) ..."
	@$(PIP) -r requirements-embedded.lock
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	@echo "Installing the locked development packages ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@

run: $(VENV)/run.stamp ## Start everything: PostgreSQL, Valkey, cluster emulator, web, worker, watch, console
	@exec $(BIN)/python -m ssvirt.embedded

test: $(VENV)/dev.stamp ## The fast tests, in parallel, on a real PostgreSQL and Valkey
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not slow"

test-all: $(VENV)/dev.stamp ## Every test, the slow suites included
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(VENV)/dev.stamp ## Format, lint, types, import contracts, missing migrations
	@$(BIN)/python -m tests.checks

fmt: $(VENV)/dev.stamp ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

coverage-doc: $(VENV)/dev.stamp ## Write docs/coverage.md (needs the reference material, SSVIRT_SPEC_DIR)
	@$(BIN)/python -m tests.contract.coverage

routes-doc: $(VENV)/dev.stamp ## Write docs/routes.md
	@$(BIN)/python -m tests.api.routes_doc

LOCK := $(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

lock: $(VENV)/dev.stamp ## Renew the lock files from pyproject.toml
	@$(LOCK) --upgrade --all-extras pyproject.toml -o requirements-dev.lock
	@$(LOCK) -c requirements-dev.lock pyproject.toml -o requirements.lock
	@$(LOCK) -c requirements-dev.lock --extra embedded pyproject.toml -o requirements-embedded.lock
	@$(LOCK) tests/clients/requirements.in -o tests/clients/requirements.lock

clean: ## Remove the environment and the state folder
	@rm -rf $(VENV) .ssvirt
