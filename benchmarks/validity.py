"""How far each metric is off, by view, landmarks and frame rate: the measured half of the validity matrix.

    python benchmarks/validity.py [--quick] [--write]

The recordings of `accuracy.py` ($SKELGAIT_DATA), each seen by the side and the front camera with perspective, with and without heel
and toe, at 25, 30 and 60 frames/s and as recorded (100 to 150), each keypoint exact and with 2 px of noise. One row a metric and
condition: the error of a walk's (and side's) value, median and 95th percentile of its magnitude. ``--write`` puts the table where
`sg.validity_matrix` reads it. Exits non-zero when a metric is further off than the table in the package says.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from accuracy import FOUND_WITHIN_S, KINDS, SIDES, Walk, match, walks

import skelgait as sg
from skelgait.core.skeleton import COCO17
from skelgait.gait.cycles import Strides, find_strides
from skelgait.gait.measure import PlaneMeasurement, measure_plane
from skelgait.gait.peaks import PEAKS, stride_peaks
from skelgait.gait.phases import PHASES, stride_phases
from skelgait.gait.samples import STANCE_PEAKS, PlaneCycles
from skelgait.gait.steps import find_steps

TABLE = Path(sg.__file__).parent / "gait" / "norm_tables" / "measured_errors.csv"
CAMERAS = {"sagittal": "kp_sag_persp", "frontal": "kp_front_persp"}
RATES = {25: 25.0, 30: 30.0, 60: 60.0, 120: None}
NOISES = {"exact": 0.0, "noisy": 2.0}
COLUMNS = ("metric", "unit", "view", "landmarks", "fps", "n", "median", "p95", "noisy_median", "noisy_p95", "against")
PLATES = "force plates and laboratory events"
LAB = "Plug-in-Gait angles, our strides"
JOINTS = "joint centres in three dimensions, our strides"
PIG = {"knee_flexion_deg": "Knee", "ankle_dorsiflexion_deg": "Ankle"}


def signals_3d(walk: Walk) -> dict[str, np.ndarray]:
    """Angles and distances of the joint centres along and across the walk, and the laboratory's angles, under our names."""
    a = walk.arrays
    at = {name: a["xyz"][:, k].astype(float) for k, name in enumerate(a["names"].astype(str))}
    course = at["left_big_toe"] + at["right_big_toe"] - at["left_heel"] - at["right_heel"]
    if not np.isfinite(course).any():  # the crouch walk has no heels
        course = np.diff((at["left_hip"] + at["right_hip"]) / 2, axis=0)
    forward = np.sign(np.nanmedian(course[:, 0]))
    along, aside = forward, forward  # x forward has its left at y

    def tilt(top: np.ndarray, foot: np.ndarray, axis: int, way: float) -> np.ndarray:
        return np.degrees(np.arctan2(way * (top - foot)[:, axis], (top - foot)[:, 2]))

    hips, shoulders = (0.5 * (at[f"left_{p}"] + at[f"right_{p}"]) for p in ("hip", "shoulder"))
    out = {"trunk_lean_deg": tilt(shoulders, hips, 0, along), "trunk_left_lean_deg": tilt(shoulders, hips, 1, aside)}
    across = at["left_hip"] - at["right_hip"]
    out["pelvis_left_up_deg"] = np.degrees(np.arctan2(across[:, 2], aside * across[:, 1]))
    for side, letter in SIDES.items():
        sign = 1.0 if side == "left" else -1.0
        hip, knee, ankle, heel, toe = (at[f"{side}_{p}"] for p in ("hip", "knee", "ankle", "heel", "big_toe"))
        out[f"{side}_shank_lean_deg"] = tilt(knee, ankle, 0, along)
        out[f"{side}_foot_pitch_deg"] = np.degrees(np.arctan2((toe - heel)[:, 2], along * (toe - heel)[:, 0]))
        thigh = -tilt(hip, knee, 0, along)
        out[f"{side}_thigh_flexion_deg"] = thigh
        out[f"{side}_hip_flexion_deg"] = thigh + out["trunk_lean_deg"]
        outwards = np.degrees(np.arctan2(aside * (knee - hip)[:, 1], (hip - knee)[:, 2]))
        out[f"{side}_hip_adduction_deg"] = sign * (out["pelvis_left_up_deg"] - outwards)
        out[f"{side}_knee_valgus_deg"] = a[f"hka_{letter}"].astype(float)
        for angle, name in PIG.items():
            out[f"{side}_{angle}"] = a[f"ang_{letter}{name}"][:, 0].astype(float)
    leg = sum(
        np.nanmedian([np.linalg.norm(at[f"{s}_{top}"] - at[f"{s}_{foot}"], axis=1) for s in SIDES])
        for top, foot in (("hip", "knee"), ("knee", "ankle"))
    )
    out["step_width_ll"] = aside * (at["left_ankle"] - at["right_ankle"])[:, 1] / leg
    for side in SIDES:
        foot = 0.5 * (at[f"{side}_heel"] + at[f"{side}_big_toe"])
        out[f"{side}_foot_ll"] = along * np.where(np.isfinite(foot), foot, at[f"{side}_ankle"])[:, 0] / leg
        out[f"{side}_toe_height_ll"] = at[f"{side}_big_toe"][:, 2] / leg
    return out


def reference_events(walk: Walk) -> sg.GaitEvents:
    """The contacts somebody measured, as events."""
    known = walk.reference()
    if known.empty:
        return sg.GaitEvents(np.array([]), np.array([]), np.array([]), np.array([]))
    known = known.sort_values("time_s")
    time_s = known.time_s.to_numpy()
    return sg.GaitEvents(known.side.to_numpy(str), known.event.to_numpy(str), time_s, time_s * walk.fps, method="laboratory")


def pair(ours: np.ndarray, theirs: np.ndarray) -> list[tuple[int, int]]:
    """Rows of (start, stop) that are the same stride or step."""
    if not len(ours) or not len(theirs):
        return []
    gap = np.abs(ours[:, None] - theirs[None]).max(axis=2)
    return [(i, int(gap[i].argmin())) for i in range(len(ours)) if gap[i].min() <= FOUND_WITHIN_S]


def time_errors(plane: PlaneMeasurement, known: sg.GaitEvents, complete: bool) -> dict[str, list[float]]:
    """Errors of events, in seconds, and of what follows from them, a number a side (or a walk)."""
    out: dict[str, list[float]] = {}
    for event in KINDS.values():
        for side in SIDES:
            times = known.times(side, event)
            if len(times):
                out.setdefault(event, []).extend(match(plane.events.times(side, event), times)[0])
    if not complete or not len(plane.strides):
        return out
    walk = PlaneCycles(plane)
    theirs = find_strides(known)
    for side in SIDES:
        ours, lab = walk.strides.select(walk.strides.side == side), theirs.select(theirs.side == side)
        same = pair(np.stack([ours.start_s, ours.stop_s], 1), np.stack([lab.start_s, lab.stop_s], 1))
        if same:
            i, j = np.array(same).T
            for name, a, b in zip(PHASES, stride_phases(ours)[i].T, stride_phases(lab)[j].T, strict=True):
                both = np.isfinite(a) & np.isfinite(b)
                if both.any():
                    out.setdefault(name, []).append(float((a - b)[both].mean()))
    steps, lab_steps = walk.steps, find_steps(known)
    errors = []
    for side in SIDES:
        own, lab_own = steps.side == side, lab_steps.side == side
        ours_at = np.stack([steps.start_s, steps.stop_s], 1)[own]
        theirs_at = np.stack([lab_steps.start_s, lab_steps.stop_s], 1)[lab_own]
        same = pair(ours_at, theirs_at)
        if same:
            i, j = np.array(same).T
            error = float((steps.duration_s[own][i] - lab_steps.duration_s[lab_own][j]).mean())
            out.setdefault("step_time_s", []).append(error)
            errors.append((error, float(lab_steps.duration_s[lab_own][j].mean())))
    if errors:
        error, step_s = np.mean(errors, axis=0)
        out.setdefault("cadence_spm", []).append(60 / (step_s + error) - 60 / step_s)
    return out


def angle_errors(plane: PlaneMeasurement, truth: dict[str, np.ndarray], fps: float) -> dict[str, list[float]]:
    """Errors of what is read off the angle curves, medians over the strides (stances) of a side, in degrees."""
    out: dict[str, list[float]] = {}
    walk = PlaneCycles(plane)
    time_s = plane.pose.time_s
    at_s = np.arange(len(truth["trunk_lean_deg"])) / fps
    theirs = {name: np.interp(time_s, at_s, values, right=np.nan) for name, values in truth.items() if name.endswith("_deg")}
    for rows, some in ((walk.strides, [p for p in PEAKS if p not in STANCE_PEAKS]), (walk.stances(), list(STANCE_PEAKS))):
        peaks = tuple(p for p in some if p.plane == plane.plane)
        if not len(rows) or not peaks:
            continue
        gated = {k: np.where(np.isfinite(plane.angles.get(k, v)), v, np.nan) for k, v in theirs.items()}
        ours, lab = (stride_peaks(angles, time_s, rows, peaks) for angles in (plane.angles, gated))
        for column, peak in enumerate(peaks):
            if plane.pose.fps < 0.98 * peak.min_fps:
                continue
            for side in SIDES:
                both = (rows.side == side) & np.isfinite(ours[:, column]) & np.isfinite(lab[:, column])
                if both.any():
                    apart = np.median(ours[both, column]) - np.median(lab[both, column])
                    out.setdefault(f"{peak.name}_deg", []).append(float(apart))
    return out


def length_errors(plane: PlaneMeasurement, truth: dict[str, np.ndarray], fps: float, treadmill: bool) -> dict[str, list[float]]:
    """Errors of lengths, means over the steps and strides of a side, in leg lengths."""
    out: dict[str, list[float]] = {}
    walk = PlaneCycles(plane)
    at_s = np.arange(len(truth["step_width_ll"])) / fps
    sampled = walk.sample(times=False)
    strides, steps = sampled[0], sampled[1]

    def put(name: str, samples: object, rows: Strides, reference: np.ndarray) -> None:
        ours = samples.column(name) if name in samples.names else np.full(len(rows), np.nan)  # type: ignore[attr-defined]
        for side in SIDES:
            both = (rows.side == side) & np.isfinite(ours) & np.isfinite(reference)
            if both.any():
                out.setdefault(name, []).append(float(ours[both].mean() - reference[both].mean()))

    def stands(side: np.ndarray, contact_s: np.ndarray) -> np.ndarray:
        """Where each foot stands after a contact: its middle between 0.15 and 0.35 s later."""
        late = contact_s[:, None] + np.linspace(0.15, 0.35, 9)
        both = [np.interp(late, at_s, truth[f"{s}_foot_ll"], right=np.nan).mean(axis=1) for s in SIDES]
        return np.where(side == "left", *both)

    if plane.plane == "sagittal":
        if not treadmill:
            other = np.where(walk.steps.side == "left", "right", "left")
            length = stands(walk.steps.side, walk.steps.stop_s) - stands(other, walk.steps.start_s)
            put("step_length_ll", steps, walk.steps, length)
            length = stands(walk.strides.side, walk.strides.stop_s) - stands(walk.strides.side, walk.strides.start_s)
            put("stride_length_ll", strides, walk.strides, length)
            ours = strides.column("stride_length_ll") if len(strides.values) else np.zeros(0)
            both = np.isfinite(length) & np.isfinite(ours)
            if both.any():
                seconds = walk.strides.duration_s[both].sum()
                out["speed_ll_s"] = [float((ours[both].sum() - length[both].sum()) / seconds)]
        off, stop = walk.strides.foot_off_s, walk.strides.stop_s
        swing = off[:, None] + np.linspace(0.25, 0.75, 26) * (stop - off)[:, None]
        heights = [np.interp(swing, at_s, truth[f"{s}_toe_height_ll"]) for s in SIDES]
        low = np.where((walk.strides.side == "left")[:, None], *heights).min(axis=1)
        before, after = (
            np.where(walk.strides.side == "left", *[np.interp(t, at_s, truth[f"{s}_toe_height_ll"]) for s in SIDES])
            for t in (walk.strides.start_s + 0.25, np.minimum(stop + 0.25, at_s[-1]))
        )
        if plane.pose.fps >= 29.4:
            put("toe_clearance_ll", strides, walk.strides, np.where(stop + 0.25 < at_s[-1], low - 0.5 * (before + after), np.nan))
    else:
        step_s = float(np.median(walk.steps.duration_s)) if len(walk.steps) else np.nan
        late = walk.steps.stop_s[:, None] + np.linspace(0, 0.2, 5) * step_s
        width = np.interp(late, at_s, truth["step_width_ll"], right=np.nan).mean(axis=1)
        ours = steps.column("step_width_ll") if "step_width_ll" in steps.names else np.zeros(0)
        both = np.isfinite(width[: len(ours)]) & np.isfinite(ours)
        if both.any():
            out["step_width_ll"] = [float(np.median(ours[both]) - np.median(width[both]))]
    return out


def errors_of(walk: Walk, view: str, feet: bool, fps: float | None, noise_px: float) -> dict[str, list[float]]:
    """Every error of one walk under one condition."""
    if fps is None and walk.fps < 100:
        return {}
    pose = walk.pose(CAMERAS[view], fps=fps, noise_px=noise_px)
    pose = pose if feet else pose.map_to(COCO17)
    plane = measure_plane(pose, view)
    if plane.plane != view:
        return {}
    known = walk.reference()
    complete = bool(len(known) and known.complete.all())
    truth = signals_3d(walk)
    out = time_errors(plane, reference_events(walk), complete)
    if "phases" in plane.withheld:  # what is not given has no error
        out = {k: v for k, v in out.items() if k in ("initial_contact", "foot_off", "cadence_spm", "stride_time_s")}
    out |= angle_errors(plane, truth, walk.fps)
    return out | length_errors(plane, truth, walk.fps, treadmill="treadmill" in walk.name)


def measure_all(some: list[Walk], rates: dict[int, float | None]) -> pd.DataFrame:
    """The table, a row a metric and condition."""
    rows = []
    for view in CAMERAS:
        for landmarks in ("body and feet", "body"):
            for fps, rate in rates.items():
                found: dict[str, dict[str, list[float]]] = {}
                for kind, noise_px in NOISES.items():
                    for walk in some:
                        for name, errors in errors_of(walk, view, landmarks != "body", rate, noise_px).items():
                            found.setdefault(name, {}).setdefault(kind, []).extend(errors)
                for name, by_kind in found.items():
                    if by_kind.get("exact"):
                        rows.append({"metric": name, "view": view, "landmarks": landmarks, "fps": fps, **summary(name, by_kind)})
    return pd.DataFrame(rows)[list(COLUMNS)]


def summary(name: str, errors: dict[str, list[float]]) -> dict[str, object]:
    """Unit, number, median and 95th percentile of the magnitude, exact and noisy, and what it was held against."""
    unit = (
        "s" if name in KINDS.values() else next(u for u in ("_deg", "_ll_s", "_ll", "_percent", "_spm", "_s") if name.endswith(u))
    )
    out: dict[str, object] = {"unit": {"_ll_s": "ll/s"}.get(unit, unit.strip("_")), "n": len(errors["exact"])}
    for kind, lead in (("exact", ""), ("noisy", "noisy_")):
        size = np.abs(errors.get(kind, [np.nan]))
        out[f"{lead}median"], out[f"{lead}p95"] = (float(f"{np.percentile(size, q):.3g}") for q in (50, 95))
    angle = next((p.angle for p in PEAKS if f"{p.name}_deg" == name), "")
    out["against"] = (LAB if angle in PIG else JOINTS) if angle or name.endswith(("_ll", "_ll_s")) else PLATES
    return out


def main() -> int:
    """Print the table; 1 when something got worse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="30 frames/s only")
    parser.add_argument("--write", action="store_true", help="write the table of the package")
    options = parser.parse_args()
    table = measure_all(walks(), {30: 30.0} if options.quick else RATES)
    print(table.drop(columns="against").to_string(index=False))
    if options.write:
        table.to_csv(TABLE, index=False, quoting=csv.QUOTE_MINIMAL)
        return 0
    keys = ["metric", "view", "landmarks", "fps"]
    both = table.merge(pd.read_csv(TABLE), on=keys, suffixes=("", "_said"))
    # medians of some thirty values: what moves them by less is chance
    slack = {kind: 1.3 * both[f"{kind}_said"] + 0.05 * both["noisy_p95_said"] for kind in ("median", "noisy_median")}
    worse = both[(both["median"] > slack["median"]) | (both["noisy_median"] > slack["noisy_median"])]
    missing = len(table) - len(both)
    print(f"\n{len(both)} rows held against the table of the package, {missing} not in it")
    print("none is worse" if worse.empty else f"WORSE:\n{worse.to_string(index=False)}")
    return 1 if len(worse) or missing else 0


if __name__ == "__main__":
    sys.exit(main())
