# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --dirty 2>/dev/null || echo "0.0.0-dev+$$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)")
BUILD := go build -trimpath -ldflags '-X main.stamped=$(VERSION)'
ARGS ?=
CHAOS ?=
DATA ?=
SIGN_KEY ?=

# Where goroutines meet: these are run with the race detector.
RACE := ./daemon/... ./edge/adapt ./edge/lane ./edge/mqtt ./edge/serve ./edge/store ./ui/... ./sync/...

.PHONY: help build demo test lint check bench eval shown drain soak torture screens packages packages-check machine windows arm clean tools

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

build: tools ## build bin/redbench and bin/redbench-hq
	$(BUILD) -o bin/redbench ./cmd/redbench
	$(BUILD) -o bin/redbench-hq ./cmd/redbench-hq

demo: build ## see it work: a made-up store day, and a screen in the browser (ARGS="--speed 20" and the like)
	@bin/redbench demo $(ARGS)

test: ## install what the tests need, then run everything
	@.ci/needs
	@$(MAKE) --no-print-directory lint check

lint: tools ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w mends it):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

check: tools ## the tests alone, without installing anything
	go test -timeout 10m ./...
	go test -race -timeout 10m $(RACE)

bench: build bin/rig ## measure card → screen beside a minimal pipeline (ARGS="--rounds 5" and the like)
	@.ci/needs mosquitto
	bin/rig bench $(ARGS)

eval: bin/rig ## measure how good the guesses are, with purchase histories (DATA=DIR; ARGS="--only uci_online_retail" and the like)
	@bin/rig eval --data "$(DATA)" $(ARGS)

shown: build bin/rig ## import real purchase histories, send their last visits, count prompts (ARGS="--data DIR")
	@.ci/needs mosquitto
	bin/rig shown $(ARGS)

torture: build bin/rig ## look for lost, doubled or resurrected records (ARGS="--schedules 5000", "--for 10m", "--seed 7 -v"; CHAOS="--runs 20")
	bin/rig torture $(ARGS)
	bin/rig chaos $(CHAOS)
	bin/rig erasure

drain: build bin/rig ## a month offline, a million records: how fast head office has them, and whether prompts notice (ARGS="--rounds 0")
	@.ci/needs mosquitto
	bin/rig drain $(ARGS)

soak: build bin/rig ## 30 store days in minutes: do memory, handles and disk stay as they are (ARGS="--days 60", "--json", "--keep")
	@.ci/needs mosquitto
	bin/rig soak $(ARGS)

screens: bin/rig ## photograph every state of the screen, and the fleet page, into docs/screens
	@.ci/needs chromium
	bin/rig screens $(ARGS)

packages: bin/rig ## make every package into dist/ (VERSION=1.2.3; SIGN_KEY=FILE; ARGS="--only deb-amd64")
	@bin/rig pack --version "$(VERSION)" --sign-key "$(SIGN_KEY)" $(ARGS)

packages-check: bin/rig ## make every package twice, from two folders, and compare each byte (ARGS="--only deb-amd64")
	@bin/rig pack-check --version "$(VERSION)" $(ARGS)

machine: bin/rig ## prove the packages on a real Debian booted with systemd (takes root; ARGS="--million")
	@.ci/needs machine
	bin/rig pack --version 1.0.0 --out .test/packages --only deb-$$(go env GOARCH)
	bin/rig machine --package .test/packages/redbench_1.0.0_$$(go env GOARCH).deb \
		--office .test/packages/redbench-hq_1.0.0_$$(go env GOARCH).deb --cache .test/machine $(ARGS)

.PHONY: bin/rig
bin/rig: tools
	go build -o bin/rig ./cmd/rig

windows: bin/rig ## prove the Windows build under Wine: install, boot, tills → prompt, stop, uninstall (ARGS="--binary FILE")
	@.ci/needs windows wine
	bin/rig windows $(ARGS)

arm: bin/rig ## prove the arm64 build under qemu-user: tills → prompt (ARGS="--binary FILE")
	@.ci/needs arm64 qemu
	bin/rig arm $(ARGS)

clean: ## take away what was built
	rm -rf bin dist .test

tools:
	@.ci/needs go compiler
