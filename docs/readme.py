"""Paste the seed question's answer and picture into both READMEs: `python docs/readme.py`, some minutes.

The answer is what `simulator compare configs/seed-question.yaml` prints, shortened to the summary of what
the settings do to unavailability and to the verdicts. A test compares its form with the config.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import simulator as sim
from simulator.report import to_text
from simulator.report.charts import render
from simulator.report.files import write_whole

ROOT = Path(__file__).parents[1]
QUESTION = ROOT / "configs" / "seed-question.yaml"
PAGES = (ROOT / "README.md", ROOT / "README.zh.md")
PICTURE = ROOT / "docs" / "images" / "seed-question.svg"
WORLD = "audio alive"
SUMMARY = "unavailable for memory: as found, and what the others change"
BLOCK = re.compile(r"(?<=<!-- answer -->\n\n).*?(?=\n<!-- /answer -->)", re.DOTALL)


def shortened(screen: str) -> str:
    """The first line, the summary of unavailability and what follows it up to the first profile.

    Raises ValueError when the screen has no such summary.
    """
    title, rest = screen.split("\n", 1)
    _, found, rest = rest.partition(f"  {SUMMARY}\n")
    if not found:
        raise ValueError(f"no `{SUMMARY}` on the screen")
    lines = [title, "", found.rstrip(), *rest.split("\n── ")[0].rstrip().splitlines(), "", "  …"]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


def pasted(page: str, answer: str) -> str:
    """A page with this answer in its block."""
    page, blocks = BLOCK.subn(lambda _: answer, page)
    if blocks != 1:
        raise ValueError(f"{blocks} answer blocks on the page, not 1")
    return page


def main() -> None:
    """Run the question, paste its answer, draw its picture."""
    study = sim.compare(QUESTION)
    answer = shortened(to_text(study, 80))
    for page in PAGES:
        write_whole(page, pasted(page.read_text(encoding="utf-8"), answer).encode())
    write_whole(PICTURE, render(sim.plot.memory(study, profile=WORLD), "svg"))
    print(f"wrote {', '.join(str(path.relative_to(ROOT)) for path in (*PAGES, PICTURE))}", file=sys.stderr)


if __name__ == "__main__":
    main()
