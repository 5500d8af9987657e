# agentchat-check: `make help` lists what there is. Nothing has to be installed before.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help smoke verify soak load test lint bench clean lock

# `make smoke ARGS="--deployment /srv/agentchat/docker"` passes on what pytest understands; `make load
# ARGS="--profile baseline"` what `agentchat-check load run` does.
ARGS ?=

# Files in the order given, which is that of their length: one that takes long and comes last lets a process idle.
TWO := -n 2 --dist loadfile --no-loadscope-reorder

LOCKS := base dev load
READY := $(LOCKS:%=.venv/ready-%)

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-6s %s\n", $$1, $$2}'

smoke: .venv/ready-base ## bring a stack up, verify it, remove it: does a deployment work?
	.venv/bin/python -m pytest suites/smoke $(ARGS)

verify: .venv/ready-base ## start, stop, break and reconfigure stacks, and audit the files: the suites that take minutes
	.venv/bin/python -m pytest suites/startup suites/env suites/audit $(TWO) $(ARGS)

soak: .venv/ready-dev .venv/ready-load ## back up, restore, upgrade and roll back, whole, damaged and killed: the suites that take an hour
	.venv/bin/python -m pytest suites/backup suites/upgrade $(TWO) $(ARGS)
	.venv/bin/python -m pytest tests -m long $(TWO)

load: .venv/ready-base .venv/ready-load ## drive load against a stack made for it: do the manual's alarms stay silent?
	.venv/bin/agentchat-check load run $(ARGS)

test: .venv/ready-dev lint ## this project's own tests; they need the engine, and set it up
	.venv/bin/python -m pytest tests/faults tests/stack tests/unit -m "not long" $(TWO) --cov --cov-report term --durations 30 $(ARGS)

lint: .venv/ready-dev .venv/ready-load ## style, types, and the order of imports
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/ready-dev .venv/ready-load ## the figures of docs/benchmarks.md, measured side by side on this host
	.venv/bin/python -m benchmarks $(ARGS)

clean: ## remove what this project left: stacks, images, reports, the environment
	[ ! -x .venv/bin/agentchat-check ] || .venv/bin/agentchat-check clean
	rm -rf .venv .agentchat-check .*_cache .coverage* *.egg-info

lock: .venv/ready-dev ## resolve the dependencies anew
	$(call compile,uv,requirements/uv.in)
	$(call compile,base,pyproject.toml)
	$(call compile,dev,pyproject.toml --group dev --constraint requirements/base.txt)
	$(call compile,load,pyproject.toml --group load --constraint requirements/dev.txt)

compile = .venv/bin/uv pip compile $(2) --universal --python-version 3.11 --generate-hashes --upgrade --quiet \
	--custom-compile-command "make lock" --output-file requirements/$(1).txt

$(READY): .venv/ready-%: requirements/%.txt requirements/uv.txt requirements/install.sh pyproject.toml
	requirements/install.sh $<
	touch $@
