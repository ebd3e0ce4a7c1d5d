# A convenience: everything here also works by hand, see CONTRIBUTING.md.
#   make demo    simulate, train, detect, evaluate, and leave a report
#   make test    lint, types and the quick tests
#   make slow    the tests that take minutes or build and install the wheel
#   make lint    ruff and mypy alone
#   make clean   remove what the tools left behind (.venv stays; for a new one: rm -r .venv)

PYTHON ?= $(shell python3.11 -c 'print("python3.11")' 2>/dev/null || echo python3)
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help demo test slow lint clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(STAMP)
	@$(BIN)/dawnchorus demo

test: lint
	@$(BIN)/python -m pytest -q

slow: $(STAMP)
	@$(BIN)/python -m pytest -q -m slow

lint: $(STAMP)
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "Not formatted: run '$(BIN)/ruff format'"; exit 1; }
	@$(BIN)/mypy --no-error-summary

clean:
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# torch and torchvision are named with their constraints in the one command, so that pip fetches one matching pair.
$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV), once; torch is large, this can take some minutes ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt -e ".[train,birdnet,cluster,review,postgres,dev]" torch torchvision
	@touch $@
