# ruff: noqa: INP001  mkdocs loads this file by its path
"""Parts of the site that are written from the code, so that they cannot drift from it.

A page asks for one with a line ``<!-- made: NAME -->``. Nothing here opens a socket.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "servicecircle" / "rules"
DECISIONS = ROOT / "docs" / "decisions"

_MARK = re.compile(r"^<!-- made: ([a-z-]+) -->$", re.MULTILINE)
_SECTION = re.compile(r"^\[(\w+)\]\s*(?:#\s*(.*))?$")
_KEY = re.compile(r"^(\w+)\s*=")
_BOX = re.compile(r"^!!! .*\n(?:    .*\n)+", re.MULTILINE)
_HAN = "\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef“”"
_BROKEN = re.compile(rf"(?<=[{_HAN}])\n    (?=[{_HAN}*\[])")
_REPOSITORY_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#|mailto:)([^)]+)\)")
_LONG = 8  # a longer list gets a box of its own
_WIDTH = 100
_UNITS = {
    "minutes": "min", "_m2": "m²", "_mps": "m/s", "_per_m": "1/m", "_s": "s", "_m": "m", "_year": "year",
    "people": "people", "levels": "levels", "nodes": "nodes",
}  # fmt: skip
_SECTIONS = {
    "circles": "圈 Circles",
    "pace": "步速 Pace",
    "terrain": "地形 Terrain",
    "snap": "接入路网 Snapping",
    "coverage": "覆盖 Coverage",
    "gaps": "缺口 Gaps",
    "links": "垂直交通 Vertical links",
    "population": "人口 Population",
    "routes": "游学线路 Study routes",
    "design": "设计线路 Designing routes",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of ``parameters.toml`` with the comment that says where it comes from."""

    section: str
    name: str
    value: Any
    note: str


def on_config(config: Any) -> Any:  # noqa: ANN401  mkdocs has no types
    """Put every decision into the navigation, in the order of its number."""
    sys.path.insert(0, str(ROOT))
    pages: list[Any] = [{_title(path): f"decisions/{path.name}"} for path in _decisions()]
    for part in config["nav"]:
        for entries in part.values():
            if isinstance(entries, list):
                at = next((i for i, entry in enumerate(entries) if "decisions/index.md" in entry.values()), None)
                if at is not None:
                    name = next(iter(entries[at]))
                    entries[at] = {name: ["decisions/index.md", *pages]}
    return config


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace the marks of a page by what they ask for, and let Chinese lines run on without a space."""
    text = _MARK.sub(lambda found: MADE[found[1]](), markdown)
    return _BOX.sub(lambda box: _BROKEN.sub("", box[0]), text)


def on_post_build(config: Any) -> None:  # noqa: ANN401
    """Write the search index as a script too: a page opened as a file may not read JSON."""
    folder = Path(config["site_dir"]) / "search"
    index = (folder / "search_index.json").read_text("utf-8")
    (folder / "search_index.js").write_text(f"var __index = {index}", "utf-8")


def parameters(text: str) -> Iterator[Parameter]:
    """Read the packaged parameters with their comments.

    The comment after a value is its own; a value without one has the comment block above it, or above its neighbour.
    """
    values = tomllib.loads(text)
    section, block, fresh = "", "", False
    for line in text.splitlines():
        if found := _SECTION.match(line):
            section, block, fresh = found[1], found[2] or "", False
        elif line.startswith("#"):
            block = f"{block} {line.lstrip('# ')}" if fresh else line.lstrip("# ")
            fresh = True
        elif found := _KEY.match(line):
            own = line.partition(" # ")[2].strip()
            yield Parameter(section, found[1], values[section][found[1]], own or block)
            fresh = False


def _parameters() -> str:
    found = list(parameters((RULES / "parameters.toml").read_text("utf-8")))
    parts = []
    for section in dict.fromkeys(p.section for p in found):
        own = [p for p in found if p.section == section]
        parts.append(f"## {_SECTIONS.get(section, section)} `[{section}]`\n")
        rows = [(f"`{p.name}`", _value(p), _unit(p.name), p.note) for p in own]
        parts.append(_table(("parameter", "value", "unit", "what it is, where it comes from"), rows))
        parts += [
            f'??? note "{p.name}: {len(p.value)} values"\n    {", ".join(f"`{v}`" for v in p.value)}\n'
            for p in own
            if isinstance(p.value, list) and len(p.value) > _LONG
        ]
    return "\n".join(parts)


def _value(p: Parameter) -> str:
    if isinstance(p.value, list) and len(p.value) > _LONG:
        return f"{len(p.value)} values, below"
    if isinstance(p.value, list):
        return ", ".join(f"{v}" for v in p.value)
    return str(p.value).lower() if isinstance(p.value, bool) else str(p.value)


def _unit(name: str) -> str:
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")


def _profiles() -> str:
    from servicecircle.parameters import Profile  # noqa: PLC0415

    profiles = tomllib.loads((RULES / "profiles.toml").read_text("utf-8"))
    choices = {name: field.default for name, field in Profile.model_fields.items() if field.annotation is bool}
    said = {True: "yes", False: "no"}
    rows = [
        (
            f"`{name}`",
            p["name_zh"],
            f"{p['flat_mps']:.2f}",
            p["stairs"].replace("_", " "),
            *(said[p.get(key, default)] for key, default in choices.items()),
            p["source"],
        )
        for name, p in profiles.items()
    ]
    return _table(("profile", "谁", "level pace, m/s", "stairs", *choices, "source"), rows)


def _walkable() -> str:
    rules = tomllib.loads((RULES / "walkable.toml").read_text("utf-8"))["rule"]
    rows = [
        (str(k), "yes" if rule["walk"] else "no", rule["reason_zh"], rule["reason_en"])
        for k, rule in enumerate(rules, 1)
    ]
    return _table(("rule", "walk", "原因", "reason"), rows)


def _cli() -> str:
    from typer.main import get_command  # noqa: PLC0415

    from servicecircle.cli import app  # noqa: PLC0415

    return "\n".join(_help(get_command(app), ["servicecircle"], None))


def _help(command: Any, path: list[str], parent: Any) -> Iterator[str]:  # noqa: ANN401  a click command or group
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = command.context_class(command, info_name=path[-1], parent=parent, **settings)
    yield f"## {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```\n"
    for name, inner in getattr(command, "commands", {}).items():
        yield from _help(inner, [*path, name], context)


def _routes() -> str:
    from fastapi import FastAPI  # noqa: PLC0415

    from api.guide import sections  # noqa: PLC0415
    from api.routers import collections, operations, routes, siting, study, walks  # noqa: PLC0415

    app = FastAPI(title="servicecircle")
    for part in (study, siting, walks, routes, collections, operations):
        app.include_router(part.router)
    parts = []
    for tag, listed in sections(app.openapi()).items():
        parts.append(f"## {tag}\n")
        for operation in listed:
            parts.append(f"### `{operation.method} {operation.path}`\n\n**{operation.summary}**\n\n{operation.about}\n")
            if operation.asked:
                rows = [(f"`{a.name}`", a.kind, "yes" if a.required else "", a.about) for a in operation.asked]
                parts.append(_table(("parameter", "value", "required", "meaning"), rows))
    return "\n".join(parts)


def _problems() -> str:
    from api.errors import PROBLEMS  # noqa: PLC0415

    rows = [(str(int(p.status)), f"`{p.slug}`", p.title) for _, p in PROBLEMS]
    return _table(("status", "problem", "title"), rows)


def _decision_index() -> str:
    return "\n".join(f"- [{_title(path)}]({path.name})" for path in _decisions()) + "\n"


def _decisions() -> list[Path]:
    return sorted(DECISIONS.glob("[0-9]*.md"))


def _title(path: Path) -> str:
    return path.read_text("utf-8").splitlines()[0].lstrip("# ")


def _picture() -> str:
    """Show the picture of the map where the checkout has it."""
    if not (ROOT / "docs" / "images" / "study-map.png").is_file():
        return ""
    return "![研究地图 The study map: places, 15-minute circles and coverage](images/study-map.png)\n"


def _file(name: str, under: str = "docs/") -> Callable[[], str]:
    """Include a file of the repository; its links to pages stay links, those to other files become their words."""

    def link(found: re.Match[str]) -> str:
        words, target = found.groups()
        if target.startswith(under) and target.partition("#")[0].endswith(".md"):
            return f"[{words}]({target.removeprefix(under)})"
        return words

    def include() -> str:
        return _REPOSITORY_LINK.sub(link, (ROOT / name).read_text("utf-8").partition("\n")[2])

    return include


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines) + "\n"


MADE: dict[str, Callable[[], str]] = {
    "changelog": _file("CHANGELOG.md"),
    "cli": _cli,
    "contributing": _file("CONTRIBUTING.md"),
    "data-sheet": _file("data/geo/README.md"),
    "decisions": _decision_index,
    "parameters": _parameters,
    "picture": _picture,
    "problems": _problems,
    "profiles": _profiles,
    "routes": _routes,
    "walkable": _walkable,
}
