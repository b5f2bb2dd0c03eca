# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

BIN := .venv/bin
LAB := $(BIN)/python -m lab
UV_COMPILE := .tools/bin/uv --quiet pip compile --universal --python-version 3.11 \
	--generate-hashes --no-annotate --custom-compile-command "make lock"

COUNT ?= 10
EXAMPLES ?= 1000000
PORTS ?= 10000
ROUNDS ?= 50
SERVERS ?= 50
POD ?= Pod1
SUITE ?= smoke
TOPOLOGY ?= default

# Values reach the recipes through the environment, as they were typed: spaces,
# quotes and dollars need no care.
override CMD := $(value CMD)
override REGEX := $(value REGEX)
override SERVER := $(value SERVER)
override SERVICE := $(value SERVICE)
export CMD COUNT POD REGEX SERVER SERVICE SUITE TOPOLOGY

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help bootstrap lab lab-status lab-logs lab-exec lab-down lab-clean lab-cycle \
	demo boots tempest smoke bench lint types unit fuzz docs functional integration \
	releases kill many many-ports test lock clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))

bootstrap: # .venv with every tool; silent when nothing changed
	@tools/bootstrap

lab: bootstrap ## start real OpenStack, two pods, and Tricircle (root): [TOPOLOGY=hosts]
	@$(LAB) --topology "$$TOPOLOGY" up

lab-status: bootstrap ## show what runs, what it uses, and what is broken
	@$(LAB) status

lab-logs: bootstrap ## show a service's log: SERVICE=pod1-nova-api [FOLLOW=1]
	@$(LAB) logs "$$SERVICE" $(if $(FOLLOW),--follow)

lab-exec: bootstrap ## run a command inside a server: SERVER=vm1 CMD="ping -c1 10.0.0.5"
	@$(LAB) exec "$$SERVER" "$$CMD"

lab-down: bootstrap ## stop the lab; data stay
	@$(LAB) down

lab-clean: bootstrap ## stop the lab and remove all that it made
	@$(LAB) clean

lab-cycle: bootstrap ## stop and start COUNT=10 times, looking for leftovers
	@$(LAB) cycle --count "$$COUNT"

demo: lab ## walk through what Tricircle does, command by command
	@tools/debian-packages curl
	@$(BIN)/python -m demo

boots: lab ## measure what Tricircle adds to a boot: [COUNT=10] rounds
	@$(BIN)/python -m demo.boots --rounds "$$COUNT"

tempest: bootstrap ## run Tempest: [POD=RegionOne] [SUITE=api] [REGEX=volume.*backup]
	@$(LAB) tempest "$$POD" --suite "$$SUITE" --regex "$$REGEX"

smoke: lab ## run Tempest's smoke tests through Tricircle, once it knows the pods
	@$(LAB) tempest RegionOne

bench: bootstrap ## measure what the gateway costs: [WRITE=1] writes the document
	@tools/debian-packages nginx-light wrk
	@$(BIN)/python -m bench $(if $(WRITE),--write)

lint: bootstrap ## check style, package order, spelling and release notes
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	@if tools/full-history; then set -x; $(BIN)/reno --quiet lint; \
		else echo 'reno lint: left out, for this clone is shallow'; fi

types: bootstrap ## check types
	$(BIN)/mypy

unit: bootstrap ## run the tests that need nothing but Python
	$(BIN)/pytest tests/unit

fuzz: bootstrap ## look for what breaks the gateway's rules: [EXAMPLES=1000000], hours
	EXAMPLES=$(EXAMPLES) $(BIN)/pytest --timeout=0 \
		tests/unit/tricircle/gateway/test_lists.py \
		tests/unit/tricircle/gateway/test_nothing_else_is_sent.py

docs: bootstrap ## build the documentation in doc/build/html
	$(BIN)/sphinx-build --quiet --fresh-env --nitpicky --fail-on-warning --keep-going \
		doc/source doc/build/html

functional: bootstrap ## run the tests that start servers of their own
	@tools/debian-packages mariadb-server postgresql rabbitmq-server
	$(BIN)/pytest tests/functional

integration: lab ## run the tests that need the lab, and start it
	@tools/debian-packages curl
	$(BIN)/pytest tests/integration/test_*.py

# Tests that need another topology are in a directory of its name. The lab keeps it
# until the next `make lab`.
releases: override TOPOLOGY := releases
releases: lab ## run the tests with a pod of an older release, and start the lab so
	$(BIN)/pytest tests/integration/releases

kill: lab ## kill services in the middle of what they do: [ROUNDS=50], hours
	ROUNDS=$(ROUNDS) $(BIN)/pytest -s tests/integration/test_killed_*.py

many: lab ## boot servers at once, in both pods: [SERVERS=50]
	SERVERS=$(SERVERS) $(BIN)/pytest -s tests/integration/test_many_servers.py

many-ports: lab ## make ports on few networks at once: [PORTS=10000], an hour
	PORTS=$(PORTS) $(BIN)/pytest -s tests/integration/test_many_ports.py

# Functional tests borrow OpenStack's software from the lab: it is installed first. The
# demonstration is one of the integration tests; it registers the pods, for Tempest too.
test: lint types docs unit lab functional integration smoke ## run every check and test

lock: bootstrap ## pin the dependencies anew: UPGRADE=1 takes the newest
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --group tools -o requirements/tools.lock
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --all-extras --group dev \
		-o requirements/dev.lock pyproject.toml
	for name in 2026.2 tempest; do $(UV_COMPILE) $(if $(UPGRADE),--upgrade) \
		-o lab/constraints/$$name.txt lab/constraints/$$name.in || exit; done
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) \
		-o bench/constraints/forwarder.txt bench/constraints/forwarder.in
	$(UV_COMPILE) --exclude-newer 2025-07-01 \
		-o lab/constraints/2025.1.txt lab/constraints/2025.1.in # as of its days

clean: ## remove what was built, except the lab
	rm -rf .venv .tools .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		.bench build dist doc/build
