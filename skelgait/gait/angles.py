"""Joint angles of a walk, from whichever side it was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import MissingKeypoint, SkelgaitError, WrongView
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence, check_pose
from skelgait.core.skeleton import SIDES
from skelgait.gait.facing import exchanged_sides
from skelgait.gait.frontal import frontal_angles
from skelgait.gait.geometry import body_points
from skelgait.gait.recording import seen_aside
from skelgait.gait.sagittal import find_foot_flat, sagittal_angles
from skelgait.signals.travel import find_bouts, leg_length_px, travel_direction
from skelgait.signals.view import recognise_view

if TYPE_CHECKING:
    import pandas as pd

# Outside the walking bouts a body faces across (along) the image when its feet look (its hips are) this long (wide), in leg
# lengths: somewhat more than half of what they do when seen square on.
LEAST_FOOT_LL, LEAST_WIDTH_LL = 0.13, 0.08
FACING_S = 0.3


def joint_angles(
    pose: PoseSequence,
    events: GaitEvents | None = None,
    *,
    gate: bool = True,
    foot_flat_deg: float | Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Joint angles over time in the plane the camera saw.

    Parameters
    ----------
    pose : PoseSequence
        Seen from the side, from the front or from behind; cleaned for angles free of jitter.
    events : GaitEvents, optional
        On the pose's clock. They make foot-flat surer in the side view and give mid-stance in the front view, where they are
        detected when not given.
    gate : bool
        In the front view, NaN where a frame cannot support the angle (see `knee_alignment_frames`). False gives every frame.
    foot_flat_deg : float or mapping of side to float, degrees, optional
        In the side view, pitch of the heel-toe line of a foot flat on the ground, when it is known (from standing, say).
        Default: found in stance, see `find_foot_flat`.

    Returns
    -------
    DataFrame indexed by ``time_s``
        Degrees, named after the positive direction; ``left_`` and ``right_`` are the subject's.
        From the side, for each side, ``hip_flexion_deg`` (thigh to trunk), ``thigh_flexion_deg`` (thigh to vertical),
        ``knee_flexion_deg``, ``shank_lean_deg``, ``ankle_dorsiflexion_deg``, ``foot_pitch_deg``; and ``trunk_lean_deg``.
        From the front, for each side, ``knee_valgus_deg``, ``hip_adduction_deg``; ``pelvis_left_up_deg``,
        ``trunk_left_lean_deg`` and ``step_width_ll`` (leg lengths).
        ``attrs["view"]`` is the view, ``attrs["reasons"]`` says of each column without any number why.

    Raises
    ------
    WrongView
        The camera looked obliquely, or the view cannot be told.
    MissingKeypoint
        The layout lacks a hip, knee or ankle, or nothing tells which way the person faces.

    Notes
    -----
    Which way a person faces follows from the walking bouts; outside them (standing, the ends of a turn) from the heel-toe
    line (side) or the order of the hips (front), and where these are unclear the frame is NaN. A front view
    whose left and right are exchanged throughout (a mirrored video) has no angles. Without heel and toe the ankle
    and foot are NaN and the rest stands. A leg hidden behind the other is NaN, never guessed.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> angles = joint_angles(Walker().film(fps=60, duration_s=4).pose)
    >>> bool(50 < angles["left_knee_flexion_deg"].max() < 75)
    True
    """
    check_pose(pose)
    import pandas as pd

    view = pose.view or recognise_view(pose).view
    plane = (view or "").split("_")[0]
    if plane not in ("sagittal", "frontal"):
        raise WrongView(
            f"joint angles cannot be measured from {pose.source or 'this pose'}",
            found=f"{view or 'unknown'} view",
            expected="a view from the side, from the front or from behind",
            do="film square to the direction of walking or along it; if the view is known, set it: pose.with_(view='sagittal')",
        )
    pose = pose if pose.view else pose.with_(view=view)
    direction = find_direction(pose)
    reasons: dict[str, str] = {}
    if plane == "sagittal":
        direction = np.where(seen_aside(pose, find_bouts(pose)), 0, direction).astype(np.int8)
        if foot_flat_deg is None:
            flat = find_foot_flat(pose, direction, events=events)
            foot_flat_deg = {"left": flat.left_deg, "right": flat.right_deg}  # type: ignore[dict-item]
            reasons = {f"{side}_ankle_dorsiflexion_deg": reason for side, reason in flat.reasons.items()}
        angles = sagittal_angles(pose, direction, foot_flat_deg=foot_flat_deg)
    else:
        angles = frontal_angles(pose, direction, _mid_stance_events(pose, events) if gate else events, gate=gate)
        if why := exchanged_sides(pose, direction):
            angles = {name: np.full_like(values, np.nan) for name, values in angles.items()}
            reasons = dict.fromkeys(angles, why)
    table = pd.DataFrame(angles, index=pd.Index(pose.time_s, name="time_s"))
    table.attrs["view"] = view
    table.attrs["reasons"] = {
        name: reasons.get(name) or why_empty(pose, name) for name, values in angles.items() if np.isnan(values).all()
    }
    return table


def find_direction(pose: PoseSequence) -> np.ndarray:
    """Which way the person walks or, outside the walking bouts, faces, in each frame.

    Parameters
    ----------
    pose : PoseSequence
        With a sagittal or frontal ``view``.

    Returns
    -------
    (T,) int8
        Side view: +1 to image right, -1 to image left. Front view: +1 towards the camera, -1 away. 0 where it cannot be told.

    Raises
    ------
    MissingKeypoint
        It cannot be told in any frame: nobody walks, and in the side view no foot (in the front view no pair of hips) shows
        which way the body faces.

    Examples
    --------
    >>> from skelgait.core.skeleton import BODY25
    >>> xy = np.zeros((30, 25, 2))
    >>> for name, at in (("knee", (0, 100)), ("ankle", (0, 200)), ("heel", (-10, 210)), ("big_toe", (40, 210))):
    ...     xy[:, [BODY25.index(f"{side}_{name}") for side in ("left", "right")]] = at
    >>> find_direction(PoseSequence(xy, fps=50, skeleton=BODY25, view="sagittal"))[:3]
    array([1, 1, 1], dtype=int8)
    """
    direction = travel_direction(pose)
    outside = direction == 0
    if outside.any():
        direction = np.where(outside, _facing(pose), direction).astype(np.int8)
    if not direction.any():
        what, do = (
            ("no heel-toe line shows it", "use a layout with feet, or cut the recording to where the person walks")
            if pose.plane == "sagittal"
            else ("the hips do not show it", "cut the recording to where the person walks along the line of sight")
        )
        raise MissingKeypoint(
            f"which way the person in {pose.source or 'this pose'} faces cannot be told", found=f"nobody walks and {what}", do=do
        )
    return direction


def _facing(pose: PoseSequence) -> np.ndarray:
    """Sign of what shows where the body faces, (T,): heel-toe lines from the side, hip order from the front."""
    hip, heel, toe = body_points(pose, 1, "hip", "heel", "toe")
    if pose.plane == "sagittal":
        feet = (toe - heel).real
        shown, least = np.where(np.isnan(feet), feet[:, ::-1], feet).mean(axis=1), LEAST_FOOT_LL
    else:
        shown, least = (hip[:, 0] - hip[:, 1]).real, LEAST_WIDTH_LL
    half = max(1, round(FACING_S * pose.fps / 2))
    at = np.arange(len(shown))
    known = np.concatenate([[0], np.cumsum(np.isfinite(shown))])
    total = np.concatenate([[0], np.cumsum(np.nan_to_num(shown))])
    first, stop = np.maximum(at - half, 0), np.minimum(at + half + 1, len(shown))
    with np.errstate(invalid="ignore", divide="ignore"):
        shown = (total[stop] - total[first]) / (known[stop] - known[first]) / leg_length_px(pose)
        return np.where(np.abs(shown) >= least, np.sign(shown), 0)


def _mid_stance_events(pose: PoseSequence, events: GaitEvents | None) -> GaitEvents | None:
    """The events that give mid-stance in a front view: those given, else those detected, else None."""
    if events is not None:
        return events
    from skelgait.gait.events import detect_events

    try:
        return detect_events(pose)
    except SkelgaitError:
        return None


# Points an angle is made of; the side is put in front.
NEEDS = {
    "hip_flexion_deg": ("hip", "knee", "shoulder"),
    "thigh_flexion_deg": ("hip", "knee"),
    "knee_flexion_deg": ("hip", "knee", "ankle"),
    "shank_lean_deg": ("knee", "ankle"),
    "ankle_dorsiflexion_deg": ("knee", "ankle", "heel", "toe"),
    "foot_pitch_deg": ("heel", "toe"),
    "trunk_lean_deg": ("shoulder", "hip"),
    "knee_valgus_deg": ("hip", "knee", "ankle"),
    "hip_adduction_deg": ("hip", "knee"),
    "pelvis_left_up_deg": ("hip",),
    "trunk_left_lean_deg": ("shoulder", "hip"),
    "step_width_ll": ("ankle",),
}


def why_empty(pose: PoseSequence, name: str) -> str:
    """Why an angle has no number in any frame: the points that were never seen, or the gates that none passed."""
    own = [side for side in SIDES if name.startswith(f"{side}_")]
    quantity = name.removeprefix("left_").removeprefix("right_")
    lacking, unseen = [], []
    for part in NEEDS.get(quantity, ()):
        (sides,) = body_points(pose, 1, part)
        for i, side in enumerate(SIDES):
            if own and side not in own:
                continue
            if not pose.has(f"{side}_{part}") and np.isnan(sides[:, i]).all():
                lacking.append(f"{side} {part}")
            elif np.isnan(sides[:, i]).all():
                unseen.append(f"{side} {part}")
    if lacking:
        return f"the layout {pose.skeleton.name} has no {', '.join(lacking)}"
    if unseen:
        return f"never seen: {', '.join(unseen)}"
    if quantity == "knee_valgus_deg":
        return "no frame in mid-stance with the leg in the image plane and the body facing the camera"
    return "its points were never seen together in a frame where the walking direction is known and square to the view"
