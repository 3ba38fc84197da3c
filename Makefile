# What a developer does here. Needs Python 3.11 to 3.13, make and git; `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements-ci.lock
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# What is set outside must not reach into the environment that is made here.
unexport PYTHONPATH
unexport PYTHONHOME
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo torch test conformance editors exports lint types imports docs bench fuzz uncalled service kills slow differential mutants coverage oldest audit env lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- the environment --------------------------------------------------------------------------------------------------
# One environment and a stamp for each set of packages, older than pyproject.toml or the lock when it must be made anew.

$(VENV)/made:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit("archdsl needs Python 3.11 to 3.13, and $(PYTHON) is %d.%d; name another: make PYTHON=python3.12 $(MAKECMDGOALS)" % v)'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: $(VENV)/made pyproject.toml $(LOCK)
	@echo "installing TensorFlow and friends (600 MB, once)"
	@$(PIP) install --constraint $(LOCK) --editable .
	@$(BIN)/python -m compileall -q archdsl
	@touch $@

$(VENV)/dev: $(VENV)/made pyproject.toml $(LOCK)
	@echo "installing TensorFlow and friends, and the tools for developers (600 MB, once)"
	@$(PIP) install --constraint $(LOCK) --editable '.[dev]'
	@$(BIN)/python -m compileall -q archdsl
	@touch $(VENV)/run $@

$(VENV)/quality: $(VENV)/dev
	@$(PIP) install --constraint $(LOCK) --editable '.[dev,quality]'
	@touch $@

$(VENV)/torch: $(VENV)/dev
	@echo "installing PyTorch, OpenVINO, LiteRT, Ray, and published weights (once)"
	@$(PIP) install --constraint $(LOCK) --editable '.[dev,litert,openvino,published,ray,torch]'
	@touch $@

torch: $(VENV)/torch ## add PyTorch, OpenVINO, LiteRT, Ray and published weights to .venv, so that no test is skipped for want of them

env: $(VENV)/dev ## make .venv with everything a developer needs

lock: $(VENV)/quality ## write the versions that .venv has to requirements-ci.lock
	@sed -n '/^#/p' $(LOCK) > $(LOCK).new
	@$(BIN)/python -m pip --disable-pip-version-check freeze --exclude-editable >> $(LOCK).new
	@mv $(LOCK).new $(LOCK)

# --- seeing it work ---------------------------------------------------------------------------------------------------

# Shows a command as a reader would type it, and runs it.
archdsl = @printf '\n$$ archdsl %s\n' '$(1)' && $(BIN)/archdsl $(1)

demo: $(VENV)/run ## check, draw, summarise and compile ResNet-50
	@mkdir -p out
	$(call archdsl,check specs/resnet50.arch)
	$(call archdsl,render specs/resnet50.arch -o out/resnet50.svg)
	$(call archdsl,summary specs/resnet50.arch)
	$(call archdsl,compile specs/resnet50.arch -o out/resnet50.keras)
	@printf '\nout/ has the diagram, resnet50.svg, and the model, resnet50.keras.\n'

# --- proving it -------------------------------------------------------------------------------------------------------

# The tests with Keras share one process; each of the others takes a gigabyte too, so there are few.
test: lint types imports ## run every check and every test
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

conformance: $(VENV)/dev ## compare every model of the zoo with its reference, the large ones too, and load each from a file
	@$(BIN)/python -m pytest tests/conformance tests/keras/test_life.py tests/keras/test_specs.py -m "" --record

exports: $(VENV)/torch ## write the models of the zoo in every form, compare the answers, and write docs/exports.md; goes on where it stopped
	@$(BIN)/python -m scripts.exports

# The packages of the extension for VS Code, as its lock has them; none runs a script while it is installed.
EXTENSION := editors/vscode
NPM ?= npm

$(EXTENSION)/node_modules/.package-lock.json: $(EXTENSION)/package.json $(EXTENSION)/package-lock.json
	@command -v $(NPM) > /dev/null || { echo "the extension for VS Code needs npm, which comes with Node 20" >&2; exit 1; }
	@cd $(EXTENSION) && $(NPM) ci --no-audit --no-fund --ignore-scripts
	@touch $@

editors: $(VENV)/dev $(EXTENSION)/node_modules/.package-lock.json ## package the extension for VS Code, editors/vscode/dist/archdsl.vsix, and test it
	@cd $(EXTENSION) && $(NPM) run --silent vsix
	@$(BIN)/python -m pytest -q tests/editors

lint: $(VENV)/dev ## ruff: mistakes and format; the form of the specs
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/archdsl fmt --check specs archdsl/std

types: $(VENV)/dev ## mypy, strict
	@$(BIN)/mypy

imports: $(VENV)/dev ## import-linter: which part may use which
	@$(BIN)/lint-imports

docs: $(VENV)/dev ## write the pages that are made from the code
	@$(BIN)/python -m scripts.docs

# How long `make fuzz` and `make slow` run, and which of the endless series of inputs it takes.
SECONDS ?= 600
SEED ?= 0

fuzz: $(VENV)/dev ## throw mutated and generated input at it for SECONDS=600
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED)
	@ARCHDSL_PROGRAMS=$$(( $(SECONDS) / 3 + 1 )) $(BIN)/python -m pytest -q tests/keras/test_generated.py

uncalled: $(VENV)/dev ## plant 1,000 mistakes in definitions that nothing calls, and check 10,000 programs that have none
	@ARCHDSL_UNCALLED=1 $(BIN)/python -m pytest -q -s tests/fuzz/test_uncalled.py

service: $(VENV)/dev ## make 20,000 random edits through the server, and try the laws of the language service at every place
	@ARCHDSL_EDITS=20000 ARCHDSL_SERVICE=all $(BIN)/python -m pytest -q tests/lsp

# How many processes of studies `make kills` ends.
KILLS ?= 50

kills: $(VENV)/dev ## kill processes of studies KILLS=50 times at random, with each engine, and compare the results
	@ARCHDSL_KILLS=$(KILLS) $(BIN)/python -m pytest -q -s -m "" tests/unit/training/test_kills.py

slow: $(VENV)/dev ## search for inputs that take long or much memory for their length, for SECONDS=600
	@$(BIN)/python -m tests.slow --seconds $(SECONDS) --seed $(SEED)

# How many times three programs, on each backend; and of each op how many calls, and pairs of sizes for a shared one.
PROGRAMS ?= 700
CALLS ?= 40
PAIRS ?= 70

differential: $(VENV)/dev ## compare backends with the NumPy definitions of the ops: PROGRAMS, CALLS and PAIRS of each op
	@ARCHDSL_VALUES=$(PROGRAMS) ARCHDSL_CALLS=$(CALLS) ARCHDSL_PAIRS=$(PAIRS) $(BIN)/python -m pytest -q \
		tests/keras/test_reference_ops.py tests/keras/test_shared_sizes.py tests/keras/test_generated_values.py \
		tests/onnx/test_agreement.py tests/onnx/test_openvino.py
	@ARCHDSL_CALLS=$(CALLS) $(BIN)/python -m pytest -q -m "" tests/keras/test_serving.py

mutants: $(VENV)/quality ## break shape rules and counts on purpose: the tests must notice nine in ten
	@$(BIN)/python -m scripts.mutants

coverage: $(VENV)/dev ## run every test and list the branches that none takes
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@$(BIN)/coverage json --quiet -o .coverage.json
	@$(BIN)/python -m scripts.branches .coverage.json

oldest: ## try the oldest versions of the dependencies that pyproject.toml allows
	@$(PYTHON) -m venv $(VENV)-oldest
	@$(PYTHON) -m scripts.oldest > $(VENV)-oldest/versions
	@$(VENV)-oldest/bin/python -m pip --quiet --disable-pip-version-check install --constraint $(VENV)-oldest/versions \
		--editable . editables hatchling hypothesis interegular ipython onnx optuna playwright pytest scikit-learn
	@$(VENV)-oldest/bin/python -m pytest -q -m "not keras and not full"
	@$(VENV)-oldest/bin/python -m pytest -q -m "not full" tests/unit/keras tests/keras/test_cli_compile.py

audit: $(VENV)/dev ## ask the vulnerability service about what the lock pins; needs the network
	@$(BIN)/pip-audit --strict --requirement $(LOCK) --no-deps --disable-pip --progress-spinner off

bench: $(VENV)/dev ## measure speed and memory against what else there is, and write the table of README.md
	@$(BIN)/python -m benchmarks --write

clean: ## remove everything that was made here
	rm -rf $(VENV) $(VENV)-oldest $(EXTENSION)/node_modules $(EXTENSION)/dist out dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis mutants .coverage*
	find archdsl tests -name __pycache__ -prune -exec rm -rf {} +
