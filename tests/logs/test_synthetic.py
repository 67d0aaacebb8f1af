"""A run's log lines say what its History says, at each level; telling changes nothing in the run."""

from collections import Counter
from pathlib import Path

import pytest

from simulator.config import load
from simulator.engine import COUNTERS, STORE_COUNTERS, simulate
from simulator.logs import Troubles, read_logs, write_logs
from simulator.logs.synthetic import audio_base64_chars, node_id, session_id, text_of
from simulator.workload import build_workload

CONFIGS = Path(__file__).parents[2] / "configs"
HOUR = ["horizon=1h"]
CASES = {
    "as the seed has it": ("baseline.yaml", HOUR),
    "memory excludes": (
        "baseline.yaml",
        [*HOUR, "nodes.baseline={normal: {mean: 13.5GiB, sd: 200MiB}}"],
    ),
    "a small cap": ("baseline.yaml", [*HOUR, "nodes.stores.aggregator_states.max=3"]),
    "fixed, with aborts": ("baseline.yaml fixes/all-six-on-removal-with-abort.yaml", HOUR),
    "cleanups by age": (
        "baseline.yaml fixes/f1-ttl.yaml",
        [*HOUR, "workload.sessions.arrivals={poisson: 0.05/s}"],
    ),
    "June 2026": ("eras/code-2026-06.yaml", HOUR),
    "ends are told": ("baseline.yaml", [*HOUR, "workload.sessions.end_signalled=70 %"]),
    "it dies": (
        "baseline.yaml",
        [
            *HOUR,
            "nodes.stores.aggregator_states.entry=40MB",
            "nodes.memory=13GiB",
            "nodes.baseline=12GiB",
            "nodes.process.restart_after=1min",
            "scheduler.threshold=never",
        ],
    ),
}


def told(folder, name, level="debug", sizes=None):
    config, changes = CASES[name]
    extends = [str(CONFIGS / each) for each in config.split()]
    scenario = load({"name": name, "extends": extends}, set=changes)
    workload = build_workload(scenario)
    _, history = write_logs(folder, workload, scenario, level=level, sizes_every_ms=sizes)
    troubles = Troubles()
    records = list(read_logs(folder, None, troubles))
    assert not troubles.found
    return scenario, workload, history, records, troubles


@pytest.mark.parametrize("name", CASES)
def test_a_told_run_is_the_same_run(tmp_path, name):
    scenario, workload, history, _, _ = told(tmp_path, name)
    assert history == simulate(workload, scenario, "reference")


@pytest.mark.parametrize("name", CASES)
def test_lines_say_what_the_history_says(tmp_path, name):
    _, _, history, records, troubles = told(tmp_path, name)
    count = troubles.records
    ends = dict(zip(COUNTERS, history.counters.tolist(), strict=True))
    table = dict(zip(STORE_COUNTERS, history.store_counters[:, 0, :].sum(axis=0).tolist(), strict=True))
    assert count["session_created"] == table["inserted"]
    assert count["session_evicted"] == table["evicted"] == ends["evicted"]
    assert count["session_expired"] == table["expired"]
    assert count["session_removed"] == table["evicted"] + table["expired"] + table["removed"]
    swept = sum(record.fields["removed"] for record in records if record.kind == "sweep")
    assert swept == table["expired"]
    assert count["job_done"] == ends["served"]
    assert count["cache_hit"] == ends["cache_hits"]
    assert count["job_pending_timeout"] == ends["lost_pending_timeout"]
    assert count["no_node"] == ends["no_node_on_arrival"]
    dispatched = ends["utterances"] - ends["lost_pending_timeout"] - history.waiting - ends["lost_dead_node"]
    assert count["job_assigned"] == dispatched
    created = [record.fields["total_sessions"] for record in records if record.kind == "session_created"]
    assert max(created, default=0) == history.entries_max[:, 0, :].max()


def test_the_cases_show_what_they_are_for(tmp_path):
    for name, kind in {
        "memory excludes": "node_excluded",
        "a small cap": "session_evicted",
        "fixed, with aborts": "nmt_failed",
        "cleanups by age": "dedup_sweep",
        "June 2026": "session_stored",
        "ends are told": "session_forgotten",
        "it dies": "job_timeout",
    }.items():
        folder = tmp_path / name
        assert told(folder, name)[4].records[kind], name


def test_info_hides_the_sessions(tmp_path):
    _, _, _, records, troubles = told(tmp_path, "as the seed has it", "info")
    assert troubles.hides_debug()
    assert not any(record.kind.startswith("session_") and record.node for record in records)
    assert troubles.records["job_assigned"]
    assert troubles.records["sweep"]


def test_exclusions_say_the_memory_that_the_heartbeat_said(tmp_path):
    _, _, _, records, _ = told(tmp_path, "memory excludes")
    last = {}
    excluded = 0
    for record in records:
        if record.kind == "heartbeat" and record.node.startswith("node-"):
            last[record.node] = record.fields["memory_percent"]
        elif record.kind == "node_excluded" and record.node in last:
            assert record.fields["memory_percent"] == last[record.node] > record.fields["threshold_percent"]
            excluded += 1
    assert excluded


def test_sizes_when_asked_for(tmp_path):
    _, _, history, records, _ = told(tmp_path, "as the seed has it", "info", 60_000)
    seen = [record for record in records if record.kind == "sizes"]
    assert len(seen) == 60 * 4
    last = [record for record in seen if record.at_ms == max(each.at_ms for each in seen)]
    for record, finals in zip(last, history.entries_final.tolist(), strict=True):
        held = record.fields["dedup_last_sent_text.entries"]
        assert held <= finals[2]
        assert record.fields["rss_bytes"] > record.fields["live_bytes"] > 0
    analysed = [record for record in records if record.kind == "memory_analysis"]
    assert len(analysed) == len(seen)


def test_logs_are_the_same_bytes_again(tmp_path):
    for folder in ("one", "two"):
        told(tmp_path / folder, "June 2026", "debug", 60_000)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == [
        *(f"electron-main.NODE-{n}.log" for n in range(1, 5)),
        *(f"probe.NODE-{n}.jsonl" for n in range(1, 5)),
        "scheduler.log",
    ]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_nothing_is_left_of_logs_that_fail(tmp_path):
    scenario = load(CONFIGS / "baseline.yaml", set=HOUR)
    workload = build_workload(scenario)

    def fails():
        yield from workload.windows()
        raise RuntimeError

    broken = type(workload)(
        **{**{f: getattr(workload, f) for f in workload.__dataclass_fields__}, "draw": fails}
    )
    with pytest.raises(RuntimeError):
        write_logs(tmp_path, broken, scenario)
    assert not list(tmp_path.iterdir())


def test_names_and_texts_differ_where_they_should():
    assert len({session_id(number) for number in range(50_000)}) == 50_000
    assert [node_id(0), node_id(1)] == ["node-11111111", "node-22222222"]
    scenario = load(CONFIGS / "baseline.yaml", set=HOUR)
    said = {}
    for window in build_workload(scenario).windows():
        for text, chars, two_byte in zip(window.text, window.source_chars, window.two_byte, strict=True):
            row = Counter()
            row.text, row.source_chars, row.two_byte = int(text), int(chars), bool(two_byte)
            words = text_of(row)
            assert len(words) == chars
            if chars > 6:
                assert said.setdefault(words, int(text)) == text
    assert audio_base64_chars(10_000) == 426_668
