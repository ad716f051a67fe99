# make run | test | check | bench | format | lock. Everything lives in .venv/ and in VOIPCRM_DATA_DIR (default .data/).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/sh

.PHONY: run test check bench lock format

run: $(VENV)/product.stamp
	@exec $(BIN)/python manage.py quickstart

test: $(VENV)/development.stamp
	$(BIN)/python -m pytest -n auto

check: $(VENV)/development.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py spectacular --fail-on-warn --validate --file $(VENV)/schema.yml
	cmp $(VENV)/schema.yml docs/openapi.yml

bench: $(VENV)/development.stamp
	@exec $(BIN)/python -m bench

format: $(VENV)/development.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/development.stamp
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements.txt requirements.in
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements-dev.txt requirements-dev.in

$(VENV)/product.stamp: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/development.stamp: requirements-dev.txt $(VENV)/product.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
