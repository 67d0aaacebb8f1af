"""docs/truth.md says what the runs say: its quick tables are made again (`python docs/truth.py` makes all of them)."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "truth.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parts():
    return runpy.run_path(str(DOCS / "truth.py"))["PARTS"]


def table(name):
    return PAGE.split(f"<!-- {name} -->\n")[1].split(f"<!-- /{name} -->")[0]


@pytest.mark.parametrize("name", ["recorded", "plain", "resident"])
def test_a_table_is_up_to_date(parts, name):
    assert table(name) == parts[name]() + "\n"


@pytest.mark.parametrize("name", ["recorded", "plain"])
def test_every_run_is_equal_at_every_minute_and_close_in_bytes(name):
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table(name).splitlines()[2:]]
    assert len(rows) >= 3
    for run, _, levels, *_, outside in rows:
        assert len(set(levels.split(" of "))) == 1, run
        assert outside == "0", run


@pytest.mark.parametrize(("name", "most"), [("resident", 10), ("deaths", 3)])
def test_resident_memory_and_deaths_are_as_measured(name, most):
    errors = [line.split("|")[-2] for line in table(name).splitlines()[2:]]
    assert len(errors) >= 10
    for error in errors:
        assert abs(float(error.replace("−", "-").replace("%", ""))) <= most
