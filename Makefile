# Two commands on a fresh machine with python3.11 (and its venv module) and make:
#   make study   the study of the bundled district: tables, layers and the map, under build/
#   make serve   the service on http://127.0.0.1:8000, over that study
#   make site    the static site with map, report, sheets, routes and open data, under site/
#   make test    every test
#   make bench   speed and quality beside other tools
#   make hunt    fuzzing, killed and racing processes, full disks, a cluster, benchmarks; HUNT_SECONDS (an hour) and more
PYTHON ?= python3
BIN := .venv/bin

.PHONY: study site serve test check docs bench hunt lock data clean

study: .venv/study.stamp
	@$(BIN)/servicecircle build --out build
	@$(BIN)/python -m maps study --bundle build --out build/maps
	@$(BIN)/python -m maps report --bundle build --out build/report

site: .venv/study.stamp
	@test -f build/manifest.json || $(BIN)/servicecircle build --out build
	@$(BIN)/python -m maps site --bundle build --out site --gcj02

serve: .venv/study.stamp
	@test -f build/manifest.json || $(BIN)/servicecircle build --out build
	@test -f build/maps/study.html || $(BIN)/python -m maps study --bundle build --out build/maps
	@test -f build/report/index.html || $(BIN)/python -m maps report --bundle build --out build/report
	@$(BIN)/python -m api --bundle build

test: .venv/develop.stamp
	@$(BIN)/python -m tests.kernels
	@$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

check: .venv/develop.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

docs: .venv/develop.stamp
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo build/docs/index.html

# One environment; `develop` adds the tests' and the checkers' packages to what `study` needs.
.venv/%.stamp: requirements/%.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the locked packages of $< (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Speed and quality beside other tools, in an environment of its own; minutes, not seconds. Not part of any test.
bench: .bench/stamp
	@.bench/bin/python -m benchmarks.circles
	@.bench/bin/python -m benchmarks.heights
	@.bench/bin/python -m benchmarks.climb

.bench/stamp: requirements/bench.txt pyproject.toml
	@test -x .bench/bin/python || $(PYTHON) -m venv .bench
	@.bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@.bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Looks for what breaks the readers, the registry, the service and the benchmarks. Long; not part of any test.
hunt: .venv/develop.stamp
	@$(BIN)/python -m pytest -m long
	@$(BIN)/python -m tests.hunt
	@$(BIN)/python -m benchmarks.big

# Maintainers: rewrite the lock files (needs uv), and the data set from the gathered source material.
lock:
	uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml --group apps -o requirements/study.txt
	uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml --group apps --group test --group check --group docs -o requirements/develop.txt
	uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml --group apps --group bench -o requirements/bench.txt

data: .venv/study.stamp
	$(BIN)/python data/geo/make.py --source $(SOURCE)

clean:
	rm -rf build
