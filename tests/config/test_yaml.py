"""YAML 1.2 core values, places, anchors."""

import pytest

from simulator.config import ConfigError, load
from simulator.config.read import read_tree
from simulator.config.tree import flow, values


def read(text):
    return values(read_tree(text, "t.yaml"))


def test_core_values():
    text = "[no, yes, on, off, 10:00, 010, 0x10, 1_000, 2001-01-01, =, true, False, null, ~, 12, -3, 1.5, 1e3, .5, '12', \"no\"]"
    assert read(text) == [
        "no", "yes", "on", "off", "10:00", "010", "0x10", "1_000", "2001-01-01", "=", True, False, None, None, 12, -3, 1.5, 1000.0, 0.5, "12", "no",
    ]  # fmt: skip


def test_keys_are_text():
    assert read("{1: a, true: b, null: c, 1.5: d, no: e}") == {
        "1": "a",
        "true": "b",
        "null": "c",
        "1.5": "d",
        "no": "e",
    }


def test_an_explicit_string_stays_one():
    assert read("[!!str 12, !!str true, ! 5]") == ["12", "true", "5"]


def test_block_scalars_anchors_and_several_lines():
    assert read("a: |\n  one\n  two\nb: &x {c: 1}\nd: *x\ne: >\n  long\n  text\n") == {
        "a": "one\ntwo\n", "b": {"c": 1}, "d": {"c": 1}, "e": "long text\n",
    }  # fmt: skip


def test_line_ends_and_byte_order_mark(tmp_path):
    for name, data in [
        ("crlf", b"name: x\r\nhorizon: 2h\r\n"),
        ("bom", b"\xef\xbb\xbfname: x\nhorizon: 2h\n"),
        ("cr", b"name: x\rhorizon: 2h\r"),
    ]:
        path = tmp_path / f"{name}.yaml"
        path.write_bytes(data)
        assert load(path).horizon_ms == 7_200_000
        path.write_bytes(data.replace(b"2h", b"2"))
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert (caught.value.problems[0].place.line, caught.value.problems[0].place.column) == (2, 10)


def test_places_after_odd_line_breaks():
    with pytest.raises(ConfigError) as caught:
        read_tree("a: 'one\u2028two'\nb: 1\nb: 2\n", "t.yaml")
    place = caught.value.problems[0].place
    assert (place.line, place.source) == (4, "b: 2")


def test_aliases_that_are_used_now_and_then_are_welcome(scenario):
    got = scenario("""
        workload:
          sessions: {gap: &six {exponential: {mean: 6s}}}
          translation: {latency: *six}
    """)
    assert got.workload.sessions.gap == got.workload.translation.latency


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_no_depth_overflows_anything(opening):
    with pytest.raises(ConfigError):
        read_tree(opening * 20_000, "deep.yaml")


@pytest.mark.parametrize(
    "value",
    [
        "85 %",
        "a, b",
        "{x}",
        "3",
        "null",
        "",
        " padded ",
        "it's",
        "- x",
        "a: b",
        "# no",
        "x #y",
        "@",
        "é",
        "two\nlines",
    ],
)
def test_flow_text_is_read_back(value):
    if "\n" not in value:
        assert read(flow({"key": [value, {value or "k": 1}]})) == {"key": [value, {value or "k": 1}]}
