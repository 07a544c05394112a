"""Alignment of the bearing knee in single steps seen from the front or from behind, and which frames can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import resample_cycles
from skelgait.gait.frontal import knee_alignment_frames
from skelgait.gait.geometry import body_points, cross_talk_deg
from skelgait.gait.measure import PlaneMeasurement
from skelgait.gait.samples import PlaneCycles
from skelgait.signals.travel import body_size
from skelgait.tasks.alignment import MOST_FLEXION_DEG

LEAST_PASSED, FEWEST_FRAMES = 0.3, 2  # share of mid-stance that must pass the gates, and frames
FOOT_LL = 0.21  # heel to big toe, leg lengths
TURN_S = 1.0  # the heading is a mean over this, about a stride
BOTH_STAND = 0.2  # the part of the time from a contact to the other foot's in which both feet stand, where no foot-off is known
LEAST_ANKLES_LL = 0.04  # ankles closer than this, in leg lengths, make no ratio
WAYS = {1: "frontal_towards", -1: "frontal_away", 0: "frontal"}
# The course of the stance knee, at these shares of the time from a contact to the other foot's.
SHARES = np.linspace(0.0, 1.0, 11)


@dataclass(frozen=True)
class StepAlignment:
    """What one stance of one frontal recording says of the bearing knee.

    Parameters
    ----------
    view : {"frontal_towards", "frontal_away"}
    side : str
        The leg that bears the body.
    bout : int
    start_s, stop_s : float, seconds
        Its contact and the other foot's next.
    valgus_deg : float
        Median hip-knee-ankle deviation over the frames that pass, valgus +; NaN where too few pass.
    fppa_deg : float
        Frontal plane projection angle: the most valgus reading in single support, in frames seen and facing, valgus +.
    kasr, knee_separation_ll, ankle_separation_ll : float
        Distance between the knees, between the ankles, in leg lengths, across the body while both feet stand; and their ratio, NaN
        where the ankles nearly touch or cross.
    frames, mid_stance : int
        Frames of the stance, and of its middle.
    unseen, turned, foreshortened, flexed : int
        Frames of mid-stance refused because hip, knee or ankle is missing, because the body is turned, because thigh or shank
        points at the camera; and those in which the side view says the knee is bent by more than 20 degrees, which are not refused.
    passed : int
    turn_deg : float
        Heading of the body off the line of sight, to its own left +.
    knee_flexion_deg : float
        What the side view says of this knee in mid-stance; NaN without one.
    cross_talk_deg : float
        False valgus (varus -) that flexion and turn make together; NaN without a side view.
    """

    view: str
    side: str
    bout: int
    start_s: float
    stop_s: float
    valgus_deg: float
    fppa_deg: float
    kasr: float
    knee_separation_ll: float
    ankle_separation_ll: float
    frames: int
    mid_stance: int
    unseen: int
    turned: int
    foreshortened: int
    flexed: int
    passed: int
    turn_deg: float
    knee_flexion_deg: float
    cross_talk_deg: float


def sample_alignment(measured: PlaneMeasurement, flexion: Mapping[str, np.ndarray] | None = None) -> list[StepAlignment]:
    """Read the alignment of the bearing knee in every stance of a frontal recording.

    Parameters
    ----------
    measured : PlaneMeasurement
        Of the frontal plane.
    flexion : mapping of side to (11,) degrees, optional
        Course of the stance knee's flexion, from `stance_flexion`.

    Returns
    -------
    list of StepAlignment
        Left first, then by time. Frames in which the side view says the knee is bent are counted, not left out: the rest would be
        one end of mid-stance, where a shank that leans towards the camera reads up to 2 degrees otherwise.
    """
    pose, time_s = measured.pose, measured.pose.time_s
    gates = knee_alignment_frames(pose, measured.direction, measured.events)
    size = body_size(pose)
    knee, ankle, heel, toe = body_points(pose, measured.direction, "knee", "ankle", "heel", "toe")
    with np.errstate(invalid="ignore", divide="ignore"):
        knees, ankles = ((z[:, 0] - z[:, 1]).real / size for z in (knee, ankle))
        across = (toe - heel).real / size[:, None]
    rows = []
    stances = PlaneCycles(measured).stances()
    for at in np.lexsort((stances.start_s, stances.side)):
        side, start, stop = str(stances.side[at]), float(stances.start_s[at]), float(stances.stop_s[at])
        i = SIDES.index(side)
        first, last = np.searchsorted(time_s, (start, stop)).tolist()
        offs = measured.events.times(SIDES[1 - i], "foot_off")
        lifts = offs[(offs > start) & (offs < stop)]
        lift = np.searchsorted(time_s, lifts[0] if len(lifts) else start + BOTH_STAND * (stop - start))
        stance, double, single = slice(first, last), slice(first, max(lift, first + 1)), slice(lift, last)
        middle = gates.mid_stance[stance, i]
        seen, facing, extended = (g[stance, i] for g in (gates.seen, gates.facing, gates.extended))
        bend = _bend(time_s[stance], start, stop, (flexion or {}).get(side))
        passed = middle & seen & facing & extended
        enough = passed.sum() >= max(FEWEST_FRAMES, LEAST_PASSED * middle.sum())
        half = TURN_S / 2
        near = (time_s > 0.5 * (start + stop) - half) & (time_s < 0.5 * (start + stop) + half)
        turn = float(np.degrees(np.arcsin(np.clip(_mean(across[near].mean(axis=1)) / FOOT_LL, -1, 1))))
        flexed = _median(bend[middle])
        apart = _median(knees[double]), _median(ankles[double])
        read = gates.valgus_deg[single, i][gates.seen[single, i] & gates.facing[single, i]]
        rows.append(
            StepAlignment(
                view=WAYS[int(measured.direction[(first + last) // 2])],
                side=side,
                bout=int(stances.bout[at]),
                start_s=start,
                stop_s=stop,
                valgus_deg=_median(gates.valgus_deg[stance, i][passed]) if enough else nan,
                fppa_deg=float(read.max()) if len(read) else nan,
                kasr=apart[0] / apart[1] if apart[1] >= LEAST_ANKLES_LL else nan,
                knee_separation_ll=apart[0],
                ankle_separation_ll=apart[1],
                frames=last - first,
                mid_stance=int(middle.sum()),
                unseen=int((middle & ~seen).sum()),
                turned=int((middle & seen & ~facing).sum()),
                foreshortened=int((middle & seen & ~extended).sum()),
                flexed=int((middle & (bend > MOST_FLEXION_DEG)).sum()),
                passed=int(passed.sum()) if enough else 0,
                turn_deg=turn,
                knee_flexion_deg=flexed,
                cross_talk_deg=float(cross_talk_deg(max(flexed, 0.0), turn)) * (-1 if i == 0 else 1) if isfinite(flexed) else nan,
            )
        )
    return rows


def stance_flexion(sagittal: Iterable[PlaneMeasurement]) -> dict[str, np.ndarray]:
    """Course of each stance knee's flexion, from the side views of a visit.

    Parameters
    ----------
    sagittal : iterable of PlaneMeasurement

    Returns
    -------
    dict of side to (11,) degrees
        At `SHARES` of the time from a contact to the other foot's: medians over all stances; those of the leg nearer the camera,
        where there are any. A side never seen is missing.
    """
    near: dict[str, list[np.ndarray]] = {side: [] for side in SIDES}
    far: dict[str, list[np.ndarray]] = {side: [] for side in SIDES}
    for measured in sagittal:
        stances = PlaneCycles(measured).stances()
        for side in SIDES:
            own = stances.side == side
            curve = measured.angles.get(f"{side}_knee_flexion_deg")
            if curve is None or not own.any():
                continue
            cut = resample_cycles(curve[:, None], measured.pose.time_s, stances.start_s[own], stances.stop_s[own], len(SHARES))
            (near if str(measured.pose.view).endswith(side) else far)[side].append(cut[:, :, 0])
    out = {}
    for side in SIDES:
        found = near[side] or far[side]
        curves = np.concatenate(found) if found else np.empty((0, len(SHARES)))
        curves = curves[np.isfinite(curves).all(axis=1)]
        if len(curves):
            out[side] = np.median(curves, axis=0)
    return out


def _bend(time_s: np.ndarray, start: float, stop: float, course: np.ndarray | None) -> np.ndarray:
    """Flexion to be expected in each frame of a stance, NaN where it is not known."""
    if course is None:
        return np.full(len(time_s), nan)
    return np.interp((time_s - start) / (stop - start), SHARES, course)


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else nan


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else nan
