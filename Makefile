# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: help demo test check slow docs bench mmpose-env test-mmpose clean

help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/made:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 13) or sys.exit(f"skelgait is tested on Python 3.11 and 3.12; this is {v[0]}.{v[1]}. What to do: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/core: $(VENV)/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[video,mocap,learn]"
	@touch $@

$(VENV)/test: $(VENV)/core
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test,docs]"
	@touch $@

demo: $(VENV)/core ## install, measure an embedded walker, teach a model on synthetic children; prints where the reports are
	$(BIN)/skelgait demo --out demo

test: check ## install what tests need; lint, types, docs build and the suite
	$(BIN)/pytest -q -n $(JOBS)

check: $(VENV)/test ## lint, types and docs build only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

slow: $(VENV)/test ## the slow checks
	$(BIN)/pytest -q -m slow

docs: $(VENV)/test ## the documentation, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(VENV)/test ## the benchmarks, quick; each exits non-zero when it misses its target
	for b in benchmarks/*.py; do $(BIN)/python $$b --quick || exit 1; done

mmpose-env: ## an environment of its own for mmpose, .venv-mmpose
	PYTHON=$(PYTHON) sh skelgait/estimation/mmpose_environment.sh .venv-mmpose
	@echo 'now: export SKELGAIT_MMPOSE_PYTHON=$$PWD/.venv-mmpose/bin/python'

test-mmpose: mmpose-env $(VENV)/test ## really run an RTMPose configuration, with random weights, through it
	SKELGAIT_MMPOSE_PYTHON=$$PWD/.venv-mmpose/bin/python $(BIN)/pytest -q -m mmpose

clean: ## remove everything made here
	rm -rf $(VENV) .venv-mmpose site demo build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
