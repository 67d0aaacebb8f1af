"""A study of more settings than anybody reads: all in the files, the telling ones on screens and charts."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from simulator import report
from simulator.report import charts
from simulator.report.cases import cases_of, effects_of
from simulator.report.choice import ROWS_AT_MOST, extremes
from simulator.report.export import json_pieces, to_csv, to_json
from simulator.report.page import PageInput
from simulator.report.page.document import page
from simulator.study import compare
from simulator.study.compare import DRAWN_AT_MOST

CAPS = range(1, 61)
EXPERIMENT = {
    "name": "many",
    "horizon": "20min",
    "replications": 2,
    "seed": 5,
    "workload": {"sessions": {"arrivals": {"poisson": "0.3/s"}, "utterances": {"geometric": {"mean": 4}}}},
    "nodes": {"count": 1, "stores": {"aggregator_states": {"max": 500}}},
    "targets": ["mean aggregator_states.entries_peak <= 30"],
    "grid": {"nodes.stores.aggregator_states.max": list(CAPS)},
}


@pytest.fixture(scope="module")
def study():
    return compare(EXPERIMENT, workers=1)


def test_the_screen_shows_the_telling_ones_and_says_how_many_it_left_out(study):
    for text in (report.to_text(study), report.to_markdown(study)):
        rows = set(re.findall(r"(?m)^\W*max=(\d+)", text))
        assert len(rows) == ROWS_AT_MOST + 1
        assert {"1", "2", "21"} <= rows
        assert "19 more lie between these by peak of the stores; all are in results.csv" in " ".join(
            text.split()
        )
    assert len(report.to_text(study).splitlines()) < 2 * ROWS_AT_MOST + 40


def test_those_with_rows_change_the_most_either_way(study):
    name = "stores_bytes_peak"
    shown = extremes(study.settings[1:], name)
    others = [setting for setting in study.settings[1:] if setting not in shown]
    changes = sorted(setting.kpi_differences[name].mean for setting in shown)
    half = ROWS_AT_MOST // 2
    assert all(changes[half - 1] <= other.kpi_differences[name].mean <= changes[half] for other in others)
    assert extremes(study.settings[1:11], name) == list(study.settings[1:11])


def test_files_have_every_setting(study):
    rows = csv.DictReader(io.StringIO(to_csv(study)))
    assert {row["setting"] for row in rows} == {f"max={cap}" for cap in CAPS}
    plain = study.to_dict()
    assert [setting["name"] for setting in plain["settings"]] == [f"max={cap}" for cap in CAPS]
    assert "".join(json_pieces(study.to_lazy_dict())) == to_json(plain)
    assert json.loads(to_json(plain)) == plain


def test_charts_draw_what_fits(study):
    assert len(effects_of(study, None, None).rows) == ROWS_AT_MOST
    drawn = [setting for setting in study.settings if setting.timelines]
    assert drawn == list(study.settings[::2])
    assert len(drawn) <= DRAWN_AT_MOST
    assert sum(len(case.names) for case in cases_of(study, None, None)) == len(drawn)
    for draw in (charts.memory, charts.availability):
        assert "30 of 60 settings" in charts.render(draw(study), "svg").decode()
    comparison = charts.comparison(study)
    assert comparison.get_figheight() < 14
    assert "19 more lie between these" in charts.render(comparison, "svg").decode()


def test_the_page_has_rows_for_those_in_sight(study):
    text = page(PageInput(study=study))
    cells = re.findall(r"<th[^>]*>\s*max=(\d+)", text)
    assert len(set(cells)) <= ROWS_AT_MOST + 1
    assert text.count("19 more lie between these by peak of the stores") >= 2


def test_a_store_of_timelines_makes_no_difference(study, tmp_path):
    store = tmp_path / "runs.sqlite"
    first, *_ = EXPERIMENT["grid"].values()
    turned = {**EXPERIMENT, "grid": {next(iter(EXPERIMENT["grid"])): first[::-1]}}
    compare(turned, workers=1, store=store)
    again = compare(EXPERIMENT, workers=1, store=store)
    assert [bool(setting.timelines) for setting in again.settings] == [
        bool(s.timelines) for s in study.settings
    ]
