"""The notebooks run, say a question first and an answer last, and stay short. `python notebooks/make.py` keeps outputs."""

import ast
import re
import runpy
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_LINES = 12
PUBLIC = {
    "IPython.display",
    "ipywidgets",
    "json",
    "os",
    "pandas",
    "pathlib",
    "scipy.stats",
    "simulator",
    "sys",
    "tempfile",
}
READ = {path.stem: nbformat.read(path, as_version=4) for path in NOTEBOOKS}


@pytest.fixture(scope="module")
def make():
    return runpy.run_path(str(FOLDER / "make.py"))


def code_of(notebook):
    """Each code cell's text, lines for the shell left out."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield re.sub(r"(?m)^( *)(\w+ = )?!.*$", r"\1pass", cell.source)


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 5


@pytest.mark.parametrize("name", READ)
def test_a_notebook_runs(name, make, monkeypatch):
    monkeypatch.setenv("SIMULATOR_QUICK", "1")
    notebook = make["executed"](FOLDER / f"{name}.ipynb")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


@pytest.mark.parametrize("name", READ)
def test_it_starts_with_a_question_and_ends_with_an_answer(name):
    first, *_, heading, last = READ[name].cells
    assert first.source.startswith("# ")
    assert "**The question.**" in first.source
    assert "?" in first.source
    assert heading.source == "## The answer"
    assert last.cell_type == "code"
    assert "text/markdown" in last.outputs[-1].data


@pytest.mark.parametrize("name", READ)
def test_cells_are_short_define_nothing_and_use_what_is_public(name):
    for code in code_of(READ[name]):
        assert len(code.splitlines()) <= MOST_LINES, code
        assert all(len(line) <= 120 for line in code.splitlines()), code
        for node in ast.walk(ast.parse(code)):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef), code
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= PUBLIC
            if isinstance(node, ast.ImportFrom):
                assert node.module in PUBLIC
                assert node.module != "simulator"


@pytest.mark.parametrize("name", READ)
def test_outputs_are_kept_and_nothing_that_differs_each_time(name):
    notebook = READ[name]
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert '"model_id"' not in text
    assert "(sliders: " in text or "widget" not in text
    shown = [output.get("text", "") + output.get("data", {}).get("text/plain", "")
             for cell in notebook.cells for output in cell.get("outputs", [])]  # fmt: skip
    assert not re.search(r" at 0x|/tmp/|\d ms\b", "\n".join(shown))
    for place, cell in enumerate(notebook.cells, start=1):
        assert cell.id == f"cell-{place:02d}"
        assert cell.metadata == {}
        if cell.cell_type == "code":
            assert cell.execution_count, "run `python notebooks/make.py`"


@pytest.mark.parametrize("name", READ)
def test_no_figure_in_the_text_is_typed_by_hand(name):
    """Numbers with a unit in Markdown must be a setting's own; what is measured stands in outputs."""
    for cell in READ[name].cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\d+(\.\d+)? (GB|MB|kB|points|minutes)\b", cell.source), cell.source
