"""The two READMEs: their commands run, their links lead somewhere, their figures hold."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from servicecircle.holdout import SUM
from servicecircle.sharing import MODELS
from tests.conftest import Run
from tests.docs.examples import ROOT

READMES = ("README.md", "README.zh-CN.md")
_FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
_PROGRAM = ".venv/bin/servicecircle "


def lines_of(name: str) -> list[str]:
    blocks = _FENCE.findall((ROOT / name).read_text("utf-8"))
    return [line for block in blocks for line in block.splitlines() if line]


def commands(name: str) -> list[str]:
    return [line.removeprefix(_PROGRAM) for line in lines_of(name) if line.startswith(_PROGRAM)]


ASKED = [command for command in commands("README.md") if "MY-STUDY" not in command]


@pytest.mark.parametrize("command", ASKED, ids=lambda command: command.split()[0])
def test_a_command_of_the_readme_runs(command: str, bundle: Path, tmp_path: Path, cli: Run) -> None:
    (tmp_path / "build").symlink_to(bundle)
    words = shlex.split(command)
    done = cli(*(words[: words.index(">")] if ">" in words else words), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_its_own_study_runs(town: Path, tmp_path: Path, cli: Run) -> None:
    (command,) = [c for c in commands("README.md") if "MY-STUDY" in c]
    (tmp_path / "my.toml").write_text("[coverage]\nradius_m = 800.0\n", "utf-8")
    words = [str(town) if word == "MY-STUDY" else word for word in shlex.split(command)]
    done = cli(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "manifest.json").is_file()


def test_both_languages_show_the_same_commands() -> None:
    english, chinese = (commands(name) for name in READMES)
    assert [c.split()[0] for c in english] == [c.split()[0] for c in chinese]
    assert [c for c in english if "MY-STUDY" not in c] == [c for c in chinese if "我的" not in c]


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "docs/api.md", "docs/quickstart.md"])
def test_make_knows_every_target(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"\bmake ([a-z]+)\b", "\n".join(lines_of(name))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    for target in _LINK.findall((ROOT / name).read_text("utf-8")):
        assert (ROOT / target).exists(), target


def test_the_figures_hold(bundle: Path) -> None:
    """How far the population models miss, and how many people live where no building is mapped."""
    table = pd.read_csv(bundle / "tables" / "population_hold_out.csv")
    alone = (table["told"] == "district") & table["model"].isin(MODELS) & (table["subdistrict"] != SUM)
    off = (table.loc[alone, "ratio"] - 1).abs() * 100
    low, high = round(off.min()), round(off.max())
    english, chinese = ((ROOT / name).read_text("utf-8") for name in READMES)
    method = (ROOT / "docs" / "method.md").read_text("utf-8")
    for text in (english, method):
        assert re.search(rf"{low} to\s+{high} %", text)
    assert f"{low}%至{high}%" in chinese
    homes = gpd.read_parquet(bundle / "layers" / "demand.parquet")
    unmapped = homes.loc[homes["kind"] != "footprint", "people"].sum() / homes["people"].sum()
    assert "Half of the people live where no building has been mapped" in " ".join(english.split())
    assert abs(unmapped - 0.5) < 0.05
