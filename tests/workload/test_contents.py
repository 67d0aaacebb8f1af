"""W3, W4, C4: texts, keys, translations, and the columns that follow from them."""

import numpy as np
from scipy import stats

from simulator.workload.sampling import zipf_weights

from .drawing import draw, same, scenario, z, z_share

DISTINCT = 50


def talk(**utterances):
    return draw(scenario({"arrivals": {"poisson": "0.5/s"}}, utterances, horizon="3h"))


def test_the_share_of_unique_texts_and_of_scripts():
    rows = talk(texts={"unique": "70 %", "zipf": {"distinct": DISTINCT}}, two_byte="60 %")
    unique = rows.text >= 2 * DISTINCT
    assert z_share(unique.sum(), len(rows), 0.7) < 4
    assert len(set(rows.text[unique].tolist())) == unique.sum()
    opens = rows.turn == 0
    assert z_share(rows.two_byte[opens].sum(), opens.sum(), 0.6) < 4


def test_repeated_texts_follow_zipf_in_each_script():
    rows = talk(texts={"unique": "0 %", "zipf": {"exponent": 0.8, "distinct": DISTINCT}})
    weights = zipf_weights(0.8, DISTINCT)
    for script in (False, True):
        texts = rows.text[rows.two_byte == script] - script * DISTINCT
        counts = np.bincount(texts, minlength=DISTINCT)
        assert len(counts) == DISTINCT
        assert stats.chisquare(counts, len(texts) * weights / weights.sum()).pvalue > 1e-3


def test_the_same_text_has_the_same_length_script_and_key():
    rows = talk(texts={"unique": "30 %", "zipf": {"distinct": 20}})
    for text in range(40):
        said = rows.take(rows.text == text)
        for name in ("source_chars", "two_byte", "key_chars", "target_chars", "cacheable"):
            assert len(set(getattr(said, name).tolist())) == 1, name


def test_lengths_of_unique_texts_have_their_distribution():
    rows = talk(texts={"unique": "100 %"}, text_length={"uniform": {"low": 1, "high": 101}})
    assert z(rows.source_chars, 51) < 4
    assert (rows.source_chars.min(), rows.source_chars.max()) == (1, 101)


def test_nothing_is_shorter_than_one_character_or_ms():
    rows = talk(text_length={"constant": 0}, service="0s")
    for name in ("source_chars", "target_chars", "service_ms"):
        assert getattr(rows, name).min() == 1


def test_another_share_of_unique_texts_changes_no_length_of_those_that_stay():
    few, many = (talk(texts={"unique": share, "zipf": {"distinct": 20}}) for share in ("30 %", "70 %"))
    both = (few.text >= 40) & (many.text >= 40)
    assert both.sum() > 1_000
    assert np.array_equal(few.source_chars[both], many.source_chars[both])
    assert np.array_equal(few.text[both], many.text[both])


def test_columns_that_follow_from_the_text():
    rows = talk(text_length={"lognormal": {"median": 60, "p95": 400}})
    chars, two_byte = rows.source_chars, rows.two_byte
    assert np.array_equal(rows.stored_chars, chars)
    assert np.array_equal(rows.stored_spaces, np.where(two_byte, 0, chars // 6))
    assert np.array_equal(rows.key_chars, np.where(chars <= 100, chars + 6, 76))
    assert np.array_equal(rows.cacheable, (chars >= 3) & (chars <= 500))
    assert 0 < rows.cacheable.sum() < len(rows)
    expected = np.floor(chars * np.where(two_byte, 3.5, 0.9) + 0.5)
    assert np.array_equal(rows.target_chars, np.maximum(expected, 1))
    assert np.array_equal(rows.key_two_byte, two_byte)
    assert not rows.context_chars.any()


def test_keys_as_recorded():
    """Long texts under a key of 76, others six longer: the lengths of the recorded runs' keys without context."""
    rows = talk(text_length={"empirical": [54, 100, 101, 230]})
    pairs = set(zip(rows.source_chars.tolist(), rows.key_chars.tolist(), strict=True))
    assert pairs == {(54, 60), (100, 106), (101, 76), (230, 76)}


def test_w4_outcomes_have_their_shares_and_everything_its_mean():
    asked = scenario({"arrivals": {"poisson": "1/s"}}, {}, {"fails": "3 %", "hangs": "1 %"}, horizon="4h")
    rows = draw(asked)
    shares = np.bincount(rows.outcome, minlength=3)
    assert z_share(shares[1], len(rows), 0.03) < 4
    assert z_share(shares[2], len(rows), 0.01) < 4
    assert z(rows.latency_ms, asked.workload.translation.latency.mean) < 4
    assert z(rows.audio_ms, asked.workload.utterances.audio.mean) < 4
    assert z(rows.service_ms, asked.workload.utterances.service.mean) < 4
    assert stats.kstest(rows.route[:50_000], "uniform").pvalue > 1e-3


def test_columns_are_independent_of_each_other():
    rows = talk()
    names = ("outcome", "latency_ms", "service_ms", "audio_ms", "source_chars", "route", "turn", "at_ms")
    ranks = np.array([stats.rankdata(getattr(rows, name)) for name in names])
    between = np.corrcoef(ranks)[np.triu_indices(len(names), 1)]
    assert np.abs(between[:-1]).max() < 4.5 / np.sqrt(len(rows))


def test_another_rate_of_failure_makes_more_fail_and_changes_nothing_else():
    few, many = (draw(scenario({}, {}, {"fails": share, "hangs": "1 %"})) for share in ("1 %", "5 %"))
    assert same(few, many, without=("outcome",))
    assert np.array_equal(few.outcome == 2, many.outcome == 2)
    assert (many.outcome[few.outcome == 1] == 1).all()


def test_another_distribution_of_one_column_changes_no_other():
    base = draw(scenario())
    changed = draw(scenario({}, {"audio": "2s"}))
    assert same(base, changed, without=("audio_ms",))
    assert (changed.audio_ms == 2_000).all()
    changed = draw(scenario({}, {"service": {"exponential": {"mean": "1s"}}}, {"latency": "3s"}))
    assert same(base, changed, without=("service_ms", "latency_ms"))
