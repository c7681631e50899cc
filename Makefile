# What a person types. Each target installs what it needs into .venv, pinned, and then says what it does.

PYTHON ?= python3
STAGE ?= dev
# What works on a stack that is up works on the local one, unless a stage is named.
ON = $(if $(filter file,$(origin STAGE)),local,$(STAGE))
STACK = PYTHONPATH=tests .venv/tools/bin/python -m stack
LOAD = cargo run --quiet --release --package load --

.PHONY: help up down logs demo double test browser lint race bench deploy grant client import rotate-keys rotate-snapshot-keys clean-stack
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' Makefile

up: .venv/ready ## build, start, deploy and seed the local stack; again: bring it up to date
	@$(STACK) up

down: .venv/ready ## stop the local stack, keeping its data
	@$(STACK) down

logs: .venv/ready ## follow the functions' logs
	@$(STACK) logs

demo: .venv/ready ## tell a customer's journey with real requests on the running stack
	@$(STACK) demo

double: .venv/ready ## have the running stack take money through YooKassa's double, until Ctrl-C (docs/payments.md)
	@$(STACK) double

test: .venv/ready ## run all tests, the black-box ones on a stack of their own
	@$(STACK) test

browser: .venv/ready ## run the tests in a headless browser on the running stack
	@$(STACK) browser

lint: .venv/ready ## check formatting, clippy, the template and the API document
	@$(STACK) lint

race: ## let 1,000 buyers at 100 units, on one lane and on sixteen, and check the books
	@$(LOAD) race

bench: ## measure: the race, overlapping orders, hot against cold products, 100,000 orders that expire (docs/bench.md)
	@$(LOAD) race
	@$(LOAD) overlap
	@$(LOAD) ratios
	@$(LOAD) expiry --rules conflicts

deploy: .venv/ready ## deploy to AWS with your credentials: STAGE=dev or prod
	@$(STACK) deploy --stage $(STAGE)

grant: .venv/ready ## give an account scopes: EMAIL=... SCOPES="...", and STAGE=dev or prod on AWS
	@$(STACK) grant --stage $(ON) --email "$(EMAIL)" --scopes "$(SCOPES)"

client: .venv/ready ## make a machine client: NAME=... SCOPES="...", and STAGE=dev or prod on AWS
	@$(STACK) client --stage $(ON) --name "$(NAME)" --scopes "$(SCOPES)"

import: .venv/ready ## import products: FILE=... (.ndjson, .json or .csv), and STAGE=dev or prod on AWS with HOLDFAST_TOKEN set
	@$(STACK) import --stage $(ON) --file "$(FILE)"

rotate-keys: .venv/ready ## take the next step of changing the signing key: STAGE=dev or prod on AWS
	@$(STACK) rotate-keys --stage $(ON) $(if $(HURRY),--hurry)

rotate-snapshot-keys: .venv/ready ## take the next step of changing the key of cart snapshots: STAGE=dev or prod on AWS
	@$(STACK) rotate-snapshot-keys --stage $(ON) $(if $(HURRY),--hurry)

clean-stack: .venv/ready ## stop the local stack and remove its data
	@$(STACK) clean

.venv/ready: tests/stack/requirements-tools.txt tests/stack/requirements-stack.txt tests/stack/bootstrap.py
	@command -v $(PYTHON) >/dev/null || { echo "Cannot start: $(PYTHON) is missing. Install Python 3.10 or newer." >&2; exit 1; }
	@$(PYTHON) tests/stack/bootstrap.py
