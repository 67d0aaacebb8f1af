"""W3: what an utterance carries, and what its audio and its strings weigh."""

from __future__ import annotations

import numpy as np

from simulator.config import load
from simulator.model.footprint import base64_chars
from simulator.model.ring_buffer import RingBuffers
from simulator.model.v8_texts import string_bytes
from simulator.workload import build_workload


def test_w3_audio_is_32_bytes_a_millisecond_and_a_third_more_as_base64():
    assert base64_chars(15_000) * 3 / 4 == 32 * 15_000
    rings = RingBuffers(span_ms=15_000, keep_ms=10_000)
    rings.append("session", 0, 3_000)
    assert rings.base64_chars == base64_chars(3_000) == 128_000


def test_w3_a_character_above_u00ff_makes_every_character_two_bytes():
    assert string_bytes(1_000, two_byte=True) - string_bytes(1_000, two_byte=False) == 1_000


def test_w3_a_session_keeps_its_script_and_a_translation_follows_its_source():
    workload = build_workload(load({"name": "w3", "horizon": "1h"}), 0)
    rows = next(iter(workload.windows()))
    scripts = {(int(s), bool(b)) for s, b in zip(rows.session, rows.two_byte, strict=True)}
    assert len(scripts) == len(np.unique(rows.session))
    for two_byte, expansion in ((False, 0.9), (True, 3.5)):
        these = np.asarray(rows.two_byte) == two_byte
        assert np.abs(rows.target_chars[these] - expansion * rows.source_chars[these]).max() <= 1
