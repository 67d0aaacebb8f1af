"""compare --inputs: draws in, every interval as wide as what the logs left open; and what is refused."""

import json
from pathlib import Path

import pytest

import simulator as sim
from simulator.cli.app import invoke
from simulator.config import load_experiment
from simulator.config.inputs import draws_for, read_inputs
from simulator.config.laid import with_inputs
from simulator.problems import ConfigError

CONFIG = {
    "name": "small",
    "extends": "configs/baseline.yaml",
    "horizon": "20min",
    "replications": 8,
    "nodes": {"count": 1},
    "settings": {
        "as found": {},
        "busy": {"workload.sessions.arrivals": {"poisson": "0.4/s"}},
        "cap": {"nodes.stores.aggregator_states.max": 3},
    },
}


def inputs_in(folder, draws, point=None, name="calibrated"):
    """A calibrated config and its draws."""
    folder.mkdir(exist_ok=True)
    point = {"workload.sessions.arrivals": {"poisson": "0.1/s"}} if point is None else point
    plain = {"name": "calibrated"}
    for path, value in point.items():
        part = plain
        for key in path.split(".")[:-1]:
            part = part.setdefault(key, {})
        part[path.split(".")[-1]] = value
    (folder / f"{name}.yaml").write_text(json.dumps(plain), encoding="utf-8")
    lines = [each if isinstance(each, str) else json.dumps(each) for each in draws]
    (folder / f"{name}.draws.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / f"{name}.yaml"


def rates(*values):
    return [{"workload.sessions.arrivals": {"poisson": f"{value}/s"}} for value in values]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    plain = {**CONFIG, "extends": str(Path("configs/baseline.yaml").resolve())}
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


def test_intervals_hold_what_the_logs_left_open(config, tmp_path):
    far = inputs_in(tmp_path / "far", rates(0.02, 0.05, 0.1, 0.2))
    near = inputs_in(tmp_path / "near", rates(0.0999, 0.1, 0.1001, 0.1002))
    plain = sim.compare(config).settings[0].kpis["stores_bytes_peak"]
    wide = sim.compare(config, inputs=far)
    close = sim.compare(config, inputs=near).settings[0].kpis["stores_bytes_peak"]
    peak = wide.settings[0].kpis["stores_bytes_peak"]
    assert plain.from_inputs is None
    assert peak.from_inputs > 0.8
    assert peak.half_width > 3 * plain.half_width
    assert close.from_inputs < 0.8
    assert close.half_width < peak.half_width / 2
    # replications 0 and 1 have the first draw
    assert peak.values[0] < peak.values[7]
    assert wide.inputs.to_dict() == {"file": "calibrated.draws.jsonl", "draws": 4, "replications_each": 2}
    text = repr(wide)
    assert "4 draws of calibrated.draws.jsonl, 2 replications each" in " ".join(text.split())
    assert "comes from what the logs could not tell" in " ".join(text.split())


def test_a_setting_that_says_it_itself_is_not_drawn(config, tmp_path):
    study = sim.compare(config, inputs=inputs_in(tmp_path / "far", rates(0.02, 0.05, 0.1, 0.2)))
    busy = study.setting("busy").kpis["stores_bytes_peak"]
    assert min(busy.values) > 2 * study.settings[0].kpis["stores_bytes_peak"].values[0]
    again = sim.compare(config, set={"workload.sessions.arrivals": {"poisson": "0.1/s"}},
                        inputs=tmp_path / "far" / "calibrated.yaml")  # fmt: skip
    assert again.settings[0].kpis["stores_bytes_peak"].from_inputs < 0.8


def test_differences_are_paired_within_a_draw_and_say_their_share(config, tmp_path):
    study = sim.compare(config, inputs=inputs_in(tmp_path / "far", rates(0.05, 0.1, 0.2, 0.4)))
    cap = study.setting("cap").kpi_differences["stores_bytes_peak"]
    assert 0 <= cap.from_inputs <= 1
    assert cap.half_width < study.settings[0].kpis["stores_bytes_peak"].half_width
    assert (
        study.to_dict()["settings"][2]["differences"]["kpis"]["stores_bytes_peak"]["from_inputs"] is not None
    )


def test_same_bytes_with_any_workers_and_from_its_provenance(config, tmp_path, capsys):
    inputs = inputs_in(tmp_path / "far", rates(0.02, 0.05, 0.1, 0.2))
    one, two = (sim.compare(config, inputs=inputs, workers=workers).to_dict() for workers in (1, 2))
    one.pop("provenance"), two.pop("provenance")
    assert one == two
    out = tmp_path / "out"
    assert invoke(["compare", str(config), "--inputs", str(inputs), "-o", str(out), "-q"]) == 0
    header = (out / "results.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("from_inputs,difference_from_inputs")
    capsys.readouterr()
    assert invoke(["rerun", str(out)]) == 0
    assert "comes out in every byte as it is" in "".join(capsys.readouterr())


def test_replications_over_draws():
    assert draws_for(100, range(200)) == 50
    assert draws_for(10, range(3)) == 2
    for count in (1, 2, 3, 7):
        with pytest.raises(ConfigError, match="cannot be divided"):
            draws_for(count, range(2) if count == 7 else range(200))


@pytest.mark.parametrize(
    ("draws", "point", "said"),
    [
        (None, None, "no draws beside"),
        (rates(0.1), None, "1 draw cannot tell"),
        (["{"], None, "not JSON"),
        (["[1]", "[2]"], None, "a draw is a map"),
        ([*rates(0.1), {"workload.sessions.gap": "6s"}], None, "not every draw has"),
        ([{"workload.sessions.gap": "6s"}] * 2, None, "of another calibration"),
        (rates(0.1, 0.2), {"workload.sessions.arrivals": {"poisson": "much"}}, "not with"),
        ([{"nodes.stores.other.max": 3}] * 2, {"nodes.stores.other.max": 3}, "no such store"),
    ],
)  # fmt: skip
def test_what_is_refused(draws, point, said, config, tmp_path, capsys):
    path = inputs_in(tmp_path / "bad", draws or [], point)
    if draws is None:
        path.with_suffix(".draws.jsonl").unlink()
    assert invoke(["compare", str(config), "--inputs", str(path)]) == 2
    told = capsys.readouterr().err
    assert "E129" in told
    assert said in " ".join(told.split())
    assert "Traceback" not in told


def test_a_draw_that_the_config_cannot_take_is_named(config, tmp_path, capsys):
    path = inputs_in(tmp_path / "bad", rates(0.1, "-1"))
    assert invoke(["compare", str(config), "--inputs", str(path), "--replications", "4"]) == 2
    assert "calibrated.draws.jsonl:2" in capsys.readouterr().err


def test_until_is_refused(config, tmp_path):
    inputs = read_inputs(inputs_in(tmp_path / "far", rates(0.1, 0.2)))
    experiment = load_experiment(config, set={"replications": {"until": {"memory_bytes_peak": "2 %"}}})
    with pytest.raises(ConfigError, match="until"):
        sim.compare(with_inputs(experiment, inputs))
