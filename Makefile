# duokua (多跨). Every target sets up what it needs; `make run` and `make test` are all a newcomer needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
SCALE ?= full
HOME_DIR ?= var
EFFORT ?= 1
NAME ?= governed-call
BIN := .venv/bin
WORKERS ?= 2

export DUOKUA_PORT ?= $(PORT)
export DUOKUA_HOME ?= $(abspath $(HOME_DIR))

.PHONY: help run test check nightly bench fmt

help:  ## show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run:  ## set up and start the platform with the demonstration district (PORT=, SCALE=full|small|none, HOME_DIR=)
	@scripts/setup.sh run
	@scripts/run.sh $(SCALE)

test:  ## set up and run every test (EFFORT=1: a tenth of the long campaigns)
	@scripts/setup.sh test
	@EFFORT=$(EFFORT) scripts/test.sh

check:  ## lint, types, floors, migrations, messages, fast tests: under a minute
	@scripts/setup.sh test
	@scripts/check.sh

nightly:  ## the long campaigns at full size, with a report in test-results/
	@scripts/setup.sh test
	@EFFORT=10 scripts/test.sh

bench:  ## one benchmark: make bench NAME=governed-call
	@scripts/setup.sh bench
	@$(BIN)/python -m bench.$(subst -,_,$(NAME))

fmt:  ## format the code
	@scripts/setup.sh test
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
