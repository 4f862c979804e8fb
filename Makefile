# Two commands matter: `make run` starts everything, `make test` checks everything. The rest are their steps.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

DASHBOARD := query-api/dashboard
CARGO ?= cargo
# The Python that `make tools` gives kafka-python to.
PYTHON := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/parlance/kafka-python-3/bin/python
# What runs a second time, on a real Apache Kafka: everything that talks to a broker.
ON_KAFKA := conformance:: kafka:: topics:: handshake:: stored:: refusals:: limits:: slow:: leaving:: payloads:: \
	up:: workers:: effectively_once:: reconcile:: settings:: learning:: actions::

.PHONY: help run test build dashboard clickhouse tools lint unit kafka browser readme clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

run: build ## Build, start everything on this machine, print where to look (Ctrl-C stops it)
	@exec ./target/release/parlance up

build: dashboard clickhouse ## Build the release binary, with the dashboard in it
	$(CARGO) build --release --locked --bin parlance

dashboard: $(DASHBOARD)/dist/index.html ## Build the dashboard's page

$(DASHBOARD)/node_modules/.package-lock.json: $(DASHBOARD)/package-lock.json
	cd $(DASHBOARD) && npm ci --no-audit --no-fund
	@touch $@

$(DASHBOARD)/dist/index.html: $(DASHBOARD)/node_modules/.package-lock.json query-api/openapi.json \
		$(shell find $(DASHBOARD)/src $(DASHBOARD)/index.html $(DASHBOARD)/vite.config.ts 2>/dev/null)
	cd $(DASHBOARD) && npm run build
	@touch $@

clickhouse: ## Fetch the embedded ClickHouse engine (178 MB, once)
	@deploy/clickhouse/fetch.sh

test: tools lint unit kafka browser ## Everything CI runs

tools: ## Install what the tests drive: Chromium, kcat, kafka-python, a JDK and Maven for Apache Kafka
	@deploy/tests/tools.sh

lint: dashboard ## Formatting and lints, warnings are errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	cd $(DASHBOARD) && npm run lint

unit: dashboard clickhouse ## Every test, on the embedded broker and the real ClickHouse
	$(CARGO) build --workspace --bins --locked
	cd $(DASHBOARD) && npm test
	PARLANCE_REQUIRE_CLIENTS=1 PARLANCE_PYTHON=$(PYTHON) $(CARGO) test --workspace --locked

kafka: clickhouse ## The conformance suite and the integration tests again, on a real Apache Kafka
	deploy/kafka/with-kafka.sh $(CARGO) test --workspace --locked --test it --no-fail-fast -- $(ON_KAFKA)

browser: dashboard clickhouse ## Drive the dashboard of a running Parlance with a real Chromium
	$(CARGO) build --locked --bin parlance
	deploy/tests/browser.sh

clean: ## Remove what was built (not the data folder)
	$(CARGO) clean
	rm -rf $(DASHBOARD)/dist $(DASHBOARD)/node_modules
