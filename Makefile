# What can be done with this checkout: `make demo`, `make test`, `make check`, `make bench`, `make docs`.
# Everything is installed into .venv from the hash-locked files in requirements/; uv is used when it is there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
LOCKS  := requirements/build.txt requirements/dev.txt
PEERS  := .venv-peers

.PHONY: help demo test check bench docs lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): $(LOCKS) pyproject.toml
	@echo "installing into $(VENV) (first run only) ..."
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv -q --clear --python $(PYTHON) $(VENV) && \
	  uv pip install -q --python $(BIN)/python --require-hashes -r requirements/build.txt -r requirements/dev.txt && \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv --clear $(VENV) && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/dev.txt && \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $(STAMP)

demo: $(STAMP) ## an agent deletes and recreates production, without Interlock and with it (DEMO_ARGS=--yes for unattended)
	@$(BIN)/interlock demo $(DEMO_ARGS)

test: $(STAMP) ## all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(STAMP) ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP) ## the figures of docs/performance.md (BENCH_ARGS="decision ledger" for some of them)
	@$(MAKE) --no-print-directory $(PEERS)/.installed || echo "the peers cannot be installed; their rows will say so"
	$(BIN)/python -m bench $(BENCH_ARGS)

$(PEERS)/.installed: requirements/peers.txt
	@echo "installing the peers into $(PEERS) (first run only) ..."
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv -q --clear --python $(PYTHON) $(PEERS) && \
	  uv pip install -q --python $(PEERS)/bin/python --require-hashes -r $< ; \
	else \
	  $(PYTHON) -m venv --clear $(PEERS) && \
	  $(PEERS)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $< ; \
	fi
	@touch $@

docs: $(STAMP) ## write the generated parts of docs/ (commands, words, state diagrams) and check that they are complete
	$(BIN)/python -m interlock.testing.docs --write
	$(BIN)/python -m pytest tests/test_docs.py

lock: ## renew the lock files (needs uv)
	uv pip compile -q pyproject.toml --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o requirements/core.txt
	uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o requirements/dev.txt
	printf 'hatchling>=1.27\neditables\n' | uv pip compile -q - --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o requirements/build.txt
	printf 'agent-governance-toolkit-core==5.0.0\nagent-safe==0.14.0\nnetworkx\npermitd==0.2.0\nrustworkx==0.18.1\ncheckov==3.3.30\n' | uv pip compile -q - --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 -o requirements/peers.txt

clean: ## remove what was installed and cached
	rm -rf $(VENV) $(PEERS) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
