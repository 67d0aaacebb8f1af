"""Effects, interactions, slopes and rankings of made-up studies, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.config.designs import Axis, full_factorial, one_at_a_time, scalar
from simulator.config.ranges import spread
from simulator.problems import Place
from simulator.report.matters import interaction_sentence
from simulator.report.plan import parts_of
from simulator.report.profile import Profile
from simulator.report.ranking import ranking_sentence, rankings
from simulator.study import compare
from simulator.study.designs import LatinHypercube, design_of
from simulator.study.reduction import reduce_history
from tests.statistics.synthetic import filled, history

MB = 1_000_000
SWEEP, CAP, BEAT = "nodes.stores.table.sweep_every", "nodes.stores.table.max", "scheduler.heartbeat"
SHARED = np.random.default_rng(3).normal(size=100)
"""The replication's own, whatever the setting: it cancels in every pair."""
REST = {
    "name": "made up",
    "horizon": "1h",
    "replications": 12,
    "nodes": {"count": 2, "stores": {"table": {"kind": "session_table", "max": 1000}}},
}


def level(world):
    """Which knobs are turned: sweeping at 30 s, a cap of 100, a heartbeat of 10 s."""
    table = world.nodes.stores["table"]
    return table.sweep_every_ms == 30_000, table.max == 100, world.scheduler.heartbeat_ms == 10_000


def two_knobs(world, replication):
    """1,000 MB; sweeping saves 40, the cap 100, both together 30 less than that. The heartbeat is noise."""
    sweep, cap, beat = level(world)
    own = np.random.default_rng([replication, sweep, cap, beat]).normal() if beat else 0.0
    return 1000 - 40 * sweep - 100 * cap + 30 * (sweep and cap) + 50 * SHARED[replication] + own


@pytest.fixture
def study(monkeypatch):
    """Runs a config whose stores peak at so many MB as a function says."""

    def run(peak_mb, design="factorial", **config):
        def task(task_, seed, engine, finished=None):
            runs = {}
            for index, world in task_.cases:
                quiet = history(world)
                peak = round(MB * peak_mb(world, task_.replication))
                made = history(world, stores_bytes_max=filled(quiet.stores_bytes_max, (0, 3), peak))
                runs[index, task_.replication] = reduce_history(made, world, timelines=False)
            return runs

        monkeypatch.setattr("simulator.study.execution.run_task", task)
        return compare(REST | config, workers=1, design=design)

    return run


def effect(made, *factors, kind=None):
    [found] = [
        one
        for one in made.effects
        if one.name == "stores_bytes_peak" and one.factors == factors and kind in (None, one.kind)
    ]
    return found


GRID = {SWEEP: ["60s", "30s"], CAP: [1000, 100]}


def test_main_effects_are_means_over_the_other_factor(study):
    """Sweeping saves 40 alone and 10 beside the cap: 25. The cap saves 100 or 70: 85."""
    made = study(two_knobs, grid=GRID)
    sweep, cap = effect(made, "sweep_every"), effect(made, "max")
    assert sweep.difference.mean == pytest.approx(-25 * MB, abs=2)
    assert cap.difference.mean == pytest.approx(-85 * MB, abs=2)
    assert sweep.levels == (("60s", "30s"),)
    # all noise is shared, and cancels
    assert cap.difference.high - cap.difference.low < 3
    assert sweep.holds
    assert cap.holds


def test_an_interaction_is_half_of_what_one_effect_changes_by(study):
    """Sweeping saves 40 without the cap and 10 with it: half of 30."""
    pair = effect(study(two_knobs, grid=GRID), "sweep_every", "max")
    assert pair.kind == "interaction"
    assert pair.difference.mean == pytest.approx(15 * MB, abs=2)


def test_three_levels_compare_the_last_with_the_first(study):
    made = study(
        lambda world, _: world.nodes.stores["table"].max, grid={CAP: [100, 500, 900], SWEEP: ["60s", "30s"]}
    )
    assert effect(made, "max").difference.mean == 800 * MB
    assert effect(made, "sweep_every").difference.exact_zero


def test_a_factor_that_is_noise_alone_is_called_undetectable(study):
    made = study(two_knobs, grid=GRID | {BEAT: ["15s", "10s"]})
    noise = effect(made, "heartbeat")
    assert not noise.difference.detectable
    assert not noise.holds
    assert noise.difference.low < 0 < noise.difference.high
    # and the others are what they were, within that noise
    assert effect(made, "sweep_every").difference.mean == pytest.approx(-25 * MB, abs=1.5 * MB)
    for others in (("sweep_every", "heartbeat"), ("max", "heartbeat")):
        assert not effect(made, *others).holds
    [(_, table, said)] = [
        part for part in parts_of(Profile(made, ""), made) if part[0].startswith("What matters")
    ]
    assert "heartbeat" not in "".join(row.name for row in table.rows)
    assert said[-1] == "3 more effects cannot be told from nothing."


def test_noise_is_detected_about_as_often_as_the_level_says(study):
    """Twenty heartbeats that do nothing, each a study: at 95 % one is called an effect now and then."""
    wrong = 0
    for first in range(20):

        def noise(world, replication, first=first):
            return 500 + np.random.default_rng([first, replication, *level(world)]).normal()

        made = study(noise, grid={BEAT: ["15s", "10s"], SWEEP: ["60s", "30s"]})
        wrong += sum(one.holds for one in made.effects if one.name == "stores_bytes_peak")
    assert wrong <= 4


def test_the_interaction_is_told_with_both_of_its_sides(study):
    made = study(two_knobs, grid=GRID)
    said = interaction_sentence(Profile(made, ""), list(made.effects))
    assert said.startswith(
        "sweep_every and max interact: sweep_every 60s → 30s changes peak of the stores by −40 MB"
    )
    assert "−10 MB" in said


def test_with_three_levels_the_two_sides_are_those_of_the_ends(study):
    """Sweeping saves 40 at a cap of 1,000, 20 at 500 and nothing at 100."""

    def peak(world, replication):
        table = world.nodes.stores["table"]
        saved = {1000: 40, 500: 20, 100: 0}[table.max] * (table.sweep_every_ms == 30_000)
        return 1000 - saved + 50 * SHARED[replication]

    made = study(peak, grid={SWEEP: ["60s", "30s"], CAP: [1000, 500, 100]})
    pair = effect(made, "sweep_every", "max")
    assert pair.difference.mean == pytest.approx(20 * MB, abs=2)
    assert [side.mean for side in pair.at] == pytest.approx([-40 * MB, 0], abs=2)
    said = interaction_sentence(Profile(made, ""), list(made.effects))
    assert said.endswith("changes peak of the stores by −40 MB at max=1000, by nothing at max=100.")


# ---- one at a time, and samples ----


def axes(*paths, values=("1", "2", "3")):
    place = Place()
    return [
        Axis(tuple(path.split(".")), place, tuple(scalar(text, place) for text in values)) for path in paths
    ]


def test_one_at_a_time_has_the_base_and_each_value_once():
    cells = one_at_a_time(axes("nodes.count", "nodes.memory", "scheduler.heartbeat"))
    assert len(cells) == 1 + 3 * 3
    assert cells[0] == (None, None, None)
    assert all(sum(value is not None for value in cell) == 1 for cell in cells[1:])
    assert len(full_factorial(axes("nodes.count", "nodes.memory", "scheduler.heartbeat"))) == 27


def test_one_at_a_time_in_a_study(study):
    made = study(two_knobs, "one-at-a-time", grid=GRID)
    assert [setting.name for setting in made.settings] == [
        "made up", "sweep_every=60s", "sweep_every=30s", "max=1000", "max=100",
    ]  # fmt: skip
    assert made.setting("max=100").kpi_differences["stores_bytes_peak"].mean == pytest.approx(
        -100 * MB, abs=2
    )


def test_a_latin_hypercube_has_one_point_in_each_part_of_each_axis():
    place, points = Place(), 40
    ranges = [spread("0", "1000"), spread("0s", "1000s"), spread("0B", "1000MB")]
    made = [Axis((f"axis{i}",), place, (), values) for i, values in enumerate(ranges)]
    base, *cells = LatinHypercube(points)(made)
    assert base == (None, None, None)
    assert len(cells) == points
    for place, values in enumerate(ranges):
        sizes = sorted(float(values.quantity.parse(cell[place].text) - values.low) for cell in cells)
        part = float(values.high - values.low) / points
        # rounding to the lattice moves a point by less than a thousandth of the range
        assert all(i - 0.04 <= size / part <= i + 1.04 for i, size in enumerate(sizes))
    assert LatinHypercube(points)(made)[1][0].text == cells[0][0].text  # the same sample again


def test_lists_are_cut_into_equal_parts():
    _, *cells = LatinHypercube(30)(
        [*axes("a.b", values=("1", "2", "3")), *axes("c.d", values=tuple("12345"))]
    )
    counts = [[cell[0].text for cell in cells].count(text) for text in "123"]
    # points that come out equal are one, so at most ten of each
    assert max(counts) <= 10
    assert len(cells) <= 15


@pytest.mark.parametrize(
    "text", ["latin-hypercube:1", "latin-hypercube:", "latin-hypercube:9999999", "factorail"]
)
def test_a_design_that_there_is_not(text):
    with pytest.raises(ValueError, match=r"takes (2 to 5,000 points|factorial)"):
        design_of(text)


def test_slopes_over_a_sample_are_those_of_the_line(study):
    """The stores peak at 2 MB for each of the cap: over the sampled caps, and nothing else, exactly."""
    grid = {CAP: {"from": 100, "to": 1000}, SWEEP: {"from": "10s", "to": "60s"}}
    made = study(
        lambda world, r: 2 * world.nodes.stores["table"].max + SHARED[r], "latin-hypercube:20", grid=grid
    )
    cap = effect(made, "max")
    low, high = (int(text) for text in cap.levels[0])
    assert cap.kind == "slope"
    assert cap.difference.mean == pytest.approx(2 * MB * (high - low), rel=1e-9)
    assert cap.explained == pytest.approx(1.0)
    assert not effect(made, "sweep_every").difference.detectable


# ---- fixes ----

FIXES = {
    "as found": {},
    "sweep": {SWEEP: "30s"},
    "cap": {CAP: 100},
    "beat": {BEAT: "10s"},
    "all": {SWEEP: "30s", CAP: 100, BEAT: "10s"},
}


def fixes(world, replication):
    """As `two_knobs`, and the heartbeat does nothing at all."""
    sweep, cap, _ = level(world)
    return 1000 - 40 * sweep - 100 * cap + 30 * (sweep and cap) + 50 * SHARED[replication]


def test_fixes_are_ranked_alone_and_taken_out_of_all(study):
    """All save 110. Without the cap 40 are left, so it is worth 70 there; without the sweep 100, so 10."""
    made = study(fixes, settings=FIXES)
    ranked = [one for one in made.ranking if one.name == "stores_bytes_peak"]
    assert [one.fix for one in ranked] == ["cap", "sweep", "beat"]
    alone, lost = ({one.fix: getattr(one, side).mean for one in ranked} for side in ("alone", "lost"))
    assert alone == pytest.approx({"cap": -100 * MB, "sweep": -40 * MB, "beat": 0}, abs=2)
    assert lost == pytest.approx({"cap": 70 * MB, "sweep": 10 * MB, "beat": 0}, abs=2)
    assert ranked[-1].lost.exact_zero
    [shown] = rankings(made.ranking)
    assert ranking_sentence(shown) == (
        "cap does most, alone and among all; nothing that can be detected is lost without beat."
    )


def test_where_one_fix_does_most_and_another_is_missed_most_both_are_named(study):
    """The cap saves 100 alone but 5 beside the heartbeat, which does its work; the sweep saves 40 always."""

    def peak(world, replication):
        sweep, cap, beat = level(world)
        return 1000 - 100 * cap - 40 * sweep - 80 * beat + 95 * (cap and beat) + 50 * SHARED[replication]

    [shown] = rankings(study(peak, settings=FIXES).ranking)
    # with the cap, the heartbeat costs 15
    assert ranking_sentence(shown) == (
        "cap does most alone; sweep is missed most when taken out of all; without beat all does better."
    )


def test_settings_that_were_made_to_rank_take_no_row_and_no_verdict(study):
    made = study(fixes, settings=FIXES, targets=["mean stores_bytes_peak <= 960MB"])
    assert [setting.name for setting in made.settings if setting.made] == [
        "all, without sweep", "all, without cap", "all, without beat",
    ]  # fmt: skip
    profile = Profile(made, "")
    assert [setting.name for setting in profile.settings] == list(FIXES)
    assert {verdict.setting for verdict in (*made.targets, *made.verdicts)} <= set(FIXES)
    text = repr(made)
    assert "met by" in text
    assert "of 5 settings" in text
    assert "all, without" not in text
    assert made.exit_code("all") == 0
    with pytest.raises(KeyError):
        made.exit_code("all, without cap")


def test_made_settings_stay_so_when_a_study_is_followed_again(study):
    from simulator.config.recipe import follow

    made = study(fixes, settings=FIXES)
    again = follow(made.provenance.recipe)
    assert [case.setting for case in again.cases if case.made] == [s.name for s in made.settings if s.made]
