"""Targets: every unit, shares of memory, P(…), did-you-mean."""

import pytest

from simulator import names
from simulator.config import ConfigError, load


def targets(*texts, memory="16GiB"):
    return load({"targets": list(texts), "nodes": {"memory": memory}}).targets


@pytest.mark.parametrize(
    ("text", "statistic", "name", "comparison", "limit", "probability"),
    [
        (
            "mean unavailable_memory_fraction <= 0.1 %",
            "mean",
            "unavailable_memory_fraction",
            "<=",
            0.001,
            None,
        ),
        ("p5 time_to_unavailable_ms >= 24h", "p5", "time_to_unavailable_ms", ">=", 86_400_000, None),
        ("mean memory_bytes_peak <= 14GiB", "mean", "memory_bytes_peak", "<=", 14 * 2**30, None),
        ("p95 memory_bytes_peak<=50%", "p95", "memory_bytes_peak", "<=", 2**33, None),
        ("median headroom_bytes > 0B", "median", "headroom_bytes", ">", 0, None),
        ("mean unavailable_episodes_per_day < 2", "mean", "unavailable_episodes_per_day", "<", 2, None),
        ("mean unavailable_episodes_per_day < 2/d", "mean", "unavailable_episodes_per_day", "<", 2, None),
        ("mean no_node_minutes_per_day ≤ 90s", "mean", "no_node_minutes_per_day", "<=", 1.5, None),
        ("p5 time_to_exhaustion_days ≥ 30d", "p5", "time_to_exhaustion_days", ">=", 30, None),
        ("p5 time_to_exhaustion_days >= 30", "p5", "time_to_exhaustion_days", ">=", 30, None),
        (
            "p99.9 aggregator_states.entries_peak <= 500",
            "p99.9",
            "aggregator_states.entries_peak",
            "<=",
            500,
            None,
        ),
        (
            "mean dedup_last_sent_text.growth_bytes_per_day <= 2MB/d",
            "mean",
            "dedup_last_sent_text.growth_bytes_per_day",
            "<=",
            2e6,
            None,
        ),
        ("mean pending_translations.in_flight <= 3", "mean", "pending_translations.in_flight", "<=", 3, None),
        ("P(no_node_minutes_per_day <= 1) >= 95 %", "P", "no_node_minutes_per_day", "<=", 1, 0.95),
        ("P(memory_bytes_peak > 85 %) <= 5 %", "P", "memory_bytes_peak", "<=", 0.85 * 2**34, 0.95),
        ("P( jobs_lost_fraction<1% )>=99.9%", "P", "jobs_lost_fraction", "<", 0.01, 0.999),
    ],
)
def test_each_kind(text, statistic, name, comparison, limit, probability):
    (target,) = targets(text)
    assert (target.statistic, target.name, target.comparison, target.text) == (
        statistic,
        name,
        comparison,
        text,
    )
    assert target.limit == pytest.approx(limit)
    assert target.probability == (None if probability is None else pytest.approx(probability))


def test_quantiles_and_stores():
    five, middle, mean, store = targets(
        "p5 time_to_oom_ms >= 1h",
        "median time_to_oom_ms >= 1h",
        "mean time_to_oom_ms >= 1h",
        "mean translation_cache.evicted <= 5",
    )
    assert (five.quantile, middle.quantile, mean.quantile) == (0.05, 0.5, None)
    assert (mean.store, store.store) == (None, "translation_cache")


def test_every_result_can_be_a_target():
    limits = {
        "bytes": "1GiB",
        "bytes_per_day": "1MB",
        "fraction": "1 %",
        "per_day": "1",
        "minutes_per_day": "1",
        "ms": "1h",
        "days": "1",
        "count": "1",
    }
    texts = [f"mean {name} <= {limits[unit]}" for name, unit in names.KPIS.items()]
    texts += [
        f"mean aggregator_states.{name} <= {limits[unit]}" for name, unit in names.STORE_OUTPUTS.items()
    ]
    assert len(targets(*texts)) == len(texts)


def test_one_target_needs_no_list_and_none_is_fine():
    assert len(load({"targets": "mean jobs_lost_fraction <= 1 %"}).targets) == 1
    assert load({"targets": None}).targets == load({"targets": []}).targets == ()


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("mean job_lost_fraction <= 1 %", "did you mean `jobs_lost_fraction`?"),
        ("maen jobs_lost_fraction <= 1 %", "did you mean `mean`?"),
        ("mean chunks <= 1", "write the store before it"),
        ("mean translation_cache.chunks <= 1", "known: entries_peak"),
        ("mean pending_translation.in_flight <= 1", "did you mean `pending_translations.in_flight`?"),
        ("mean memory_bytes_peak <= 14", "write `14B` if you mean bytes"),
        ("P(jobs_lost_fraction <= 1 %)", "such as"),
        ("mean jobs_lost_fraction == 1 %", ""),
        ("", "such as"),
    ],
)
def test_what_is_no_target(text, advice):
    with pytest.raises(ConfigError, match="E115") as caught:
        targets(text)
    assert advice in str(caught.value)


def test_a_profile_may_have_its_own_targets(write):
    path = write(
        "targets: [mean jobs_lost_fraction <= 1 %]\nprofiles: {a: {}, b: {targets: []}, c: {nodes.memory: 32GiB, targets: [mean memory_bytes_peak <= 50 %]}}"
    )
    assert len(load(path, profile="a").targets) == 1
    assert load(path, profile="b").targets == ()
    assert load(path, profile="c").targets[0].limit == 2**34
