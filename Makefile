# Every command of the project. `## text` after a target is its help.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16
