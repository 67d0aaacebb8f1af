"""A real Dask scheduler with two worker processes on loopback: the same results, also when one is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.cli.app import invoke
from simulator.config.varied import Wanted
from simulator.problems import StudyError
from simulator.study import cluster, compare
from simulator.study.cheapest import cheapest
from simulator.study.cluster import Cluster, connected

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

STUDY = {
    "name": "small",
    "horizon": "10min",
    "replications": 12,
    "nodes": {"count": 2},
    "settings": {
        "as found": {},
        "cap 3": {"nodes.stores.aggregator_states.max": 3},
        "two nodes more": {"nodes.count": 4},
    },
}


def dask(kind, *arguments):
    """A process of Dask's command line, in a folder where it finds this simulator."""
    options = [*arguments, "--no-dashboard"]
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def started(folder):
    """A scheduler's process and address."""
    file = folder / "scheduler.json"
    process = dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    for _ in range(300):
        if file.exists():
            return process, json.loads(file.read_text())["address"]
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the scheduler did not start")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    scheduler, address = started(tmp_path_factory.mktemp("dask"))
    workers = [dask("worker", address, "--nthreads", "1", "--no-nanny") for _ in range(2)]
    yield address
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def exported(study):
    return {name: value for name, value in study.to_dict().items() if name != "provenance"}


@pytest.fixture(scope="module")
def alone():
    return exported(compare(STUDY, workers=1, engine="reference"))


def test_a_cluster_gives_the_same_results(address, alone, tmp_path):
    file = tmp_path / "runs.sqlite"
    with connected(address) as found:
        found.await_workers(2)
        assert found.threads() == 2
    ran = compare(STUDY, engine="reference", client=address, store=file)
    assert exported(ran) == alone
    assert ran.provenance.workers == 2
    # everything is in the store: nothing runs, here or there
    told = []
    again = compare(STUDY, workers=1, store=file, resumed=lambda *counts: told.append(counts))
    assert exported(again) == alone
    assert told == [(12, 12)]


def test_a_search_on_a_cluster_finds_the_same(address, tmp_path):
    config = STUDY | {"settings": {}, "targets": ["mean aggregator_states.entries_peak <= 5"]}
    wanted = Wanted("nodes.stores.aggregator_states.max", "largest", "2", "20")
    here = cheapest(config, wanted, workers=1)
    there = cheapest(config, wanted, client=address, store=tmp_path / "runs.sqlite")
    assert exported(there) == exported(here)
    assert cheapest(config, wanted, workers=1, store=tmp_path / "runs.sqlite").ran == 0


def test_a_client_of_ones_own_stays_open(address, alone):
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        assert exported(compare(STUDY, client=client)) == alone
        assert client.status == "running"


def test_the_command_runs_on_a_cluster(address, tmp_path, capsys):
    config = tmp_path / "config.yaml"
    config.write_text("horizon: 10min\nreplications: 2\n")
    options = ["run", str(config), "--format", "csv", "-q"]
    codes = [invoke([*options, "--dask", address]), invoke([*options, "--workers", "1"])]
    out = capsys.readouterr().out
    assert codes == [0, 0]
    assert out[: len(out) // 2] == out[len(out) // 2 :]
    assert invoke([*options, "--dask", address, "--workers", "2"]) == 2
    assert "--workers counts processes here, --dask runs elsewhere" in capsys.readouterr().err


PLAN = {
    **STUDY,
    "replications": 4,
    "settings": {
        "as found": {},
        "sweep": {"nodes.stores.aggregator_states.sweep_every": "30s"},
        "texts": {"nodes.stores.dedup_last_sent_text.cleanup": "session_removed"},
        "both": {
            "nodes.stores.aggregator_states.sweep_every": "30s",
            "nodes.stores.dedup_last_sent_text.cleanup": "session_removed",
        },
    },
    "grid": {"nodes.stores.aggregator_states.max": [3, 1000]},
    "profiles": {"two": {}, "leaky": {"nodes.stores.audio_ring_buffers.enabled": True}},
    "targets": ["mean jobs_lost_fraction <= 5 %", "P(memory_bytes_peak <= 13GiB) >= 50 %"],
}
WAYS = {
    f"{engine}, {where}": ["--engine", engine, *options]
    for engine in ("reference", "compiled")
    for where, options in {"1": ["--workers", "1"], "2": ["--workers", "2"], "dask": ["--dask"]}.items()
}
HOW_IT_RAN = {"engine", "workers", "command", "started_at", "elapsed_s", "deaths"}


def test_whatever_runs_a_study_its_files_are_the_same_bytes(address, tmp_path, capsys):
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps(PLAN))
    written, records = {}, {}
    for way, options in WAYS.items():
        folder = tmp_path / way
        where = [address] if options[-1] == "--dask" else []
        code = invoke(["study", str(config), "-o", str(folder), *options, *where, "-q"])
        assert code in (0, 1, 3)
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.stem != "runs"}
        record = json.loads(files.pop("provenance.json"))
        records[way] = {name: value for name, value in record.items() if name not in HOW_IT_RAN}
        written[way] = {**files, "stdout": capsys.readouterr().out.encode(), "exit code": bytes([code])}
    first, *others = WAYS
    assert {"results.json", "results.csv", "answer.md", "theory.md"} < set(written[first])
    for way in others:
        assert written[way].keys() == written[first].keys()
        assert [name for name, data in written[way].items() if data != written[first][name]] == [], way
        assert records[way] == records[first]


def test_a_worker_killed_mid_study_changes_nothing(address, alone):
    victim = dask("worker", address, "--nthreads", "1", "--no-nanny", "--name", "victim")
    try:
        with connected(address) as found:
            found.await_workers(3)
        seen = []

        def kill(done, planned):
            if not seen:
                victim.send_signal(signal.SIGKILL)
            seen.append(done)

        assert exported(compare(STUDY, engine="reference", client=address, progress=kill)) == alone
        assert seen[-1] == 36
    finally:
        victim.kill()
        victim.wait()


def test_a_worker_with_other_code_is_refused(address, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "made_by", lambda: "another")

    class Elsewhere:
        def wait_for_workers(self, count, timeout):
            pass

        def run(self, function, on_error):
            dying = OSError("it went away while it was asked")
            return {
                "tcp://10.0.0.7:1234": "abc",
                "tcp://10.0.0.8:1234": "another",
                "tcp://10.0.0.9:1234": dying,
            }

    with pytest.raises(StudyError) as caught:
        Cluster(Elsewhere(), "tcp://10.0.0.5:8786")
    assert str(caught.value) == (
        "error[E312]: 1 of the Dask workers, such as tcp://10.0.0.7:1234, cannot run this simulator (version abc)\n"
        " --> tcp://10.0.0.5:8786\n"
        "  = help: install this very version there, with its pins (here it is version another)\n\n"
        "1 error in tcp://10.0.0.5:8786"
    )


def test_nobody_answers(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cluster, "TIMEOUT_S", 0.5)
    config = tmp_path / "config.yaml"
    config.write_text("horizon: 10min\nreplications: 2\n")
    assert invoke(["run", str(config), "--dask", "tcp://127.0.0.1:9"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error[E311]: no Dask scheduler answers within 0.5 s\n --> tcp://127.0.0.1:9\n")
    assert invoke(["run", str(config), "--dask", "hello"]) == 2
    assert "E311]: this is no address of a Dask scheduler: missing port" in capsys.readouterr().err
    assert invoke(["run", str(config), "--dask", "http://127.0.0.1:8787"]) == 2
    assert "no address of a Dask scheduler: `http` is no way to reach one" in capsys.readouterr().err
    assert invoke(["run", str(config), "--dask", "tls://127.0.0.1:9"]) == 2
    assert "E311]: no Dask scheduler can be reached there: TLS expects" in capsys.readouterr().err


def test_something_else_listens_there(monkeypatch):
    """Dask itself waits for ever for a peer that says nothing."""
    monkeypatch.setattr(cluster, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(cluster, "GRACE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(StudyError, match="no Dask scheduler answers within"), connected(address):
            pass


def test_a_scheduler_that_goes_while_workers_are_asked():
    from distributed.comm import CommClosedError

    class Going:
        def wait_for_workers(self, count, timeout):
            pass

        def run(self, function, on_error):
            raise CommClosedError("in <TCP (closed)>: Stream is closed")

    with pytest.raises(StudyError, match="this Dask cluster does not answer any more") as caught:
        Cluster(Going(), "tcp://10.0.0.5:8786")
    [problem] = caught.value.problems
    assert problem.code == "E311"
    assert "type the same again" in problem.help[0]


def test_a_file_that_a_worker_lacks():
    class Failed:
        status = "error"

        def exception(self, timeout):
            return FileNotFoundError(2, "No such file or directory", "/data/arrivals.csv")

    with pytest.raises(StudyError) as caught:
        cluster._result(Failed(), "tcp://10.0.0.5:8786")
    assert str(caught.value) == (
        "error[E314]: a worker of this cluster cannot read /data/arrivals.csv: no such file or directory\n"
        " --> tcp://10.0.0.5:8786\n"
        "  = help: copy the file there, to the same path on every worker\n\n"
        "1 error in tcp://10.0.0.5:8786"
    )


def test_a_scheduler_without_workers_and_one_that_goes(monkeypatch, tmp_path):
    scheduler, address = started(tmp_path)
    try:
        monkeypatch.setattr(cluster, "TIMEOUT_S", 1)
        with pytest.raises(StudyError, match="this Dask scheduler has no workers"):
            compare(STUDY, client=address)
        monkeypatch.setattr(cluster, "TIMEOUT_S", 10)
        worker = dask("worker", address, "--nthreads", "1", "--no-nanny")
        try:
            with pytest.raises(StudyError, match="this Dask cluster does not answer any more"):
                compare(STUDY, client=address, progress=lambda *_: scheduler.kill())
        finally:
            worker.kill()
            worker.wait()
    finally:
        scheduler.kill()
        scheduler.wait()


def test_a_cluster_whose_workers_have_all_gone(monkeypatch, tmp_path):
    scheduler, address = started(tmp_path)
    worker = dask("worker", address, "--nthreads", "1", "--no-nanny")
    try:
        with connected(address) as found:
            found.await_workers(1)
        monkeypatch.setattr(cluster, "TIMEOUT_S", 1)
        monkeypatch.setattr(cluster, "PATIENCE_S", 2)
        with pytest.raises(StudyError, match="all workers of this cluster have gone"):
            compare(STUDY, engine="reference", client=address, progress=lambda *_: worker.kill())
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StudyError, match="Dask is not installed here") as caught:
        compare(STUDY, client="tcp://127.0.0.1:8786")
    assert caught.value.problems[0].code == "E313"
    assert caught.value.problems[0].help == ("type pip install 'simulator[dask]'",)
