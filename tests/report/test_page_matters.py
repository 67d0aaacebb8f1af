"""What matters: all fixes but one, two factors cell by cell, and how the page says it in both languages."""

import csv
import io
import math
import re

import pytest

import simulator as sim
from simulator.config import load_experiment
from simulator.report import language
from simulator.report.language import catalogue
from simulator.report.page import PageInput, page, write_page
from simulator.report.page.matters import matters_of
from simulator.study.interaction import interactions_of
from simulator.study.omissions import omitting_study, proposals

CONFIG = {
    "name": "three fixes",
    "horizon": "40min",
    "workload": {"sessions": {"arrivals": {"poisson": "0.2/s"}}},
    "nodes": {
        "count": 1,
        "stores": {
            "table": {"kind": "session_table", "max": 1000},
            "audio": {"kind": "ring_buffer", "cleanup": "never"},
        },
    },
    "settings": {
        "as found": {},
        "sweep": {"nodes.stores.table.sweep_every": "30s"},
        "cap": {"nodes.stores.table.max": 5},
        "both": {"nodes.stores.table.sweep_every": "30s", "nodes.stores.table.max": 5},
        "clear": {"nodes.stores.audio.cleanup": "session_removed"},
        "all": {
            "nodes.stores.table.sweep_every": "30s",
            "nodes.stores.table.max": 5,
            "nodes.stores.audio.cleanup": "session_removed",
        },
    },
    "profiles": {"quiet": {}, "busy": {"workload.sessions.arrivals": {"poisson": "0.3/s"}}},
}


@pytest.fixture(scope="module")
def study():
    return sim.compare(CONFIG, replications=3, seed=7)


@pytest.fixture(scope="module")
def omitted(study):
    return omitting_study(load_experiment(CONFIG), study)


@pytest.fixture(scope="module")
def plan():
    """The same with the fixes left out among its settings: what `simulator study` runs."""
    from simulator.study import compare

    return compare(CONFIG, replications=3, seed=7, design="factorial")


def test_every_bundle_is_run_without_each_fix_once(omitted):
    names = [(setting.profile, setting.name) for setting in omitted.settings]
    one = ["as found", "all, without sweep", "all, without cap"]  # without `clear` it is `both`
    assert names == [(profile, name) for profile in ("quiet", "busy") for name in one]


def test_the_ranking_is_that_of_a_full_plan(study, omitted, plan):
    found = matters_of(study, omitted)
    assert found.ranking == plan.ranking
    assert {one.fix for one in found.ranking} == {"sweep", "cap", "clear"}
    assert found.effects == plan.effects
    assert matters_of(plan, None).ranking == plan.ranking


def test_without_the_missing_settings_there_is_no_ranking(study):
    assert matters_of(study, None).ranking == ()


def test_a_full_plan_proposes_what_the_config_does(study, plan):
    shown = proposals(plan)
    assert [s.name for s in shown.settings] == [s.name for s in study.settings]
    assert len(plan.settings) == len(study.settings) + 4
    assert {verdict.setting for verdict in shown.verdicts} == {verdict.setting for verdict in study.verdicts}
    assert proposals(study) is study


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"as found": {}, "sweep": CONFIG["settings"]["sweep"]}},
        {"settings": None, "grid": {"nodes.stores.table.max": [5, 1000]}},
    ],
)
def test_nothing_is_run_where_nothing_is_made_of_three_fixes(study, change):
    assert omitting_study(load_experiment({**CONFIG, **change}), study) is None


def test_a_cell_is_the_paired_difference_against_the_first(study):
    settings = [setting for setting in study.settings if setting.profile == "busy"]
    (both,) = interactions_of(settings, ["stores_bytes_peak"])
    assert (both.first.name, both.second.name) == ("sweep", "cap")
    assert both.settings == {(0, 0): "as found", (1, 0): "sweep", (0, 1): "cap", (1, 1): "both"}
    by_name = {setting.name: setting.kpi_differences for setting in settings}
    for levels, name in both.settings.items():
        cell = both.differences["stores_bytes_peak"][levels]
        if levels == (0, 0):
            assert cell.exact_zero
        else:
            known = by_name[name]["stores_bytes_peak"]
            assert (cell.mean, cell.low, cell.high) == (known.mean, known.low, known.high)


def test_a_third_factor_is_averaged_over():
    grid = {
        "nodes.stores.table.max": [1000, 5],
        "nodes.stores.table.ttl": ["5min", "1min"],
        "nodes.stores.table.sweep_every": ["60s", "30s"],
    }
    made = sim.compare({**CONFIG, "settings": None, "profiles": None, "grid": grid}, replications=2)
    (both,) = interactions_of(made.settings, ["stores_bytes_peak", "time_to_oom_ms"])
    assert (both.first.name, both.second.name) == ("sweep_every", "max")
    assert both.settings == {}
    chosen = {
        levels: [
            s.kpis["stores_bytes_peak"].mean
            for s in made.settings
            if dict(s.changes)["nodes.stores.table.sweep_every"] == sweep
            and dict(s.changes)["nodes.stores.table.max"] == cap
        ]
        for levels, sweep, cap in (((0, 0), "60s", "1000"), ((1, 1), "30s", "5"))
    }
    wanted = math.fsum(chosen[1, 1]) / 2 - math.fsum(chosen[0, 0]) / 2
    assert both.differences["stores_bytes_peak"][1, 1].mean == pytest.approx(wanted, rel=1e-12)


# ---- the page ----


@pytest.fixture(scope="module")
def given(study, omitted):
    return PageInput(study, omitted=omitted)


def test_factors_and_fixes_have_a_chart_and_a_table_each(given):
    text = page(given)
    for place in ("p1", "p2"):
        assert f'id="{place}-effects-1-chart-title"' in text
        assert f'id="{place}-fixes-1-chart-title"' in text
    assert "<h4>The factors</h4>" in text  # with what is left out there is every combination of the three
    assert "<h4>sweep × cap</h4>" in page(PageInput(given.study))
    assert "Averaged over the other factors." in text
    assert "The fixes in all, by peak of the stores" in text
    assert "all, without sweep" not in text  # nobody proposes it
    assert text.count("taken out of all") >= 4


def test_the_chart_says_which_line_is_which(given):
    chart = re.search(r"<svg[^>]*p2-effects-1-chart.*?</svg>", page(given), re.S)[0]
    said = re.findall(r"<text[^>]*>([^<]*)</text>", chart)
    assert {"without cap", "cap", "without", "with", "sweep"} <= set(said)
    assert any(text.startswith("change, ") for text in said)


def test_chinese_leaves_nothing_untranslated(given, monkeypatch):
    unknown = set()

    class Watched(dict):
        def get(self, sentence, default=None):
            if sentence not in self:
                unknown.add(sentence)
            return super().get(sentence, default)

    monkeypatch.setattr(language, "catalogue", lambda _: Watched(catalogue("zh")))
    text = page(given, "zh")
    assert sorted(word for word in unknown if re.search(r"[a-z]{3}", word)) == []
    assert "从全部中去掉" in text


def test_what_the_page_says_stands_in_files_beside_it(given, tmp_path):
    names = write_page(given, tmp_path)
    assert {"effects.csv", "ranking.csv"} <= set(names)
    effects = list(csv.DictReader(io.StringIO((tmp_path / "effects.csv").read_text())))
    ranking = list(csv.DictReader(io.StringIO((tmp_path / "ranking.csv").read_text())))
    crossed = {"sweep × cap", "sweep × clear", "cap × clear"}
    assert {row["factors"] for row in effects} == {"sweep", "cap", "clear"} | crossed
    levels = {row["levels"] for row in effects if row["kind"] == "main"}
    assert levels == {f"as found → {name}" for name in ("sweep", "cap", "clear")}
    assert {row["fix"] for row in ranking} == {"sweep", "cap", "clear"}
    cleared = next(r for r in ranking if r["fix"] == "clear" and r["name"] == "stores_bytes_peak")
    assert float(cleared["alone_high"]) < 0 < float(cleared["lost_low"])
    text = (tmp_path / "index.html").read_text()
    assert all(f'<a href="{name}">' in text for name in ("effects.csv", "ranking.csv"))


def test_where_nothing_can_be_detected_it_is_said():
    idle = {**CONFIG, "profiles": None, "horizon": "10min"}
    idle["settings"] = {
        "as found": {},
        "far": {"nodes.stores.table.max": 900},
        "further": {"nodes.stores.table.sweep_every": "45s"},
        "both": {"nodes.stores.table.max": 900, "nodes.stores.table.sweep_every": "45s"},
    }
    text = page(PageInput(sim.compare(idle, replications=2)))
    assert "Nothing that can be detected comes of further, far, apart or together." in text
