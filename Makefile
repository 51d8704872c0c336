# Everything sets up what it needs: uv into .tools, the pinned packages into .venv. The second time takes
# well under a second, because the stamp is newer than the lock file.

PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
STAMP := .venv/.synced
WORKERS ?= auto

FAMILY := ddcc-demo/wallets/family.ddcc

# Programs are started by the hundred here: without compiled modules each start would take twice as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo venue web wallet screenshots test samples lint format bench bench-http bench-screen interop migration lock clean help
.DEFAULT_GOAL := help

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(STAMP) ## play the whole story on files in ./ddcc-demo
	@$(BIN)/ddcc demo

venue: $(STAMP) ## serve the page of the demonstration's venue, and print the address that opens it
	@test -f ddcc-demo/.ddcc-demo || { echo "playing the demonstration first"; $(BIN)/ddcc demo >/dev/null; }
	@$(BIN)/ddcc demo venue

wallet: $(FAMILY) ## open a wallet on the screen, with the credentials of the three people of the demonstration
	@$(BIN)/ddcc wallet --wallet $(FAMILY) --passphrase-file ddcc-demo/passphrase --issuers ddcc-demo/venue/trust.json --allow-loopback

# One wallet for a family: made of backups of the three, as anybody would do it.
$(FAMILY): | $(STAMP)
	@test -f ddcc-demo/wallets/mira.ddcc || { echo "playing the demonstration first"; $(BIN)/ddcc demo >/dev/null; }
	@echo "making one wallet of the three people's backups, which takes some seconds"
	@set -e; p="--passphrase-file ddcc-demo/passphrase"; b="--backup-passphrase-file ddcc-demo/passphrase"; \
	for who in mira anran lucia; do \
		rm -f ddcc-demo/wallets/$$who.backup; \
		$(BIN)/ddcc wallet backup ddcc-demo/wallets/$$who.backup --wallet ddcc-demo/wallets/$$who.ddcc $$p $$b >/dev/null; \
		$(BIN)/ddcc wallet restore ddcc-demo/wallets/$$who.backup --wallet $@.new $$p $$b >/dev/null 2>&1; \
	done; mv $@.new $@; echo "its passphrase is that of the demonstration: demo-demo"

screenshots: $(STAMP) ## draw the pictures of docs/images from the program itself
	@$(BIN)/python -m tests.tui.screenshots
	@$(BIN)/python -m tests.web.screenshots

test: $(STAMP) ## run the tests
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

samples: $(STAMP) ## check the published samples of a folder: SAMPLES=FOLDER
	@test -n "$(SAMPLES)" || { echo "name the folder: make samples SAMPLES=FOLDER"; exit 2; }
	@$(BIN)/python -m tests.samples "$(SAMPLES)"

lint: $(STAMP) ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP) ## bring the code into the one style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## measure the cryptosuites on this machine
	$(BIN)/python -m bench $(BENCH)

bench-http: $(STAMP) ## measure the services on this machine (the first time fills databases for minutes)
	$(BIN)/python -m bench.services --section docs/benchmarks.md $(BENCH)

bench-screen: $(STAMP) ## measure how quickly the wallet answers on the screen with a thousand credentials
	$(BIN)/python -m bench.screen --section docs/benchmarks.md $(BENCH)

interop: $(STAMP) tests/interop/node_modules/.package-lock.json ## check against other implementations (needs node)
	DDCC_REQUIRE_INTEROP=1 $(BIN)/pytest tests/interop

web: $(STAMP) tests/web/node_modules/.package-lock.json ## look at the venue's page in a real browser (needs Chromium and node)
	DDCC_REQUIRE_CHROMIUM=1 $(BIN)/pytest tests/web

tests/web/node_modules/.package-lock.json: tests/web/package-lock.json
	cd tests/web && npm ci --no-audit --no-fund
	@touch $@

tests/interop/node_modules/.package-lock.json: tests/interop/package-lock.json
	cd tests/interop && npm ci --no-audit --no-fund
	@touch $@

migration: $(STAMP) ## begin a script for changed tables: PROGRAM=issuer WHAT="what it does"
	$(BIN)/python -m tests.new_migration "$(PROGRAM)" "$(WHAT)"
	@$(BIN)/ruff format --quiet $(PROGRAM)/migrations
	@$(BIN)/ruff check --quiet --fix $(PROGRAM)/migrations

lock: $(UV) ## pin the newest versions that pyproject.toml admits
	$(UV) pip compile pyproject.toml --all-extras --universal --generate-hashes --upgrade -q -o requirements.lock

clean: ## remove what the other targets made
	rm -rf .venv .tools ddcc-demo tests/interop/node_modules tests/web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(UV): tools.lock
	@echo "setting up uv in .tools"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3")'
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools.lock
	@touch $@

$(STAMP): $(UV) requirements.lock pyproject.toml
	@echo "setting up the pinned packages in .venv"
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
