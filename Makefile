# Everything one does here. `make` or `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PORT ?= 8080
DATA ?= build/demo-data

.PHONY: help setup setup-test build run dev test test-more unit scenarios asan tsan lint format bench soak clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## install what building and running need (Debian 12 and 13)
	@tools/setup

setup-test: ## install what the tests need beside
	@tools/setup test

build/%/build.ninja: CMakePresets.json
	@cmake --preset $* >build/configure-$*.log 2>&1 || { cat build/configure-$*.log; exit 1; }
	@touch $@

build: setup ## the program, optimised: build/release/weft
	@$(MAKE) build/release/build.ninja
	@cmake --build --preset release --target weft

run: build ## build, then serve the demo mesh on PORT (8080), its data in DATA (build/demo-data), until Ctrl-C
	@exec build/release/weft demo --data '$(DATA)' --listen '127.0.0.1:$(PORT)'

dev: setup-test ## the program and its unit tests, for working on it: build/dev
	@$(MAKE) build/dev/build.ninja
	@cmake --build --preset dev

unit: dev ## unit tests
	@tools/run_unit_tests dev

scenarios: dev ## the main job and its refusals over HTTP, against build/dev/weft
	@tools/run_pytest scenarios tests/scenarios

asan: setup-test ## unit tests under the address and undefined-behaviour sanitizers
	@$(MAKE) build/asan/build.ninja
	@cmake --build --preset asan
	@tools/run_unit_tests asan

tsan: setup-test ## unit tests under the thread sanitizer, without DuckDB
	@$(MAKE) build/tsan/build.ninja
	@cmake --build --preset tsan
	@tools/run_unit_tests tsan

lint: dev ## format, layers, documents, API description, clang-tidy on what changed; warnings are errors
	@tools/lint

format: setup-test ## format the C++ sources
	@find src tests -name '*.h' -o -name '*.cpp' | xargs -r clang-format-19 -i

test: ## lint, unit tests, scenarios, address sanitizer
	@rm -rf build/results
	@for step in dev lint unit scenarios asan; do \
	  echo "== $$step"; begun=$$SECONDS; $(MAKE) $$step; echo "== $$step: $$((SECONDS - begun)) s"; done
	@tools/count_results

test-more: dev ## thread sanitizer, other programs as clients, generated requests, a short round of faults, all of clang-tidy
	@for step in tsan more-pytest more-tidy; do \
	  echo "== $$step"; begun=$$SECONDS; $(MAKE) $$step; echo "== $$step: $$((SECONDS - begun)) s"; done
	@tools/count_results

.PHONY: more-pytest more-tidy
more-pytest:
	@tools/run_pytest more tests/interop tests/fuzz tests/faults

more-tidy:
	@tools/lint --only-tidy --all --seconds 600

bench: build ## measure side by side; see docs/reference/performance.md
	@tests/bench/run

soak: setup-test $(if $(WEFT_BIN),,build) ## what takes hours: many kills, long fuzzing, scale; WEFT_BIN chooses the program
	@WEFT_BIN=$(if $(WEFT_BIN),$(abspath $(WEFT_BIN)),$$PWD/build/release/weft) PYTEST_TIMEOUT=0 tools/run_pytest soak tests/soak

clean: ## remove what was built, but not what was fetched
	@rm -rf build/dev build/release build/asan build/tsan build/results build/lint build/demo-data build/configure-*.log
