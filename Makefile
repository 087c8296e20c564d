# The same few commands for people and CI. GNU Make 3.81 (macOS) and a POSIX shell are enough.

BIN := .venv/bin
NODE := $(CURDIR)/.venv/bin/node
PYTHON_FILES = backend tests benchmarks tools migrations hatch_build.py
# One thread each: tests run beside a server, and BLAS pools that fight for cores are slower.
ONE_THREAD = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
UV_COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes \
	--no-emit-index-url --no-header --python-version 3.11

.PHONY: help run test check bench lock clean

help:
	@echo "make run     install what is needed and start the server (make run ARGS='--port 9000')"
	@echo "make test    every test, browser included (make test ARGS='tests/unit -k tokens')"
	@echo "make check   linters, formatting, types, import arrows"
	@echo "make bench   speeds, as ratios of a floor measured in the same run"
	@echo "make lock    bring the lock files up to date with pyproject.toml"
	@echo "make clean   remove everything installed or built; data/ stays"

run:
	@tools/install runtime
	@exec $(BIN)/classifr serve $(ARGS)

test:
	@tools/install dev
	@$(BIN)/python tools/browser.py > /dev/null
	$(NODE) --test 'tests/frontend/**/*.test.js'
	$(ONE_THREAD) TEST_CHROMIUM="$$(cat .venv/.browser)" PLAYWRIGHT_NODEJS_PATH="$(NODE)" \
		$(BIN)/python -m pytest $(ARGS)

check:
	@tools/install dev
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/mypy
	$(NODE) frontend/node_modules/typescript/bin/tsc --project frontend/jsconfig.json
	$(BIN)/python -m pytest -q tests/unit/test_import_arrows.py

bench:
	@tools/install dev
	$(ONE_THREAD) $(BIN)/python benchmarks/run.py $(ARGS)

# Runtime first: the others keep its versions, so that tests run what users run.
lock:
	@tools/install dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv<1'
	$(UV_COMPILE) pyproject.toml --output-file requirements.lock
	$(UV_COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(UV_COMPILE) --group build --constraint requirements-dev.lock --output-file requirements-build.lock

clean:
	rm -rf .venv build dist frontend/node_modules frontend/vendor tests/node_modules test-results
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find backend migrations tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +
