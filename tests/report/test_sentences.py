"""What is said of each kind of finding, one at a time."""

from dataclasses import replace

import pytest

from simulator.report.effects import same_reason
from simulator.report.profile import Profile
from simulator.report.sentences import answer, verdict_sentences
from simulator.report.targets import target_lines, target_text, would_tell
from simulator.study.differing import SameReason
from simulator.study.verdicts import Change

from .synthetic import study


@pytest.fixture(scope="module")
def made():
    return study()


def judged(whole, statuses, **changes):
    """The study with the first target's verdicts only, one status for each setting."""
    first = [verdict for verdict in whole.targets if verdict.name == "jobs_lost_fraction"]
    targets = tuple(replace(v, status=s, **changes) for v, s in zip(first, statuses, strict=True))
    return Profile(replace(whole, targets=targets), "audio alive")


MET, MISSED, UNTOLD = "met", "missed", "cannot tell"


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ([MET] * 6, "Every setting meets the target."),
        ([MISSED, *[MET] * 5], "sweep 30 s, cap 500 and 3 more meet the target; as found misses it."),
        ([MISSED] * 6, "No setting meets the target."),
        ([MET, *[MISSED] * 5], "as found meets the target; sweep 30 s, cap 500 and 3 more miss it."),
        ([UNTOLD] * 6, "It cannot be told yet whether any setting meets the target."),
        (
            [MISSED, MET, *[UNTOLD] * 4],
            "sweep 30 s meets the target; as found misses it; cannot be told yet: cap 500, F2 on removal and 2 more.",
        ),
    ],
)
def test_the_first_sentence_answers(made, statuses, said):
    assert answer(judged(made, statuses)) == said


def test_without_targets_the_first_sentence_is_the_effect(made):
    profile = Profile(replace(made, targets=()), "audio alive")
    assert answer(profile).startswith("F6 on removal does all of it: unavailable for memory −41 %")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"more_replications": 57}, "about 57 more replications would tell"),
        ({"more_replications": 1}, "about 1 more replication would tell"),
        ({"more_replications": 2392}, "about 2,400 more replications would tell"),
        ({"reason": "one replication"}, "one replication has no interval"),
        ({"reason": "horizon"}, "a longer horizon would tell"),
        ({"reason": "interval"}, "it sits on its limit"),
    ],
)
def test_what_would_tell(made, changes, said):
    verdict = replace(made.targets[0], status=UNTOLD, **({"more_replications": None} | changes))
    assert would_tell(verdict) == said


def test_what_would_tell_is_said_once_when_it_is_the_same_for_all(made):
    (line,) = target_lines(judged(made, [UNTOLD] * 6, more_replications=57))
    assert line[0] == "?"
    assert line[1].count("about 57 more replications would tell") == 1


def test_quantile_and_probability_targets_read_as_they_were_written(made):
    p95 = replace(
        made.targets[0], target="p95 memory_bytes_peak <= 90 %", name="memory_bytes_peak", statistic="p95"
    )
    assert target_text(p95) == "p95 peak memory of a node ≤ 90 %"
    share = replace(
        made.targets[0],
        target="P(no_node_minutes_per_day <= 1) >= 95 %",
        name="no_node_minutes_per_day",
        statistic="P",
    )
    assert target_text(share) == "P(minutes with no node at all ≤ 1) ≥ 95 %"


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ((), "it changes nothing in this configuration"),
        (
            (SameReason("cap never binds", "nodes.stores.a.max", "a", 64.0, 500.0, 1000.0),),
            "the cap never binds here (peak 64 of 500)",
        ),
        ((SameReason("store is off", "nodes.stores.b.cleanup", "b"),), "b is off here"),
        (
            (SameReason("cleanup never called", "x", "a"), SameReason("nothing times out", "y", "b")),
            "nobody tells a node that a session ended; nothing times out here",
        ),
        (
            tuple(SameReason("store is off", "x", store) for store in "abcd"),
            "a is off here; b is off here; and 2 more reasons",
        ),
    ],
)
def test_why_a_setting_is_exactly_the_same(reasons, said):
    assert same_reason(reasons) == said


def worse(whole, holds):
    """The study in which `sweep 30 s` loses more jobs."""
    setting = whole.settings[1]
    difference = replace(
        setting.kpi_differences["jobs_lost_fraction"],
        mean=0.012, low=0.010, high=0.014, detectable=True, exact_zero=False,
    )  # fmt: skip
    change = Change("jobs_lost_fraction", None, difference, better=False, holds=holds)
    verdicts = tuple(
        replace(v, kind="differs", changes=(change,)) if v.setting == setting.name and v.reference else v
        for v in whole.verdicts
    )
    return Profile(replace(whole, verdicts=verdicts), "audio alive")


def test_a_change_for_the_worse_is_said_when_it_stands_up_to_all_settings_together(made):
    said = "sweep 30 s makes it worse: lost jobs +1.2 % [+1.0, +1.4]."
    assert said in verdict_sentences(worse(made, holds=True))
    assert said not in verdict_sentences(worse(made, holds=False))


def test_what_does_all_of_it_has_its_price_beside_it(made):
    cure = next(v for v in made.verdicts if v.setting == "F6 on removal" and v.reference)
    lost = replace(made.settings[1].kpi_differences["context_lost_fraction"], mean=0.03, low=0.02, high=0.04)
    price = Change("context_lost_fraction", None, lost, better=False, holds=True)
    dearer = replace(cure, changes=(*cure.changes, price))
    whole = replace(made, verdicts=tuple(dearer if v is cure else v for v in made.verdicts))
    said = verdict_sentences(Profile(whole, "audio alive"))[0]
    assert (
        "unavailable for memory −41 % [−44, −39] from 41 %, at the price of context lost +3.0 % [+2.0, +4.0];"
        in said
    )


def test_what_grows_is_said_with_its_speed_its_end_and_its_cure(made):
    said = verdict_sentences(Profile(study(profiles=(("calm", 0.9e6),)), "calm"))
    grows = [sentence for sentence in said if "grows without bound" in sentence]
    assert grows[0].startswith("audio_ring_buffers grows without bound: 21.7 MB a day on each node [")
    assert "it would fill the headroom below the threshold in 65 days [60, 70]" in grows[0]
    assert grows[0].endswith("F6 on removal and all six on removal with abort stop it.")
    assert "No node goes out within 24 h under any setting (busy left out)." in said


def test_a_full_node_is_put_down_to_its_largest_store_alone(made):
    said = [s for s in verdict_sentences(Profile(made, "audio alive")) if "has filled" in s]
    assert len(said) == 1
    assert said[0].startswith("audio_ring_buffers ")


def test_a_limit_that_may_be_reached_already_has_no_time_left():
    """Its interval includes none: a forecast of a few seconds, or of hours to come, would mislead."""
    whole = study(profiles=(("calm", 0.9e6),))
    reached = [
        replace(verdict, exhaustion=replace(verdict.exhaustion, low=0.0)) if verdict.exhaustion else verdict
        for verdict in whole.verdicts
    ]
    said = verdict_sentences(Profile(replace(whole, verdicts=tuple(reached)), "calm"))
    grows = [sentence for sentence in said if "grows without bound" in sentence]
    assert "it has filled the headroom below the threshold" in grows[0]
    assert not [sentence for sentence in grows if "it would fill" in sentence]
