"""Lines of the modelled system, old and new, are understood; what they say stands in our units."""

import json

import pytest

from simulator.logs import KINDS
from simulator.logs.messages import EMBEDDED
from simulator.logs.messages import NODE as NODE_MESSAGES
from simulator.logs.messages import SCHEDULER as SCHEDULER_MESSAGES

from .conftest import NODE, PROBE, SCHEDULER, node_line


def only(records, kind):
    found = [record for record in records if record.kind == kind]
    assert len(found) == 1, [record.kind for record in records]
    return found[0]


def test_every_line_of_a_node_but_the_flush_is_a_record(read):
    records, troubles = read(NODE)
    assert len(records) == NODE.count("\n") - 1
    assert set(troubles.found) <= {"clock_back"}  # as they stand in the example
    assert [record.at_ms for record in records] == sorted(record.at_ms for record in records)
    assert {record.node for record in records} == {"NODE-A"}
    assert troubles.node_ids == {"NODE-A": "node-11AA22BB"}


def test_every_line_of_the_scheduler_is_a_record(read):
    records, troubles = read(SCHEDULER, name="scheduler.log")
    assert len(records) == SCHEDULER.count("\n")
    assert set(troubles.found) <= {"clock_back"}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("session_created", {"total_sessions": 37}),
        ("sweep", {"removed": 3, "total_sessions": 34}),
        ("last_text_sweep", {"removed": 2, "remaining": 18}),
        ("dedup_sweep", {"removed": 2, "remaining": 41}),
        ("pending_size", {"entries": 4}),
        ("cache_hit", {}),
        ("audio_received", {"utterance": 4, "audio_base64_chars": 213_336, "audio_format": "pcm16"}),
        ("nmt_sent", {"utterance": 4, "text_chars": 2, "text": "你好"}),
        ("nmt_done", {"utterance": 4, "request_ms": 1043, "translated_chars": 5}),
        ("nmt_failed", {"utterance": 5, "request_ms": 60_004, "timeout": 1, "error": "ECONNABORTED"}),
        ("heartbeat", {"cpu_percent": 41.2, "gpu_percent": 96, "gpu_memory_percent": 81, "memory_percent": 72.8}),
        ("gpu_high", {"cpu_percent": 41.2, "gpu_percent": 96, "gpu_memory_percent": 81, "memory_percent": 72.8}),
    ],
)  # fmt: skip
def test_fields_of_a_node_line(read, kind, fields):
    assert only(read(NODE)[0], kind).fields == fields


def test_megabytes_of_the_analysis_are_binary_and_its_total_a_text(read):
    fields = only(read(NODE)[0], "memory_analysis").fields
    assert fields["aggregator_states.entries"] == 37
    assert fields["translation_cache.entries"] == 12
    assert fields["dedup_last_sent_text.entries"] == 40
    assert fields["total_bytes"] == 0.06 * 2**20


def test_a_heartbeat_inside_a_message(read):
    record = only(read(SCHEDULER, name="scheduler.log")[0], "heartbeat")
    assert record.node == "node-11AA22BB"
    assert record.fields["memory_percent"] == 86.3
    assert record.fields["running_jobs"] == 1


def test_rust_debug_formats(read):
    records, troubles = read(SCHEDULER, name="scheduler.log")
    english, chinese = sorted(
        (record for record in records if record.kind == "node_excluded" and record.fields["memory_percent"] > 80),
        key=lambda record: record.fields["memory_percent"],
    )  # fmt: skip
    assert english.fields["gpu_percent"] == 12
    assert "gpu_percent" not in chinese.fields  # "None" is nothing, and no mistake
    assert chinese.fields["threshold_percent"] == 95
    assert troubles.count("wrong_value") == 0
    assert only(records, "job_pending_timeout").node == ""  # also "None"


def test_microseconds_are_cut_to_ms(read):
    record = next(r for r in read(SCHEDULER, name="scheduler.log")[0] if r.kind == "job_without_node")
    assert record.at_ms == 1767225965121


def test_what_the_level_hides_can_be_asked(read):
    _, troubles = read(NODE)
    assert not troubles.hides_debug()
    info = "".join(line + "\n" for line in NODE.splitlines() if '"level":20' not in line)
    _, troubles = read(info)
    assert troubles.hides_debug()
    assert not troubles.hides_debug("scheduler")  # not read at all


def test_json_written_anew_with_spaces_and_escapes(read):
    lines = [json.dumps(json.loads(line)) for line in (NODE + SCHEDULER).splitlines()]
    records, troubles = read("\n".join(lines))
    assert len(records) == len(lines) - 1
    assert troubles.count("half_line") == 0


def test_a_message_that_is_not_last_is_found(read):
    line = json.loads(node_line())
    first = {"msg": line.pop("msg"), **line}
    assert len(read(json.dumps(first, separators=(",", ":")))[0]) == 1


def test_every_message_of_the_list_is_understood(read):
    node = [node_line(msg=each.text) for each in NODE_MESSAGES]
    scheduler = [
        json.dumps({"timestamp": "2026-01-01T00:00:00Z", "level": "INFO",
                    "fields": {"message": each.text, "session_id": "s"}}) + "\n"
        for each in SCHEDULER_MESSAGES
    ]  # fmt: skip
    records, troubles = read("".join(node), "".join(scheduler))
    assert len(records) == len(NODE_MESSAGES) + len(SCHEDULER_MESSAGES)
    assert not troubles.found


def test_kinds_and_messages_agree():
    said = {each.kind for each in (*NODE_MESSAGES, *SCHEDULER_MESSAGES, *EMBEDDED)}
    assert said | {"sizes", "session_closed"} == set(KINDS)


def test_a_line_of_the_probe(read):
    record = only(read(PROBE, name="probe.jsonl")[0], "sizes")
    assert record.node == "pid 99"
    assert record.fields == {
        "aggregatorStates.entries": 3,
        "audio_ring_buffers.entries": 2,
        "audio_ring_buffers.chunks": 9,
        "rss_bytes": 1000,
        "heap_bytes": 500,
        "uptime_ms": 10_000,
    }
