"""The answer in both READMEs has the form of the question in the config (`python docs/readme.py` pastes it)."""

import re
import runpy
from pathlib import Path

import pytest

from simulator.config import load_experiment
from simulator.report.format import display_width

from ..report.synthetic import study

ROOT = Path(__file__).parents[2]
README = runpy.run_path(str(ROOT / "docs" / "readme.py"))
PAGES = {page.name: page.read_text(encoding="utf-8") for page in README["PAGES"]}
ANSWER = README["BLOCK"].search(PAGES["README.md"])[0]
QUESTION = load_experiment(README["QUESTION"])


def test_both_pages_show_the_same_answer():
    assert README["BLOCK"].findall(PAGES["README.zh.md"]) == [ANSWER]


def test_the_first_line_is_the_configs():
    (first, *_) = ANSWER.splitlines()
    counted = f"{len(QUESTION.settings)} settings in {len(QUESTION.profiles)} profiles"
    runs = f"{QUESTION.cases[0].scenario.replications} replications, seed {QUESTION.seed}"
    assert first == f"    {QUESTION.name} · {counted} · {runs}"


def test_every_setting_has_a_mark_in_every_profile():
    rows = ANSWER.split("\n\n")[1].splitlines()
    marked = [row for row in rows if re.search("[✓✗?] ", row)]
    assert len(marked) == len(QUESTION.settings)
    for row, setting in zip(marked, QUESTION.settings, strict=True):
        assert len(re.findall("[✓✗?] ", row)) == len(QUESTION.profiles), row
        assert setting.startswith(re.split("  +", row.strip())[0]), row


def test_every_profile_has_a_verdict_and_lines_fit():
    for profile in QUESTION.profiles:
        assert f"\n      {profile}: " in ANSWER
    assert all(display_width(line) <= 84 for line in ANSWER.splitlines())  # indented by four


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_few_screens_and_shows_the_picture(name):
    page = PAGES[name]
    assert len(README["BLOCK"].sub("", page).splitlines()) <= 60
    assert str(README["PICTURE"].relative_to(ROOT)) in page
    assert "simulator compare configs/seed-question.yaml" in page


def test_a_screen_is_shortened_to_its_summary():
    from simulator.report import to_text

    whole = to_text(study(profiles=(("one", 0.9e6), ("two", 115e6))), 80)
    short = README["shortened"](whole)
    assert short.startswith("    made-up · ")
    assert "── " not in short
    assert "      two: " in short
    with pytest.raises(ValueError, match="no `unavailable"):
        README["shortened"]("made up\n\n  nothing\n")


def test_a_page_has_exactly_one_block():
    page = "before\n<!-- answer -->\n\nold\n\n<!-- /answer -->\nafter"
    assert (
        README["pasted"](page, "    new\n") == "before\n<!-- answer -->\n\n    new\n\n<!-- /answer -->\nafter"
    )
    with pytest.raises(ValueError, match="0 answer blocks"):
        README["pasted"]("nothing here", "    new\n")
