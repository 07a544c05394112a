"""What kind of recording it is: taken from where, of somebody who walks how, with feet that are seen or not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import WrongView
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.signals.heading import headings
from skelgait.signals.level import roll_of
from skelgait.signals.travel import OBLIQUE_DEG, Bout, body_size
from skelgait.signals.view import ViewEstimate, recognise_view

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement

BACKWARDS_LL_S, BACKWARDS_FOOT_LL = 0.4, 0.1  # speed, and length of the feet the other way, of somebody who walks backwards
BACKWARDS = (
    "the person walks backwards: the toes point against the travel. What is measured is made for walking forwards. What to do: "
    "leave this walk out, or, if the video runs backwards, play it forwards"
)
LEAST_SIZE = math.cos(math.radians(OBLIQUE_DEG[0]))  # of its largest, past a camera that turns after the walker
ASIDE = (
    "the camera turned after the walker, who is seen from before or behind by more than 27 degrees for {share:.0f} % of the walk: "
    "no length or angle is measured there. What to do: film from farther away, or hold the camera still"
)
FEET_SEEN = 0.5  # share of the frames in which heel or toe must be seen


def choose_plane(view: ViewEstimate, filed: str, notes: list[str], *, said: bool = False) -> str:
    """The recognised plane; where it cannot be told, the one the trial files it under, unless it looks more like the other.

    Parameters
    ----------
    view : ViewEstimate
    filed : {"sagittal", "frontal"}
        The plane the trial files it under.
    notes : list of str
        A sentence is added where the two differ, or the view cannot be told.
    said : bool
        Somebody said that it shows the plane it is filed under.

    Returns
    -------
    {"sagittal", "frontal", "oblique"}

    Raises
    ------
    WrongView
        Somebody said so, the recording looks otherwise, and its view was recognised, not given.
    """
    if view.view is None:
        looks = "sagittal" if view.evidence.get("heading_deg", 90.0 * (filed == "frontal")) < 45 else "frontal"
        notes.append(
            f"the view cannot be told ({view.reason}): " + ("refused" if looks != filed else f"taken as {filed}, as filed")
        )
        return filed if looks == filed else "oblique"
    plane = view.view.split("_")[0]
    if plane not in ("oblique", filed):
        if said and view.evidence:
            raise WrongView(
                f"a recording is filed as {filed}, but looks {plane}",
                found=view.reason,
                expected=f"a view {'from the side' if filed == 'sagittal' else 'from the front or from behind'}",
                do=f'file it as {plane}; or, where you know better, say so: sg.read_pose(..., view="{filed}")',
            )
        notes.append(f"filed as {filed}, but {view.reason}: measured as {plane}")
    return plane


def why_misfiled(m: PlaneMeasurement) -> str:
    """What a recording looks like, where that is another plane than the one it was given as; else nothing.

    Parameters
    ----------
    m : PlaneMeasurement

    Returns
    -------
    str
        Of one with strides, who gave it is believed, and it is told that it was measured so.
    """
    if m.raw.plane not in ("sagittal", "frontal"):
        return ""
    look = recognise_view(m.pose.with_(view=None)).view
    if look is None or look.split("_")[0] in (m.plane, "oblique"):
        return ""
    so = " and measured so: where that is wrong," if len(m.strides) else ":"
    return f"this recording looks {look}, but it was given as {m.plane}{so} give it as {look.split('_')[0]}, or without a view"


def why_backwards(pose: PoseSequence, bouts: tuple[Bout, ...]) -> str:
    """What to say when the toes point against the travel in most of the walking over the ground; empty otherwise.

    Parameters
    ----------
    pose : PoseSequence
    bouts : tuple of Bout

    Returns
    -------
    str
    """
    found = headings(pose)
    walking = np.zeros(len(found.active), bool)
    for bout in bouts:
        walking[bout.start // found.block : -(-bout.stop // found.block)] |= not bout.treadmill
    speed, feet = found.evidence["speed_ll_s"], found.evidence["foot_ll"]
    told = walking & np.isfinite(speed) & np.isfinite(feet)
    with np.errstate(invalid="ignore"):
        against = (np.abs(speed) > BACKWARDS_LL_S) & (np.abs(feet) > BACKWARDS_FOOT_LL) & (speed * feet < 0)
    return BACKWARDS if told.any() and against[told].mean() > 0.5 else ""


def turned_off_plane_deg(pose: PoseSequence, bouts: tuple[Bout, ...], plane: str) -> float:
    """Angle between the walk and the plane it is measured in, 0..90 degrees; NaN without walking.

    Parameters
    ----------
    pose : PoseSequence
        Its view may be given: the body is asked all the same.
    bouts : tuple of Bout
    plane : {"sagittal", "frontal"}

    Returns
    -------
    float, degrees
        Good to a few degrees, from the evidence of `skelgait.signals.heading.headings`.
    """
    found = headings(pose)
    blocks = [slice(bout.start // found.block, -(-bout.stop // found.block)) for bout in bouts]
    across = sum(abs(float(found.side_on[s].sum())) for s in blocks)
    towards = sum(abs(float(found.front_on[s].sum())) for s in blocks)
    if not across and not towards:
        return math.nan
    heading = math.degrees(math.atan2(towards, across))
    return heading if plane == "sagittal" else 90 - heading


def seen_aside(pose: PoseSequence, bouts: tuple[Bout, ...]) -> np.ndarray:
    """Frames in which a camera that turns after the walker sees him from more than 27 degrees before or behind.

    Parameters
    ----------
    pose : PoseSequence
        Clean, from the side.
    bouts : tuple of Bout

    Returns
    -------
    (T,) bool
        Where the body looks smaller than 0.89 (cos 27 degrees) of its largest in a bout that keeps its place in the image: on a
        straight path past a turning camera its distance grows with one over the cosine of how far the camera turned, and by that
        cosine lengths along the walk look short. On a treadmill the body keeps its size, and no frame is aside.
    """
    aside = np.zeros(pose.n_frames, bool)
    for bout in bouts:
        if bout.plane == "sagittal" and bout.treadmill:
            own = slice(bout.start, bout.stop)
            size = body_size(pose)[own]
            if np.isfinite(size).any():
                aside[own] = size < LEAST_SIZE * np.nanmax(size)
    return aside


def roll_note(pose: PoseSequence, plane: str) -> str:
    """What the reader should know about a camera that was not held level, or may not have been; empty when nothing.

    Parameters
    ----------
    pose : PoseSequence
        Clean.
    plane : {"sagittal", "frontal"}

    Returns
    -------
    str

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> roll_note(PoseSequence(np.zeros((9, 17, 2)), fps=30, skeleton=COCO17, info={"roll_deg": -4.0}), "sagittal")
    'the camera was turned by some 4 degrees, told from the floor: it is taken out of all that is measured'
    """
    roll = abs(roll_of(pose))
    if roll and plane == "sagittal":
        return f"the camera was turned by some {roll:.0f} degrees, told from the floor: it is taken out of all that is measured"
    if roll:
        return (
            f"the camera looks turned by some {roll:.0f} degrees, so far off the vertical does the body stand over its feet: it is "
            "taken out. Somebody who leans on something would look the same"
        )
    shoulders = [k for side in SIDES for k in pose.skeleton.sources(f"{side}_shoulder")]
    if plane == "frontal" and not (len(shoulders) > 1 and np.isfinite(pose.xy[:, shoulders, 0]).all(axis=1).any()):
        return "without shoulders it cannot be told whether the camera was level: pelvis and hips to the side include its turn"
    return ""


def unseen_feet(pose: PoseSequence) -> str:
    """Why heels and toes of a foot cannot time it: none in the layout, or hardly ever seen; empty when either can.

    Parameters
    ----------
    pose : PoseSequence

    Returns
    -------
    str
        To be put behind "heels and toes, which".
    """
    for side in SIDES:
        at = [i for part in ("heel", "toe") for i in pose.skeleton.sources(f"{side}_{part}")]
        if not at:
            return f"the layout {pose.skeleton.name} lacks"
        seen = np.isfinite(pose.xy[:, at, 0]) & (pose.confidence[:, at] > 0)
        legs = np.isfinite(pose.xy[:, list(pose.skeleton.sources(f"{side}_ankle")), 0]).any(axis=1)
        if legs.any() and seen[legs].any(axis=1).mean() < FEET_SEEN:
            return f"are hardly seen on the {side}"
    return ""
