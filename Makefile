# What a person types. Each target installs what it needs into .venv, pinned, and then says what it does.

PYTHON ?= python3
STAGE ?= dev
# What works on a stack that is up works on the local one, unless a stage is named.
ON = $(if $(filter file,$(origin STAGE)),local,$(STAGE))
STACK = PYTHONPATH=tests:tools .venv/tools/bin/python -m stack
HOLDFAST = PYTHONPATH=tools .venv/tools/bin/python -m holdfast
TIME ?= 600
HOURS ?= 1
SEED ?= random
ARCHITECTURE ?= arm64
# `make new-route PATH=...` would hide every program from the recipes. Those get the search path that make was started with: from the kernel, or, without
# /proc, from the shell, to which make before 4.4 gives its own environment.
ifeq ($(origin PATH),command line)
ROUTE := $(PATH)
override PATH := $(or $(shell PATH=/usr/bin:/bin; tr '\0' '\n' 2>/dev/null </proc/$$PPID/environ | sed -n 's/^PATH=//p'),$(shell echo "$$PATH"))
endif
LOAD = cargo run --quiet --release --package load --

.PHONY: help up down logs demo double trace test lint race bench deploy package grant client clients client-rotate client-revoke import rotate-keys rotate-snapshot-keys clean-stack browser redrive invoke expire reconcile sam-local test-against replay republish pause resume restore failed-logins fuzz fuzz-parsers backfill soak new-route routes
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' Makefile

up: .venv/ready ## build, start, deploy and seed the local stack; again: bring it up to date; FN=GetOrder replaces the code of one function
	@$(STACK) $(if $(FN),up-one --function "$(FN)",up)

down: .venv/ready ## stop the local stack, keeping its data
	@$(HOLDFAST) down

logs: .venv/ready ## follow the functions' logs; STAGE=dev or prod on AWS
	@$(HOLDFAST) logs --stage $(ON)

demo: .venv/ready ## tell a customer's journey with real requests on the running stack
	@$(STACK) demo

double: .venv/ready ## have the running stack take money through YooKassa's double, until Ctrl-C (docs/payments.md)
	@$(STACK) double

trace: .venv/ready ## show an order's timeline: ORDER=<id or number>; STAGE=dev or prod on AWS
	@$(HOLDFAST) trace --stage $(ON) --order "$(ORDER)"

invoke: .venv/ready ## run a function on its sample event, without Docker, against the running stack: FN=ListProducts [EVENT=file]; STAGE=dev or prod calls the deployed one
	@$(HOLDFAST) invoke --stage $(ON) --function "$(FN)" --event "$(EVENT)"

expire: .venv/ready ## sweep overdue orders and reservations now; STAGE=dev or prod on AWS
	@$(HOLDFAST) expire --stage $(ON)

reconcile: .venv/ready ## ask about open payments and recount stock now; STAGE=dev or prod on AWS
	@$(HOLDFAST) reconcile --stage $(ON)

sam-local: .venv/ready ## run functions in Docker by `sam local`, against the running stack
	@$(STACK) sam-local

test: .venv/ready ## run all tests, the black-box ones on a stack of their own
	@$(STACK) test

browser: .venv/ready ## run the tests in a headless browser on the running stack
	@$(STACK) browser

test-against: .venv/ready ## run the black-box tests on the endpoint AWS_ENDPOINT_URL: [API_URL=...] [FILTER=...] (docs/using.md)
	@$(STACK) test-against --filter "$(FILTER)"

lint: .venv/ready ## check formatting, clippy, the templates, the API document, the workflows and the dependencies
	@$(STACK) lint

routes: .venv/ready ## make every list of routes from the API document and the templates (CONTRIBUTING.md)
	@$(STACK) routes

new-route: .venv/ready ## write everything that a route consists of: NAME=CountProducts METHOD=GET PATH=/api/v1/products/count CONTEXT=catalog (CONTRIBUTING.md)
	@$(STACK) new-route --name "$(NAME)" --method "$(METHOD)" --path "$(ROUTE)" --context "$(CONTEXT)"

fuzz: .venv/ready ## have Schemathesis test the running stack by its API document: TIME=600 SEED=random (docs/api.md)
	@$(STACK) fuzz --seconds $(TIME) --seed $(SEED)

soak: .venv/ready ## have storms of faults over a stack of its own, and hold all books against each other: HOURS=1 SEED=random (docs/reliability.md)
	@$(STACK) soak --hours $(HOURS) --seed $(SEED)

fuzz-parsers: .venv/ready ## run libFuzzer on everything that reads foreign bytes: MINUTES=1 for each family, FAMILY=... for one (docs/reliability-fuzz.md)
	@$(STACK) fuzz-parsers --minutes $(or $(MINUTES),1) --family "$(FAMILY)"

race: ## let 1,000 buyers at 100 units, on one lane and on sixteen, and check the books
	@$(LOAD) race

bench: ## measure: the race, overlapping orders, a promotion's last uses and what pricing costs, hot against cold products, 100,000 orders that expire (docs/bench.md)
	@$(LOAD) race
	@$(LOAD) overlap
	@$(LOAD) promotion
	@$(LOAD) ratios
	@$(LOAD) expiry --rules conflicts

deploy: .venv/ready ## deploy to AWS with your credentials: STAGE=dev or prod; YES=1 removes a stack that never became complete without asking, APPROVED=1 executes the change set without asking
	@$(HOLDFAST) deploy --stage $(STAGE) $(if $(YES),--yes) $(if $(APPROVED),--approved)

package: .venv/ready ## build the functions for AWS into one archive: ARCHITECTURE=arm64 or x86_64
	@$(HOLDFAST) package --architecture "$(ARCHITECTURE)"

grant: .venv/ready ## change an account's scopes: EMAIL=... ADD="..." REMOVE="...", or replace them: SCOPES="..." (SCOPES="" for none), and STAGE=dev or prod on AWS
	@$(HOLDFAST) grant --stage $(ON) --email "$(EMAIL)" $(if $(filter undefined,$(origin SCOPES)),,--scopes "$(SCOPES)") $(if $(ADD),--add "$(ADD)") $(if $(REMOVE),--remove "$(REMOVE)")

clients: .venv/ready ## list the machine clients and when each was last used: STAGE=dev or prod on AWS
	@$(HOLDFAST) clients --stage $(ON)

client-rotate: .venv/ready ## give a machine client another secret: CLIENT=id OVERLAP=hours (24) for which the old one stays good, and STAGE=dev or prod on AWS
	@$(HOLDFAST) client-rotate --stage $(ON) --client "$(CLIENT)" $(if $(OVERLAP),--overlap "$(OVERLAP)")

client-revoke: .venv/ready ## take a machine client back: CLIENT=id, and STAGE=dev or prod on AWS
	@$(HOLDFAST) client-revoke --stage $(ON) --client "$(CLIENT)"

client: .venv/ready ## make a machine client, also under a name that another one has: NAME=... SCOPES="...", and STAGE=dev or prod on AWS
	@$(HOLDFAST) client --stage $(ON) --name "$(NAME)" --scopes "$(SCOPES)"

import: .venv/ready ## import products: FILE=... (.ndjson, .json or .csv), ENCODING=... when it is not UTF-8, and STAGE=dev or prod on AWS with HOLDFAST_TOKEN set
	@$(HOLDFAST) import --stage $(ON) --file "$(FILE)" --encoding "$(ENCODING)"

redrive: .venv/ready ## send what consumers gave up to them again: QUEUE=..., DRY_RUN=1, and STAGE=dev or prod on AWS with HOLDFAST_TOKEN set
	@$(HOLDFAST) redrive --stage $(ON) --queue "$(QUEUE)" $(if $(DRY_RUN),--dry-run)

replay: .venv/ready ## tell rules again what the bus archived: FROM=... TO=... RULE="...", and STAGE=dev or prod on AWS (docs/events.md)
	@$(HOLDFAST) replay --stage $(ON) --from "$(FROM)" --to "$(TO)" --rules "$(RULE)"

republish: .venv/ready ## publish rows of the journal again: FROM=... TO=... or AGGREGATE=..., DRY_RUN=1 to look, and STAGE=dev or prod on AWS
	@$(HOLDFAST) republish --stage $(ON) --from "$(FROM)" --to "$(TO)" --aggregate "$(AGGREGATE)" $(if $(DRY_RUN),--dry-run)

backfill: .venv/ready ## write stored items of older forms in the newest one: TABLE=orders, RATE=50 items that are read in a second; DRY_RUN=1 to count all, or LIMIT=... items to rewrite; and STAGE=dev or prod on AWS (docs/changing-data.md)
	@$(HOLDFAST) backfill --stage $(ON) --table "$(or $(TABLE),orders)" --rate $(or $(RATE),50) --limit $(or $(LIMIT),0) $(if $(DRY_RUN),--dry-run)

failed-logins: .venv/ready ## show failed logins of an account and where they came from: LOGIN=..., and STAGE=dev or prod on AWS
	@$(HOLDFAST) failed-logins --stage $(ON) --login "$(LOGIN)"

pause: .venv/ready ## stop every function, so that nothing is written: STAGE=dev or prod on AWS (docs/restoring.md)
	@$(HOLDFAST) pause --stage $(ON)

resume: .venv/ready ## start the functions of a paused stage: STAGE=dev or prod on AWS
	@$(HOLDFAST) resume --stage $(ON)

restore: .venv/ready ## restore all tables to one second: AT=2026-11-29T10:30:00Z, DRY_RUN=1 to look, and STAGE=dev or prod on AWS (docs/restoring.md)
	@$(HOLDFAST) restore --stage $(ON) --at "$(AT)" $(if $(DRY_RUN),--dry-run) $(if $(YES),--yes)

rotate-keys: .venv/ready ## take the next step of changing the signing key: STAGE=dev or prod on AWS
	@$(HOLDFAST) rotate-keys --stage $(ON) $(if $(HURRY),--hurry)

rotate-snapshot-keys: .venv/ready ## take the next step of changing the key of cart snapshots: STAGE=dev or prod on AWS
	@$(HOLDFAST) rotate-snapshot-keys --stage $(ON) $(if $(HURRY),--hurry)

clean-stack: .venv/ready ## stop the local stack and remove its data
	@$(HOLDFAST) clean-stack

.venv/ready: tools/requirements.txt tests/stack/requirements-stack.txt tests/stack/requirements-api.txt tools/bootstrap.py
	@command -v $(PYTHON) >/dev/null || { echo "Cannot start: $(PYTHON) is missing. Install Python 3.10 or newer." >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py
