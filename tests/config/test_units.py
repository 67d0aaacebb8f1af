"""Quantities: exact reading, the text to type, writing that is read back."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import units


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("30s", 30_000), ("5min", 300_000), ("1.08s", 1_080), ("0.1s", 100), ("24h", 86_400_000), ("7d", 604_800_000),
        (" 5 min ", 300_000), ("1h30min", 5_400_000), ("1h 30min 15s", 5_415_000), ("1e3ms", 1_000), (".5s", 500), ("0s", 0),
    ],
)  # fmt: skip
def test_durations(text, ms):
    assert units.parse_duration(text) == ms


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1400B", 1400), ("2kB", 2_000), ("2KB", 2_000), ("2KiB", 2_048), ("1.5KiB", 1_536), ("60MiB", 62_914_560),
        ("16GiB", 17_179_869_184), ("16 GB", 16_000_000_000), ("1TiB", 1_099_511_627_776), ("0.1GiB", Fraction(2**30, 10)),
    ],
)  # fmt: skip
def test_sizes(text, size):
    assert units.parse_bytes(text) == size


def test_rates_and_shares_are_exact():
    assert units.parse_rate("0.1/s") == Fraction(1, 10)
    assert units.parse_rate("120/min") == units.parse_rate("2 / s") == 2
    assert units.parse_rate("3/h") == Fraction(3, 3600)
    assert units.parse_rate("24/d") == Fraction(1, 3600)
    assert units.parse_share("85 %") == units.parse_share("85%") == Fraction(85, 100)
    assert units.parse_share("0.1 %") == Fraction(1, 1000)


@pytest.mark.parametrize(
    ("parse", "text", "advice"),
    [
        (units.parse_duration, "30", "write `30s` if you mean seconds"),
        (units.parse_duration, "5m", "write `5min`"),
        (units.parse_duration, "2 hours", "write `2 h`"),
        (units.parse_duration, "10:00", "write `10h 0min` if you mean hours and minutes"),
        (units.parse_duration, "5MIN", "write `5min`"),
        (units.parse_bytes, "16", "write `16B` if you mean bytes, `16MiB` for mebibytes"),
        (units.parse_bytes, "16G", "write `16GiB`"),
        (units.parse_bytes, "16gib", "write `16GiB`"),
        (units.parse_rate, "2", "write `2/s` if you mean per second"),
        (units.parse_rate, "2/sec", "write `2/s`"),
        (units.parse_share, "0.85", "write `85 %` if you mean that share, `0.85 %` otherwise"),
        (units.parse_share, "85", "write `85 %`"),
        (units.parse_number, "1,000", "write `1000`"),
        (units.parse_number, "1_000", "write `1000`"),
    ],
)
def test_the_text_to_type(parse, text, advice):
    with pytest.raises(units.UnitError) as caught:
        parse(text)
    assert caught.value.advice == advice


@pytest.mark.parametrize(
    "text", ["", "s", "5 minutes ago", "1h -5min", "nan", "infs", "1e9999s", "--5s", "5s5", "٣s", "5²s"]
)
def test_nonsense_is_refused(text):
    for parse in (
        units.parse_duration,
        units.parse_bytes,
        units.parse_rate,
        units.parse_share,
        units.parse_number,
    ):
        with pytest.raises(units.UnitError):
            parse(text)


def test_a_share_is_at_most_the_whole():
    for text in ("120 %", "-1 %", "100.0001%"):
        with pytest.raises(units.UnitError, match="between 0 % and 100 %"):
            units.parse_share(text)


@given(st.integers(0, 10**15))
def test_whole_durations_and_sizes_are_read_back(value):
    assert units.parse_duration(units.format_duration(value)) == value
    assert units.parse_bytes(units.format_bytes_exact(value)) == value


@given(st.fractions(0, 1, max_denominator=10_000))
def test_shares_are_read_back(share):
    assert abs(units.parse_share(units.format_share(share)) - share) < Fraction(1, 10**6)


def test_rounding_is_to_the_nearest():
    assert [units.round_whole(Fraction(n, 2)) for n in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("max_session", ["kind", "entry", "max", "ttl"], "max"),
        ("swep_every", ["ttl", "sweep_every"], "sweep_every"),
        ("heartbeat_interval", ["heartbeat", "scan_every"], "heartbeat"),
        ("ttl_ms", ["max", "ttl"], "ttl"),
        ("TTL", ["max", "ttl"], "ttl"),
        ("zebra", ["max", "ttl"], None),
        ("", ["max"], None),
    ],
)
def test_the_closest_word(word, known, meant):
    assert units.closest(word, known) == meant


def test_sizes_for_people():
    assert units.format_bytes(999.9) == "1 kB"
    assert units.format_bytes(0) == "0 B"
    assert units.format_bytes(1_234_567, digits=2) == "1.2 MB"
