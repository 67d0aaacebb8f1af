"""How long it takes to read logs, and in how much memory: `python -m benchmarks.logs [--size 1GB] [--write]`.

Writes the logs of a simulated replication, long enough for the size, into a temporary folder; then reads them
in a process of its own, once each way. Three kinds: everything at level debug, where nearly every line says
something; the same compressed; and a scheduler's log that is mostly speech, as the modelled system's is.
`--write` puts the table into README.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.run import machine, own_peak_bytes, write
from simulator.config import load
from simulator.logs import Troubles, read_logs, write_logs
from simulator.units import parse_bytes
from simulator.workload import build_workload

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "baseline.yaml"


def make_debug(folder: Path, size: int) -> None:
    """Logs of so many bytes, at level debug."""
    write_hours(folder, 1)
    hours = max(round(size / size_of(folder)), 1)
    write_hours(folder, hours)


def write_hours(folder: Path, hours: int) -> None:
    """The logs of the baseline config, so many hours of them."""
    scenario = load(CONFIG, set={"horizon": f"{hours}h"})
    write_logs(folder, build_workload(scenario), scenario, level="debug", sizes_every_ms=60_000)


def make_speech(folder: Path, size: int) -> None:
    """A scheduler's log in which job results stand whole, with their audio, one heartbeat to ten of them."""
    folder.mkdir()
    audio = "QUJD" * 30_000
    beat = '{"type":"node_heartbeat","node_id":"node-1","resource_usage":{"mem_percent":80.5}}'
    with (folder / "scheduler.log").open("wb") as file:
        at_ms = 1_767_225_600_000
        while file.tell() < size:
            for number in range(11):
                at_ms += 500
                result = f'{{"type":"job_result","job_id":"job-{number}","tts_audio":"{audio}"}}'
                text = beat if number == 0 else result
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms / 1000))
                message = f"Received node message (length: {len(text)}): {text}"
                line = {
                    "timestamp": f"{stamp}.{at_ms % 1000:03}Z",
                    "level": "INFO",
                    "fields": {"message": message},
                }
                file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


def size_of(folder: Path) -> int:
    """All bytes in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def read_once(folder: str) -> None:
    """Read a folder and print what it took, as JSON; meant for a process of its own."""
    troubles = Troubles()
    start, cpu = time.perf_counter(), time.process_time()
    records = sum(1 for _ in read_logs(folder, None, troubles))
    took = {"seconds": time.perf_counter() - start, "cpu_s": time.process_time() - cpu}
    found = {
        "records": records,
        "lines": troubles.lines,
        "bytes": troubles.bytes,
        "troubles": len(troubles.found),
    }
    print(json.dumps({**took, **found, "peak_bytes": own_peak_bytes()}))


def row(name: str, folder: Path) -> str:
    """A row of the table."""
    command = [sys.executable, "-m", "benchmarks.logs", "--read", str(folder)]
    seen = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert not seen["troubles"]
    rate = seen["bytes"] / 1e6 / seen["cpu_s"]
    return (
        f"| {name} | {seen['bytes'] / 1e9:.2f} GB | {seen['lines']:,} | {seen['records']:,} | "
        f"{seen['cpu_s']:.1f} s | {rate:,.0f} MB/s | {seen['peak_bytes'] / 1e6:.0f} MB |"
    )


def main() -> int:
    """Make the logs, read them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", default="1GB", help="of each kind of log")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read_once(options.read)
        return 0
    size = int(parse_bytes(options.size))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        debug, packed, speech = (Path(name) / part for part in ("debug", "packed", "speech"))
        make_debug(debug, size)
        rows.append(row("nodes and scheduler, level debug", debug))
        packed.mkdir()
        for path in debug.iterdir():
            with (
                path.open("rb") as plain,
                gzip.open(packed / f"{path.name}.gz", "wb", compresslevel=1) as file,
            ):
                shutil.copyfileobj(plain, file)
        shutil.rmtree(debug)
        rows.append(row("the same, gzipped", packed))
        shutil.rmtree(packed)
        make_speech(speech, size)
        rows.append(row("scheduler with speech", speech))
    head = (
        "| | size | lines | records | processor time | | peak memory |\n|---|---:|---:|---:|---:|---:|---:|\n"
    )
    report = f"{machine()}; one core.\n\n{head}" + "\n".join(rows) + "\n"
    print(report)
    if options.write:
        write("logs", report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
