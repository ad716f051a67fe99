# make run | test | check | sizes | mutants | docs | bench | format | lock. Everything lives in .venv/ and in VOIPCRM_DATA_DIR (default .data/).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUITE := -n auto --dist worksteal
SHELL := /bin/sh
# Python keeps what it has compiled, also where the environment forbids it: each of the product's programs starts in half the time.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check sizes mutants docs bench lock format

run: $(VENV)/product.stamp
	@exec $(BIN)/python manage.py quickstart $(ARGS)

test: $(VENV)/development.stamp
	$(BIN)/python -m pytest $(SUITE)

check: $(VENV)/development.stamp docs sizes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py spectacular --fail-on-warn --validate --file $(VENV)/schema.yml
	cmp $(VENV)/schema.yml docs/openapi.yml

sizes: $(VENV)/product.stamp
	$(BIN)/python .ci/sizes.py

# Hours for all modules; ONLY="sips/lines.py calls/statuses.py" chooses some, EVERY=10 tries one of ten. What was found out is kept, so it goes on where it was stopped.
mutants: $(VENV)/mutants.stamp
	EVERY=$(EVERY) $(BIN)/python .ci/mutants $(ONLY)

docs: $(VENV)/docs.stamp
	PYTHONPATH=. $(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --doctree-dir $(VENV)/doctrees --conf-dir docs . build/docs
	! grep -rEn --include='*.html' --include='*.css' '<(script|link|img|iframe)[^>]*(src|href)="(https?:)?//|(@import|url\().{0,2}(https?:)?//' build/docs
	@echo "The first page is build/docs/docs/index.html"

# The product is measured with its own packages alone.
bench: $(VENV)/development.stamp $(VENV)/shipped/product.stamp
	@exec $(BIN)/python -m bench $(ARGS)

format: $(VENV)/development.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/development.stamp
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements.txt requirements.in
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements-dev.txt requirements-dev.in
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements-docs.txt requirements-docs.in
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements-mutants.txt requirements-mutants.in

$(VENV)/product.stamp: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/shipped/product.stamp: requirements.txt
	$(MAKE) --no-print-directory VENV=$(VENV)/shipped $@

$(VENV)/development.stamp: requirements-dev.txt $(VENV)/product.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV)/docs.stamp: requirements-docs.txt $(VENV)/product.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	touch $@

$(VENV)/mutants.stamp: requirements-mutants.txt $(VENV)/development.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-mutants.txt
	touch $@
