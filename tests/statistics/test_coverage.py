"""The benchmark of coverage, in small: every row runs, and none is far from what is demanded of it."""

import math

import pytest

from benchmarks import coverage


@pytest.fixture(scope="module")
def rows():
    return coverage.measure(300)


def test_no_row_is_far_from_what_it_promises(rows):
    assert len(rows) >= 25
    for row in rows:
        slack = 4 * math.sqrt(0.05 * 0.95 / row.repetitions)
        assert row.share >= (row.least or 0) - slack, row
        assert row.share <= (row.most or 1) + slack, row


def test_the_table_goes_between_the_marks(rows, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- coverage -->\nyesterday\n<!-- /coverage -->\nafter\n", encoding="utf-8")
    coverage.write(page, coverage.table(rows))
    text = page.read_text(encoding="utf-8")
    assert "yesterday" not in text
    assert text.count("\n| ") == len(rows) + 1
    assert text.endswith("<!-- /coverage -->\nafter\n")
    (tmp_path / "bare.md").write_text("no marks", encoding="utf-8")
    with pytest.raises(SystemExit, match="has no"):
        coverage.write(tmp_path / "bare.md", "")


def test_the_table_says_what_is_missed():
    row = coverage.Row("mean", "here", 0.90, 0.94, 0.96, "1", 10_000)
    assert not row.held
    assert "94–96 % **missed**" in coverage.table([row])
