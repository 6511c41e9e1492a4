MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup run test test-quick test-current check format lock clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## prepare .venv (Python, TFX, medtfx); STACK=current or wide chooses one
	@scripts/setup

run: setup ## the whole pipeline on sample images, in minutes
	@scripts/run

test: setup ## every test, the whole pipeline included
	@scripts/test

test-quick: setup ## the tests that take seconds
	@scripts/test -m "not end_to_end"

test-current: ## the tests on the stack `current`, in a Debian 13 where this is older
	@scripts/test-current

check: setup ## formatting, lint, types
	@scripts/check

format: setup ## format, and fix what ruff can fix
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lock: ## write requirements/ again from pyproject.toml
	@scripts/lock

clean: ## remove .venv, its tools and the caches; data and models stay
	rm -rf .venv .venv-tools .debian13 .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
