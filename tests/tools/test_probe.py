"""tools/probe.js in a real Node.js process: what it writes is what `replay --against` reads."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.logs import read_observed

TOOLS = Path(__file__).parents[2] / "tools"
NODE = shutil.which("node")
if NODE is None:
    pytest.skip("SKIPPED: tools/probe.js is not tested, there is no `node` here", allow_module_level=True)

SERVICE = """
const { startProbe } = require(process.argv[1])
const states = new Map(), list = [1, 2], rings = new Map()
let asked = 0
const stop = startProbe({
  aggregatorStates: states,
  list,
  audio_ring_buffers: () => ({ entries: rings.size, chunks: 2 * rings.size }),
  broken: () => { if (asked++ > 0) throw new Error('not now'); return 7 },
  nothing: () => undefined
}, { everyMs: 20, file: process.argv[2], live: true })
let n = 0
const timer = setInterval(() => {
  states.set('session ' + n, 'x'.repeat(100)); rings.set('session ' + n, Buffer.alloc(30000).toString('base64'))
  if (++n === 10) { stop(); clearInterval(timer) }
}, 15)
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("probe") / "probe.jsonl"
    done = subprocess.run([NODE, "--expose-gc", "-e", SERVICE, str(TOOLS / "probe.js"), str(path)],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return path


def test_every_line_has_time_sizes_and_memory(written):
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    assert len(lines) >= 3
    for line in lines:
        assert set(line) == {"at", "uptime_ms", "pid", "stores", "memory", "live_bytes"}
        assert {"rss", "heapTotal", "heapUsed", "external", "arrayBuffers"} <= set(line["memory"])
    assert lines[0]["stores"] == {
        "aggregatorStates": 0, "list": 2, "audio_ring_buffers": {"entries": 0, "chunks": 0}, "broken": 7
    }  # fmt: skip
    assert "broken" not in lines[-1]["stores"]


def test_it_is_what_a_replay_can_be_held_against(written):
    kinds = {"aggregator_states": "session_table", "audio_ring_buffers": "ring_buffer"}
    observed = read_observed(written, kinds)
    entries = observed.stores["aggregator_states"]["entries"].tolist()
    assert entries == sorted(entries)
    assert entries[-1] > 0
    assert observed.stores["audio_ring_buffers"]["chunks"].tolist() == [2 * n for n in entries]
    assert observed.memory["rss_bytes"].min() > 20e6
    live = observed.memory["live_bytes"]
    assert live[-1] == pytest.approx(entries[-1] * 40_000, rel=0.5)
    assert [remark.split(" ")[0] for remark in observed.remarks] == ["`list`", "`broken`"]


def test_without_options_it_writes_to_stdout_and_lets_the_process_end():
    code = "require(process.argv[1]).startProbe({ a: new Set([1]) })"
    done = subprocess.run(
        [NODE, "-e", code, str(TOOLS / "probe.js")], capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout)["stores"] == {"a": 1}


def test_pasted_it_needs_no_module(tmp_path):
    pasted = (
        TOOLS / "probe.js"
    ).read_text() + "\nstartProbe({ a: [1] }, { write: (line) => console.log(line) })\n"
    path = tmp_path / "service.mjs"  # a module: no `require`, no `module`
    path.write_text(pasted)
    done = subprocess.run([NODE, str(path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, json.loads(done.stdout)["stores"]) == (0, {"a": 1})
