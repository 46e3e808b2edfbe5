# make run       the bridge on this machine, no AWS and no GLPI needed
# make manage    how to look after a running bridge: what waits, dead letters, an audit
# make test      everything that must hold
# make tests     only the tests, as for another Python: make tests PYTHON=python3.13
# make coverage  the tests, and which lines none of them reaches (takes longer)
# make faults    the fault matrix: every fault at every moment, and what the person reads
# make bench     measure, and write .build/performance.md, to be compared with docs/performance.md;
#                make bench PART=latency shows one part
# make doctor-pages  write docs/doctor.md and docs/doctor-transcripts.md anew
# make pictures  take the guides' pictures of thread, ticket and doctor (needs Chromium)
# make rehearse  deploy to an AWS emulator: the release before, this one, back, again; and use it
# make rehearse-local  sam local for real, where there is a Docker engine; docs/sam-local.md
# make deploy    bring this commit to STAGE=staging or production; docs/deployment-from-ci.md
# make lock      renew the pinned versions (requirements/*.in say what is wanted)

PYTHON ?= python3
VERSION := $(shell "$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV := .venv/$(VERSION)
BIN := $(VENV)/bin
RUNTIME := 3.13
# Lambda's own Python where it is (pyenv hides it behind a variable), else what there is.
RUNTIME_PYTHON = $(or $(shell python$(RUNTIME) -c 'import sys; print(sys.executable)' 2>/dev/null \
	|| PYENV_VERSION=$(RUNTIME) python$(RUNTIME) -c 'import sys; print(sys.executable)' 2>/dev/null),$(PYTHON))
# Bytecode comes with the first import: most modules of the tools are never imported.
COMPILE := --no-compile
INSTALL = -m pip install --quiet --disable-pip-version-check $(COMPILE) --require-hashes --no-deps
LOCK := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
TESTED := .venv/deploy/installed $(VENV)/test.installed .venv/runtime/installed .build/package .build/again
LINTED := .venv/checkov/installed .venv/lint/installed .venv/ci-lint/installed
TWO_AT_A_TIME := --no-print-directory --jobs=2
ALL_CORES := --numprocesses auto --dist worksteal
export SAM_CLI_TELEMETRY := 0

.PHONY: run manage test tests coverage tested installed gates faults bench doctor-pages pictures
.PHONY: rehearse rehearse-local lock deploy deploy-tools

run: $(VENV)/run.installed
	@$(BIN)/python -m local

manage: $(VENV)/run.installed
	@echo "A deployed stack:      ./manage --stack NAME queue"
	@echo "Beside make run:       ./manage --env .build/run.env queue"
	@echo "Everything it can do:  ./manage --help"

test: gates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q $(ALL_CORES)

coverage: tested
	$(BIN)/pytest -q $(ALL_CORES) --cov

tests: tested
	$(BIN)/pytest -q $(ALL_CORES) $(SELECT)

tested:
	@$(MAKE) $(TWO_AT_A_TIME) $(TESTED)

installed:
	@$(MAKE) $(TWO_AT_A_TIME) $(TESTED) $(LINTED)

gates: installed
	.venv/deploy/bin/sam validate
	.venv/lint/bin/cfn-lint --append-rules cfn_lint_serverless.rules -- template.yaml deploy/ci-role.yaml
	.venv/lint/bin/bandit --quiet --severity-level low $(SHIPPED_MODULES)
	.venv/checkov/bin/python -m checkov.main --quiet --compact --skip-download --framework cloudformation \
		--file template.yaml deploy/ci-role.yaml
	.venv/ci-lint/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.venv/ci-lint/bin/check-jsonschema --builtin-schema vendor.gitlab-ci .gitlab-ci.yml
	.venv/ci-lint/bin/zizmor --offline --quiet --persona pedantic .github/workflows
	.venv/ci-lint/bin/shellcheck --external-sources deploy/common.sh deploy/deploy deploy/roll-back deploy/smoke-test manage

faults: $(VENV)/test.installed
	$(BIN)/pytest -q --matrix tests/journeys/faults

bench: tested
	@$(BIN)/python -m bench$(if $(PART),.$(PART))

doctor-pages: $(VENV)/test.installed
	@$(BIN)/python -m operations.doctor.document
	@$(BIN)/python -m local.doctor_transcripts

pictures: $(VENV)/run.installed
	@$(BIN)/python -m local.pictures

rehearse: $(VENV)/test.installed .venv/deploy/installed .venv/ministack/installed
	@PATH="$$(dirname "$$(command -v "$(RUNTIME_PYTHON)")"):$$PATH" $(BIN)/python -m local.rehearse

rehearse-local: $(VENV)/test.installed .venv/deploy/installed
	@PATH="$$(dirname "$$(command -v "$(RUNTIME_PYTHON)")"):$$PATH" $(BIN)/python -m local.rehearse_local

deploy-tools: $(VENV)/run.installed .venv/deploy/installed

deploy:
	@deploy/deploy "$$STAGE" --check
	@$(MAKE) --no-print-directory deploy-tools
	@PATH="$(CURDIR)/$(BIN):$(CURDIR)/.venv/deploy/bin:$$PATH" deploy/deploy "$$STAGE"

lock: $(VENV)/made
	@"$(PYTHON)" -m venv .venv/lock && .venv/lock/bin/pip install --quiet uv==0.13.9
	$(LOCK) requirements/function.in --output-file requirements.txt
	for name in run test deploy lint checkov ci-lint ministack runtime; do \
		$(LOCK) requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

# ---- Environments: one for running and testing, one for each tool that shares its pins with nobody

$(VENV)/made:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.13 run"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }
	@echo "Preparing $(VENV) (once, about a minute) ..."
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/%.installed: requirements/%.txt $(VENV)/made
	@$(BIN)/python $(INSTALL) -r $<
	@touch $@

.venv/runtime/installed .venv/ministack/installed: TOOL_PYTHON := $(RUNTIME_PYTHON)
.venv/runtime/installed: COMPILE := --compile  # as Lambda's own SDK is
.venv/deploy/installed .venv/lint/installed .venv/checkov/installed .venv/ci-lint/installed: TOOL_PYTHON := $(PYTHON)
.venv/%/installed: requirements/%.txt | $(VENV)/made
	@echo "Preparing .venv/$* ..."
	@"$(TOOL_PYTHON)" -m venv --clear .venv/$*
	@.venv/$*/bin/python $(INSTALL) -r $<
	@touch $@

# ---- The package: `sam build` calls this with ARTIFACTS_DIR. Pure Python only, so one package runs
# on arm64 and x86_64. Bytecode counts only from the runtime's own Python; it is checked by hash,
# since the times of the files do not survive packing.

SHIPPED_MODULES := handler.py glpi.py $(wildcard bridge/*.py bridge/*/*.py)
LICENSING := LICENSE bridge/words/emojis-LICENSES.txt deploy/licenses.py
SHIPPED := requirements.txt bridge.toml $(LICENSING) $(wildcard certs/*) $(SHIPPED_MODULES)
# Debian's own Python has no pip; an environment that is here already does.
BUILD_PYTHON = $(shell for p in "$(RUNTIME_PYTHON)" "$(PYTHON)" python3 "$(CURDIR)"/.venv/*/bin/python; do \
	"$$p" -m pip --version >/dev/null 2>&1 && echo "$$p" && break; done)
export PIP_ROOT_USER_ACTION := ignore

.PHONY: build-WebhookFunction build-WorkerFunction
build-WorkerFunction: build-WebhookFunction
build-WebhookFunction:
	@test -n "$(ARTIFACTS_DIR)" || { echo "ARTIFACTS_DIR is empty; sam build sets it"; exit 1; }
	@test -n "$(BUILD_PYTHON)" || { echo "Packing needs a Python with pip; make deploy-tools brings one"; exit 1; }
	@! grep -l "PRIVATE KEY" certs/* || { echo "Private keys do not belong into certs/"; exit 1; }
	@"$(BUILD_PYTHON)" -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps --no-compile --only-binary :all: \
		--implementation py --abi none --platform any --python-version $(RUNTIME) \
		--target "$(ARTIFACTS_DIR)" --requirement requirements.txt
	@"$(BUILD_PYTHON)" deploy/licenses.py "$(ARTIFACTS_DIR)"
	@cd "$(ARTIFACTS_DIR)" && rm -rf bin ./*.dist-info certifi/tests markdown_it/cli \
		urllib3/contrib/emscripten aws_lambda_powertools/event_handler aws_lambda_powertools/middleware_factory
	@cd "$(ARTIFACTS_DIR)/aws_lambda_powertools/utilities" && \
		find . -mindepth 1 -maxdepth 1 ! -name __init__.py ! -name jmespath_utils -exec rm -rf {} +
	@for module in $(SHIPPED_MODULES) bridge.toml; do \
		mkdir -p "$(ARTIFACTS_DIR)/$$(dirname "$$module")" && cp "$$module" "$(ARTIFACTS_DIR)/$$module" || exit 1; \
	done
	@mkdir -p "$(ARTIFACTS_DIR)/certs"
	@for pem in certs/*.pem; do test ! -e "$$pem" || cp "$$pem" "$(ARTIFACTS_DIR)/certs"; done
	@if "$(BUILD_PYTHON)" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(RUNTIME)")'; then \
		PYTHONHASHSEED=0 "$(BUILD_PYTHON)" -m compileall -q --invalidation-mode checked-hash \
			-s "$(ARTIFACTS_DIR)" -p /var/task "$(ARTIFACTS_DIR)"; \
	else \
		echo "No python$(RUNTIME) here: packed without bytecode. It works; cold starts take longer."; \
	fi
	@chmod -R u=rwX,go=rX "$(ARTIFACTS_DIR)"

# The package twice, for the tests: what is inside, and whether it is the same again. One that is
# there already and no different stays: another `make test` may be at it. PACK is not called MAKE,
# or `make -n` would go through with these lines, and put nothing in the place of the package.
PACK = MAKEFLAGS= $(MAKE) --no-print-directory build-WebhookFunction
.build/package .build/again: $(SHIPPED) $(wildcard bridge bridge/*/) Makefile .venv/runtime/installed
	@mkdir -p .build && part=$$(mktemp -d .build/part.XXXXXX) && trap 'rm -rf "$$part"' EXIT && \
	$(PACK) ARTIFACTS_DIR="$(CURDIR)/$$part" && \
	{ diff -r "$$part" $@ >/dev/null 2>&1 || { rm -rf $@ && mv "$$part" $@; }; } && touch $@
