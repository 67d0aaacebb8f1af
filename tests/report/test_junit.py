"""JUnit files keep to the strict schema of Ant's reports, whatever a setting is called."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from simulator.report.junit import to_junit
from simulator.study import compare

HOSTILE = 'a <b> & "c" ]]> \x00\x1b\ufffe \ud800 0.5 s 关'
EXPERIMENT = {
    "name": "gate",
    "horizon": "20min",
    "replications": 4,
    "nodes": {"count": 1},
    "settings": {"as found": {}, HOSTILE: {"nodes.stores.aggregator_states.max": 3}},
    "profiles": {"plain": {}, "two nodes": {"nodes.count": 2}},
    "targets": ["mean jobs_lost_fraction <= 0.1 %", "mean memory_bytes_peak <= 1GiB"],
}
# element: (attributes, children), those with ? may be left out; as in the schema of Ant's JUnitReport
ALLOWED = {
    "testsuites": ("", "testsuite"),
    "testsuite": (
        "name package id hostname timestamp time tests failures errors skipped?",
        "properties testcase system-out system-err",
    ),
    "properties": ("", "property"),
    "property": ("name value", ""),
    "testcase": ("name classname time", "failure skipped"),
    "failure": ("message type", ""),
    "skipped": ("message", ""),
    "system-out": ("", ""),
    "system-err": ("", ""),
}


@pytest.fixture(scope="module")
def study():
    made = compare(
        {**EXPERIMENT, "settings": {"as found": {}, "cap": EXPERIMENT["settings"][HOSTILE]}}, workers=1
    )
    settings = tuple(replace(s, name=HOSTILE) if s.name == "cap" else s for s in made.settings)
    targets = [replace(t, setting=HOSTILE) if t.setting == "cap" else t for t in made.targets]
    targets[0] = replace(targets[0], status="cannot tell", more_replications=57, reason="interval")
    return replace(made, settings=settings, targets=tuple(targets))


@pytest.fixture(scope="module")
def root(study):
    return ET.fromstring(to_junit(study))


def test_it_keeps_to_the_schema(root):
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        required = {name for name in attributes.split() if not name.endswith("?")}
        assert required <= set(element.attrib) <= {name.rstrip("?") for name in attributes.split()}
        assert [child.tag for child in element] == sorted(
            (child.tag for child in element), key=children.split().index
        )
    for suite in root:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
        assert [suite.find(tag) is not None for tag in ("properties", "system-out", "system-err")] == [
            True
        ] * 3
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    assert [suite.get("id") for suite in root] == ["0", "1"]


def test_a_case_for_each_target_and_setting_with_its_sentence(root, study):
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(study.targets) == 8
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == 8
    untold, missed = cases[0], cases[1]
    assert (
        untold.find("skipped")
        .get("message")
        .startswith("as found: lost jobs ≤ 0.1 %: cannot tell (about 57 more")
    )
    assert missed.get("name") == "peak memory of a node ≤ 1GiB"
    said = missed.find("failure").get("message")
    assert said.startswith("as found: peak memory of a node ≤ 1GiB: missed, ")
    assert missed.find("failure").text == f"mean memory_bytes_peak <= 1GiB\n{said}"


def test_names_that_xml_cannot_hold(root):
    names = {case.get("classname") for case in root.findall("testsuite/testcase")}
    assert 'plain · a <b> & "c" ]]> \ufffd\ufffd\ufffd \ufffd 0․5 s 关' in names


def test_with_a_gate_only_what_is_judged(study):
    root = ET.fromstring(to_junit(study, "as found"))
    assert [suite.get("tests") for suite in root] == ["2", "2"]
    assert {case.get("classname") for case in root.findall("*/testcase")} == {
        "plain · as found",
        "two nodes · as found",
    }
