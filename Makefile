# Every command of the project. Each sets up what it needs first and skips what is there; the work is in scripts/.
.PHONY: help run dev test lint build bench fuzz sbom screenshots setup
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# part: emulator {
run: ## Build and serve http://localhost:3000 with the emulator: sign in without an account anywhere
# part: emulator }
# without emulator: run: ## Build and serve http://localhost:3000
	@scripts/setup.sh app
	@scripts/run.sh serve

dev: ## The same, rebuilt and reloaded on every change
	@scripts/setup.sh app
	@scripts/run.sh watch

test: ## Run every test: cargo's, then the browser's against the release build
	@scripts/setup.sh test
	@scripts/setup.sh lint cargo_generate # part: template
	@scripts/test.sh

# part: redis {
.PHONY: replicas
replicas: ## Run the browser's main tests through nginx, three replicas and Redis
	@scripts/setup.sh test nginx
	@scripts/replicas.sh
# part: redis }

lint: ## Check formatting, clippy (server and browser), rustdoc, TypeScript, links, what is deployed and what others wrote
	@scripts/setup.sh lint
	@scripts/lint.sh

build: ## Build target/release/leptos-scalekit without the emulator, and print the sizes
	@scripts/setup.sh app
	@scripts/build.sh

.PHONY: dev-loop
dev-loop: ## Measure how long a saved change takes to be there (COMMITS="v0.1.0 HEAD": at several, side by side)
	@scripts/setup.sh app
	@scripts/dev-loop.sh $(COMMITS)

# part: template {
bench: ## Measure what pages, sign-ins and storms cost, beside Next.js and Express, as a table (BENCH_ONLY="bytes": some rows)
	@scripts/setup.sh app end2end browser redis
	@scripts/bench.sh
# part: template }

.PHONY: crates
crates: ## Write down which crates each half is built of (bench/crates.txt), once docs/dependencies.md says what new ones are for
	@node bench/budgets.mjs --write

fuzz: ## Fuzz what reads foreign input, ten minutes each (TARGET=jwt: one; TIME=60: seconds)
	@scripts/setup.sh cargo_fuzz
	@TARGET="$(TARGET)" TIME="$(TIME)" scripts/fuzz.sh

sbom: ## Write what a release is made of into target/sbom, as CycloneDX documents
	@scripts/setup.sh toolchain cargo_cyclonedx
	@scripts/sbom.sh

screenshots: ## Take pictures of every page into screenshots/
	@scripts/setup.sh test
	@scripts/screenshots.sh

# part: template {
.PHONY: packages template-test
packages: ## Make a package of each crate of crates/, each compiled by itself; nothing is uploaded
	@scripts/setup.sh compiler toolchain
	@scripts/package.sh --verify

template-test: ## Make a project for each combination of the template's answers, check and test it (COMBINATION="redis false": one)
	@scripts/setup.sh lint cargo_generate
	@scripts/template-test.sh $(COMBINATION)
# part: template }

setup: ## Only install what `make run` and `make test` need
	@scripts/setup.sh test
	@scripts/setup.sh lint cargo_generate # part: template
