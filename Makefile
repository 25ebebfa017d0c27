# make run and make test are all that most people need. `make help` lists the rest.

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

BIN      := $(VENV)/bin
# Twice: its warnings are about itself.
PIP      := $(BIN)/pip --quiet --quiet --disable-pip-version-check --no-input
LOCKS    := build intake keys send
# stem is published as source alone; it is built with what build.txt pins, and nothing fetched.
LOCKED   := --require-hashes --only-binary :all: --no-binary stem --use-pep517 --no-build-isolation
SCRIPT   := intake/static/script.js
SCRIPTED := $(SCRIPT:.js=.sha384) $(wildcard intake/browser/*.json) $(shell find intake/browser/src -name '*.ts')
CATALOGS := $(patsubst %.po,%.mo,$(wildcard intake/translations/*/LC_MESSAGES/*.po))

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: help run test check bench screenshots fuzz faults seizure sbom audit script script-hash needs lock catalogs clean

help:
	@echo 'make run        a newsroom to try, on this machine alone'
	@echo 'make test       every test              ARGS="-k name" picks some'
	@echo 'make check      style, types, import contracts'
	@echo 'make bench      how fast, beside the floor of the same run'
	@echo 'make screenshots  every page as a picture, in light, dark and on a phone'
	@echo 'make fuzz       chance against every parser  TIME=3600 for longer, KEEP=1 keeps what is new'
	@echo 'make seizure    what an examiner finds, beside a plain server  SUBMISSIONS=1000 for more'
	@echo 'make faults     a newsroom whose disk, processes and clock fail  TIME=3600 for an hour, SEED='
	@echo 'make sbom       what it is made of, in bom.cdx.json (CycloneDX)'
	@echo 'make audit      known holes in that, where a database of them can be reached'
	@echo 'make script     the script of the pages, if it comes out as its committed hash says'
	@echo 'make script-hash  takes what comes out now as right'
	@echo 'make catalogs   compiles the translations'
	@echo 'make lock       pins every package anew ARGS=--upgrade takes newer ones'
	@echo 'make clean      removes what make made; the newsroom in demo/ stays'

run: $(VENV)/.run catalogs
	@$(MAKE) script >/dev/null 2>&1 || \
	  echo 'The pages work without a script, since none was made: "make script" says why.'
	@exec $(BIN)/python deploy/demo.py $(ARGS)

test: $(VENV)/.test catalogs needs script
	@$(BIN)/python -m pytest $(ARGS)

# All of it, also when the first part fails.
check: $(VENV)/.test $(VENV)/.node
	@bad=0; \
	$(BIN)/ruff check || bad=1; \
	$(BIN)/ruff format --check || bad=1; \
	$(BIN)/mypy || bad=1; \
	$(BIN)/lint-imports --no-logo --no-cache || bad=1; \
	$(BIN)/python deploy/script.py --types || bad=1; \
	if grep -nE '[a-z]+://' requirements/* */browser/package-lock.json; then \
	  echo 'A lock names packages and hashes, no place to take them from.'; bad=1; fi; \
	exit $$bad

bench: $(VENV)/.test $(VENV)/.node catalogs
	@$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(VENV)/.test catalogs needs script
	@$(BIN)/python -m tests.browser.screenshots $(or $(ARGS),screenshots)

# TIME is in seconds, for all parsers together; RUNS is inputs for each, instead. TARGETS picks some.
fuzz: $(VENV)/.test catalogs
	@$(BIN)/python -m tests.fuzz $(TARGETS) $(TIME:%=--time %) $(RUNS:%=--runs %) \
	  $(SEED:%=--seed %) $(KEEP:1=--keep)

# As root: it takes disks of its own, and the memory of the servers that run on them.
seizure: $(VENV)/.test catalogs needs
	@SUBMISSIONS=$(SUBMISSIONS) SEED=$(SEED) SUITE=$(SUITE) $(BIN)/python -m tests.seizure

# As root: it mounts a disk that it can have fail, and where nobody else can have it open.
# FAULTS="'disk full'" has these alone.
faults: $(VENV)/.test catalogs needs
	@[ "$$(id -u)" = 0 ] || { echo 'Only root can make a failing disk.' >&2; exit 1; }
	@unshare --mount --propagation private $(BIN)/python -m tests.faults $(FAULTS) $(TIME:%=--time %) $(SEED:%=--seed %)

sbom: $(VENV)/.test
	@$(BIN)/python -m tests.supply bom.cdx.json

audit: $(VENV)/.test .venv-audit/.made
	@$(BIN)/python -m tests.supply.audit .venv-audit/bin/pip-audit

.venv-audit/.made: requirements/audit.txt | $(BIN)/python
	@$(BIN)/python -m venv .venv-audit
	@.venv-audit/bin/pip --quiet --disable-pip-version-check install \
	  --require-hashes --only-binary :all: -r $<
	@touch $@

# Programs of Debian's, and what checks pages.
needs: tests/browser/node_modules/.made
	@tests/needs

tests/browser/node_modules/.made: tests/browser/package-lock.json
	@tests/needs
	@cd tests/browser && npm ci --silent --no-audit --no-fund
	@touch $@

# The one script of the pages, from intake/browser. Where it is not made, they work without.
script: $(SCRIPT)

script-hash: $(VENV)/.node
	@$(BIN)/python deploy/script.py --accept

$(SCRIPT): $(SCRIPTED) deploy/script.py | $(VENV)/.node
	@$(BIN)/python deploy/script.py

catalogs: $(CATALOGS)

%.mo: %.po | $(VENV)/.run
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

clean:
	rm -rf .venv* build dist screenshots *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf intake/browser/node_modules tests/browser/node_modules
	rm -f $(CATALOGS) $(SCRIPT) bom.cdx.json
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

# Where the system has none: it starts the programs that make the script.
$(VENV)/.node: requirements/script.txt | $(VENV)/.run
	@{ command -v node && command -v npm; } >/dev/null || { echo 'Installing node ...'; \
	  $(PIP) install --require-hashes --only-binary :all: -r $< 2>/dev/null; } || { \
	  echo 'Node cannot be had here. On Debian: apt install npm' >&2; exit 1; }
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
	@for lock in script audit lock; do ($(COMPILE) --output-file $$lock.txt $$lock.in) || exit 1; done

.venv-lock/.made: requirements/lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo 'Locks are made on Python 3.11: make lock PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip --quiet --disable-pip-version-check install \
	  --require-hashes --only-binary :all: -r $<
	@touch $@
