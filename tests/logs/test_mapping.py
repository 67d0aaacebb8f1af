"""Logs of other services by a mapping; what is wrong with a mapping is told as in a config."""

import json

import pytest

from simulator import ConfigError
from simulator.logs import read_mapping

MAPPING = """\
time: {field: meta.ts, unit: s}
event: evt
session: sid
node: host
job: request
events:
  login: session_created
  say: {kind: job_assigned, fields: {utterance: n}}
  table: {kind: sizes, fields: {sessions.entries: count, rss_bytes: rss}}
"""


def line(**fields):
    return json.dumps({"meta": {"ts": 1767225600.25}, **fields}) + "\n"


@pytest.fixture
def mapping(tmp_path):
    def make(text):
        path = tmp_path / "mapping.yaml"
        path.write_text(text)
        return read_mapping(path)

    return make


def test_events_of_another_service(read, mapping):
    text = (
        line(evt="login", sid="a", host="web1")
        + line(evt="say", sid="a", host="web1", n="3", request=17)
        + line(evt="table", count=7, rss=1e6)
        + line(evt="else")
        + line(evt="say", n=1)
        + line(evt="table", count=None)
        + '{"evt":"login","sid":"a"}\n'
        + "text\n"
    )
    records, troubles = read(text, mapping=mapping(MAPPING))
    said = [(record.kind, record.session, record.node, record.job, record.fields) for record in records]
    assert said == [
        ("session_created", "a", "web1", "", {}),
        ("job_assigned", "a", "web1", "17", {"utterance": 3}),
        ("sizes", "", "", "", {"sessions.entries": 7, "rss_bytes": 1_000_000}),
        ("sizes", "", "", "", {}),
    ]
    assert {record.at_ms for record in records} == {1767225600250}
    assert {kind: trouble.where.rsplit(":", 1)[1] for kind, trouble in troubles.found.items()} == {
        "unmapped": "4", "wrong_value": "5", "no_time": "7", "half_line": "8",
    }  # fmt: skip


def test_lines_that_are_not_json_by_a_pattern(read, mapping):
    text = "2026-01-01T00:00:00Z web1 GET sid=abc 12ms\n2026-01-01T00:00:01Z web1 starting\n"
    pattern = r"""
pattern: '^(?P<ts>\S+) (?P<host>\S+) (?P<evt>GET|POST) sid=(?P<sid>\w+) (?P<took>\d+)ms'
time: ts
event: evt
session: sid
node: host
events: {'*': {kind: job_done, fields: {processing_ms: took}}}
"""
    records, troubles = read(text, mapping=mapping(pattern))
    assert [(record.session, record.node, record.fields) for record in records] == [
        ("abc", "web1", {"processing_ms": 12})
    ]
    assert troubles.count("half_line") == 1


def test_one_event_for_all_lines(read, mapping):
    events = "time: {field: meta.ts, unit: s}\nsession: sid\nevents: {'*': job_assigned}\n"
    assert len(read(line(sid="a") + line(sid="b"), mapping=mapping(events))[0]) == 2


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("event: evt\n", "evnt: evt\n"), "E101", "unknown key `evnt`"),
        (("session_created", "session_creatd"), "E106", "`session_creatd` is not a kind of record"),
        (("utterance: n", "uterance: n"), "E101", "has no field `uterance`"),
        (("unit: s", "unit: h"), "E106", "`h` is not a value of `unit`"),
        (("event: evt\n", ""), "E102", "`event` is missing"),
        (("session: sid\n", ""), "E102", "`session_created` belongs to a session"),
        (("event: evt", "event: [evt]"), "E104", "expected the path of a field"),
        (("job: request", "pattern: '(unclosed'"), "E105", "this is not a regular expression"),
        (("job: request", "pattern: 'x+'"), "E105", "no group has a name"),
        (("time: {field: meta.ts, unit: s}\n", ""), "E102", "`time` is missing"),
    ],
)
def test_what_is_wrong_with_a_mapping(mapping, change, code, said):
    with pytest.raises(ConfigError) as error:
        mapping(MAPPING.replace(*change))
    problem = next(problem for problem in error.value.problems if said in problem.message)
    assert problem.code == code
    assert problem.place.file.endswith("mapping.yaml")


def test_a_mapping_without_events(mapping):
    with pytest.raises(ConfigError, match="no event is listed"):
        mapping("time: ts\nevents: {}\n")


def test_a_mapping_that_is_no_map(mapping):
    with pytest.raises(ConfigError, match="expected a map"):
        mapping("- 1\n")
