# Everything a newcomer needs: make demo, make test. All set-up happens in .venv.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash
export PYTHONUTF8 := 1

.PHONY: help demo quick test browser lint hooks docs defs ui fuzz years chaos bench audit release constraints clean
help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# The stamp is touched last: a set-up killed half-way starts again.
.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing (Debian: apt install python3-venv)."; exit 1; }
	@echo "Setting up .venv (once, about a minute)…"
	@$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\\]$$/p' constraints.txt > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode --requirement constraints.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/ready ## Write sample drops, run the nights, say what happened and which page to open first
	@$(BIN)/entrepot demo

# Two processes on two cores: threads of their own would wait for each other.
quick test: export POLARS_MAX_THREADS := 1

quick: .venv/ready ## Run the tests that need no night, dbt or LibreOffice: after each change, about a minute
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" --hypothesis-profile=quick

test: .venv/ready ## Run the whole test suite but the browser's, files side by side on two cores
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser"

browser: .venv/ready ## Open pages in Chromium: an authority's from the disk; Dagster's graph, plots, a failed check, a backfill
	@$(BIN)/pytest tests/test_browser.py tests/test_browser_pages.py

lint: .venv/ready ## ruff, import-linter, mypy, sqlfluff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 2 dbt/models dbt/tests dbt/macros
	@$(BIN)/sqlfluff lint --templater placeholder dagster_project

hooks: .venv/ready ## Have ruff and sqlfluff look at what is committed, before each commit
	@$(BIN)/pre-commit install

docs: .venv/ready ## The models' pages: home page, columns, lineage; says where to open them, needs no night
	@$(BIN)/python tools/dbt_pages.py

defs: .venv/ready ## What Dagster finds in this project, checked and listed: `dg check defs`, `dg list defs`
	@DG_CLI_CONFIG=tools/dg.toml $(BIN)/dg check defs && DG_CLI_CONFIG=tools/dg.toml $(BIN)/dg list defs

ui: .venv/ready ## Dagster's pages on this machine, behind a login: opens by the link that it prints
	@$(BIN)/entrepot ui

fuzz: .venv/ready ## 5 000 mutated drops: every one answered; 10 000 random campaigns: the same cents as the plain reading; ledgers; years of what has gone out; a year in three orders; a hundred nights that keep months
	@$(BIN)/pytest tests/test_fuzz.py tests/test_campaigns.py --hypothesis-profile=fuzz --hypothesis-show-statistics
	@for seed in 2 3 4 5 6 7 8 9; do LEDGER_SEED=$$seed $(BIN)/pytest tests/test_ledger.py || exit 1; done
	@for seed in 2 3 4 5; do YEARS_SEED=$$seed $(BIN)/pytest tests/test_closed_documents.py || exit 1; done
	@ORDER_YEAR=1 $(BIN)/pytest tests/test_order.py
	@MONTHS_HISTORIES=100 $(BIN)/pytest tests/test_month_files.py

years: .venv/ready ## Three years of nights: nothing past its term anywhere, six alike, no closed cent moves (an hour)
	@$(BIN)/python -m tests.support.three_years

chaos: .venv/ready ## A night dies, or its disk is full, wherever it changes a file: the next one ends it (two hours)
	@$(BIN)/python -m tests.support.chaos closing & closing_pid=$$!; $(BIN)/python -m tests.support.chaos expiry; expiry_code=$$?; wait $$closing_pid && exit $$expiry_code

bench: .venv/ready ## One night on a million journeys against the bare read; nights of a country; a call of a million; campaigns, pairs per second; frauds found, all rules on 12 million; what-if and statements of a year; ends of pots foreseen, effects planted
	@$(BIN)/python -m tests.bench.night
	@$(BIN)/python -m tests.bench.country
	@$(BIN)/python -m tests.bench.call
	@$(BIN)/python -m tests.bench.laboratory
	@$(BIN)/python -m tests.bench.forecast "$$(date +%F)"
	@$(BIN)/python -m tests.bench.evaluation "$$(date +%F)"

audit: .venv/ready ## Licences of what is installed, known vulnerabilities of what is pinned; says what it could not check (exit 2)
	@$(BIN)/python tools/audit.py

release: .venv/ready ## Wheel, source, bill of materials (CycloneDX), NOTICE and sums in dist/, built twice and compared
	@$(BIN)/python tools/release.py

constraints: .venv/ready ## Pin every package again, with hashes
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make constraints" --group dev pyproject.toml --output-file constraints.txt

clean: .venv/ready ## Remove what a night makes again (caches); say what stays: keys, lake, drops, exports, requests
	@$(BIN)/entrepot clean
