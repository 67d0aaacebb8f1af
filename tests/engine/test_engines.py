"""Which engine runs, whether numba can be used or not, and when it has to compile first."""

import subprocess
import sys

import pytest

from simulator.engine import compiles_first, keeps_machine_code, simulate
from tests.engine.world import say, setting, world

PLAIN = {"c": ("lru_cache", {})}
SHORT = {"m": ("session_map", {}), "p": ("pending_map", {})}


def test_without_numba_there_is_the_reference(monkeypatch):
    monkeypatch.setattr("simulator.engine.find_spec", lambda name: None)
    only_the_reference("numba is not installed")


def test_where_numba_cannot_be_imported_there_is_the_reference(monkeypatch):
    monkeypatch.setattr("simulator.engine.find_spec", lambda name: True)
    monkeypatch.setitem(sys.modules, "simulator.engine.compiled", None)
    only_the_reference("numba cannot be used: ")


def only_the_reference(why):
    workload, scenario = world([say(1)], 10), setting({}, 10)
    assert simulate(workload, scenario).counters[0] == 1
    assert not compiles_first([scenario])
    with pytest.raises(ValueError, match=why):
        simulate(workload, scenario, "compiled")


@pytest.mark.parametrize("missing", ["plain", "heap", "short"])
def test_what_has_to_be_compiled_first_depends_on_the_scenario(missing, monkeypatch):
    compiled = pytest.importorskip("simulator.engine.compiled")
    absent = {
        "plain": (compiled.advance, False),
        "heap": (compiled.advance, True),
        "short": (compiled.glide, False),
    }
    monkeypatch.setattr(compiled, "_is_ready", lambda piece, heap=False: (piece, heap) != absent[missing])
    scenarios = {
        "plain": setting(PLAIN, 100), "heap": setting(PLAIN, 100, footprint="v8"), "short": said_once(SHORT, 100)
    }  # fmt: skip
    assert {name for name, scenario in scenarios.items() if compiles_first([scenario])} == {missing}
    assert compiles_first(list(scenarios.values()))
    assert compiles_first([scenarios["short"]], 5) is (missing == "plain")  # samples need the whole loop


def said_once(stores, horizon_ms):
    scenario = setting(stores, horizon_ms)
    said = scenario.workload.utterances
    once = said.model_copy(update={"texts": said.texts.model_copy(update={"unique": 1.0})})
    return scenario.model_copy(update={"workload": scenario.workload.model_copy(update={"utterances": once})})


def test_what_was_compiled_is_known_to_be():
    compiled = pytest.importorskip("simulator.engine.compiled")
    for footprint in ("document", "v8"):
        simulate(world([say(1)], 10), setting(PLAIN, 10, footprint=footprint), "compiled")
        assert compiled._is_ready(compiled.advance, heap=footprint == "v8")
    assert keeps_machine_code()


def test_more_sessions_than_addresses_are_refused(monkeypatch):
    compiled = pytest.importorskip("simulator.engine.compiled")
    workload = world([say(t, t) for t in range(300)], 400)
    scenario = setting({"t": ("session_table", {})}, 400)
    monkeypatch.setattr(compiled, "ROW_ADDRESSES", 3_000)
    with pytest.raises(MemoryError, match="sessions are held at once"):
        simulate(workload, scenario, "compiled")


def test_without_a_folder_for_machine_code_it_is_compiled_each_time():
    pytest.importorskip("numba")
    nowhere = (
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from simulator.engine import compiles_first, keeps_machine_code\n"
        "from tests.engine.world import setting\n"
        "print(keeps_machine_code(), compiles_first([setting({}, 10)]))"
    )
    out = subprocess.run([sys.executable, "-c", nowhere], check=True, capture_output=True, text=True)
    assert out.stdout.split() == ["False", "True"]
