# Two commands on a fresh machine with python3.11 (and its venv module) and make:
#   make study   the study of the bundled district: tables, layers and the map, under build/
#   make test    every test
PYTHON ?= python3
BIN := .venv/bin

.PHONY: study test check lock data clean

study: .venv/study.stamp
	@$(BIN)/servicecircle build --out build
	@$(BIN)/python -m maps study --bundle build --out build/maps

test: .venv/develop.stamp
	@$(BIN)/python -m pytest

check: .venv/develop.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# One environment; `develop` adds the tests' and the checkers' packages to what `study` needs.
.venv/%.stamp: requirements/%.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the locked packages of $< (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Maintainers: rewrite the lock files (needs uv), and the data set from the gathered source material.
lock:
	uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml --group apps -o requirements/study.txt
	uv pip compile -q --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml --group apps --group test --group check -o requirements/develop.txt

data: .venv/study.stamp
	$(BIN)/python data/geo/make.py --source $(SOURCE)

clean:
	rm -rf build
