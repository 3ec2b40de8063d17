# Windlass: every command a user needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Settings of the cluster, from the environment or the command line; cluster/settings.ts checks their values.
SETTINGS := CLUSTER KUBE_CONTEXT INGRESS_PORT JAEGER_PORT IMAGE_REGISTRY KIND_NODE_IMAGE
export $(SETTINGS)

ARGUMENTS := SERVICE DURATION RATE SEED FAULTS IMAGE
GIVEN := $(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$v))
UNKNOWN := $(filter-out $(SETTINGS) $(ARGUMENTS),$(GIVEN))
ifneq ($(UNKNOWN),)
$(error unknown variable $(UNKNOWN); known are $(SETTINGS) $(ARGUMENTS))
endif

CLUSTER_CLI := npm run --silent cluster --
INSTALLED := node_modules/.package-lock.json

.PHONY: help up platform down status logs env diff synth decisions test prove check unit bench storm mutate dev format

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'Settings: CLUSTER=native|kind (default: kind where Docker and kind answer, else native), KUBE_CONTEXT (use that cluster),'
	@echo '          INGRESS_PORT (8080), JAEGER_PORT (16686); a port that is taken is an error if you asked for it, else the next free one is used.'
	@echo '          IMAGE_REGISTRY (where KUBE_CONTEXT pulls the services from), KIND_NODE_IMAGE (a mirror of the pinned kindest/node).'

up: $(INSTALLED) ## from a fresh clone to a running system, with one demo order placed and its trace printed
	@$(CLUSTER_CLI) up

platform: $(INSTALLED) ## all that dist/<env> stands on, for `kubectl apply --server-side -f dist/dev` (docs/kubectl-apply.md)
	@$(CLUSTER_CLI) platform

down: $(INSTALLED) ## remove the cluster and every trace of it (the cache of binaries stays in ~/.cache/windlass)
	@$(CLUSTER_CLI) down

status: $(INSTALLED) ## what runs, where, and how much memory each part takes
	@$(CLUSTER_CLI) status

logs: $(INSTALLED) ## follow the services' logs; SERVICE=orders for one
	@$(CLUSTER_CLI) logs $(SERVICE)

env: $(INSTALLED) ## shell lines for kubectl, helm and istioctl, and the URLs INGRESS and JAEGER: eval "$(make env)"
	@$(CLUSTER_CLI) env

diff: $(INSTALLED) ## what the cluster's mesh config says otherwise than the source does (a live edit); exit code 1 if it does
	@$(CLUSTER_CLI) diff

synth: $(INSTALLED) ## write dist/<env>/*.yaml, plain manifests for kubectl apply; IMAGE=registry.example/services:1 for another image
	@npm run --silent synth -- $(if $(filter command,$(firstword $(origin IMAGE))),--image $(IMAGE))

decisions: $(INSTALLED) ## write docs/decisions.md and docs/saga.md, the record of why each interaction is as it is
	@npm run --silent decisions

test: check ## what any change should meet: static checks, unit tests, cluster tests (on a cluster of its own if none runs); 20 minutes
	@npm run --silent test

prove: check ## everything that proves it: make test and the long suites (k8s-tests/tiers.ts); 35 minutes
	@TIER=prove npm run --silent test

check: $(INSTALLED) ## static checks: types, lint, format, import directions, unused code, spelling, documents
	@npm run --silent typecheck
	@npm run --silent lint
	@npm run --silent lint:unused
	@npm run --silent lint:docs
	@npm run --silent lint:words

unit: $(INSTALLED) ## unit tests only
	@npm run --silent test:unit

bench: $(INSTALLED) ## the benchmarks; all but the synthesis need the running system
	@npm run --silent bench

storm: $(INSTALLED) ## orders while everything dies in turn, then a check that nothing was lost; DURATION=2m RATE=1 SEED= FAULTS= (npm run storm -- --help)
	@npm run --silent storm -- $(if $(DURATION),--duration $(DURATION)) $(if $(RATE),--rate $(RATE)) $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults $(FAULTS))

mutate: $(INSTALLED) ## remove or change each field of each policy in turn, deploy it and see a cluster test turn red (about 20 minutes)
	@npm run --silent mutate -- --write-docs

dev: $(INSTALLED) ## skaffold dev against kind: edited services restart in their pods; after make up CLUSTER=kind
	@$(CLUSTER_CLI) dev

format: $(INSTALLED) ## format the sources
	@npm run --silent format

$(INSTALLED): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing. Install Node.js 20 or newer with npm: apt-get install npm'; exit 1; }
	@echo 'npm ci' && npm ci --silent --no-progress
	@touch $@
