"""Pages and code agree: every column, parameter, command and route is described, and nothing that is not there."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from api.routers import collections, matrix, operations, pages, routes, siting, study, walks
from servicecircle import schemas
from servicecircle.causes import Cause
from servicecircle.cli import app
from servicecircle.ingest import communities, demand, lights, own_route, standards, targets
from servicecircle.ingest import routes as study_routes
from servicecircle.ingest import study as study_files
from servicecircle.ingest.amenities import AMENITIES
from servicecircle.ingest.entries import Keys
from servicecircle.ingest.links import LINK_COLUMNS
from servicecircle.ingest.planning import FILES, Planning, read_planning
from servicecircle.model import Study, Tier
from servicecircle.pipeline import Results
from servicecircle.publish.layers import bundle_layers, bundle_tables
from servicecircle.publish.manifest import Manifest
from servicecircle.route_checks import FAULTS
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
    return re.findall(r"^\| `([^`]+)` \|", section(page, heading), re.MULTILINE)


def section(page: str, heading: str) -> str:
    """Text below a heading, up to the next."""
    text = (DOCS / page).read_text("utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no heading {heading}"
    return found[1]


def fences(heading: str) -> list[str]:
    """Return the examples below a heading of the study page."""
    return re.findall(r"^```[a-z]+\n(.*?)^```", section("study-folder.md", heading), re.MULTILINE | re.DOTALL)


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
    as_layers = {"gaps", "missing_links", "route_legs"}
    assert "catchments" not in tables  # nobody knows a capacity here
    assert told.pop("catchments") == ["demand_id", *(f"{tier}_per_person" for tier in Tier)]
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
        ("ratings.csv", lights._RATINGS),  # noqa: SLF001
        ("communities.geojson", communities._COLUMNS),  # noqa: SLF001
        ("targets.toml", targets._TARGET.types),  # noqa: SLF001
        ("vertical_links.csv", LINK_COLUMNS),
        ("routes.csv", (*study_routes.ROUTES, *study_routes.ROUTES_OPTIONAL)),
        ("route_stops.csv", (*study_routes.STOPS, *study_routes.STOPS_OPTIONAL)),
        ("amenities.csv", AMENITIES),
    ],
)
def test_the_study_page_names_every_column(file: str, columns: Collection[str]) -> None:
    assert sorted(described("study-folder.md", file)) == sorted(columns)


def test_the_study_page_names_every_file() -> None:
    files = {*study_files._REQUIRED, *study_files._PEOPLE, *study_files._OPTIONAL}  # noqa: SLF001
    assert set(described("study-folder.md", "Files")) == files | set(FILES)


def test_the_study_page_names_every_form_of_people() -> None:
    body = section("study-folder.md", "people.csv")
    forms = {column for form in demand.FORMS.values() for column in form}
    further = {"people_low", "people_high", "people_LO_HI", "people_LO"}
    assert set(described("study-folder.md", "people.csv")) == forms | further
    for name in (*further - {"people_LO_HI", "people_LO"}, "people_6_12", "people_60"):
        assert f"`{name}`" in body
        assert name in demand._RANGE or demand._GROUP.fullmatch(name)  # noqa: SLF001


@pytest.mark.parametrize(
    ("file", "keys"),
    [
        (
            "standards.toml",
            {"a preset": standards._PRESET, "a rule": standards._RULE, "pace": standards._PACE},  # noqa: SLF001
        ),
        ("lights.toml", {"light": lights._LIGHT, "an item": lights._ITEM}),  # noqa: SLF001
    ],
)
def test_the_study_page_names_every_key(file: str, keys: dict[str, Keys]) -> None:
    parts = re.split(r"^\| key of ([a-z ]+) \|.*$", section("study-folder.md", file), flags=re.MULTILINE)[1:]
    told = {
        name: re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE)
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
    assert {name: sorted(names) for name, names in told.items()} == {k: sorted(v.types) for k, v in keys.items()}


def test_the_examples_of_people_are_read(district: Study, tmp_path: Path) -> None:
    forms = set()
    for text in fences("people.csv"):
        path = tmp_path / "people.csv"
        path.write_text(text, "utf-8")
        table = demand.read_demand(path, district.ways.extent)
        assert len(table) == len(text.splitlines()) - 1
        forms.add(next(form for form in demand.FORMS if form in table.columns))
    assert forms == {"demand_id", "cell_id", "subdistrict"}


def test_the_examples_of_the_planner_are_read(district: Study, tmp_path: Path) -> None:
    for file in FILES:
        (text,) = fences(file)
        (tmp_path / file).write_text(text, "utf-8")
    planning = read_planning(tmp_path, district)
    told: dict[str, Callable[[Planning], bool]] = {
        "standards.toml": lambda p: "office" in {preset.id for preset in p.standards.presets},
        "lights.toml": lambda p: [item.id for item in p.lights.items] == ["satisfaction"],
        "ratings.csv": lambda p: p.ratings is not None and len(p.ratings) == 1,
        "targets.toml": lambda p: [target.id for target in p.targets] == ["bases_2027"],
        "communities.geojson": lambda p: p.communities is not None and len(p.communities) == 1,
    }
    assert set(told) == set(FILES)
    for file, holds in told.items():
        assert holds(planning), file


def test_the_method_page_names_the_causes_in_their_order() -> None:
    assert described("method.md", "Gaps and their causes") == list(Cause)


def test_the_page_of_routes_names_every_fault() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `?(\w+)`? \|", section("routes.md", "Faults"), re.MULTILINE)
    assert dict(rows) == FAULTS


def test_the_page_of_routes_names_every_key() -> None:
    told = described("routes.md", "Keys")
    assert sorted(told) == sorted({*own_route.ROUTE_KEYS.types, *own_route.STOP_KEYS.types})


def test_the_method_page_quotes_the_hold_out(results: Results) -> None:
    table = results.demand.hold_out.round({"ratio": 2})
    quoted = re.findall(
        r"^\| (\w+) \| `(\w+)` \| (\S+) \| (\S+) \| (\S+) \|$", section("method.md", "Population"), re.MULTILINE
    )
    assert len(quoted) == len(table.groupby(["told", "model"]))
    for told, model, *ratios in quoted:
        rows = table[(table["told"] == told) & (table["model"] == model)].set_index("subdistrict")["ratio"]
        for code, ratio in zip(("500103007", "500103010", "sum"), ratios, strict=True):
            assert (f"{rows[code]:.2f}" if code in rows else "-") == ratio, (told, model, code)


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
    for router in (study, siting, walks, matrix, routes, collections, operations):
        for route in router.router.routes:
            if router is walks and not isinstance(route, APIRoute):  # the matrix, which stands in it
                continue
            assert isinstance(route, APIRoute)
            if route.include_in_schema:
                path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
                assert route.methods
                assert all(f"### `{method} {path}`" in page for method in route.methods), path
    for route in pages.router.routes:
        assert isinstance(route, APIRoute)
        path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
        assert f"| `{path}` |" in page, path


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
