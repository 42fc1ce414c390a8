# make serve: from a fresh clone to a running service.  make test: every test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= torch==2.13.0

.PHONY: help setup serve setup-test test lint bench fuzz lock audit sbom clean

help:
	@echo "make serve   install what serving needs and start the service on http://127.0.0.1:8000"
	@echo "make test    install what testing needs (torch too) and run all tests"
	@echo "make lint    ruff, mypy, import-linter"
	@echo "make fuzz    hostile requests to a live service for an hour; MINUTES=2 for less"
	@echo "make lock    deploy/requirements.lock anew;  make audit: known holes in it;  make sbom: what it holds"
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
	$(BIN)/python -m tests.bench.lines.peers $(SETS)

MINUTES ?= 60
fuzz: setup-test
	$(BIN)/python -m tests.bench.bounds.hostile --minutes $(MINUTES)

# The next three ask the internet. Their tools stay out of the service's environment.
TOOLS := $(VENV)-tools
$(TOOLS)/.setup:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check uv pip-audit cyclonedx-bom
	@touch $@

lock: $(TOOLS)/.setup
	printf 'setuptools>=77\nwheel\n' | $(TOOLS)/bin/uv pip compile pyproject.toml - \
	  --extra serve --extra postgres --extra redis --extra otel --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --output-file deploy/requirements.lock

audit: $(TOOLS)/.setup
	$(TOOLS)/bin/pip-audit --require-hashes --disable-pip --requirement deploy/requirements.lock

sbom: $(TOOLS)/.setup
	$(TOOLS)/bin/cyclonedx-py requirements deploy/requirements.lock --output-file sbom.json

clean:
	rm -rf $(VENV) $(TOOLS) build sbom.json *.egg-info
