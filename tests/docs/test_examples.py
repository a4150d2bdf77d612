"""Every example of the pages is run, and the pages say what it prints."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.docs.examples import PAGES, ROOT, run_page, write_page

REFRESH = "run `python -m tests.docs.examples --write`, and read the difference"
SHOWN = ("```console\n", "```python\n", "<!-- figures: ")
BUILDING = "quickstart"  # its build must be the bundle that all other pages and tests are given
WITH_EXAMPLES = [page for page in PAGES if any(mark in page.read_text("utf-8") for mark in SHOWN)]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_a_page_prints_what_its_examples_print(page: Path, bundle: Path, warm: Path, tmp_path: Path) -> None:
    examples = run_page(page.read_text("utf-8"), tmp_path, bundle, warm)
    assert examples
    for k, example in enumerate(examples):
        assert example.found == example.said, f"{page.name}: {example.code}\n{REFRESH}"
        asked = k + 1 < len(examples) and examples[k + 1].code == "echo $?"
        assert (example.exit_code == 0) != asked, f"{page.name}: {example.code} ends with {example.exit_code}"

    if page.stem == BUILDING:
        assert not (tmp_path / "build").is_symlink()
        assert _files(tmp_path / "build") == _files(bundle)


def _files(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_pages_with_numbers_are_among_them() -> None:
    assert {"index", "quickstart", "method", "library"} <= {page.stem for page in WITH_EXAMPLES}


def test_a_wrong_output_is_seen_and_corrected(bundle: Path, warm: Path, tmp_path: Path) -> None:
    page = "```console\n$ echo one\ntwo\n$ false\n$ echo $?\n1\n```\n\n```python\nprint(2)\n```\n"
    examples = run_page(page, tmp_path, bundle, warm)
    assert [(e.said, e.found, e.exit_code) for e in examples] == [
        ("two\n", "one\n", 0),
        ("", "", 1),
        ("1\n", "1\n", 0),
        ("", "2\n", 0),
    ]
    corrected = page.replace("two\n", "one\n") + "\n```text\n2\n```\n"
    assert write_page(page, examples) == corrected
    assert write_page(corrected, examples) == corrected


def test_no_fence_escapes() -> None:
    """A block in a language that nobody runs is shown only: those are listed here."""
    shown_only = {"json", "sh", "toml", "text"}
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        fences = [line[3:] for line in page.read_text("utf-8").splitlines() if line.startswith("```")][::2]
        assert set(fences) <= shown_only | {"console", "python"}, page.name
