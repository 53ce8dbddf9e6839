# `make demo` and `make test` set up what they need on a fresh machine. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV ?= .venv
PYTHON ?= python3
TORCH := 2.13.0
BIN := $(VENV)/bin
DEMO_MODEL ?= smollm2
export OMP_NUM_THREADS := 1
export TOKENIZERS_PARALLELISM := false
export HF_HUB_OFFLINE := 1

.PHONY: help install demo serve prove lint check test local-model bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

install: $(VENV)/.installed ## create the environment from the lock file

# PyTorch is left out of the lock: its CPU build comes from beside pip's index, or from PyTorch's own CPU index.
$(VENV)/.installed: requirements-dev.lock requirements-uv.lock pyproject.toml
	@echo "Creating $(VENV) from requirements-dev.lock (under a minute with a warm cache; PyTorch is the largest part) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --require-hashes -r requirements-uv.lock
	@$(BIN)/python -c "import torch, sys; sys.exit(not torch.__version__.startswith('$(TORCH)'))" 2>/dev/null \
	  || $(BIN)/pip install -q --no-deps "torch==$(TORCH)+cpu" 2>/dev/null \
	  || $(BIN)/uv pip install -q --python $(BIN)/python --no-deps --torch-backend=cpu torch==$(TORCH)
	@echo "Installing the locked packages …"
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes --no-deps -r requirements-dev.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

demo: install ## ingest examples/, ask, erase, show every byte that left, verify the audit
	@if [ "$(DEMO_MODEL)" != none ]; then $(PYTHON) scripts/local-model setup || [ $$? -eq 3 ]; fi
	@$(BIN)/python -m examples.demo --model "$(DEMO_MODEL)"

serve: install ## run the knowledge base in ringfence-data/ until Ctrl-C
	@$(BIN)/ringfence init
	@$(BIN)/ringfence up

prove: install ## run the canary proof: plant secrets, break everything, search every byte that left
	@$(BIN)/python -m tests.proof

lint: install ## style, types and import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

check: lint ## the same, and the fast tests (some three minutes)
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/unit tests/contract tests/privacy -m "not slow"

test: install ## every test; what cannot run here is named on the last lines of either part
	@$(PYTHON) scripts/local-model setup || [ $$? -eq 3 ]
	@$(BIN)/pytest -q --durations=10 tests/acceptance tests/integration
	@$(BIN)/pytest -q --durations=10 -n 2 --dist loadfile tests/unit tests/contract tests/privacy tests/evaluation

local-model: install ## set up a real vLLM server on the CPU, in an environment of its own
	@$(PYTHON) scripts/local-model setup

bench: install ## measure speed as ratios against bare baselines
	@for one in bench/[a-z]*.py; do $(BIN)/python -m bench.$$(basename $$one .py); done

lock: ## resolve the dependencies anew
	@flags="--python-version 3.11 --universal --generate-hashes --no-emit-package torch --no-header --no-annotate -q"; \
	$(BIN)/uv pip compile pyproject.toml --extra dev $$flags -o requirements-dev.lock && \
	$(BIN)/uv pip compile pyproject.toml $$flags -c requirements-dev.lock -o requirements.lock

clean: ## remove environments, models and the demo's data
	rm -rf .venv .venv-vllm .venv-presidio .build .demo
