# Every chore is a verb here. Needs make and Python 3.11 or newer; the rest is set up in .venv, from the locked versions.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# The newest Python that will do; `make PYTHON=/path/to/python3 …` chooses another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := $(wildcard bot handlers storage tests bench)
WORKERS ?= 4
PYTEST_ARGS ?=

.PHONY: help setup playground run test test-all check format bench lock clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## put the program and its tools into .venv; the others do so by themselves

playground: $(READY) ## run the program against a local Slack and a local HeyGen; no account needed
	$(BIN)/heygen-slack playground

run: $(READY) ## run the program in a real workspace, with the values of .env
	$(BIN)/heygen-slack run

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(PYTEST_ARGS)

test-all: $(READY) ## run the slow rest of the tests
	@# pytest ends with 5 when no test is marked slow, which is no failure
	$(BIN)/python -m pytest -n $(WORKERS) -m slow $(PYTEST_ARGS) || [ $$? -eq 5 ]

check: $(READY) ## check format, lint, types and import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-cache

format: $(READY) ## put the code into its format and repair what lint can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(READY) ## measure the speeds that are promised and print the table
	$(BIN)/python -m bench

COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 --custom-compile-command "make lock"

lock: $(READY) ## write the requirements files anew; UPGRADE=--upgrade takes newer versions
	$(COMPILE) $(UPGRADE) pyproject.toml --output-file requirements.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --extra playground --group dev --constraints requirements.txt --output-file requirements-dev.txt
	$(COMPILE) $(UPGRADE) requirements-build.in --constraints requirements-dev.txt --output-file requirements-build.txt

clean: ## remove what these commands made, .env and databases excepted
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.txt pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "heygen-slack needs Python 3.11 or newer and found none; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@if [ ! -x $(BIN)/python ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		"$(PYTHON)" -m venv --clear $(VENV) || { \
		echo "Python's venv module is incomplete; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
