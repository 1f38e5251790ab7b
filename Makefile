# Every command of the project. `## text` after a target is its help.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PY := .venv/bin/python
ALLWARD_HOME ?= var
ROOM ?=

# A stamp is younger than what it was made from, so that nothing is done twice and nothing needs a network twice.
TOOLS := .venv/.stamps/tools
PACKAGES := .venv/.stamps/packages
ALLWARD := .venv/.stamps/allward
MODULES := frontend/node_modules/.stamps/modules
PAGES := frontend/dist/index.html
PLUGIN := $(ALLWARD_HOME)/plugins/.built
PARITY := var/parity/venv
PAGES_SOURCES := $(shell find frontend/src frontend/public frontend/index.html frontend/*.ts frontend/*.json -type f 2>/dev/null)
PLUGIN_SOURCES := $(shell find plugins -type f -not -path '*/liver_ct/models/*' -not -path '*/__pycache__/*' 2>/dev/null)
ROOM_TESTS = $(wildcard tests/*/$(ROOM) tests/*/test_$(ROOM)*.py)

.PHONY: help setup run test check bench parity

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16

setup: $(ALLWARD) $(PAGES) $(PLUGIN) ## install everything that is pinned, build the pages and the plug-ins

run: setup ## start everything; Ctrl-C ends it
	@exec .venv/bin/allward up

test: setup ## check, then every test (ROOM=runs: the tests of one room alone)
	@scripts/needs.sh test
ifeq ($(ROOM),)
	@$(MAKE) check
	cd frontend && npm test
	@scripts/tests.sh $(PY)
else
	$(PY) -m pytest $(or $(ROOM_TESTS),$(error no tests/*/$(ROOM) and no tests/*/test_$(ROOM)*.py))
endif

check: $(ALLWARD) $(MODULES) ## format, lint, types and import borders, of Python and TypeScript
	@code=0; \
	.venv/bin/ruff format --check --quiet . || code=1; \
	.venv/bin/ruff check --quiet . || code=1; \
	.venv/bin/lint-imports || code=1; \
	.venv/bin/mypy || code=1; \
	(cd frontend && npm run --silent check) || code=1; \
	exit $$code

bench: setup ## measure what the design promises and print it beside the goals
	$(PY) -m tests.bench

parity: $(ALLWARD) $(PARITY)/.stamp ## let nnU-Net and MONAI compute what engine and importers are compared with (needs a network)
	$(PARITY)/bin/python -m tests.parity.make_golden
	$(PARITY)/bin/python -m tests.parity.make_net_golden
	$(PARITY)/bin/python -m tests.parity.make_monai_golden
	$(PY) -m pytest tests/unit/engine/test_nnunet_parity.py tests/unit/engine/test_monai_parity.py tests/unit/importers tests/parity

$(PARITY)/.stamp: tests/parity/requirements.txt
	python3 -m venv $(PARITY)
	$(PARITY)/bin/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(PARITY)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

$(TOOLS): requirements-tools.lock
	@scripts/needs.sh setup
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@mkdir -p $(@D) && touch $@

$(PACKAGES): requirements.lock $(TOOLS)
	.venv/bin/uv pip install --quiet --python $(PY) --require-hashes -r $<
	@touch $@

$(ALLWARD): pyproject.toml $(PACKAGES)
	.venv/bin/uv pip install --quiet --python $(PY) --no-build-isolation --no-deps --editable .
	@touch $@

$(MODULES): frontend/package.json frontend/package-lock.json
	@scripts/needs.sh setup
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p $(@D) && touch $@

$(PAGES): $(MODULES) $(PAGES_SOURCES)
	cd frontend && npm run --silent build -- --logLevel error
	@touch $@

$(PLUGIN): $(ALLWARD) $(PLUGIN_SOURCES)
	@mkdir -p $(@D)
	.venv/bin/allward plugin build plugins/liver_ct --output $(@D)
	.venv/bin/allward plugin pack plugins/lung_nodule_ct --output $(@D)
	@touch $@
