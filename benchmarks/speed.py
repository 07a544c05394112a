"""Speed on one core: from raw keypoints to every descriptor, and what finding the subject adds to a pose estimator.

    python benchmarks/speed.py [--quick] [--no-video]

Keypoints are BODY_25 of synthetic walks (2 px noise, dropouts, exchanged legs), 60 frames/s. A figure is the best of three
passes over a walk; the table shows how it varies between walks. Exits non-zero when a target is missed.
"""

from __future__ import annotations

import os

# before numpy is loaded
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import skelgait as sg
from skelgait.gait.cycles import find_strides
from skelgait.gait.sagittal import find_foot_flat, sagittal_angles
from skelgait.gait.summary import summarise
from skelgait.signals.travel import find_bouts, travel_direction

FPS = 60.0
# frames of a walk -> frames a second that must be reached
TARGETS = {3000: 100_000, 300: 50_000}
VIDEO_TARGET = 1.15
DATA = Path(os.environ.get("SKELGAIT_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def machine() -> str:
    """Processor, Python and the libraries the figures depend on."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        name = names[0] if names else name
    libraries = ", ".join(f"{lib} {version(lib)}" for lib in ("numpy", "scipy", "pandas"))
    return f"{name}, one core of {os.cpu_count()}; Python {platform.python_version()}, {libraries}, skelgait {sg.__version__}"


def walks(frames: int, count: int) -> list[sg.Trial]:
    """Different children, straight past the camera when short, up and down when long."""
    random = np.random.default_rng(frames)
    trials = []
    for number in range(count):
        child = sg.Walker(
            cadence_spm=float(random.uniform(95, 165)),
            age_years=float(random.uniform(4, 14)),
            crouch_deg=float(random.choice([0, 20])),
            there_and_back=frames > 600,
            lane_m=5.0,
        )
        pose = child.film(
            fps=FPS, duration_s=frames / FPS, noise_px=2, dropout=0.02, swaps=max(1, frames // 600), random_state=number
        ).pose
        trials.append(sg.Trial(f"{frames} frames, {number}", pose, height_m=child.body_height_m))
    return trials


def best_of(passes: int, what: Callable[[], object]) -> float:
    """Seconds of the fastest of some passes."""
    taken = []
    for _ in range(passes):
        start = time.perf_counter()
        what()
        taken.append(time.perf_counter() - start)
    return min(taken)


def speeds(frames: int, count: int, passes: int) -> dict[str, object]:
    """Frames a second of `describe`, one call a walk, over different walks."""
    trials = walks(frames, count)
    sg.describe(trials[:1])  # imports and caches
    seconds = np.array([best_of(passes, lambda trial=trial: sg.describe([trial])) for trial in trials])  # type: ignore[misc]
    rate = frames / seconds
    return {
        "frames a walk": frames,
        "walks": count,
        "slowest": round(rate.min()),
        "median": round(float(np.median(rate))),
        "fastest": round(rate.max()),
        "ms a walk": round(1000 * float(np.median(seconds)), 2),
        "target": TARGETS[frames],
        "met": bool(np.median(rate) >= TARGETS[frames]),
    }


def stages(frames: int, count: int, passes: int) -> dict[str, object]:
    """Median milliseconds of each stage of the measurement of one walk."""
    rows = []
    for trial in walks(frames, count):
        raw = trial.pose["sagittal"]
        pose = sg.clean(raw)
        view = sg.recognise_view(pose)
        pose = pose.with_(view=view.view)
        bouts = find_bouts(pose)
        direction = travel_direction(pose, bouts)
        events = sg.detect_events(pose, bouts=bouts)
        flat = find_foot_flat(pose, direction, events=events)
        neutral = {"left": flat.left_deg, "right": flat.right_deg}
        planes = sg.measure(trial).planes
        each: dict[str, Callable[[], object]] = {
            "clean": lambda raw=raw: sg.clean(raw),
            "view": lambda pose=pose: sg.recognise_view(pose.with_(view=None)),
            "bouts": lambda pose=pose: find_bouts(pose),
            "events": lambda pose=pose, bouts=bouts: sg.detect_events(pose, bouts=bouts),
            "foot flat": lambda pose=pose, d=direction, e=events: find_foot_flat(pose, d, events=e),
            "angles": lambda pose=pose, d=direction, n=neutral: sagittal_angles(pose, d, foot_flat_deg=n),
            "strides": lambda events=events: find_strides(events),
            "descriptors": lambda trial=trial, planes=planes: summarise(trial, planes, {}),
            "all of it": lambda trial=trial: sg.describe([trial]),
        }
        rows.append({stage: 1000 * best_of(passes, what) for stage, what in each.items()})
    table = pd.DataFrame(rows).median().round(2)
    return {"frames a walk": frames, **table.to_dict()}


def main() -> int:
    """Print the tables; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer walks, under a minute")
    parser.add_argument("--no-video", action="store_true", help="keypoints only")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    count, passes = (6, 3) if options.quick else (30, 5)
    print(machine() + "\n")
    table = pd.DataFrame([speeds(frames, count, passes) for frames in TARGETS])
    print(f"## Raw keypoints to descriptors, frames a second\n{table.to_string(index=False)}\n", flush=True)
    parts = pd.DataFrame([stages(frames, max(3, count // 5), passes) for frames in TARGETS])
    print(f"## Where the time goes, milliseconds a walk\n{parts.to_string(index=False)}\n", flush=True)
    met = bool(table.met.all())
    print("every target met" if met else "A TARGET WAS MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
