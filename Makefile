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
# Each slow test starts several processes of its own.
SLOW_WORKERS ?= 2
PYTEST_ARGS ?=
ARGS ?=

# The playground's page: its sources, what is built of them, and a mark that its packages are in place.
PAGE := bot/playground/page
PAGE_SOURCES := $(shell find $(PAGE) -type f ! -path '*/node_modules/*' ! -path '*/built/*')
PAGE_BUILT := $(PAGE)/built/index.html
PAGE_READY := $(PAGE)/node_modules/.ready
# Node and npm are the machine's where they are new enough, and PyPI's in .venv otherwise.
NODE_IS_THERE := npm --version >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit(Number(a === 20 ? b < 19 : a === 22 ? b < 12 : a < 24))' 2>/dev/null
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix $(PAGE) --no-fund --no-audit --no-update-notifier

.PHONY: help setup playground page run test test-all crash chaos check check-page format bench screenshots wheel lock clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## put the program and its tools into .venv; the others do so by themselves

playground: $(READY) $(PAGE_BUILT) ## run the program against a local Slack and a local HeyGen; no account needed; ARGS="--port 0" passes its flags
	$(BIN)/heygen-slack playground $(ARGS)

page: $(PAGE_BUILT) ## build the playground's page; the others do so when its sources are newer

run: $(READY) ## run the program in a real workspace, with the values of .env
	$(BIN)/heygen-slack run

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(PYTEST_ARGS)

test-all: $(READY) ## run the slow rest of the tests
	@# pytest ends with 5 when no test is marked slow, which is no failure
	$(BIN)/python -m pytest -n $(SLOW_WORKERS) --dist worksteal -m slow $(PYTEST_ARGS) || [ $$? -eq 5 ]

crash: $(READY) ## kill the program after every change in every story, and print what came of it; an hour
	CRASH=every $(BIN)/python -m pytest -n 2 -m slow tests/crash $(PYTEST_ARGS)

chaos: $(READY) ## 10,000 jobs while replicas are killed and everything outside fails; ARGS="--jobs 500" for fewer
	$(BIN)/python -m tests.chaos $(ARGS)

check: $(READY) ## check format, lint, types and import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-cache

check-page: $(PAGE_READY) ## check the page's sources: types, lint and tests
	$(NPM) run typecheck
	$(NPM) run lint
	$(NPM) run test

format: $(READY) ## put the code into its format and repair what lint can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(READY) $(PAGE_BUILT) ## measure the speeds that are promised and print the table
	$(BIN)/python -m bench

screenshots: $(READY) $(PAGE_BUILT) ## make the pictures in docs/images anew; needs Chromium
	$(BIN)/python -m bench.screenshots

wheel: $(READY) $(PAGE_BUILT) ## build the wheel into dist, the page in it
	$(BIN)/python -m build --wheel --no-isolation

COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 --custom-compile-command "make lock"

lock: $(READY) ## write the requirements files anew; UPGRADE=--upgrade takes newer versions
	$(COMPILE) $(UPGRADE) pyproject.toml --extra postgres --output-file requirements.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --extra postgres --extra playground --extra traces --group dev --constraints requirements.txt --output-file requirements-dev.txt
	$(COMPILE) $(UPGRADE) requirements-build.in --constraints requirements-dev.txt --output-file requirements-build.txt
	$(COMPILE) $(UPGRADE) requirements-page.in --output-file requirements-page.txt

clean: ## remove what these commands made, .env and databases excepted
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis $(PAGE)/built $(PAGE)/node_modules
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

$(PAGE_READY): $(PAGE)/package.json $(PAGE)/package-lock.json requirements-page.txt | $(READY)
	@$(NODE_IS_THERE) || { echo "No Node that is new enough; it comes from PyPI into $(VENV)."; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-page.txt; }
	$(NPM) ci --ignore-scripts --loglevel=error
	@touch $@

$(PAGE_BUILT): $(PAGE_READY) $(PAGE_SOURCES)
	$(NPM) run build
	@touch $@
