# Everything a person or CI does with this repository. Nothing is installed outside .venv and web/node_modules,
# except by `make test` as root on Debian: the browser and Redis that the tests use.

SHELL := /bin/bash
unexport PYTHONDONTWRITEBYTECODE # the tests start the hub a hundred times, and would compile it anew each time
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check generated bench torture docs style types imports web-check fresh web-test pytest web system-parts

help: ## Show what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

demo: $(VENV)/.runs web ## Install, build and start a hub with a sample shop to play with
	@$(BIN)/onethread demo $(ARGS)

test: web-test pytest ## Install what tests need and run them all (ARGS="-k name" for some)

web-test: $(VENV)/.tests
	@$(BIN)/python web/build_web.py run test

pytest: $(VENV)/.tests web system-parts
ifneq ($(ARGS),)
	@$(BIN)/python -m pytest $(ARGS)
else # what three workers on a busy machine have made fail is tried once more, alone; both results are told
	@$(BIN)/python -m pytest --numprocesses auto --dist loadgroup \
		|| $(BIN)/python -m pytest --last-failed --last-failed-no-failures none
endif

check: style types imports web-check fresh ## Lint, format, types, import rules, and generated files up to date

style: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tests
	$(BIN)/mypy

imports: $(VENV)/.tests
	$(BIN)/lint-imports --no-logo

web-check: $(VENV)/.tests
	@$(BIN)/python web/build_web.py run check

fresh: $(VENV)/.tests
	$(BIN)/python -m docs.generate --check

generated: $(VENV)/.tests ## Write the generated files anew: API types, layer picture, capability table
	$(BIN)/python -m docs.generate

bench: $(VENV)/.tests web system-parts ## Measure speed against a bare reference on this machine (ARGS="intake" for one part)
	@$(BIN)/python -m tests.bench $(ARGS)

torture: $(VENV)/.tests system-parts ## Kill the hub thousands of times and compare it with the senders' ledger
	@$(BIN)/python -m tests.torture $(ARGS)

docs: $(VENV)/.tests ## Build the documentation into docs/site
	$(BIN)/zensical build --strict --config-file docs/zensical.toml

web:
	@$(VENV)/bin/python web/build_web.py

system-parts:
	@bash tests/support/system-parts

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found on PATH."; exit 1; }
	@echo "Creating $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The environment could not be made. On Debian: apt-get install python3-venv, then again."; exit 1; }

$(VENV)/.runs: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Onethread and what it needs (a minute or two, once)"
	@ONETHREAD_SKIP_WEB=1 $(BIN)/python -m pip install --editable .
	@touch $@

$(VENV)/.tests: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Onethread with the tools for tests and checks (a minute or two, once)"
	@ONETHREAD_SKIP_WEB=1 $(BIN)/python -m pip install --editable '.[dev]'
	@touch $@ $(VENV)/.runs
