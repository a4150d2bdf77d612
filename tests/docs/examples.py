"""Examples in pages: what is run, what it must print, and how a page is brought up to date.

- A ``console`` block is run: lines that begin with ``$`` are commands of one shell, the lines below are their output.
- A ``python`` block is run, all of a page in one program; a ``text`` block right below holds what it prints.
- ``<!-- figures: NAME -->`` to ``<!-- /figures -->`` holds figures of the bundled district.
- ``sh`` blocks are shown only: they install, serve or need an engine.

``python -m tests.docs.examples --write`` runs everything and writes what was found into the pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.figures import FIGURES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
COLUMNS = 84
HERE = Path(sys.executable).parent
_END = "\x1e"
_BLOCK = re.compile(
    r"^```console\n(?P<console>.*?)^```\n"
    r"|^```python\n(?P<python>.*?)^```\n(?:\n```text\n(?P<printed>.*?)^```\n)?"
    r"|^<!-- figures: (?P<figures>[a-z-]+) -->\n(?P<shown>.*?)^<!-- /figures -->\n",
    re.MULTILINE | re.DOTALL,
)
_SECONDS = re.compile(r"\(\d+\.\d s\)")


@dataclass(frozen=True, slots=True)
class Example:
    """A command or program of a page, what the page says it prints, and what it prints."""

    code: str
    said: str
    found: str
    exit_code: int = 0


def run_page(text: str, folder: Path, bundle: Path, programs: Path = HERE) -> list[Example]:
    """Run every example of a page in an empty folder, with the bundle in it unless the page builds its own.

    ``programs`` is where ``servicecircle`` and ``python`` are.
    """
    blocks = list(_BLOCK.finditer(text))
    commands = [c for b in blocks if b["console"] is not None for c in _commands(b["console"])]
    sources = [b for b in blocks if b["python"] is not None]
    if not any(command.startswith("servicecircle build") for command, _ in commands):
        (folder / "build").symlink_to(bundle)
    found = [] if not commands else _shell([command for command, _ in commands], folder, programs)
    examples = [Example(c, said, out, code) for (c, said), (out, code) in zip(commands, found, strict=True)]
    printed = [] if not sources else _python([b["python"] for b in sources], folder, programs)
    examples += [Example(b["python"], b["printed"] or "", out) for b, out in zip(sources, printed, strict=True)]
    shown = [b for b in blocks if b["figures"]]
    return examples + [Example(b["figures"], b["shown"], FIGURES[b["figures"]](bundle)) for b in shown]


def write_page(text: str, examples: list[Example]) -> str:
    """Return the page with what its examples print."""
    found = {example.code: example.found for example in examples}

    def block(match: re.Match[str]) -> str:
        if match["console"] is not None:
            lines = "".join(f"$ {c}\n{found[c]}" for c, _ in _commands(match["console"]))
            return f"```console\n{lines}```\n"
        if match["python"] is not None:
            out = found[match["python"]]
            return f"```python\n{match['python']}```\n" + (f"\n```text\n{out}```\n" if out else "")
        return f"<!-- figures: {match['figures']} -->\n{found[match['figures']]}<!-- /figures -->\n"

    return _BLOCK.sub(block, text)


def _commands(block: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def _shell(commands: list[str], folder: Path, programs: Path) -> list[tuple[str, int]]:
    lines = [f"{command}\ncode=$?; printf '{_END}%s{_END}' $code; (exit $code)\n" for command in commands]
    parts = _run(["bash", "-c", "".join(lines)], folder, programs).split(_END)
    return [(_tidy(out), int(code)) for out, code in zip(parts[:-1:2], parts[1::2], strict=True)]


def _python(sources: list[str], folder: Path, programs: Path) -> list[str]:
    text = "".join(f"{source}\nprint({_END!r}, end='')\n" for source in sources)
    python = [str(programs / "python"), *(() if programs != HERE else ("-W", "error"))]
    parts = _run([*python, "-c", text], folder, programs).split(_END)
    assert len(parts) == len(sources) + 1, parts[-1]
    return [_tidy(part) for part in parts[:-1]]


def _run(command: list[str], folder: Path, programs: Path = HERE) -> str:
    environment = os.environ | {
        "PATH": f"{programs}:{HERE}:{os.environ['PATH']}",
        "COLUMNS": str(COLUMNS),
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def _tidy(output: str) -> str:
    """Take out what differs from run to run, and spaces nobody sees."""
    lines = [_SECONDS.sub("(… s)", line).rstrip() for line in output.replace("\ufeff", "").splitlines()]
    return "".join(f"{line}\n" for line in "\n".join(lines).strip("\n").splitlines())


def _main(arguments: list[str]) -> None:
    with TemporaryDirectory() as scratch:
        bundle = Path(scratch) / "build"
        _run(["servicecircle", "build", "--out", str(bundle)], Path(scratch))
        for page in PAGES:
            text = page.read_text("utf-8")
            with TemporaryDirectory() as folder:
                now = write_page(text, run_page(text, Path(folder), bundle))
            if now != text:
                sys.stdout.write(f"{page.relative_to(ROOT)} differs\n")
                if "--write" in arguments:
                    page.write_text(now, "utf-8")


if __name__ == "__main__":
    _main(sys.argv[1:])
