# Each target does its own set-up, into .venv, with the versions of constraints.txt.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
export ML_ASSETS_HOME ?= $(CURDIR)/.ml_assets
export DAGSTER_HOME ?= $(ML_ASSETS_HOME)/dagster
# Without bytecode every process would compile each module that it imports.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check -c constraints.txt

.PHONY: demo test static behaviour install ui pythons

demo: $(VENV)/.run
	@$(BIN)/python -m ml_assets run flights

ui: $(VENV)/.run
	@$(BIN)/python -m ml_assets ui $(ARGS)

test: $(VENV)/.test
	@$(MAKE) --no-print-directory --jobs 2 static behaviour

# The tests often wait for a server or a daemon: mypy uses that time.
static:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

behaviour:
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not ui" -n 2 --dist loadfile

# What running needs.
install: $(VENV)/.run

# The definitions, with the same versions, on every Python from 3.11 to 3.13 that is installed.
pythons:
	@mkdir -p $(DAGSTER_HOME)
	@for version in 3.11 3.12 3.13; do \
	  if command -v pyenv >/dev/null; then export PYENV_VERSION=$$(pyenv versions --bare | grep "^$$version" | tail -n 1); fi; \
	  if ! python$$version --version >/dev/null 2>&1; then echo "python$$version: not installed"; continue; fi; \
	  $(MAKE) --no-print-directory install VENV=.venv-$$version PYTHON=python$$version && \
	  .venv-$$version/bin/dagster definitions validate -m ml_assets.definitions >/dev/null 2>.venv-$$version/validate.log \
	    && echo "python$$version: ok" \
	    || { cat .venv-$$version/validate.log; echo "python$$version: FAILED"; exit 1; }; \
	done

# What to install is given as $(1). Compiling is left to the second step, which uses every core.
define set_up
@echo "Installing into $(VENV) ..."
@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
@$(PIP) -e '$(1)'
@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib
endef

$(VENV)/.run: pyproject.toml constraints.txt
	$(call set_up,.)
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	$(call set_up,.[dev])
	@touch $(VENV)/.run $@
