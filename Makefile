# Everything a developer types. `make run` and `make test` need only Python 3.11 or later.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCAN := .venv-scan
HOST ?= 127.0.0.1
PORT ?= 8000
# What decides who is retained. Another part: make mutate MUTANTS='aap.core.delays.*'
MUTANTS ?= aap.core.selection.* aap.core.ranking.* aap.core.scoring.*

.PHONY: run test quick check lint types imports texts bench soak scan mutate system-run system-test format clean

run: $(VENV)/.run system-run
	$(BIN)/aap demo --if-empty
	$(BIN)/aap serve --host $(HOST) --port $(PORT)

test: $(VENV)/.dev system-test
	$(BIN)/pytest -n 2 --dist loadfile

# For each commit: the checks, the unit tests, and all tests of the subjects that changed.
quick: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint types imports
	$(BIN)/pytest -n 2 --dist worksteal --thorough-in-changed tests/unit tests/architecture $$($(BIN)/python scripts/changed_tests.py)

check: lint types imports

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

# The texts that people read, for translators; a test fails where a text is not in them.
texts: $(VENV)/.dev
	$(BIN)/python scripts/catalogues.py

bench: $(VENV)/.dev system-run
	$(BIN)/python -m bench

soak: $(VENV)/.dev system-test
	$(BIN)/pytest tests/soak -p no:cacheprovider --override-ini=timeout=3600

# wapiti as each role against a demonstration, within 20 minutes: an environment of its own, which nothing else reads.
scan: $(VENV)/.dev $(SCAN)/.ready system-run
	$(BIN)/python scripts/scan.py

mutate: $(VENV)/.dev
	$(BIN)/mutmut run $(foreach names,$(MUTANTS),'$(names)')
	$(BIN)/mutmut results

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements/dev.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run

$(SCAN)/.ready: requirements/scan.txt
	$(PYTHON) -m venv $(SCAN)
	$(SCAN)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/scan.txt
	touch $@

system-run:
	@scripts/system-libraries.sh pango

system-test:
	@scripts/system-libraries.sh pango chromium redis nginx

clean:
	rm -rf $(VENV) $(SCAN) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
