# make run    the bridge on this machine, no AWS and no GLPI needed
# make test   everything that must hold
# make lock   renew the pinned versions (requirements/*.in say what is wanted)

PYTHON ?= python3
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV := .venv/$(VERSION)
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.PHONY: run test lock

run: $(VENV)/run.installed
	@$(BIN)/python -m local

test: $(VENV)/test.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q --cov

lock: $(VENV)/made
	@$(PYTHON) -m venv .venv/lock && .venv/lock/bin/pip install --quiet uv==0.13.9
	$(LOCK) requirements/function.in --output-file requirements.txt
	$(LOCK) requirements/run.in --output-file requirements/run.txt
	$(LOCK) requirements/test.in --output-file requirements/test.txt

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.13 run"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }
	@echo "Preparing $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/%.installed: requirements/%.txt $(VENV)/made
	@$(INSTALL) -r $<
	@touch $@
