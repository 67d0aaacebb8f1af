"""Commands on the pages are run, and print what the pages say, numbers aside (`python docs/console.py` pastes it)."""

import re
import runpy
from difflib import unified_diff
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSOLE = runpy.run_path(str(ROOT / "docs" / "console.py"))
PAGES = [page for page in CONSOLE["PAGES"] if "```console" in page.read_text(encoding="utf-8")]
COMMANDS = re.compile(r"^ {4}(?:\.venv/bin/)?simulator (\S+)", re.MULTILINE)


def without_numbers(text):
    """Words and marks in their order: figures, and the blanks and line breaks that follow from them, left out."""
    text = re.sub(r"[+−-]?\d[\d,.]*", "#", text)
    return re.sub(r"\s+", " ", text)


def test_there_are_recipes():
    assert "how-to.md" in [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_its_commands_print(page):
    text = page.read_text(encoding="utf-8")
    now = CONSOLE["run_page"](text)
    if without_numbers(now) != without_numbers(text):
        difference = "\n".join(
            unified_diff(text.splitlines(), now.splitlines(), "page", "now", lineterm="", n=1)
        )
        pytest.fail(f"run `python docs/console.py {page.name}`\n{difference}")


@pytest.mark.parametrize("page", CONSOLE["PAGES"], ids=lambda page: page.name)
def test_commands_on_a_page_exist(page):
    from simulator.cli.app import COMMANDS as KNOWN

    for word in COMMANDS.findall(page.read_text(encoding="utf-8")):
        assert word.startswith("-") or word in KNOWN, word


def test_a_block_is_run_in_its_order_and_cut_to_its_head():
    page = "```yaml configs/two.yaml\nextends: baseline.yaml\nname: two\n```\n\n```console head=2\n$ simulator check -v \\\n    configs/two.yaml\nold\n```\n"
    now = CONSOLE["run_page"](page)
    assert now.endswith(
        "```console head=2\n$ simulator check -v \\\n    configs/two.yaml\ntwo\n  offered load is 33 % of the job slots (2 of 6.09 jobs a second)\n…\n```\n"
    )
    silent = page.replace("head=2", "silent")
    assert CONSOLE["run_page"](silent).endswith(
        "```console silent\n$ simulator check -v \\\n    configs/two.yaml\n```\n"
    )


def test_only_the_program_is_run():
    with pytest.raises(RuntimeError, match="only simulator"):
        CONSOLE["run_page"]("```console\n$ rm -r .\n```\n")
