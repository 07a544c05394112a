"""The foot in the Edinburgh score: its zero where it was never seen flat, and when the heel lifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import Strides
from skelgait.gait.geometry import body_points, wrap_deg
from skelgait.gait.peaks import LEAST_KNOWN

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

# The heel is off the ground once the foot is this much further tip-down than when flat: 2 cm under a foot of 20 cm. Less is
# within the noise of the foot's pitch; with 6 degrees all of 22 healthy walks lift the heel after the other foot is level.
HEEL_OFF_DEG = 6.0
# Pitch of the heel-toe line of a flat foot when neither foot was seen flat: -1 +- 2 in 22 motion-captured walks, -3 and -6 in
# a child seen by OpenPose.
USUAL_FLAT_DEG = -3.0


def flat_zero(measured: PlaneMeasurement) -> tuple[np.ndarray, np.ndarray]:
    """Pitch of the heel-toe line of the flat foot, also where that foot was never seen flat.

    Parameters
    ----------
    measured : PlaneMeasurement
        Sagittal.

    Returns
    -------
    zero : (2, T) degrees
        Left, right. Where the foot was never flat: the other foot's in the same direction of walking, else this foot's in the
        other direction, else `USUAL_FLAT_DEG`.
    borrowed : (2, T) bool
        Where it is not its own.
    """
    a = measured.angles
    own = np.stack(
        [wrap_deg(a[f"{s}_shank_lean_deg"] + a[f"{s}_foot_pitch_deg"] - a[f"{s}_ankle_dorsiflexion_deg"]) for s in SIDES]
    )
    ways = np.array([-1, 1])
    known = np.full((2, 2), np.nan)
    for w, way in enumerate(ways):
        for i in range(2):
            here = own[i, (measured.direction == way) & np.isfinite(own[i])]
            known[i, w] = np.median(here) if len(here) else np.nan
    choices = np.stack([known, known[::-1], known[:, ::-1], np.full((2, 2), USUAL_FLAT_DEG)])
    first = np.isfinite(choices).argmax(axis=0)
    chosen = np.take_along_axis(choices, first[None], axis=0)[0]
    at = (measured.direction > 0).astype(int)
    return chosen[:, at], (first > 0)[:, at]


def angles_from_flat(measured: PlaneMeasurement, zero: np.ndarray) -> dict[str, np.ndarray]:
    """The angles, with the foot's pitch from the flat foot, and the ankle also where its zero is borrowed."""
    angles = dict(measured.angles)
    for i, side in enumerate(SIDES):
        from_flat = wrap_deg(angles[f"{side}_foot_pitch_deg"] - zero[i])
        ankle = angles[f"{side}_ankle_dorsiflexion_deg"]
        angles[f"{side}_foot_from_flat_deg"] = from_flat
        borrowed = wrap_deg(angles[f"{side}_shank_lean_deg"] + from_flat)
        angles[f"{side}_ankle_dorsiflexion_deg"] = np.where(np.isnan(ankle), borrowed, ankle)
    return angles


def heel_lift_percent(
    measured: PlaneMeasurement, strides: Strides, angles: dict[str, np.ndarray], heel_down_deg: np.ndarray
) -> np.ndarray:
    """When the heel lifts, on the way from the other foot being level to the other foot's contact.

    Parameters
    ----------
    measured : PlaneMeasurement
        Sagittal.
    strides : Strides
    angles : dict of name to (T,) degrees
        With ``{side}_foot_from_flat_deg``.
    heel_down_deg : (N,) degrees
        Highest pitch of the foot in stance.

    Returns
    -------
    (N,) percent
        0: as the swinging ankle passes the standing one; 100: as the other foot lands. A heel down to the end of stance lifts with
        the foot. NaN where the heel never came down, the other ankle never passes, or too little was seen.
    """
    (ankle,) = body_points(measured.pose, measured.direction, "ankle")
    ahead = np.stack([ankle[:, 1].real - ankle[:, 0].real, ankle[:, 0].real - ankle[:, 1].real])
    level, _ = _last_rise(measured, ahead, strides, strides.start_s, strides.opposite_contact_s)
    raised = np.stack([-HEEL_OFF_DEG - angles[f"{side}_foot_from_flat_deg"] for side in SIDES])
    lift, stays = _last_rise(measured, raised, strides, strides.start_s, strides.foot_off_s)
    with np.errstate(invalid="ignore"):
        down = heel_down_deg >= -HEEL_OFF_DEG
        lift = np.where(stays, strides.foot_off_s, lift)
        percent = 100 * (lift - level) / (strides.opposite_contact_s - level)
    return np.where(down, percent, np.nan)


def _last_rise(
    measured: PlaneMeasurement, curves: np.ndarray, strides: Strides, start_s: np.ndarray, stop_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Moment (N,) of the last rise through zero of each stride's own curve (2, T) between two moments, and whether it never rises
    but ends below zero; NaN where it was not seen or is never below.
    """
    at, inside = stretch_frames(measured, start_s, stop_s)
    value = curves[(strides.side == "right").astype(int)[:, None], at]
    value = np.where(inside, value, np.nan)
    known = np.isfinite(value)
    enough = known.sum(axis=1) >= np.maximum(2, LEAST_KNOWN * inside.sum(axis=1))
    below = known & (np.where(known, value, 0.0) < 0)
    columns = np.arange(value.shape[1])
    last = np.where(below, columns, -1).max(axis=1, initial=-1)
    end = np.where(inside, columns, -1).max(axis=1, initial=-1)
    rows = np.arange(len(value))
    low = value[rows, np.maximum(last, 0)]
    high = value[rows, np.minimum(last + 1, max(value.shape[1] - 1, 0))]
    with np.errstate(invalid="ignore", divide="ignore"):
        moment = measured.pose.time_s[at[rows, np.maximum(last, 0)]] + low / (low - high) / measured.pose.fps
    good = enough & (last >= 0)
    return np.where(good & (last < end), moment, np.nan), good & (last == end)


def stretch_frames(measured: PlaneMeasurement, start_s: np.ndarray, stop_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames from one moment to another of each stride, (N, n), and which of them belong to it; none where a moment is NaN."""
    pose = measured.pose
    first, last = ((t - pose.time_s[0]) * pose.fps for t in (start_s, stop_s))
    known = np.isfinite(first) & np.isfinite(last)
    begin = np.where(known, np.ceil(np.where(known, first, 0) - 1e-6), 0).astype(int)
    end = np.where(known, np.floor(np.where(known, last, 0) + 1e-6), -1).astype(int)
    at = begin[:, None] + np.arange(int((end - begin).max(initial=0)) + 1)
    inside = (at <= end[:, None]) & (at >= 0) & (at < pose.n_frames)
    return np.clip(at, 0, pose.n_frames - 1), inside
