"""tools/measure-node on the Node.js that is here: what it measures is what the `v8` footprint computes, within 3 %.

Skipped where there is no Node.js; without lru-cache (`npm install` in tools/measure-node) its caches are left out.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulator.config import load
from simulator.model import v8
from simulator.model.v8_sessions import V8MapFootprint, V8SessionFootprint
from simulator.model.v8_texts import V8AudioFootprint, V8CacheFootprint, V8RequestFootprint

TOOL = Path(__file__).parents[2] / "tools" / "measure-node"
NODE = shutil.which("node")
if NODE is None:
    pytest.skip("SKIPPED: tools/measure-node is not tested, there is no `node` here", allow_module_level=True)
VERSION = subprocess.run([NODE, "--version"], capture_output=True, text=True).stdout.strip()
ON_20 = pytest.mark.skipif(
    not VERSION.startswith("v20."), reason=f"SKIPPED: the figures are those of Node 20, here is {VERSION}"
)
TEXT, TRANSLATION = 80, 80


def cache_is_installed():
    look = [NODE, "-e", "require('lru-cache')"]
    return subprocess.run(look, cwd=TOOL, capture_output=True).returncode == 0


WITH_CACHE = pytest.mark.skipif(
    not cache_is_installed(),
    reason="SKIPPED: caches are not measured, lru-cache is not installed (npm install in tools/measure-node)",
)


def measure(*options):
    done = subprocess.run(
        [NODE, str(TOOL / "measure.js"), *options], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def figures():
    lengths = ["--text", str(TEXT), "--translation", str(TRANSLATION)]
    found = json.loads(measure("--processes", "1", *lengths, "--json"))["figures"]
    return {(each["store"], each["two_byte"]): each for each in found}


def row(two_byte=False):
    spaces = 0 if two_byte else len(range(6, TEXT, 7))
    return SimpleNamespace(
        stored_chars=TEXT, stored_spaces=spaces, two_byte=int(two_byte), target_chars=TRANSLATION,
        key_chars=TEXT + 6, key_two_byte=int(two_byte), context_chars=0, audio_ms=5000,
    )  # fmt: skip


def per_entry(footprint, n, two_byte=False, turns=1, translated=False):
    spoken = row(two_byte)
    for key in range(n):
        footprint.inserted(key, spoken)
        for _ in range(turns - 1):
            footprint.rewritten(key, spoken)
        if translated:
            footprint.translated(key, spoken)
    return footprint.bytes / n


def shipped(store, two_byte, n):
    """What the footprint computes for what the tool stores."""
    if store == "session_table":
        return per_entry(V8SessionFootprint(), n, two_byte, turns=10, translated=True)
    if store == "session_map":
        return per_entry(V8MapFootprint("text"), n, two_byte)
    if store == "session_map_with_times":
        return per_entry(V8MapFootprint("text", access_times=True), n, two_byte)
    if store == "session_map_of_times":
        return per_entry(V8MapFootprint("timestamp"), n)
    if store == "session_map_of_ids":
        return per_entry(V8MapFootprint("ids"), n, turns=10)
    if store == "ring_buffer":
        footprint = V8AudioFootprint(owns_id=True)
        for key in range(n):
            footprint.inserted(key)
            for _ in range(10):
                footprint.appended(key, 1000)
        return footprint.bytes / n
    if store.startswith("pending_map"):
        footprint = V8RequestFootprint(retains_audio=store.endswith("audio"))
        for key in range(n):
            footprint.opened(key, row(two_byte))
        return footprint.bytes / n
    if store == "lru_cache_instance":
        return v8.cache_fixed_bytes(200)
    if store == "lru_cache_of_normalised_texts":
        return per_entry(V8CacheFootprint(200), 200, two_byte)
    flat = v8.string_bytes(TEXT, int(two_byte)) + v8.string_bytes(TRANSLATION)  # lru_cache
    return flat + (v8.cache_fixed_bytes(200) + v8.table_bytes(256)) / 200


STORES = [
    "session_table", "session_map", "session_map_with_times", "pending_map",
    "session_map_of_times", "session_map_of_ids", "ring_buffer", "pending_map_with_audio",
]  # fmt: skip
BOTH_SCRIPTS = STORES[:4]
CACHES = ["lru_cache", "lru_cache_of_normalised_texts", "lru_cache_instance"]


def compare(figures, store):
    for two_byte in (False, True):
        if (store, two_byte) in figures:
            found = figures[store, two_byte]
            expected = shipped(store, two_byte, found["entries"])
            assert found["heap"] + found["external"] == pytest.approx(expected, rel=0.03), two_byte


@ON_20
@pytest.mark.parametrize("store", STORES)
def test_what_is_measured_here_is_what_the_footprint_computes(figures, store):
    assert ((store, True) in figures) == (store in BOTH_SCRIPTS)
    compare(figures, store)


@ON_20
@WITH_CACHE
@pytest.mark.parametrize("store", CACHES)
def test_caches_too(figures, store):
    compare(figures, store)


@ON_20
def test_a_bare_promise(figures):
    """Shipped figure: 214 B, its key of 100 characters and its share of the Map included."""
    assert figures["bare_promise", False]["heap"] == pytest.approx(214, rel=0.03)


def test_what_it_prints_is_a_config(tmp_path):
    path = tmp_path / "measured.yaml"
    path.write_text(measure("--processes", "1", "--entries", "500", "--two-byte", "0"))
    assert path.read_text().startswith(f"# Bytes of an entry, measured on Node {VERSION} (V8 ")
    alone = load(path).nodes.stores
    assert 1000 < alone["aggregator_states"].entry_bytes < 5000
    child = tmp_path / "child.yaml"
    baseline = Path(__file__).parents[2] / "configs" / "baseline.yaml"
    child.write_text(f"extends: [{baseline}, measured.yaml]\n")
    both = load(child).nodes.stores
    assert both["aggregator_states"].entry_bytes == alone["aggregator_states"].entry_bytes
    assert both["middleware_last_sent_text"].access_times
    assert not both["middleware_last_sent_text"].enabled


def test_two_byte_texts_weigh_in_by_their_share():
    half = measure("--processes", "1", "--entries", "300", "--two-byte", "50").splitlines()
    said = next(i for i, line in enumerate(half) if "last text of 100" in line)
    one, two = (int(size) for size in re.findall(r"(\d+) B", half[said]))
    entry = int(half[said + 1].split("entry: ")[1].split("B")[0])
    assert entry == pytest.approx((one + two) / 2, abs=1.5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--txt", "3"], "measure.js: unknown option --txt\n"),
        (["--text", "x"], "measure.js: --text takes a number from 1 up, not x\n"),
        (["--entries"], "measure.js: --entries takes a number from 1 up, not undefined\n"),
    ],
)
def test_mistakes_are_said(options, said):
    done = subprocess.run([NODE, str(TOOL / "measure.js"), *options], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
