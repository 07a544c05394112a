"""Cohorts: throughput against the number of processes, what the keeping of results costs, and that nothing is done twice.

    python benchmarks/cohort.py [--quick] [--walks N] [--no-cluster]

Walks are three seconds of BODY_25 keypoints of synthetic children at 60 frames/s, in files. Throughput is wall time between the
first and the last result, without pages; the start of the processes is told beside it. What keeping costs is processor time of
one process: `run_cohort` against reading, measuring and scoring each walk in a plain loop. Exits non-zero when a target is missed:
the tables of every way of running are the same byte for byte, a second run works on nothing, and keeping results costs at most
100 % of a walk that is only measured and 5 % of one that also gets its page.
"""

from __future__ import annotations

import os

# before numpy is loaded
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

import skelgait as sg
from skelgait.cohort.products import OF_VISIT, OF_WALK
from skelgait.cohort.run import run_cohort

MOST_WITHOUT_PAGE, MOST_WITH_PAGE = 1.0, 0.05
TABLES = ("walks", "descriptors", "visits", "evgs", "patterns", "knees", "failures", "dictionary")


def film(folder: Path, count: int) -> Path:
    """The files of some walks, and their table."""
    lines = ["subject,visit,sagittal,age_years"]
    for i in range(count):
        child = sg.Walker(cadence_spm=100.0 + 40 * ((7 * i) % count) / count, crouch_deg=4.0 * (i % 5))
        sg.write_pose(child.film(fps=60, duration_s=3, noise_px=1, random_state=i).pose, folder / f"{i}.npz")
        lines.append(f"child {i},{i},{i}.npz,{5 + i % 9}")
    (folder / "trials.csv").write_text("\n".join(lines) + "\n")
    return folder / "trials.csv"


def run(table: Path, to: Path, **how: Any) -> dict[str, Any]:
    """One run, with what it took."""
    start, used = time.time(), time.process_time()
    cohort = run_cohort(table, to, pages=False, progress=False, **how)
    used, taken = time.process_time() - used, time.time() - start
    times = sorted(p.stat().st_mtime for p in (to / "results").glob("*.json"))
    steady = (len(times) - 1) / max(times[-1] - times[0], 1e-9)
    return {
        "made": cohort.made,
        "until the first result s": round(times[0] - start, 2),
        "walks/s": round(steady, 1),
        "all s": round(taken, 2),
        "processor s": used,
    }


def tables(folder: Path) -> dict[str, bytes]:
    """The bytes of the tables."""
    return {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}


def plain_seconds(table: Path) -> float:
    """Processor seconds of a loop that reads, measures and scores, and keeps nothing."""
    start = time.process_time()
    for path in sorted(table.parent.glob("*.npz")):
        measured = [sg.measure(sg.Trial("x", sg.read_pose(path)))]
        for make in (*OF_WALK.values(), *OF_VISIT.values()):
            make(measured, ())
    return time.process_time() - start


def page_seconds(table: Path, folder: Path, count: int) -> float:
    """Processor seconds of a page, the median of some."""
    taken = []
    for path in sorted(table.parent.glob("*.npz"))[: count + 1]:
        trial = sg.Trial("x", sg.read_pose(path))
        measured = sg.measure(trial)
        start = time.process_time()
        sg.report(trial, folder / "page.html", measurement=measured)
        taken.append(time.process_time() - start)
    return float(pd.Series(taken[1:]).median())  # the first loads fonts


def main() -> int:
    """Print the tables; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="60 walks, under a minute")
    parser.add_argument("--walks", type=int, help="how many walks")
    parser.add_argument("--no-cluster", action="store_true", help="without a local Dask cluster")
    options = parser.parse_args()
    count = options.walks or (60 if options.quick else 200)
    cores = os.cpu_count() or 1
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    print(f"{count} walks on {cores} cores{load}, skelgait {sg.__version__}\n")
    met: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "walks").mkdir()
        table = film(folder / "walks", count)
        sg.report(sg.Trial("x", sg.Walker().film(fps=30, duration_s=4).pose), folder / "warm.html")
        run(table, folder / "warm")
        rows = []
        ways: list[tuple[str, dict[str, Any]]] = [("1 process", {})]
        ways += [(f"{n} processes", {"n_jobs": n}) for n in (2, 4, 8, 16) if n <= max(2, cores)]
        for i, (words, how) in enumerate(ways):
            rows.append({"how": words, **run(table, folder / f"out{i}", **how)})
        if options.no_cluster or find_spec("distributed") is None:
            print("(Dask: not measured; it needs the extra cluster)\n")
        else:
            from distributed import Client, LocalCluster

            with (
                LocalCluster(
                    n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, local_directory=name
                ) as dask,
                Client(dask) as client,
            ):
                rows.append({"how": "Dask, 2 workers", **run(table, folder / f"out{len(rows)}", scheduler=client)})
        first = tables(folder / "out0")
        met["tables the same, however they were made"] = all(tables(folder / f"out{i}") == first for i in range(len(rows)))
        again = run(table, folder / "out0")
        rows.append({"how": "1 process, again", **again, "until the first result s": "", "walks/s": ""})
        met["a second run works on nothing"] = again["made"] == 0 and tables(folder / "out0") == first
        plain = min(plain_seconds(table) for _ in range(3))
        kept = min(rows[0]["processor s"], *(run(table, folder / f"more{i}")["processor s"] for i in range(2)))
        page = page_seconds(table, folder, 3 if options.quick else 10)
    shown = pd.DataFrame(rows).drop(columns="processor s")
    print(f"## Throughput, numbers only\n{shown.to_string(index=False)}\n")
    cost = (kept - plain) / count
    alone, paged = cost / (plain / count), cost / (plain / count + page)
    print("## What keeping results and tables costs, one process")
    print(f"read, measure, score   {1000 * plain / count:7.1f} ms a walk\nits page               {1000 * page:7.1f} ms")
    print(f"keeping                {1000 * cost:7.1f} ms: {100 * alone:.0f} % without the page, {100 * paged:.1f} % with it\n")
    met[f"keeping costs at most {100 * MOST_WITHOUT_PAGE:.0f} % without a page"] = alone <= MOST_WITHOUT_PAGE
    met[f"keeping costs at most {100 * MOST_WITH_PAGE:.0f} % with a page"] = paged <= MOST_WITH_PAGE
    for words, is_met in met.items():
        print(f"{'met   ' if is_met else 'MISSED'} {words}")
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.exit(main())
