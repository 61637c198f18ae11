.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
export PIP_ROOT_USER_ACTION := ignore

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10
	@echo
	@echo "ZHUISU_HOME          where data lives (default ./var)"
	@echo "ZHUISU_DATABASE_URL  another PostgreSQL (15 or later) instead of the embedded one"

$(VENV)/installed: pyproject.toml constraints.txt package.json package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "zhuisu needs Python 3.11 or later"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[embedded,assets]'
	$(BIN)/python -m zhuisu.config.assets
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) --editable '.[embedded,assets,dev]'
	@touch $@

install: $(VENV)/installed ## make .venv; the command is then .venv/bin/zhuisu

run: install ## start everything on http://127.0.0.1:8000/ with demonstration data
	@exec $(BIN)/zhuisu up

lint: $(VENV)/installed-dev ## style, types and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## lint, and the fast tests
	$(BIN)/pytest -q -n auto --maxprocesses 4 --dist loadfile -m "not slow and not browser and not alone and not long"

test: $(VENV)/installed-dev ## every test; installs what they need
	@$(BIN)/python tests/chromium.py
	$(BIN)/pytest -q -n auto --maxprocesses 4 --dist loadfile -m "not browser and not alone and not long"
	$(BIN)/pytest -q -m "browser or alone"

soak: $(VENV)/installed-dev ## the tests that take minutes each
	$(BIN)/pytest -q -m long

fmt: $(VENV)/installed-dev ## format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/installed ## measure; prints JSON, each figure with a baseline of the same run
	@$(BIN)/zhuisu bench --json

clean: ## remove the environment (data in var/ stays)
	rm -rf $(VENV)

.PHONY: help install run lint check test soak fmt bench clean
