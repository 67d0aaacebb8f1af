"""Observations of a real node, however they were written down; and what is said of those that make no sense."""

import gzip
import json

import pytest

from simulator.config import ConfigError
from simulator.logs import read_observed

KINDS = {
    "aggregator_states": "session_table",
    "translation_cache": "lru_cache",
    "audio_ring_buffers": "ring_buffer",
    "pending_translations": "pending_map",
}
PLAIN = {
    "at_ms": [0, 60_000],
    "stores": {"aggregator_states": {"entries": [0, 3]}, "audio_ring_buffers": {"entries": [0, 1], "chunks": [0, 2]}},
    "live_bytes": [0, 5000],
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def read(text, name="seen.json", kinds=KINDS):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_observed(path, kinds)

    return read


def levels(observed):
    return {
        store: {name: values.tolist() for name, values in columns.items()}
        for store, columns in observed.stores.items()
    }


def lines(*observations):
    return "\n".join(json.dumps(each) for each in observations) + "\n"


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_what_replay_prints_as_json(read, pack):
    observed = read(pack(json.dumps(PLAIN)))
    assert observed.at_ms.tolist() == [0, 60_000]
    assert levels(observed) == PLAIN["stores"]
    assert {name: values.tolist() for name, values in observed.memory.items()} == {"live_bytes": [0, 5000]}


def test_what_replay_prints_as_csv(read):
    observed = read("at_ms,rss_bytes,aggregator_states.entries\n0,9,0\n60000,10,\n", "seen.csv")
    assert observed.memory["rss_bytes"].tolist() == [9, 10]
    assert str(observed.stores["aggregator_states"]["entries"].tolist()) == "[0.0, nan]"


def test_lines_of_the_probe(read):
    first = {
        "at": 1_767_225_600_000,
        "uptime_ms": 1000,
        "pid": 7,
        "stores": {"aggregatorStates": 2},
        "memory": {"rss": 60},
    }
    second = {
        **first,
        "uptime_ms": 11_000,
        "stores": {"aggregatorStates": 3, "audioRingBuffers": {"chunks": 4}},
    }
    observed = read(lines(first, second), "probe.jsonl")
    assert observed.at_ms.tolist() == [1000, 11_000]
    assert observed.stores["aggregator_states"]["entries"].tolist() == [2, 3]
    assert str(observed.stores["audio_ring_buffers"]["chunks"].tolist()) == "[nan, 4.0]"
    assert observed.memory["rss_bytes"].tolist() == [60, 60]
    assert "live_bytes" not in observed.memory


def test_lines_without_uptime_start_at_the_first(read):
    assert read(lines({"at": 500, "live_bytes": 1}, {"at": 700, "live_bytes": 2})).at_ms.tolist() == [0, 200]


def test_a_single_line_of_the_probe(read):
    assert read(lines({"uptime_ms": 5, "stores": {"aggregator_states": 1}})).at_ms.tolist() == [5]


def test_a_recorded_run(read):
    samples = {
        "minute": [0, 1],
        "states": [0, 2],
        "audioBuffers": [0, 1],
        "audioChunks": [0, 3],
        "inflightHungRequests": [0, 1],
        "mwLastSentText": [0, 2],
        "mwTranslationCache": [0, 0],
        "live_bytes_median": [10, 20],
        "rss": [1, 2],
    }
    observed = read(json.dumps({"config": {}, "samples": samples}))
    assert observed.at_ms.tolist() == [0, 60_000]
    assert levels(observed) == {
        "aggregator_states": {"entries": [0, 2]},
        "audio_ring_buffers": {"entries": [0, 1], "chunks": [0, 3]},
        "pending_translations": {"in_flight": [0, 1]},
    }
    assert observed.memory["live_bytes"].tolist() == [10, 20]
    # a store that is off and was empty needs no word
    assert observed.remarks == (
        "`middleware_last_sent_text` is left out: the config has no enabled store of that name",
        "`rss` of a recorded run is left out: runs faster than real time need more",
    )


def test_a_recorded_run_under_other_names(read):
    observed = read(
        json.dumps({"samples": {"minute": [0], "states": [1]}}), kinds={"sessions": "session_table"}
    )
    assert levels(observed) == {"sessions": {"entries": [1]}}


MISTAKES = {
    "prose": ("a story\n", "this is not a list of observations"),
    "half a JSON": ('{"at_ms": [0, 1', "this is not JSON"),
    "a line that is cut": (lines({"at": 0, "live_bytes": 1}) + '{"at": 5, "st\n', "this line is not JSON"),
    "a line without a time": (lines({"stores": {}}, {}), "this line has no time"),
    "a size in words": (
        lines({"at": 0, "stores": {"aggregator_states": "many"}}, {"at": 1}),
        "`stores.aggregator_states` has a size that is not a number: `many`",
    ),
    "another process": (
        lines({"at": 0, "pid": 1, "live_bytes": 1}, {"at": 1, "pid": 2, "live_bytes": 1}),
        "another process begins here: pid 2 after 1",
    ),
    "columns of two lengths": (
        json.dumps({"at_ms": [0, 1], "live_bytes": [5]}),
        "`live_bytes` has 1 values for 2 times",
    ),
    "time goes back": (
        json.dumps({"at_ms": [5, 1], "live_bytes": [5, 6]}),
        "time goes back: 5 is followed by 1",
    ),
    "nothing known": (
        json.dumps({"at_ms": [0], "stores": {"sessions": {"entries": [4]}}}),
        "nothing to compare: no store of the config is in it: aggregator_states",
    ),
    "no observation": (json.dumps({"at_ms": [], "live_bytes": []}), "there is no observation"),
    "a cell in words": ("at_ms,live_bytes\n0,1\n1,few\n", "`few` is not a number"),
    "a short row": ("at_ms,live_bytes\n0,1\n1\n", "1 cells under 2 columns"),
    "no minutes": (json.dumps({"samples": {"states": [1]}}), "`samples` has no column `minute`"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_makes_no_sense_is_said_with_its_line(read, mistake):
    text, said = MISTAKES[mistake]
    with pytest.raises(ConfigError) as caught:
        read(text)
    shown = str(caught.value)
    assert shown.startswith("error[E123]: ")
    assert said in shown
    assert "seen.json:" in shown


def test_the_line_is_the_one_that_is_wrong(read):
    with pytest.raises(ConfigError, match="this line is not JSON"):
        read(MISTAKES["a line that is cut"][0])
    with pytest.raises(ConfigError) as caught:
        read(MISTAKES["a cell in words"][0], "seen.csv")
    assert "seen.csv:3:1" in str(caught.value)


@pytest.mark.parametrize("text", [b"\x1f\x8b broken", b"\xff\xfe\x00"])
def test_bytes_that_are_no_text(read, text):
    with pytest.raises(ConfigError, match="cannot read the observations"):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the observations: no such file"):
        read_observed(tmp_path / "nowhere.json", KINDS)


@pytest.mark.parametrize(
    "bytes_",
    [b"\xff\xfe\x00\x99", gzip.compress(b'{"at_ms": [0]}' * 50, mtime=0)[:20]],
    ids=["binary", "half a gzip"],
)
def test_what_is_no_text_is_refused_in_words(read, bytes_):
    with pytest.raises(ConfigError, match="it is not text in UTF-8, plain or gzipped"):
        read(bytes_)
