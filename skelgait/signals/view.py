"""From which side the camera looks: recognised without any scale, or given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from skelgait.core.errors import WrongView
from skelgait.core.pose import PoseSequence, check_pose
from skelgait.signals.heading import Headings, headings
from skelgait.signals.travel import OBLIQUE_DEG, Bout, find_bouts

LEAST_WALK_S = 0.8  # less walking than this shows no view
LEAST_CONFIDENCE = 0.1
ONE_WAY = 0.9  # share of the walking that must go one way before the view gets a side

_PLAIN = {
    "sagittal": "from the side",
    "sagittal_left": "from the side, the left leg nearer",
    "sagittal_right": "from the side, the right leg nearer",
    "frontal": "from the front or back",
    "frontal_towards": "from the front, walking towards the camera",
    "frontal_away": "from behind, walking away from the camera",
    "oblique": "at an angle, neither from the side nor from the front",
}


@dataclass(frozen=True)
class ViewEstimate:
    """What the camera saw, how sure that is, and why.

    Parameters
    ----------
    view : str or None
        One of `skelgait.core.pose.VIEWS`; None when it cannot be told.
    confidence : float, 0..1
        0 at the border to another view, 1 square on; 1 when the view was given.
    reason : str
        One sentence.
    evidence : mapping of str to float
        ``heading_deg`` (0 across the image, 90 along the line of sight), ``walking_s``, and the means over the walk of what
        `skelgait.signals.heading.headings` found: ``speed_ll_s foot_ll knee_ll growth_s hip_width_ll shoulder_width_ll``, signed
        by the direction of travel, and ``hip_width_steady shoulder_width_steady``: how much of such a width is there all the time.
    """

    view: str | None
    confidence: float
    reason: str
    evidence: Mapping[str, float] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "evidence": dict(self.evidence)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "evidence": MappingProxyType(state["evidence"])})

    @property
    def plane(self) -> str | None:
        """``"sagittal"``, ``"frontal"``, ``"oblique"`` or None."""
        return self.view.split("_")[0] if self.view else None


def recognise_view(pose: PoseSequence) -> ViewEstimate:
    """Tell from which side the camera looked.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean. When its ``view`` is given, that view is returned; a side it lacks is added from the direction of travel.

    Returns
    -------
    ViewEstimate
        ``view`` is None, with the reason, when nobody walks, for less than 0.8 s of walking, or on the border between two views.

    Raises
    ------
    MissingKeypoint
        The layout has no hips or no ankles.

    Notes
    -----
    Nothing depends on pixels: the heading of the body is the angle between how much it shows of its side (feet and knees that point
    sideways, speed across the image in leg lengths a second) and of its front or back (width of hips and shoulders in leg lengths,
    as far as it does not come and go within a stride, and growth). Below 27 degrees the view is sagittal, above 63 frontal, between
    them oblique. The side of a sagittal view follows from the direction (to image right: the right leg is nearer), towards or away
    from growth and from which hip is on which side. A walk there and back has no side.

    References
    ----------
    Ramesh SH, Lemaire ED, Tu A, Cheung K, Baddour N. Automated implementation of the Edinburgh Visual Gait Score (EVGS) using
    OpenPose and handheld smartphone video. Sensors 2023;23:4839. doi:10.3390/s23104839 (the idea of apparent size; their limit
    is in pixels)

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> recognise_view(PoseSequence(np.zeros((9, 17, 2)), fps=30, skeleton=COCO17, view="oblique")).view
    'oblique'
    """
    check_pose(pose)
    if pose.view not in (None, "sagittal", "frontal"):
        return ViewEstimate(pose.view, 1.0, "the view was given")
    bouts = find_bouts(pose)
    walking = sum(bout.n_frames for bout in bouts) / pose.fps
    if pose.view is not None:
        side = _side(pose.view, bouts)
        return ViewEstimate(
            side, 1.0, "the view was given" + ("" if side == pose.view else ", its side follows from the direction")
        )
    if not bouts:
        why = unseen_legs(pose) or "nobody walks: the legs do not move against each other and the body stays where it is"
        return ViewEstimate(None, 0.0, why)
    found = headings(pose)
    evidence = _evidence(found, bouts)
    evidence["walking_s"] = walking
    angle = evidence["heading_deg"]
    plane, confidence = _plane(angle)
    if walking < LEAST_WALK_S:
        return ViewEstimate(
            None, confidence * walking / LEAST_WALK_S, f"only {walking:.1f} s of walking, at {pose.fps:g} frames a second", evidence
        )
    if confidence < LEAST_CONFIDENCE:
        reason = f"the body heads {angle:.0f} degrees off across the image, on the border between two views"
        return ViewEstimate(None, confidence, reason, evidence)
    view = _side(plane, bouts)
    reason = f"the body heads {angle:.0f} degrees off across the image: {_PLAIN[view]}"
    if found.sides_exchanged:
        reason += "; left and right look exchanged throughout"
    return ViewEstimate(view, confidence, reason, MappingProxyType(evidence))


def unseen_legs(pose: PoseSequence) -> str:
    """Which of hips and ankles are never seen, without which nobody can be seen to walk; empty when all are.

    Parameters
    ----------
    pose : PoseSequence

    Returns
    -------
    str

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> xy = np.zeros((9, 17, 2))
    >>> xy[:, COCO17.index("left_ankle")] = np.nan
    >>> unseen_legs(PoseSequence(xy, fps=30, skeleton=COCO17))
    'the left ankle is never seen: whether and how the person walks cannot be told'
    """
    names = [f"{side}_{joint}" for joint in ("hip", "ankle") for side in ("left", "right")]
    gone = [name.replace("_", " ") for name in names if pose.has(name) and np.isnan(pose.point(name)[:, 0]).all()]
    if not gone:
        return ""
    verb = "are" if len(gone) > 1 else "is"
    return f"the {' and the '.join(gone)} {verb} never seen: whether and how the person walks cannot be told"


def _plane(angle: float) -> tuple[str, float]:
    """Plane of a heading in degrees off across the image, and its distance from the next border as a share."""
    low, high = OBLIQUE_DEG
    if angle < low:
        return "sagittal", (low - angle) / low
    if angle > high:
        return "frontal", (angle - high) / (90 - high)
    return "oblique", min(angle - low, high - angle) / (0.5 * (high - low))


def _evidence(found: Headings, bouts: tuple[Bout, ...]) -> dict[str, float]:
    """Means over the walking, each bout turned to walk to the right or towards the camera."""
    rows = np.array(list(found.evidence.values()))
    way, across, towards = np.zeros(rows.shape[1]), 0.0, 0.0
    for bout in bouts:
        s = slice(bout.start // found.block, -(-bout.stop // found.block))
        way[s] = bout.direction
        across += abs(float(found.side_on[s].sum()))
        towards += abs(float(found.front_on[s].sum()))
    used = np.isfinite(rows) & (way != 0)
    unsigned = np.array([[name.endswith(("_steady", "leg_swing_ll", "size_px"))] for name in found.evidence])
    with np.errstate(invalid="ignore"):
        means = np.where(used, rows * np.where(unsigned, 1.0, way), 0.0).sum(axis=1) / used.sum(axis=1)
    out = {name: round(mean, 4) for name, mean in zip(found.evidence, means.tolist(), strict=True)}
    return {"heading_deg": round(math.degrees(math.atan2(towards, across)), 1), **out}


def _side(plane: str, bouts: tuple[Bout, ...]) -> str:
    """The view with its side when (nearly) all walking goes one way."""
    ways = {"sagittal": ("sagittal_left", "sagittal_right"), "frontal": ("frontal_away", "frontal_towards")}
    total = sum(bout.n_frames for bout in bouts)
    forth = sum(bout.n_frames for bout in bouts if bout.direction > 0)
    if plane not in ways or not total:
        return plane
    return ways[plane][1] if forth >= ONE_WAY * total else ways[plane][0] if forth <= (1 - ONE_WAY) * total else plane


def require_plane(pose: PoseSequence, plane: str, what: str) -> str:
    """Make sure a measurement is made from the side it can be made from.

    Parameters
    ----------
    pose : PoseSequence
        Its given view wins over the recognised one.
    plane : {"sagittal", "frontal"}
        The plane needed.
    what : str
        The measurement, for the message: ``"knee flexion"``.

    Returns
    -------
    str
        The view.

    Raises
    ------
    WrongView
        The view is another one, oblique, or cannot be told.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = PoseSequence(np.zeros((9, 17, 2)), fps=30, skeleton=COCO17, view="frontal_away")
    >>> require_plane(pose, "frontal", "step width")
    'frontal_away'
    >>> try:
    ...     require_plane(pose, "sagittal", "knee flexion")
    ... except WrongView as error:
    ...     print(error.problem, "|", error.found)
    knee flexion is seen from the side | frontal_away (the view was given)
    """
    seen = recognise_view(pose)
    if seen.view is not None and seen.plane == plane:
        return seen.view
    where = "from the side" if plane == "sagittal" else "from the front or back"
    do = f'film {where}, or say view="{plane}" if this is one'
    if seen.view is None:
        raise WrongView(
            f"{what} is seen {where}, and the view could not be told", found=seen.reason, expected=f"a {plane} view", do=do
        )
    if seen.view == "oblique":
        do = f"film {where}: at an angle every length and angle is wrong by an unknown amount"
    raise WrongView(f"{what} is seen {where}", found=f"{seen.view} ({seen.reason})", expected=f"a {plane} view", do=do)
