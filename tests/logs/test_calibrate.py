"""From logs to a workload: what is learnt, what is said not to be, and what is refused."""

import json

import numpy as np
import pytest

import simulator as sim
from simulator.cli.app import invoke
from simulator.logs import Record, Troubles, read_logs
from simulator.logs.calibrate import calibrate
from simulator.logs.calibrated import draw, nested, point
from simulator.logs.observations import observe
from simulator.logs.synthetic import write_logs
from simulator.problems import ConfigError
from simulator.workload import build_workload

TRUTH = "configs/baseline.yaml"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Three hours of logs, with debug lines and without."""
    scenario = sim.load(TRUTH, set={"horizon": "3h"})
    made = {}
    for level in ("debug", "info"):
        made[level] = tmp_path_factory.mktemp(level)
        write_logs(made[level], build_workload(scenario, 1), scenario, level=level)
    return made


def observed(folder):
    troubles = Troubles()
    return observe(read_logs(str(folder), None, troubles), troubles)


@pytest.fixture(scope="module")
def debug(folders):
    return calibrate(observed(folders["debug"]), memory_bytes=16 * 2**30)


def test_a_workload_comes_back(debug):
    assert debug.arrivals.overall.low < 0.1 < debug.arrivals.overall.high
    assert debug.arrivals.is_poisson
    assert debug.sessions.utterances.family.name == "geometric"
    for fit, name, truth in (
        (debug.sessions.utterances, "mean", 20),
        (debug.sessions.gap, "mean", 6000),
        (debug.audio, "median", 5800),
        (debug.service, "p95", 4200),
        (debug.latency, "median", 1080),
        (debug.texts.length, "median", 26),
    ):
        value, low, high = fit.parameters()[name]
        # three standard errors: one seed must not decide
        assert abs(value - truth) < 3 / 1.96 * (high - low) / 2, name
    for share, truth in (
        (debug.two_byte, 0.6),
        (debug.fails, 0.005),
        (debug.hangs, 0.001),
        (debug.texts.unique, 0.7),
    ):
        assert abs(share.value - truth) < 3 / 1.96 * (share.high - share.low) / 2


def test_settings_of_the_table_are_read_off_its_behaviour(debug):
    assert debug.table.period_ms[0] == pytest.approx(60_000, rel=1e-3)
    assert debug.table.ttl_ms[1] <= 300_000 <= debug.table.ttl_ms[2]
    assert debug.table.cap is None
    assert "nothing was evicted" in debug.missing["nodes.stores.aggregator_states.max"]


def test_info_logs_give_the_same_but_for_what_is_hidden(folders, debug):
    info = calibrate(observed(folders["info"]))
    assert info.arrivals == debug.arrivals
    assert info.sessions.gap.parameters() == debug.sessions.gap.parameters()
    assert info.texts.unique == debug.texts.unique
    assert info.table.ttl_ms == debug.table.ttl_ms
    assert "evictions are debug lines" in info.missing["nodes.stores.aggregator_states.max"]
    assert "--memory" in info.missing["nodes.baseline"]


def test_the_cap_shows_when_it_evicts(tmp_path):
    scenario = sim.load(
        TRUTH,
        set={"horizon": "1h", "nodes.count": 1, "nodes.stores.aggregator_states.max": 12,
             "scheduler.jobs_per_node": "unlimited"},
    )  # fmt: skip
    write_logs(tmp_path, build_workload(scenario, 0), scenario, level="debug")
    assert calibrate(observed(tmp_path)).table.cap == 12


def test_the_config_and_its_draws_are_accepted_by_the_loader(debug):
    found = sim.load({"name": "calibrated", **nested(point(debug))})
    assert found.workload.sessions.gap.mean == pytest.approx(debug.sessions.gap.mean()[0], rel=1e-3)
    draws = [draw(debug, np.random.default_rng(seed)) for seed in range(60)]
    assert draws[0].keys() == point(debug).keys()
    means = [sim.load({"name": "d", **nested(each)}).workload.sessions.utterances.mean for each in draws]
    value, low, high = debug.sessions.utterances.mean()
    assert np.std(means) == pytest.approx((high - low) / 3.92, rel=0.35)
    assert np.mean(means) == pytest.approx(value, abs=3 * (high - low) / 3.92 / 60**0.5)


def job(at_ms, session, turn, node="N"):
    return Record(at_ms, "job_assigned", node, session, f"{session}/{turn}", {"utterance": float(turn)})


def test_only_the_scheduler_gives_arrivals_and_says_what_is_missing():
    g = np.random.default_rng(1)
    at = np.sort(g.integers(0, 3_600_000, 200))
    found = calibrate(
        observe(Record(int(ms), "session_opened", "", f"s{i}", "", {}) for i, ms in enumerate(at))
    )
    assert found.arrivals.overall.seen == 200
    assert "no utterances" in found.missing["workload.sessions.gap"]
    assert point(found).keys() == {"workload.sessions.arrivals"}


def test_a_log_that_begins_in_the_middle_of_sessions():
    g = np.random.default_rng(2)
    records = []
    for session in range(400):
        at = g.random() * 7_200_000
        for turn in range(1 + g.geometric(1 / 20)):
            records.append(job(int(at), f"s{session}", turn))
            at += g.exponential(6000)
    records = sorted((each for each in records if each.at_ms > 3_600_000), key=lambda each: each.at_ms)
    begun = {each.session for each in records if each.fields["utterance"] == 0}
    found = calibrate(observe(records))
    assert found.arrivals.overall.seen == len(begun) < len({each.session for each in records})


@pytest.mark.parametrize(
    ("records", "code"),
    [([], "E125"), ([Record(5, "heartbeat", "N", "", "", {"memory_percent": 70.0})], "E125"),
     ([job(1000 * i, f"s{i}", 0) for i in range(7)], "E126")],
)  # fmt: skip
def test_too_little_is_refused(records, code):
    with pytest.raises(ConfigError) as caught:
        calibrate(observe(records))
    assert caught.value.problems[0].code == code


def test_the_command_answers_first_and_writes_a_config(folders, tmp_path, capsys):
    out = tmp_path / "out"
    code = invoke(["calibrate", str(folders["debug"]), "--memory", "16GiB", "-o", str(out), "--draws", "5"])
    shown, told = capsys.readouterr()
    assert code == 0
    assert shown.startswith("about 0.")
    assert "Poisson not rejected" in shown.split("\n\n")[0]
    assert "not identifiable" in shown
    assert "calibrated.yaml" in told
    assert invoke(["check", str(out / "calibrated.yaml")]) == 0
    lines = (out / "calibrated.draws.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    assert len({json.loads(line)["workload.sessions.arrivals"]["poisson"] for line in lines}) > 1
    assert (out / "calibration.svg").stat().st_size > 10_000
    capsys.readouterr()
    assert invoke(["calibrate", str(folders["debug"]), "--format", "json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    value, low, high = plain["bounds"]["workload.sessions.arrivals.rate_per_s"]
    assert low < value < high


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["none.log"], "no such file"), (["{log}"], "E125"), (["{log}", "--memory", "16"], "--memory 16"),
     (["{log}", "--cache", "soon"], "--cache soon"), (["{log}", "--draws", "0"], "at least 1")],
)  # fmt: skip
def test_mistakes_are_told(arguments, said, tmp_path, capsys):
    log = tmp_path / "empty.log"
    log.write_text("", encoding="utf-8")
    assert invoke(["calibrate", *(each.format(log=log) for each in arguments)]) == 2
    assert said in capsys.readouterr().err
