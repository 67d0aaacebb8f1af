"""docs/errors.md has a paragraph for every code, and no others; every code has a golden text or a test."""

import re

from simulator.config import ConfigError

from .conftest import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
DOCUMENTED = re.findall(r"^### ([EW]\d{3}) .+\n(?=\S)", PAGE, re.MULTILINE)
RAISED = {
    code
    for path in (ROOT / "simulator").rglob("*.py")
    if path.name != "problems.py"
    for code in re.findall(r'"([EW]\d{3})"', path.read_text("utf-8"))
}


def test_every_code_is_documented_once_and_in_order():
    assert set(DOCUMENTED) == RAISED
    assert len(set(DOCUMENTED)) == len(DOCUMENTED)
    errors, warnings = ([code for code in DOCUMENTED if code[0] == kind] for kind in "EW")
    assert [*sorted(errors), *sorted(warnings)] == [*errors, *warnings]


def test_every_code_is_shown_by_a_test():
    tests = "".join(
        path.read_text("utf-8") for path in (ROOT / "tests").rglob("*") if path.suffix in (".py", ".txt")
    )
    assert {code for code in RAISED if code not in tests} == set()


def test_the_example_on_the_page_is_real(write):
    from simulator.config import load

    path = write(
        "nodes: {stores: {aggregator_states: {kind: session_table,\n\n\n\n  max_session: 500\n}}}",
        "whatif.yaml",
    )
    try:
        load(path)
    except ConfigError as error:
        shown = [line.strip() for line in str(error).splitlines()[:6]]
        page = [re.split(r" {6,}", line.strip())[0] for line in PAGE.splitlines() if line.startswith("    ")][
            :6
        ]
        assert page == shown
