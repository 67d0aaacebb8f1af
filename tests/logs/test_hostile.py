"""Whatever stands in a log: what cannot be read is counted by kind with its first place, and nothing else breaks."""

import gzip
import io
import json
import resource
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.logs import Troubles, read_logs
from simulator.logs.lines import LONGEST_BYTES
from simulator.logs.parse import LineParser
from simulator.logs.read import WINDOW

from .conftest import NODE, PROBE, SCHEDULER, node_line

GOOD = node_line()
TIME = 1767225600123


def found(troubles):
    return {
        kind: (trouble.count, trouble.where.rsplit("/", 1)[-1]) for kind, trouble in troubles.found.items()
    }


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (GOOD[: len(GOOD) // 2], "half_line"),
        (GOOD[:60] + GOOD, "half_line"),  # two writers at once
        ("Error: listen EADDRINUSE", "half_line"),
        ("    at Server.listen (net.js:1)", "half_line"),
        ("\x00\x00\x00\x00", "half_line"),
        ("[]", "half_line"),
        ("[12:00:00.123] INFO (4210 on NODE-A): Created new AggregatorState", "pretty_printed"),
        ("\x1b[90m[2026-01-01 00:00:00.123 +0000] \x1b[32mINFO\x1b[39m (4210): x", "pretty_printed"),
        ("2026-01-01T00:00:00.000000Z  INFO lingua_scheduler: Session created", "pretty_printed"),
        (GOOD.encode().replace(b"two_way", b"two\xffway"), "not_utf8"),
        (b"\xff\xfe{\x00", "not_utf8"),
        (node_line(deep="X").replace('"X"', "[" * 200_000 + "]" * 200_000), "too_deep"),
        (node_line(deep="X").replace('"X"', '{"a":' * 900 + "1" + "}" * 900), "too_deep"),
        (node_line(time=...), "no_time"),
        (node_line(time=None), "no_time"),
        (node_line(time=0), "no_time"),
        (node_line(time=1767225600), "no_time"),  # seconds
        (node_line(time=10**30), "no_time"),
        (node_line(time=-5), "no_time"),
        (node_line(time=True), "no_time"),
        (node_line(time="yesterday"), "no_time"),
        (node_line(totalSessions=10**400), "huge_number"),
        (node_line(sessionId=None), "wrong_value"),
        (node_line(sessionId=...), "wrong_value"),
        (node_line(sessionId=""), "wrong_value"),
        (node_line(sessionId="s" * 500), "wrong_value"),
        (node_line(sessionId={"a": 1}), "wrong_value"),
        (node_line(hostname=["a"]), "wrong_value"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_record(read, line, kind):
    line = line if isinstance(line, bytes) else line.encode()
    records, troubles = read(GOOD.encode() + line.rstrip(b"\n") + b"\n" + GOOD.encode())
    assert found(troubles) == {kind: (1, "electron-main.log:2")}
    assert len(records) == 2


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "wrong_value"), ("many", "wrong_value"), (-1, "wrong_value"), (1.5, "wrong_value"),
        (True, "wrong_value"), ([3], "wrong_value"), ({}, "wrong_value"),
        (10**18, "huge_number"), ("9" * 30, "huge_number"),
    ],
)  # fmt: skip
def test_a_value_that_is_left_out_of_its_record(read, value, kind):
    records, troubles = read(node_line(totalSessions=value))
    assert found(troubles) == {kind: (1, "electron-main.log:1")}
    assert [record.fields for record in records] == [{}]


def test_not_a_number_is_not_json(read):
    assert found(read(node_line(totalSessions=float("nan")))[1]) == {"half_line": (1, "electron-main.log:1")}


def test_of_a_key_twice_the_last_counts_and_it_is_said(read):
    records, troubles = read(GOOD.replace('"mode"', '"totalSessions":1,"mode"'))
    assert found(troubles) == {"duplicate_key": (1, "electron-main.log:1")}
    assert records[0].fields == {"total_sessions": 37}


def test_colons_in_texts_are_no_keys(read):
    records, troubles = read(node_line(text='he said ":": {"a": 1}', nested={"a": [{"b": 1}, {"b": 2}]}))
    assert len(records) == 1
    assert not troubles.found


def test_fields_below_a_pretty_printed_line_are_not_counted_again(read):
    text = (
        '[12:00:00.123] INFO (4210): said\n    sessionId: "s-1"\n    list: [\n      1\n    ]\n' + GOOD + "cut"
    )
    assert found(read(text)[1]) == {
        "pretty_printed": (1, "electron-main.log:1"),
        "half_line": (1, "electron-main.log:7"),
    }


def test_a_heartbeat_cut_off_inside_its_message(read):
    line = SCHEDULER.splitlines()[6].replace('\\"running_jobs\\":1}}', "")
    assert found(read(line)[1]) == {"half_line": (1, "electron-main.log:1")}


def test_windows_line_ends_and_a_mark_at_the_start(read):
    records, troubles = read("\ufeff" + GOOD.replace("\n", "\r\n") + "\r\n" + GOOD)
    assert len(records) == 2
    assert not troubles.found


def test_a_file_without_anything(read):
    records, troubles = read("", "\n\n")
    assert not records
    assert not troubles.found
    assert troubles.first_ms is None


def test_a_file_that_is_not_there():
    troubles = Troubles()
    assert not list(read_logs("/no/such.log", None, troubles))
    assert troubles.found["cannot_open"].where == "/no/such.log"


# Files


def test_gzip_by_its_contents_also_in_several_members(read):
    records, troubles = read(gzip.compress(GOOD.encode()) + gzip.compress(GOOD.encode()))
    assert len(records) == 2
    assert not troubles.found


@pytest.mark.parametrize("damage", ["cut", "flipped", "followed by rubbish"])
def test_of_damaged_gzip_what_came_before_counts(read, damage):
    lines = [node_line(time=TIME + i, sessionId=f"s-{i * 7919 % 10**8:08}") for i in range(20_000)]
    packed = bytearray(gzip.compress("".join(lines).encode()))
    if damage == "cut":
        del packed[len(packed) * 3 // 4 :]
    elif damage == "flipped":
        packed[len(packed) * 3 // 4] ^= 0xFF
    else:
        packed += b"rubbish" * 10
    records, troubles = read(bytes(packed))
    assert troubles.count("truncated_gzip") == 1
    assert len(records) == 20_000 if damage.startswith("followed") else 10_000 < len(records) < 20_000
    line = int(troubles.found["truncated_gzip"].where.rsplit(":", 1)[1])
    assert abs(line - len(records)) < 5_000  # as near as the decompressor comes


def test_rotated_files_are_one_stream_whichever_way_they_are_numbered(tmp_path):
    for names in (("a.log.2.gz", "a.log.1", "a.log"), ("a.log.0", "a.log.1", "a.log.2")):
        folder = tmp_path / names[0]
        folder.mkdir()
        for age, name in enumerate(names):
            text = "".join(node_line(time=TIME + 1000 * age + i, sessionId=f"{age}-{i}") for i in range(400))
            data = text.encode()
            (folder / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        troubles = Troubles()
        records = list(read_logs(folder, None, troubles))
        assert len(records) == 1200
        assert [record.at_ms for record in records] == sorted(record.at_ms for record in records)
        assert not troubles.found


def test_several_files_are_merged_and_none_is_read_twice(tmp_path):
    for n, name in enumerate(("one.log", "two.log")):
        (tmp_path / name).write_text("".join(node_line(time=TIME + 10 * i + n) for i in range(500)))
    records = list(read_logs([tmp_path, tmp_path / "one.log", tmp_path / "two.log"]))
    assert [record.at_ms for record in records] == sorted(record.at_ms for record in records)
    assert len(records) == 1000


def test_standard_input(monkeypatch):
    class Stdin:
        buffer = io.BufferedReader(io.BytesIO(GOOD.encode()))

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert len(list(read_logs("-"))) == 1


def test_a_line_of_100_mb_is_skipped_without_holding_it(tmp_path):
    path = tmp_path / "long.log"
    with path.open("wb") as file:
        file.write(GOOD.encode() + b'{"level":20,"text":"')
        for _ in range(100):
            file.write(b"x" * 2**20)
        file.write(b'","msg":"Created"}\n' + GOOD.encode())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    troubles = Troubles()
    assert len(list(read_logs(path, None, troubles))) == 2
    assert found(troubles) == {"too_long": (1, "long.log:2")}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB
    assert LONGEST_BYTES < 50 * 2**20


# Clocks and hosts


def times(*offsets):
    return "".join(node_line(time=TIME + offset, sessionId=f"s-{i}") for i, offset in enumerate(offsets))


def test_lines_a_little_out_of_order_are_put_right(read):
    records, troubles = read(times(0, 500, 300, 400, 1000))
    assert [record.at_ms - TIME for record in records] == [0, 300, 400, 500, 1000]
    assert found(troubles) == {"clock_back": (2, "electron-main.log:3")}


def test_a_line_with_a_clock_far_ahead_is_left_out(read):
    year = 365 * 86_400_000
    records, troubles = read(times(0, 10, year, 20, 30))
    assert [record.at_ms - TIME for record in records] == [0, 10, 20, 30]
    assert found(troubles) == {"clock_ahead": (1, "electron-main.log:3")}


def test_also_when_it_is_the_first(read):
    records, troubles = read(times(365 * 86_400_000, 20, 30))
    assert [record.at_ms - TIME for record in records] == [20, 30]
    assert found(troubles) == {"clock_ahead": (1, "electron-main.log:1")}


def test_a_pause_is_no_jump(read):
    day = 86_400_000
    records, troubles = read(times(0, day, day + 5, 3 * day, 10 * day))
    assert len(records) == 5
    assert not troubles.found


def test_a_clock_that_was_set_back_is_said_and_loses_nothing(read):
    offsets = [*range(0, 1_000_000, 1000), *range(500_000, 2_000_000, 1000)]
    records, troubles = read(times(*offsets))
    assert len(records) == len(offsets)
    assert troubles.found["clock_back"].where.endswith(":1001")
    assert troubles.found["clock_back"].example == "499.000 s"
    assert troubles.count("clock_back") == 499
    assert WINDOW < 1000


def test_hosts_in_one_file_are_told_apart_and_said(read):
    records, troubles = read(node_line(hostname="A") + node_line(hostname="B"))
    assert {record.node for record in records} == {"A", "B"}
    assert found(troubles) == {"mixed_hosts": (1, "electron-main.log:2")}


# Anything at all

PIECES = st.sampled_from([
    *(line.encode() + b"\n" for line in (NODE + SCHEDULER + PROBE).splitlines()),
    b"\n", b"\r\n", b"{", b"}", b'"msg":"', b'"message":"', b'"stores"', b"node_heartbeat", b"\\", b"\xff", b"\x00",
    b"null", b"1e999", b"9" * 40, b"[" * 2000, b'{"a":' * 600, b"\x1f\x8b", "节点".encode(),
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=20), st.booleans())
def test_no_bytes_break_the_reader(tmp_path_factory, pieces, packed):
    data = b"".join(pieces)
    path = tmp_path_factory.mktemp("fuzz") / "a.log"
    path.write_bytes(gzip.compress(data)[: -len(data) % 7 or None] if packed else data)
    check(list(read_logs(path, None, (troubles := Troubles()))), troubles)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
LINES = [json.loads(line) for line in (NODE + SCHEDULER + PROBE).splitlines()]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(LINES), st.data())
def test_no_value_breaks_a_known_line(line, data):
    line = json.loads(json.dumps(line))
    inside = data.draw(st.booleans()) and len(line.get("fields", ())) > 1
    where = line["fields"] if inside else line
    key = data.draw(st.sampled_from(sorted(set(where) - {"msg", "message"})))
    where[key] = data.draw(json_values)
    text = json.dumps(line, ensure_ascii=data.draw(st.booleans()), separators=(",", ":"))
    troubles = Troubles()
    record = LineParser("a.log", troubles).parse(1, text.encode("utf-8", "surrogatepass"))
    check([record] if record else [], troubles)


def check(records, troubles):
    """What holds of every record, and of every trouble."""
    for record in records:
        assert 946_684_800_000 <= record.at_ms < 4_102_444_800_000
        assert type(record.at_ms) is int
        for name in (record.node, record.session, record.job):
            assert isinstance(name, str)
        for value in record.fields.values():
            assert isinstance(value, str) or (isinstance(value, float) and abs(value) <= 2**53 * 2**20)
    for trouble in troubles.found.values():
        assert trouble.count > 0
        assert ":" in trouble.where
