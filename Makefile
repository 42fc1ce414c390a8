# make serve: from a fresh clone to a running service.  make test: every test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= torch==2.13.0

.PHONY: help setup serve setup-test test lint bench clean

help:
	@echo "make serve   install what serving needs and start the service on http://127.0.0.1:8000"
	@echo "make test    install what testing needs (torch too) and run all tests"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make bench SETS='DIR...'   speed and accuracy beside other recognisers"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; $$($(PYTHON) --version) is here"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "python3-venv is missing; install it with: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.setup: $(BIN)/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[serve]'
	@touch $@

setup: $(VENV)/.setup

serve: setup
	$(BIN)/crnn-ocr serve

$(VENV)/.setup-test: $(VENV)/.setup
	$(BIN)/pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[serve,train,test]'
	@touch $@

setup-test: $(VENV)/.setup-test

test: setup-test
	$(BIN)/python -m pytest

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-test
	@test -n "$(SETS)" || { echo "make bench SETS='DIR...' with folders that hold labels.tsv"; exit 1; }
	$(BIN)/python -m tests.bench.peers $(SETS)

clean:
	rm -rf $(VENV) build *.egg-info
