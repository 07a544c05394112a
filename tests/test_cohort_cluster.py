"""Cohorts on a Dask cluster: a real scheduler and real workers on this machine, some of which do not live to the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

import skelgait as sg
from skelgait.cohort import hands
from skelgait.cohort.run import Cohort, run_cohort
from skelgait.core.errors import NotInstalled, SkelgaitError

TABLES = ("walks", "descriptors", "visits", "evgs", "patterns", "knees", "failures", "dictionary")


@contextmanager
def cluster(folder: Path, *, workers: int = 2, preload: str = "", nanny: bool = False) -> Iterator[SimpleNamespace]:
    """A scheduler process and worker processes on 127.0.0.1, ended with everything they started."""
    pytest.importorskip("distributed")
    folder.mkdir()
    started: list[subprocess.Popen] = []
    log = (folder / "log").open("w")

    def start(what: str, *words: str) -> subprocess.Popen:
        call = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--host", "127.0.0.1", "--no-dashboard"]
        process = subprocess.Popen(call, stdout=log, stderr=log, start_new_session=True, cwd=folder)
        started.append(process)
        return process

    try:
        file = folder / "scheduler.json"
        start("scheduler", "--port", "0", "--scheduler-file", str(file))
        address = wait_for(lambda: file.exists() and json.loads(file.read_text() or "{}").get("address"))
        words = [address, "--nthreads", "1", "--nanny" if nanny else "--no-nanny", "--local-directory", str(folder)]
        if preload:
            (folder / "preload.py").write_text(preload)
            words += ["--preload", str(folder / "preload.py")]
        yield SimpleNamespace(address=address, workers=[start("worker", *words) for _ in range(workers)], start=start, words=words)
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def wait_for(ready: Callable[[], object], seconds: float = 60) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(ValueError):
            found = ready()
            if found:
                return str(found)
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s")


def film(folder: Path, count: int) -> Path:
    """Short walks of different children, and a file that is none; their table."""
    lines = ["subject,visit,sagittal,age_years"]
    for i in range(count):
        child = sg.Walker(cadence_spm=100.0 + 40 * ((7 * i) % count) / count, crouch_deg=4.0 * (i % 5))
        sg.write_pose(child.film(fps=60, duration_s=3, noise_px=1, random_state=i).pose, folder / f"{i}.npz")
        lines.append(f"child {i // 2},{'before' if i < count // 2 else f'after {i}'},{i}.npz,{5 + i % 9}")
    (folder / "bad.npz").write_bytes((folder / "0.npz").read_bytes()[:999])
    (folder / "trials.csv").write_text("\n".join([*lines, "child x,before,bad.npz,5"]) + "\n")
    return folder / "trials.csv"


def run(table: Path, to: Path, scheduler: object = None) -> Cohort:
    return run_cohort(table, to, scheduler=scheduler, pages=False, progress=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.stem in TABLES}


def results(folder: Path) -> int:
    return len([p for p in (folder / "results").glob("*.json") if p.name[0] != "."]) if folder.exists() else 0


def test_two_workers_give_the_tables_of_one_process(tmp_path: Path) -> None:
    table = film(tmp_path, 8)
    with cluster(tmp_path / "cluster") as dask:
        cohort = run(table, tmp_path / "dask", dask.address)
    assert (cohort.made, len(cohort.failures)) == (9, 1)
    run(table, tmp_path / "serial")
    assert contents(tmp_path / "dask") == contents(tmp_path / "serial")
    assert run(table, tmp_path / "dask", "tcp://127.0.0.1:9").made == 0, "nothing to do: nobody is asked"


def test_a_cluster_that_cannot_do_it_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(hands, "_WAIT_S", 0.5)
    table = film(tmp_path, 1)
    with pytest.raises(SkelgaitError, match=r"no scheduler answers at tcp://127.0.0.1:9"):
        run(table, tmp_path / "out", "tcp://127.0.0.1:9")

    def client(said: dict[str, tuple[str, bool]], problem: Exception | None = None) -> SimpleNamespace:
        def call(*_: object, **__: object) -> dict[str, tuple[str, bool]]:
            if problem:
                raise problem
            return said

        return SimpleNamespace(wait_for_workers=lambda *_, **__: None, run=call)

    for stub, words in (
        (
            client({"a": (sg.__version__, False)}),
            r"workers do not see the output folder. Found: a. Expected: .*shared? .*same path|share",
        ),
        (client({"a": (sg.__version__, True), "b": ("0.0.1", True)}), r"workers have another skelgait. Found: b has 0.0.1"),
        (
            client({}, ModuleNotFoundError("No module named 'skelgait'")),
            r"a worker cannot use skelgait. Found: ModuleNotFoundError",
        ),
    ):
        with pytest.raises(SkelgaitError, match=words):
            run(table, tmp_path / "out", stub)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NotInstalled, match=r'a cluster needs dask. What to do: pip install "skelgait\[cluster\]"'):
        run(table, tmp_path / "out", "tcp://127.0.0.1:9")


@pytest.mark.slow
def test_two_hundred_walks_a_killed_worker_and_a_killed_run(tmp_path: Path, frozen: Path) -> None:
    table = film(tmp_path, 200)
    serial = run(table, tmp_path / "serial")
    assert (len(serial.walks), serial.walks.measured.sum(), len(serial.failures)) == (201, 200, 1)
    expected = contents(tmp_path / "serial")

    with cluster(tmp_path / "whole") as dask:
        run(table, tmp_path / "dask", dask.address)
    assert contents(tmp_path / "dask") == expected

    with cluster(tmp_path / "wounded") as dask:
        killer = threading.Thread(target=lambda: (wait_for(lambda: results(tmp_path / "one") >= 40), dask.workers[0].kill()))
        killer.start()
        run(table, tmp_path / "one", dask.address)
        killer.join()
        assert dask.workers[0].poll() is not None
    assert contents(tmp_path / "one") == expected

    out = tmp_path / "two"
    with cluster(tmp_path / "lost") as dask:
        call = [sys.executable, "-m", "skelgait", "cohort", str(table), "--out", str(out), "--no-pages", "--quiet"]
        call += ["--scheduler", dask.address]
        process = subprocess.Popen(call, start_new_session=True, stderr=subprocess.DEVNULL, cwd=frozen)  # where -m looks first
        wait_for(lambda: results(out) >= 40)
        dask.workers[1].kill()
        wait_for(lambda: results(out) >= 80)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not (out / "index.html").exists()
    time.sleep(0.5)  # a worker may have been writing when it was killed
    there = results(out)
    with cluster(tmp_path / "new") as dask:
        cohort = run(table, out, dask.address)
    assert 80 <= there < 201
    assert cohort.made == 201 - there, "what was kept is not done again"
    assert contents(out) == expected


@pytest.mark.slow
def test_a_walk_that_kills_workers_is_found(tmp_path: Path) -> None:
    table = film(tmp_path, 12)
    poison = (
        "import os\n"
        "from skelgait.cohort import work\n"
        "from skelgait.gait.measure import measure as real\n"
        "def measure(trial):\n"
        "    if trial.age_years == 9.0: os.kill(os.getpid(), 9)\n"
        "    return real(trial)\n"
        "work.measure = measure\n"
    )
    with cluster(tmp_path / "cluster", workers=2, preload=poison, nanny=True) as dask:
        cohort = run(table, tmp_path / "out", dask.address)
    assert cohort.walks.measured.tolist() == [age != 9.0 for age in cohort.walks.age_years[:-1]] + [False]
    found = cohort.failures[cohort.failures.row != 14]
    assert found[["row", "stage"]].to_numpy().tolist() == [[6, "evgs"], [6, "process"]]
    assert run(table, tmp_path / "out").walks.measured.sum() == 12, "tried again where nothing kills it"


@pytest.mark.slow
def test_a_worker_that_cannot_load_the_work_is_no_silence(tmp_path: Path) -> None:
    """A task Dask gives up without calling back (joblib 1.6 would wait for ever)."""
    table = film(tmp_path, 4)
    broken = "from skelgait.cohort import work\nvars(work).pop('do_job', None)\n"
    with cluster(tmp_path / "cluster", workers=1, preload=broken) as dask, pytest.raises(Exception, match="do_job"):
        run(table, tmp_path / "out", dask.address)


@pytest.mark.slow
def test_a_lost_scheduler_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    table = film(tmp_path, 60)
    out = tmp_path / "out"
    with cluster(tmp_path / "cluster") as dask:
        from distributed import Client

        pid = None
        with Client(dask.address, set_as_default=False) as client:
            pid = client.run_on_scheduler(os.getpid)
        killer = threading.Thread(target=lambda: (wait_for(lambda: results(out) >= 10), os.kill(pid, signal.SIGKILL)))
        killer.start()
        with pytest.raises(SkelgaitError, match=r"the cluster was lost.*What to do: start it again and run the same command"):
            run(table, out, dask.address)
        killer.join()
    assert results(out) >= 10
    run(table, tmp_path / "serial")
    run(table, out)
    assert contents(out) == contents(tmp_path / "serial")
