# Berth's recipes. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:

# sqlx must not look at a DATABASE_URL of the environment while compiling.
export SQLX_OFFLINE := true
BERTH := target/release/berth

.PHONY: help run test test-faults demo images desktop build frontend engine lint bench stack stack-local deb clean

help: ## lists these recipes
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

run: engine desktop build ## builds what is missing and serves Berth on http://127.0.0.1:8080
	@exec $(BERTH) serve

test: ## everything: units, both databases, the engine, the page in a browser
	@exec scripts/test.sh

demo: engine desktop build ## one desktop from click to gone, with its times and a picture
	@exec scripts/demo.sh

images: engine ## builds all desktop images; the others need only the default one
	@images/build.sh

desktop: engine
	@images/build.sh desktop

build: frontend ## builds the page and the binary
	@scripts/say.sh "the binary (the first time takes some minutes)" cargo build --release --bin berth

frontend:
	@scripts/frontend.sh

engine:
	@scripts/engine.sh

lint: ## formatting, clippy, licences and sources, unused dependencies, the page, shell scripts, links
	@exec scripts/lint.sh

bench: engine desktop build ## the benchmarks of docs/benchmarks.md
	@exec bench/run.sh

test-faults: engine desktop build ## breaks everything around random clicks; SEED=… WORLD=… makes one world again
	@exec scripts/test-faults.sh $(if $(SHORT),--short) $(if $(SEED),--seed $(SEED)) $(if $(WORLD),--world $(WORLD)) $(if $(KEEP),--keep)

stack: engine desktop build ## the production shape in containers (docker-compose.yml); docs/deploy.md
	@exec scripts/stack.sh

stack-local: engine desktop build ## the same as plain processes on free ports, until Ctrl+C
	@exec scripts/stack-local.sh

deb: build ## the Debian package, into target/debian
	@exec scripts/deb.sh

clean: ## removes what was built
	rm -rf target frontend/dist frontend/node_modules
