"""Pages and code agree: every column, parameter, command and route is described, and nothing that is not there."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Collection
from types import ModuleType

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from api.routers import collections, pages, routes, study, walks
from servicecircle import schemas
from servicecircle.cli import app
from servicecircle.ingest import demand
from servicecircle.ingest import study as study_files
from servicecircle.ingest.links import LINK_COLUMNS
from servicecircle.pipeline import Results
from servicecircle.publish.layers import bundle_layers, bundle_tables
from servicecircle.publish.manifest import Manifest
from tests.docs.examples import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_hooks", DOCS / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def described(page: str, heading: str) -> list[str]:
    """Names in the first column of the table below a heading."""
    text = (DOCS / page).read_text("utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no heading {heading}"
    return re.findall(r"^\| `([^`]+)` \|", found[1], re.MULTILINE)


def headings(page: str, level: int) -> list[str]:
    text = re.sub(r"^```.*?^```", "", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(rf"^#{{{level}}} (.+)$", text, re.MULTILINE)


def part(page: str, heading: str) -> str:
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def columns_in(text: str) -> dict[str, list[str]]:
    """Names in the first column of the table below each heading of the third level."""
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)[1:]
    return {
        name: re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE)
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def test_the_bundle_page_names_every_layer_and_column(results: Results) -> None:
    layers = bundle_layers(results)
    told = columns_in(part("bundle.md", "Layers"))
    assert list(told) == list(layers)
    for name, layer in layers.items():
        assert told[name] == [c for c in layer.columns if c != layer.geometry.name], name


def test_the_bundle_page_names_every_table_and_column(results: Results) -> None:
    tables = bundle_tables(results)
    told = columns_in(part("bundle.md", "Tables"))
    as_layers = {"gaps", "route_legs"}
    assert set(told) == set(tables) - as_layers
    for name, columns in told.items():
        assert columns == list(tables[name].columns), name


def test_the_bundle_page_names_every_key_of_the_manifest() -> None:
    assert described("bundle.md", "manifest.json") == list(Manifest.model_fields)


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("facilities.csv", (*schemas.FACILITY_COLUMNS, *schemas.FACILITY_OPTIONAL)),
        ("population.csv", demand.POPULATION),
        ("people.csv", demand._DEMAND),  # noqa: SLF001
        ("vertical_links.csv", LINK_COLUMNS),
        ("routes.csv", study_files._ROUTES),  # noqa: SLF001
        ("route_stops.csv", study_files._STOPS),  # noqa: SLF001
    ],
)
def test_the_study_page_names_every_column(file: str, columns: Collection[str]) -> None:
    assert sorted(described("study-folder.md", file)) == sorted(columns)


def test_the_study_page_names_every_file() -> None:
    files = {*study_files._REQUIRED, *study_files._PEOPLE, *study_files._OPTIONAL}  # noqa: SLF001
    assert set(described("study-folder.md", "Files")) == files


def test_every_parameter_is_shown_with_where_it_comes_from(hooks: ModuleType) -> None:
    text = (ROOT / "servicecircle" / "rules" / "parameters.toml").read_text("utf-8")
    shown = list(hooks.parameters(text))
    values = {(s, k): v for s, table in tomllib.loads(text).items() for k, v in table.items()}
    assert {(p.section, p.name): p.value for p in shown} == values
    assert {p.name for p in shown if not p.note} <= {"cutoff_s"}  # 15 minutes: the name of the thing itself
    page = hooks.on_page_markdown((DOCS / "parameters.md").read_text("utf-8"))
    for p in shown:
        assert f"| `{p.name}` |" in page


def test_the_home_page_quotes_the_numbers_of_record() -> None:
    recorded = json.loads((ROOT / "tests" / "golden" / "district.json").read_text("utf-8"))["coverage_900"]
    rows = re.findall(
        r"^\| \S+ (\w+) \| (\w+) \| (\S+) \| (\S+) \| (\S+) \|", (DOCS / "index.md").read_text("utf-8"), re.MULTILINE
    )
    quoted = {
        f"{tier} {basis} {measure}": share
        for tier, basis, *shares in rows
        for measure, share in zip(("radius", "level", "walk"), shares, strict=True)
    }
    assert quoted.keys() == recorded.keys()
    for key, share in quoted.items():
        if share == "unknown":
            assert recorded[key]["share"] is None
        else:
            assert float(share.rstrip("%")) == pytest.approx(100 * recorded[key]["share"], abs=0.06)


def test_a_note_is_the_nearest_comment(hooks: ModuleType) -> None:
    text = "[pace]\n# One\n# two.\na = 1\nb = 2 # own\nc = 3\n"
    assert [p.note for p in hooks.parameters(text)] == ["One two.", "own", "One two."]


def test_every_profile_is_shown(hooks: ModuleType) -> None:
    profiles = tomllib.loads((ROOT / "servicecircle" / "rules" / "profiles.toml").read_text("utf-8"))
    shown = hooks.MADE["profiles"]()
    assert re.findall(r"^\| `([^`]+)` \|", shown, re.MULTILINE) == list(profiles)


def test_every_command_is_shown(hooks: ModuleType) -> None:
    def names(command: object, path: str) -> list[str]:
        inner = getattr(command, "commands", {})
        return [path, *(n for key, sub in inner.items() for n in names(sub, f"{path} {key}"))]

    shown = hooks.on_page_markdown((DOCS / "cli.md").read_text("utf-8"))
    assert re.findall(r"^## (servicecircle.*)$", shown, re.MULTILINE) == names(get_command(app), "servicecircle")
    groups = 2  # route, registry: their commands have the examples
    assert (
        shown.count("Example: servicecircle ")
        == len([n for n in names(get_command(app), "x") if n.count(" ")]) - groups
    )


def test_every_route_is_shown(hooks: ModuleType) -> None:
    page = hooks.on_page_markdown((DOCS / "api.md").read_text("utf-8"))
    for router in (study, walks, routes, collections):
        for route in router.router.routes:
            assert isinstance(route, APIRoute)
            if route.include_in_schema:
                path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
                assert all(f"### `{method} {path}`" in page for method in route.methods), path
    for route in pages.router.routes:
        assert isinstance(route, APIRoute)
        assert f"| `{route.path}` |" in page


def test_no_mark_is_left(hooks: ModuleType) -> None:
    for path in DOCS.rglob("*.md"):
        assert "<!-- made:" not in hooks.on_page_markdown(path.read_text("utf-8")), path.name


def test_every_decision_is_listed(hooks: ModuleType) -> None:
    listed = hooks.MADE["decisions"]()
    for path in (DOCS / "decisions").glob("[0-9]*.md"):
        assert f"({path.name})" in listed


def test_main_pages_begin_in_chinese() -> None:
    without = {"contributing.md", "changelog.md"}
    for path in DOCS.glob("*.md"):
        lines = path.read_text("utf-8").splitlines()
        if path.name in without:
            continue
        assert '!!! abstract "摘要"' in lines[:4], path.name
        summary = "".join(line for line in lines[3:10] if line.startswith("    "))
        assert len(re.findall(r"[\u4e00-\u9fff]", summary)) > 30, path.name
