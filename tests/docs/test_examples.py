"""The configs shown on the documentation pages are real: each is loaded, and none raises a warning."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest

from simulator.config import load_experiment

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```yaml config\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = [(page, text) for page in PAGES for text in FENCE.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("page", "text"), EXAMPLES, ids=[f"{page.name}-{n}" for n, (page, _) in enumerate(EXAMPLES)]
)
def test_an_example_loads_without_a_warning(page, text, tmp_path):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    path = tmp_path / "configs" / "example.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_experiment([path]).warnings == ()


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_configs_on_a_page_exist(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
    written = {"configs/smaller-cap.yaml", *re.findall(r"^```yaml (\S+)", text, re.MULTILINE)}
    for named in re.findall(r"`?(configs/[\w./-]+\.yaml)", text):
        assert (ROOT / named).exists() or named in written, named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_headings_exist(page):
    text = page.read_text(encoding="utf-8")
    headings = {_anchor(line) for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(#([^)]+)\)", text):
        assert target in headings, target


def _anchor(heading: str) -> str:
    """The anchor a heading gets on the usual hosts: lower case, punctuation dropped, blanks to hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_on_a_page_runs(page):
    for code in re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        exec(compile(code, page.name, "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_parts_are_up_to_date(page):
    """`python docs/generate.py` rewrites them."""
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    text = page.read_text(encoding="utf-8")
    assert generate["page_with_parts"](text) == text
