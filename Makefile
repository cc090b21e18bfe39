# Two commands for a new user: `make demo` and `make test`. Both set up a private environment in .venv first.
# Needed: Python 3.11 or later, make, perl and g++. Another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
# An environment is up to date when it holds a stamp with this sum of what was asked for; then no network is needed.
KEY := $(shell cat pyproject.toml constraints.txt | cksum | tr -c '0-9\n' '-')
RUN := .venv/installed-$(KEY)
DEV := .venv/installed-dev-$(KEY)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --constraint constraints.txt

.PHONY: help demo test lint types format clean

help:
	@echo "make demo    set up .venv and search the designs of designs/dot8: a front, a report, Verilog"
	@echo "make test    set up .venv and pass the tests: ruff, mypy, pytest"
	@echo "make lint    ruff alone;  make format  let ruff lay out the sources;  make types  mypy alone"
	@echo "make clean   remove caches and builds; .venv and runs stay"

demo: $(RUN)
	$(BIN)/hdlgen search designs/dot8/spec.toml
	@echo "The report: $$(ls -td runs/dot8-*/report.html | head -n 1)"

test: lint types
	$(BIN)/python -m pytest -n 2 -q

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEV)
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find hdlgen designs sim search tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is named by its content, not compared by its time: a fresh checkout gives files any time.
# A development environment serves for a run too, so the demo after the tests installs nothing.
$(RUN): | .venv/made
	@if [ -e $(DEV) ]; then :; else \
	    echo "installing hdlgen and what it needs into .venv (once)"; $(PIP) --editable . ; fi
	@touch $@

$(DEV): | .venv/made
	@echo "installing hdlgen and its development tools into .venv (once)"
	@$(PIP) --editable '.[dev]'
	@touch $@

.venv/made:
	@command -v $(PYTHON) >/dev/null || { \
	    echo "hdlgen: python must be 3.11 or later, but there is no $(PYTHON); name one: make PYTHON=python3.12" >&2; exit 3; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "hdlgen: python must be 3.11 or later, not $$($(PYTHON) -V 2>&1); name another: make PYTHON=python3.12" >&2; exit 3; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "hdlgen: $(PYTHON) must have venv and ensurepip; install them with: apt-get install python3-venv" >&2; exit 3; }
	@$(PYTHON) -m venv .venv
	@touch $@
