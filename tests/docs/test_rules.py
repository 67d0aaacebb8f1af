"""Every rule of docs/model.md is cited where it is built and where it is tested."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = re.findall(
    r"^\*\*([TWSCMRPBAF]\d+) ", (ROOT / "docs" / "model.md").read_text(encoding="utf-8"), re.MULTILINE
)
RULES_PER_LETTER = {"T": 3, "W": 5, "S": 7, "C": 5, "M": 2, "R": 2, "P": 4, "B": 5, "A": 10, "F": 6}
HERE = Path(__file__)


def cited_in(*folders: str) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        place = ROOT / folder
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path != HERE and path.suffix in {".py", ".yaml"}:
                found.update(_ids(path.read_text(encoding="utf-8", errors="replace")))
    return found


def _ids(text: str) -> set[str]:
    """Rule ids in a text; `S1-S3` and `S1-3` stand for all three."""
    ids = set(re.findall(r"\b([TWSCMRPBAF]\d{1,2})\b", text))
    for letter, first, last in re.findall(
        r"\b([TWSCMRPBAF])(\d{1,2})\s?[-–]\s?[TWSCMRPBAF]?(\d{1,2})\b", text
    ):
        ids.update(f"{letter}{number}" for number in range(int(first), int(last) + 1))
    return ids


BUILT = cited_in("simulator/engine/reference.py", "simulator/model", "simulator/workload")
OVERLAID = cited_in("configs/fixes")
TESTED = cited_in("tests")


def test_the_page_has_all_rules_in_order():
    assert [f"{letter}{n}" for letter, last in RULES_PER_LETTER.items() for n in range(1, last + 1)] == RULES


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_cited_where_it_is_built(rule):
    assert rule in (OVERLAID if rule.startswith("F") else BUILT)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_cited_by_a_test(rule):
    assert rule in TESTED
