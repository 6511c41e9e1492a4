MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup run test test-all test-current check format reference lock clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## prepare .venv (Python, TFX, medtfx); STACK=current or wide chooses one
	@scripts/setup

run: setup ## the whole pipeline on sample images, in minutes
	@scripts/run

test: setup ## the quick tests, one whole pipeline and the approval path: minutes
	@scripts/test

test-all: setup ## every test: recipes, Kubeflow, fuzzing, attacks
	@scripts/test --all

test-current: ## the tests on the stack `current`, in a Debian 13 where this is older
	@scripts/test-current

check: setup ## formatting, lint, types, who imports whom
	@scripts/check

format: setup ## format, and fix what ruff can fix
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

reference: setup ## write docs/reference/ again from the code
	@.venv/bin/python scripts/reference.py

lock: ## write requirements/ again from pyproject.toml
	@scripts/lock

clean: ## remove .venv, its tools and the caches; data and models stay
	rm -rf .venv .venv-tools .debian13 .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
