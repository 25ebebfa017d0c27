# make run and make test are all that most people need. `make help` lists the rest.

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

BIN      := $(VENV)/bin
PIP      := $(BIN)/pip --quiet --disable-pip-version-check --no-input
LOCKS    := build intake keys
# stem is published as source alone; it is built with what build.txt pins, and nothing fetched.
LOCKED   := --require-hashes --only-binary :all: --no-binary stem --use-pep517 --no-build-isolation
CATALOGS := $(patsubst %.po,%.mo,$(wildcard intake/translations/*/LC_MESSAGES/*.po))

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: help run test check bench screenshots needs lock catalogs clean

help:
	@echo 'make run        a newsroom to try, on this machine alone'
	@echo 'make test       every test              ARGS="-k name" picks some'
	@echo 'make check      style, types, import contracts'
	@echo 'make bench      how fast, beside the floor of the same run'
	@echo 'make screenshots  every page as a picture, in light, dark and on a phone'
	@echo 'make catalogs   compiles the translations'
	@echo 'make lock       pins every package anew ARGS=--upgrade takes newer ones'
	@echo 'make clean      removes what make made; the newsroom in demo/ stays'

run: $(VENV)/.run catalogs
	@exec $(BIN)/python deploy/demo.py $(ARGS)

test: $(VENV)/.test catalogs needs
	@$(BIN)/python -m pytest $(ARGS)

# All of it, also when the first part fails.
check: $(VENV)/.test
	@bad=0; \
	$(BIN)/ruff check || bad=1; \
	$(BIN)/ruff format --check || bad=1; \
	$(BIN)/mypy || bad=1; \
	$(BIN)/lint-imports --no-logo --no-cache || bad=1; \
	if grep -nE '[a-z]+://' requirements/*; then \
	  echo 'A lock names packages and hashes, no place to take them from.'; bad=1; fi; \
	exit $$bad

bench: $(VENV)/.test catalogs
	@$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(VENV)/.test catalogs needs
	@$(BIN)/python -m tests.browser.screenshots $(or $(ARGS),screenshots)

# Programs of Debian's, and what checks pages.
needs: tests/browser/node_modules/.made
	@tests/needs

tests/browser/node_modules/.made: tests/browser/package-lock.json
	@tests/needs
	@cd tests/browser && npm ci --silent --no-audit --no-fund
	@touch $@

catalogs: $(CATALOGS)

%.mo: %.po | $(VENV)/.run
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

clean:
	rm -rf .venv* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f $(CATALOGS)
	find intake keys deploy tests -name __pycache__ -type d -prune -exec rm -rf {} +


# --- The environment: made once, and again when a lock changes --------------------------------

# The test lock holds all that the others hold, in the same versions, so it goes on top.
$(VENV)/.run: $(LOCKS:%=requirements/%.txt) pyproject.toml | $(BIN)/python
	@echo 'Installing what it runs with ...'
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/build.txt
	@$(PIP) install $(LOCKED) $(LOCKS:%=-r requirements/%.txt)
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	@echo 'Installing what tests and checks need ...'
	@$(PIP) install $(LOCKED) -r requirements/test.txt
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	  echo 'Python 3.11, 3.12 or 3.13 is needed. Where it has another name: make PYTHON=python3.12 ...' >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo 'There is no way to make an environment here. On Debian: apt install python3-venv' >&2; \
	  exit 1; }


# --- The locks: made on the oldest Python, whose packages need the most -----------------------

COMPILE = cd requirements && CUSTOM_COMPILE_COMMAND='make lock' \
	../.venv-lock/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(ARGS)

lock: .venv-lock/.made
	@$(COMPILE) --output-file test.txt test.in
	@for lock in $(LOCKS); do \
	  ($(COMPILE) --constraint test.txt --output-file $$lock.txt $$lock.in) || exit 1; done
	@$(COMPILE) --output-file lock.txt lock.in

.venv-lock/.made: requirements/lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo 'Locks are made on Python 3.11: make lock PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip --quiet --disable-pip-version-check install \
	  --require-hashes --only-binary :all: -r $<
	@touch $@
