"""Run the commands that the pages show and paste what they print: `python docs/console.py [PAGE…]`.

A block that starts with ```console holds commands after `$ ` and, below each, what it prints (stdout, or
stderr where that is all). `head=N` after it keeps the first N lines of each; with `silent` the commands run
and nothing is shown. A block that starts with ```yaml FILE is written to FILE first. All blocks of a page
run in its order, in a folder of their own beside a copy of configs/. A test runs them again and compares,
numbers aside.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(
    r"^```(console|yaml)(?: (?P<about>\S[^\n]*))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
FINE = (0, 1, 2, 3)
"""Exit codes of commands on a page: a missed target and a mistake that is shown are answers too."""


def run_page(text: str) -> str:
    """The page with its blocks run and their outputs pasted. Raises RuntimeError for a bug or a time-out."""
    if "```console" not in text:
        return text
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "configs", Path(folder) / "configs")
        return BLOCK.sub(lambda found: _run_block(found, Path(folder)), text)


def _run_block(found: re.Match[str], folder: Path) -> str:
    kind, about = found[1], found["about"] or ""
    if kind == "yaml":
        if "." in about:
            (folder / about).write_text(found["text"], encoding="utf-8")
        return found[0]
    head = re.search(r"head=(\d+)", about)
    lines: list[str] = []
    for command in COMMAND.findall(found["text"]):
        lines.append(f"$ {command}")
        said = _output(command, folder)
        if "silent" not in about:
            lines += said if head is None or len(said) <= int(head[1]) else [*said[: int(head[1])], "…"]
    opening = f"```console {about}".rstrip()
    return "\n".join([opening, *(line.rstrip() for line in lines), "```"])


def _output(command: str, folder: Path) -> list[str]:
    words = shlex.split(command.replace("\\\n", " "))
    if words[0] != "simulator":
        raise RuntimeError(f"only simulator is run on pages, not: {command}")
    words = [sys.executable, "-m", "simulator", *words[1:]]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    if done.returncode not in FINE:
        raise RuntimeError(f"{command}\n{done.stderr}")
    return (done.stdout or done.stderr).rstrip().splitlines()


def main(names: list[str]) -> None:
    """Rewrite the named pages, or all, in place."""
    for page in PAGES:
        if names and page.name not in names:
            continue
        before = page.read_text(encoding="utf-8")
        after = run_page(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
