"""Lines as they reach a reader in practice: prefixed, wrapped, coloured, in other encodings; keys in any order."""

import json

import pytest

from simulator.logs import read_mapping

from .conftest import NODE, SCHEDULER, node_line

GOOD = node_line().rstrip("\n")
CHINESE = next(line for line in SCHEDULER.splitlines() if "节点资源使用率超过阈值" in line)
BEAT = next(line for line in SCHEDULER.splitlines() if "node_heartbeat" in line)

PREFIXES = {
    "docker compose": "node-1  | ",
    "docker logs -t": "2026-01-01T00:00:00.123456789Z ",
    "kubernetes": "2026-01-01T00:00:00.123456789Z stdout F ",
    "journalctl": "Jan 01 00:00:00 NODE-A electron[4210]: ",
    "syslog": "<14>1 2026-01-01T00:00:00Z NODE-A electron 4210 - - ",
    "pm2": "0|node     | 2026-01-01 00:00:00 +00:00: ",
    "a time and a level": "2026-01-01T00:00:00.123Z INFO ",
    "a colour": "\x1b[32m",
    "zeros left by a rotation": "\x00" * 64,
    "a byte order mark": "\ufeff",
}
WRAPPERS = {
    "docker": lambda line: {"log": line + "\n", "stream": "stdout", "time": "2026-01-01T00:00:01Z"},
    "journald": lambda line: {"__REALTIME_TIMESTAMP": "1767225600123456", "MESSAGE": line},
    "filebeat": lambda line: {"@timestamp": "2026-01-01T00:00:01Z", "message": line},
    "a cloud's text": lambda line: {"textPayload": line, "severity": "INFO"},
    "a cloud's JSON": lambda line: {"jsonPayload": json.loads(line), "severity": "INFO"},
    "elastic": lambda line: {"_index": "logs", "_source": json.loads(line)},
    "docker in elastic": lambda line: {"_source": {"log": line}},
}
LINES = {
    "node": (GOOD, "session_created"),
    "scheduler": (CHINESE, "node_excluded"),
    "beat": (BEAT, "heartbeat"),
}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\x1b[0m\n", ",\n"])
def test_what_stands_around_a_line_does_not_matter(read, prefix, line, end):
    text, kind = LINES[line]
    records, troubles = read(PREFIXES[prefix] + text + end + PREFIXES[prefix] + text)
    assert [record.kind for record in records] == [kind, kind]
    assert records[0].fields == read(text)[0][0].fields
    assert not troubles.found


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_line_inside_anothers_json_is_unwrapped(read, wrapper, line, ascii_only):
    text, kind = LINES[line]
    whole = json.dumps(WRAPPERS[wrapper](text), ensure_ascii=ascii_only)
    records, troubles = read(whole + "\n")
    assert [(record.kind, record.at_ms) for record in records] == [(kind, read(text)[0][0].at_ms)]
    assert records[0].fields == read(text)[0][0].fields
    assert not troubles.found


@pytest.mark.parametrize("text", [NODE, SCHEDULER], ids=["node", "scheduler"])
@pytest.mark.parametrize(
    "written",
    [
        lambda line: json.dumps(dict(reversed(line.items())), ensure_ascii=False),
        lambda line: json.dumps(line, ensure_ascii=True),
        lambda line: json.dumps(dict(sorted(line.items())), separators=(",", ":")),
        lambda line: json.dumps({"extra": {"msg": "x", "message": "y", "deep": [{"a": 1}]}, **line}),
        lambda line: json.dumps({**line, "extra": {"msg": "x", "message": "y", "time": 5}}, separators=(",", ":")),
        lambda line: json.dumps({**line, "v": 1, "name": "main", "reqId": None}),
    ],
    ids=["backwards", "escaped", "sorted", "fields before", "fields after", "more keys"],
)  # fmt: skip
def test_keys_in_any_order_with_others_among_them(read, text, written):
    lines = "\n".join(written(json.loads(line)) for line in text.splitlines())
    assert [record[1:] for record in read(lines)[0]] == [record[1:] for record in read(text)[0]]


def test_a_scheduler_that_flattens_its_events(read):
    lines = [json.loads(line) for line in SCHEDULER.splitlines()]
    flat = "\n".join(
        json.dumps({"timestamp": line["timestamp"], "level": line["level"], **line["fields"]})
        for line in lines
    )
    assert read(flat)[0] == read(SCHEDULER)[0]


@pytest.mark.parametrize(
    "stamp",
    ["2026-01-01T00:06:05.120900123Z", "2026-01-01T08:06:05.120900+08:00", "2026-01-01 00:06:05.120900", "2026-01-01T00:06:05.12Z"],
)  # fmt: skip
def test_times_in_other_precisions_and_zones(read, stamp):
    line = {**json.loads(CHINESE), "timestamp": stamp}
    assert read(json.dumps(line))[0][0].at_ms == 1767225965120


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"level": "debug"}, "session_created"),
        ({"time": "2026-01-01T00:00:00.123Z"}, "session_created"),
        ({"time": ..., "timestamp": "2026-01-01T00:00:00.123Z"}, "session_created"),
        ({"sessionId": ..., "session_id": "s-1A2B3C4D"}, "session_created"),
        ({"msg": "Created new AggregatorState"}, "session_created"),
        ({"msg": "\x1b[36mCreated new AggregatorState\x1b[39m"}, "session_created"),
    ],
)
def test_other_settings_of_the_logger(read, changes, kind):
    records, troubles = read(node_line(**changes))
    (record,) = records
    assert (record.kind, record.session, record.at_ms) == (kind, "s-1A2B3C4D", 1767225600123)
    assert troubles.levels["node"]["debug"] == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_files_in_other_encodings(read, encoding):
    records, troubles = read((NODE + "\r\n").encode(encoding))
    assert [record.kind for record in records] == [record.kind for record in read(NODE)[0]]
    assert set(troubles.found) <= {"clock_back"}


def test_what_is_pretty_is_said_wherever_it_stands(read):
    single = '[12:00:00.123] INFO (4210): Created new AggregatorState {"sessionId":"s-1"}\n'
    docker = json.dumps({"log": single, "stream": "stdout"}) + "\n"
    several = json.dumps(json.loads(GOOD), indent=2) + "\n"
    _, troubles = read(single + docker + several + GOOD)
    assert {kind: trouble.count for kind, trouble in troubles.found.items()} == {"pretty_printed": 3}


def test_the_tail_of_a_cut_line_is_no_line_with_a_prefix(read):
    tail = node_line(resourceUsage={"cpu": 1})[60:]
    assert set(read(GOOD + "\n" + tail)[1].found) == {"half_line"}


def test_a_mapped_line_with_a_prefix(read, tmp_path):
    path = tmp_path / "mapping.yaml"
    path.write_text("time: ts\nevent: evt\nsession: sid\nevents: {in: session_created}\n")
    line = '{"ts": 1767225600123, "evt": "in", "sid": "a"}'
    records, troubles = read(f"\ufeffweb-1  | {line}\n{line},\n", mapping=read_mapping(path))
    assert [record.kind for record in records] == ["session_created"] * 2
    assert not troubles.found


def test_logs_of_several_nodes_in_folders_of_their_own(tmp_path, read):
    from simulator.logs import read_logs

    for node in ("a", "b"):
        (tmp_path / "logs" / node).mkdir(parents=True)
        (tmp_path / "logs" / node / "electron-main.log").write_text(node_line(hostname=node))
    assert sorted(record.node for record in read_logs(tmp_path / "logs")) == ["a", "b"]
