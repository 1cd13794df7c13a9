# Everything a person or CI does here. Assumes make, git and Python 3.11 or newer, nothing else.
#
#   make run                            with the newest Python that can be found
#   make test PYTHON=/opt/python3.12    with that one

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test lint types imports tests soak bench docs format hooks clean

VENV := .venv
BIN := $(VENV)/bin
ENVIRONMENT := $(VENV)/pyvenv.cfg
# The stamps say what was installed; both are newer than pyproject.toml, or it is done again.
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev

# Python to make the environment with; unless given, the first of these that is new enough.
PYTHON ?=
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# Processes that the tests run in.
WORKERS ?= 2
# Deciding code: data and `now` in, decisions out. It is easy to test whole, so it must be.
PURE := bot/commands/exports.py,bot/commands/text.py,bot/commands/values.py,bot/model.py,bot/config*.py,bot/plots/alternative.py,bot/plots/build.py,bot/plots/model.py,bot/plots/svg.py,bot/editions/*,bot/schedule/slots.py,bot/search/*,bot/subscriptions/*,bot/taste/*,bot/trending/*,bot/view/*
PURE_COVERAGE := 95

export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: $(RUN_STAMP) ## Set up and start Paperboy; ARGS="--option" hands options on
	@exec $(BIN)/paperboy run $(ARGS)

test: lint types imports tests ## Set up and check everything: lint, types, import contracts, tests, coverage

lint: $(DEV_STAMP) ## Check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEV_STAMP) ## Check types
	$(BIN)/mypy

imports: $(DEV_STAMP) ## Check who imports whom
	$(BIN)/lint-imports

tests: $(DEV_STAMP) ## Run the tests and the coverage gates
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report= --cov-fail-under=0
	$(BIN)/coverage report
	$(BIN)/coverage report --include='$(PURE)' --fail-under=$(PURE_COVERAGE)

soak: $(DEV_STAMP) ## Run the long proofs in full
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m soak -s
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup tests/property --hypothesis-profile=soak

bench: $(DEV_STAMP) ## Measure speed and memory, beside the chat libraries that others load at start
	$(BIN)/python -m pip install --quiet --editable .
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(DEV_STAMP) ## Make the pages that are made from the program
	$(BIN)/python -m bot.commands.manual > docs/commands.md

format: $(DEV_STAMP) ## Repair style and formatting where that can be done safely
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

hooks: $(DEV_STAMP) ## Check every commit from now on (installs pre-commit into the environment)
	$(BIN)/python -m pip install --quiet pre-commit
	$(BIN)/pre-commit install

clean: ## Remove what was made here: the environment, caches and reports; never your data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf build dist .coverage .coverage.*
	find adapters benchmarks bot storage tests -name __pycache__ -prune -exec rm -rf {} +

# An environment whose Python was removed, replaced by another version, or is too old, is made again.
ifneq ($(shell $(BIN)/python -c 'import pip; $(NEW_ENOUGH)' 2>/dev/null && echo usable),usable)
.PHONY: $(ENVIRONMENT)
endif

$(ENVIRONMENT):
	@for python in $(PYTHONS); do \
	  if "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then exec "$$python" -m venv --clear $(VENV); fi; \
	done; \
	echo "Paperboy needs Python 3.11 or newer, and found none as: $(PYTHONS)." \
	  "Install it, or name it: make PYTHON=/path/to/python3.11" >&2; \
	exit 1

$(RUN_STAMP): pyproject.toml $(ENVIRONMENT)
	@echo "Installing Paperboy into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# Dependency groups need pip 25.1 or newer, which no Python of 3.11 to 3.13 brings.
$(DEV_STAMP): pyproject.toml $(RUN_STAMP)
	@echo "Installing the tools for development …"
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@
