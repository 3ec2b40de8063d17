# Windlass: every command a user needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Settings of the cluster, from the environment or the command line; cluster/settings.ts checks their values.
SETTINGS := CLUSTER KUBE_CONTEXT INGRESS_PORT INGRESS_TLS_PORT JAEGER_PORT PROMETHEUS_PORT IMAGE_REGISTRY KIND_NODE_IMAGE
export $(SETTINGS)

ARGUMENTS := SERVICE DURATION RATE SEED FAULTS IMAGE ENV CUSTOMER ROLE
GIVEN := $(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$v))
UNKNOWN := $(filter-out $(SETTINGS) $(ARGUMENTS),$(GIVEN))
ifneq ($(UNKNOWN),)
$(error unknown variable $(UNKNOWN); known are $(SETTINGS) $(ARGUMENTS))
endif

ifneq ($(filter --%,$(MAKECMDGOALS)),)
$(error make has no options after --; write make synth ENV=prod, or npm run synth -- --env prod)
endif

CLUSTER_CLI := npm run --silent cluster --
INSTALLED := node_modules/.package-lock.json

.PHONY: help up platform credentials rotate down status logs env token diff synth sbom decisions documents test prove check unit bench storm mutate dev format

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'Settings: CLUSTER=native|kind (default: kind if Docker and kind work, else native), KUBE_CONTEXT (use that cluster),'
	@echo '          INGRESS_PORT (8080), INGRESS_TLS_PORT (8443), JAEGER_PORT (16686), PROMETHEUS_PORT (9090); by default the next free port, but a port that you set must be free.'
	@echo '          IMAGE_REGISTRY (KUBE_CONTEXT pulls the services from it), KIND_NODE_IMAGE (a mirror of the pinned kindest/node).'

# Variables of the command line reach recipes by the environment, where a shell reads nothing into them.
up: $(INSTALLED) ## bring up everything, from a fresh clone to a running system; place a demo order and print its trace
	@$(CLUSTER_CLI) up

platform: $(INSTALLED) ## bring up what the manifests of dist/<env> need, for `kubectl apply --server-side -f dist/dev` (docs/kubectl-apply.md)
	@$(CLUSTER_CLI) platform

credentials: $(INSTALLED) ## make the passwords, certificates and keys that the cluster lacks, once, where GitOps installs the charts
	@$(CLUSTER_CLI) credentials

rotate: $(INSTALLED) ## give the databases' roles new passwords while orders flow; SERVICE=orders for one database
	@$(CLUSTER_CLI) rotate $(if $(SERVICE),"$$SERVICE")

down: $(INSTALLED) ## remove the cluster and every trace of it (the cache of binaries stays in ~/.cache/windlass)
	@$(CLUSTER_CLI) down

status: $(INSTALLED) ## show what runs, where, and how much memory each part uses
	@$(CLUSTER_CLI) status

logs: $(INSTALLED) ## follow the services' logs; SERVICE=orders for one
	@$(CLUSTER_CLI) logs $(if $(SERVICE),"$$SERVICE")

env: $(INSTALLED) ## print shell lines for kubectl, helm and istioctl, the URLs INGRESS, INGRESS_TLS (its authority: INGRESS_CA), JAEGER and PROMETHEUS, and TOKEN (customer c-1): eval "$(make env)"
	@$(CLUSTER_CLI) env

token: $(INSTALLED) ## print a token (the last line), valid for 12 h; CUSTOMER=c-1, and ROLE=support or analyst, or both with a comma
	@$(CLUSTER_CLI) token

diff: $(INSTALLED) ## show how the cluster's mesh config differs from the source (a live edit); exit code 1 if it does
	@$(CLUSTER_CLI) diff

synth: $(INSTALLED) ## write dist/<env>/*.yaml, plain manifests for kubectl apply; ENV=prod IMAGE=registry.example/services@sha256:… for customers
	@npm run --silent synth -- $(if $(filter command,$(firstword $(origin ENV))),--env "$$ENV") $(if $(filter command,$(firstword $(origin IMAGE))),--image "$$IMAGE")

sbom: $(INSTALLED) ## write dist/sbom/*.cdx.json, CycloneDX documents of the repository and of the services' image; IMAGE=name@sha256:… adds its system
	@npm run --silent sbom -- $(if $(filter command,$(firstword $(origin IMAGE))),--image "$$IMAGE")

decisions: $(INSTALLED) ## write docs/decisions.md and docs/saga.md, which record the reason for each interaction
	@npm run --silent decisions

documents: $(INSTALLED) ## write docs/generated: events, API, variables and schemas of the services
	@npm run --silent documents

test: check ## run the tests for any change: static, unit and cluster tests (on their own cluster if none runs); 20 minutes
	@npm run --silent test

prove: check ## run all tests: make test and the long suites (k8s-tests/tiers.ts); an hour
	@TIER=prove npm run --silent test

check: $(INSTALLED) ## run the static checks: types, lint, format, import directions, unused code, migrations, spelling, documents
	@npm run --silent typecheck
	@npm run --silent lint
	@npm run --silent lint:imports
	@npm run --silent lint:unused
	@npm run --silent lint:migrations
	@npm run --silent lint:docs
	@npm run --silent lint:words

unit: $(INSTALLED) ## run the unit tests only
	@npm run --silent test:unit

bench: $(INSTALLED) ## run the benchmarks; all except the synthesis need the running system
	@npm run --silent bench

storm: $(INSTALLED) ## fault-injection run: orders while parts fail, then a check that no order is lost; DURATION=2m RATE=1 SEED= FAULTS=
	@npm run --silent storm -- $(if $(DURATION),--duration "$$DURATION") $(if $(RATE),--rate "$$RATE") $(if $(SEED),--seed "$$SEED") $(if $(FAULTS),--faults "$$FAULTS")

mutate: $(INSTALLED) ## change each field of each policy in turn, deploy it and expect a cluster test to fail (about 20 minutes)
	@npm run --silent mutate -- --write-docs

dev: $(INSTALLED) ## run skaffold dev on kind: edited services restart in their pods; after make up CLUSTER=kind
	@$(CLUSTER_CLI) dev

format: $(INSTALLED) ## format the sources
	@npm run --silent format

$(INSTALLED): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing. Install Node.js 20 or newer with npm: apt-get install npm'; exit 1; }
	@[ "$$(uname -sm)" = 'Linux x86_64' ] || node --eval 'process.exit(Number.parseInt(process.versions.node) < 24)' || \
	  { echo 'On this platform, npm brings no Node.js: install version 24 or newer'; exit 1; }
	@echo 'npm ci' && npm ci --silent --no-progress
	@touch $@
