"""Charts hold what they claim: zero-based memory, names at lines, the same bytes twice. How they look was judged by eye."""

import itertools
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest

from simulator.report import charts
from simulator.report.cases import cases_of, effects_of
from simulator.report.choice import alike, telling_names
from simulator.report.layout import spread

from .synthetic import NODES, STORES, THRESHOLD, lines, scenario, study


@pytest.fixture(scope="module")
def made():
    return study(names=("as found", "sweep 30 s", "cap 500", "关闭", "清理音频", "all six"))


def texts(figure):
    """Everything that a chart says in words, from its SVG."""
    svg = charts.render(figure, "svg").decode()
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_settings_that_behaved_alike_are_one_case(made):
    assert [[setting.name for setting in group] for group in alike(made.settings)] == [
        ["as found", "cap 500", "关闭"], ["sweep 30 s"], ["清理音频"], ["all six"],
    ]  # fmt: skip
    first = cases_of(made, None, None)[0]
    assert (first.name, first.short_name) == ("as found = cap 500 = 关闭", "as found = 2 more")


def test_bands_are_over_nodes_and_replications():
    made = lines(115e6, 0.05, 3, bins=10)
    (case,) = cases_of(made, scenario(), None)
    population = np.concatenate([line.memory_bytes for line in made]).astype(float)
    assert population.shape == (3 * NODES, 10)
    assert case.memory_median == pytest.approx(np.median(population, axis=0))
    assert (case.memory_low <= case.memory_median).all()
    assert case.stores_mean.shape == (len(STORES), 10)


def test_memory_starts_at_zero_and_names_its_lines(made):
    figure = charts.memory(made)
    assert all(axes.get_ylim()[0] == 0 for axes in figure.axes)
    said = texts(figure)
    assert "as found = 2 more" in said
    assert "清理音频" in said
    assert "threshold 14.6 GB" in said
    assert "memory of the host, GB" in said
    assert any("not drawn, looking like one of these: sweep 30 s" in text for text in said)
    low, high = figure.axes[0].get_ylim()
    assert low < THRESHOLD / 1e9 < high


def test_memory_of_one_replication_needs_no_study():
    figure = charts.memory(lines(115e6, 0.05, 1)[0])
    assert len(figure.axes) == 2
    assert "audio_ring_buffers" in texts(figure)


def test_availability_has_a_bar_for_each_case_and_its_total(made):
    said = texts(charts.availability(made))
    assert "46 % [43, 48]" in said
    assert {"busy", "memory"} <= set(said)


def test_comparison_leaves_the_reference_out(made):
    figure = charts.comparison(made)
    said = texts(figure)
    assert "as found" not in said
    assert "cap 500" in said
    assert "−1.62 GB" in said
    assert [axes.get_title("left") for axes in figure.axes] == [
        "peak of the stores", "unavailable for memory", "lost jobs", "time until the first node is out",
    ]  # fmt: skip


def test_long_names_leave_the_panels_their_room():
    long = [
        f"{name} and what else was proposed for it"
        for name in ("found", "one", "two", "three", "four", "five")
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        crowded = study(3, tuple(long))
        for draw in (charts.memory, charts.availability, charts.comparison):
            figure = draw(crowded)
            charts.render(figure, "png")
            assert all(axes.get_position().width > 0.1 for axes in figure.axes)


def test_the_same_chart_is_the_same_bytes(made):
    for kind in ("svg", "png"):
        assert charts.render(charts.memory(made), kind) == charts.render(charts.memory(made), kind)


def test_a_chart_shows_itself_in_a_notebook(made):
    assert charts.comparison(made)._repr_png_().startswith(b"\x89PNG")


def test_svg_text_is_text_with_chinese_faces_to_fall_back_on(made):
    svg = charts.render(charts.comparison(made), "svg").decode()
    assert "Noto Sans CJK SC" in svg
    assert "清理音频" in svg
    assert "<dc:date>" not in svg


def test_what_cannot_be_drawn_is_said(made):
    with pytest.raises(ValueError, match="no profile 'nothing' in this study; it has 'audio alive'"):
        charts.memory(made, profile="nothing")
    with pytest.raises(ValueError, match="kept no timelines"):
        charts.memory(replace(made, settings=tuple(replace(s, timelines=()) for s in made.settings)))
    with pytest.raises(ValueError, match="one setting"):
        charts.comparison(replace(made, settings=made.settings[:1]))


def test_columns_are_those_that_say_something(made):
    assert telling_names(made.settings) == [
        "stores_bytes_peak", "unavailable_memory_fraction", "jobs_lost_fraction", "time_to_unavailable_ms",
    ]  # fmt: skip
    assert "context_lost_fraction" in telling_names(made.settings, ["context_lost_fraction"])
    assert telling_names(made.settings[:1], at_most=1) == ["stores_bytes_peak"]
    assert effects_of(made, None, ["cache_hit_fraction"]).names == ("cache_hit_fraction",)


@pytest.mark.parametrize("seed", range(20))
def test_labels_keep_their_distance_and_their_order(seed):
    rng = np.random.default_rng(seed)
    wanted = sorted(rng.uniform(0, 10, 8))
    placed = spread(wanted, 1.0, 0.0, 10.0)
    assert all(b - a >= 1 - 1e-9 for a, b in itertools.pairwise(placed))
    assert spread([1.0, 5.0], 1.0, 0.0, 10.0) == [1.0, 5.0]
