"""Knee alignment, hips, pelvis and trunk from the front or from behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import share_between, share_of_intervals
from skelgait.gait.facing import Legs, facing_frames, find_legs, in_order, known_quantile
from skelgait.gait.geometry import lean_deg, middle_line, pitch_deg, wrap_deg

# Thigh and shank must look this long, of their median length in mid-stance.
LEAST_LENGTH = 0.93
# That median must be this much of the longest they look: 0.82-1 in 22 upright walks, 0.5-0.73 with knees bent by 90 degrees.
LEAST_OF_LONGEST, LONGEST_QUANTILE = 0.78, 0.95
# Without events: this long, of the length they exceed in 30 % of the frames, which is about that of mid-stance.
LEAST_LENGTH_ALONE, LENGTH_QUANTILE = 0.97, 0.7
# Mid-stance: this part of single support; where foot-offs are not known, of the time from a contact to the other foot's.
MIDDLE_OF_SUPPORT, MIDDLE_OF_STEP = (0.2, 0.8), (0.4, 0.85)


@dataclass(frozen=True, eq=False)
class KneeAlignment:
    """Varus and valgus of both knees in every frame, and the gates a frame must pass to be believed.

    Parameters
    ----------
    valgus_deg : (T, 2) degrees
        Left and right; knee towards the other leg +. Not gated.
    seen : (T, 2) bool
        Hip, knee and ankle are known, and so is the direction of walking.
    mid_stance : (T, 2) bool
        The middle of single support; True throughout when no events were given or none of them tell it.
    extended : (T, 2) bool
        Thigh and shank lie in the image plane: neither is foreshortened.
    facing : (T, 2) bool
        The body faces along the camera's line of sight (the same for both sides).

    Examples
    --------
    >>> import numpy as np
    >>> yes = np.ones((1, 2), bool)
    >>> KneeAlignment(np.array([[3.0, -1.0]]), yes, yes, yes, facing=yes & [True, False]).gated_deg
    array([[ 3., nan]])
    """

    valgus_deg: np.ndarray
    seen: np.ndarray
    mid_stance: np.ndarray
    extended: np.ndarray
    facing: np.ndarray

    @property
    def passed(self) -> np.ndarray:
        """Frames that pass every gate, (T, 2) bool."""
        return self.seen & self.mid_stance & self.extended & self.facing

    @property
    def gated_deg(self) -> np.ndarray:
        """``valgus_deg`` with NaN outside the gates, (T, 2) degrees."""
        return np.where(self.passed, self.valgus_deg, np.nan)


def knee_alignment_frames(pose: PoseSequence, direction: np.ndarray | int, events: GaitEvents | None = None) -> KneeAlignment:
    """Varus and valgus of the line hip-knee-ankle in the image, and which frames can be believed.

    Parameters
    ----------
    pose : PoseSequence
        Seen from the front or from behind.
    direction : (T,) or int
        +1 where the walker comes towards the camera, -1 where away, 0 where not known.
    events : GaitEvents, optional
        Restrict to mid-stance: see `find_mid_stance`. Without them, or when no mid-stance follows from them, the other gates
        stand alone.

    Returns
    -------
    KneeAlignment

    Raises
    ------
    MissingKeypoint
        The layout lacks a hip, knee or ankle.

    Notes
    -----
    A bent leg that is turned out of the image plane looks bowed or knock-kneed though it is straight (`cross_talk_deg`).
    Hence the gates: mid-stance; neither thigh nor shank foreshortened, both corrected for the size of the body in the image,
    which grows as the walker nears; the body within about 15-20 degrees of the line of sight, judged over one second by the
    drift of the hips across the image, the mean direction of both feet and the hip width.

    The definition followed keeps frames with both segments at least 0.97 of their median length. A camera at waist height
    looks down on a shank that leans: it shortens by 15 % in the course of single support when the walker nears and lengthens
    when he leaves, though the knee straightens all along. 0.97 would pick early stance in one direction and late stance in
    the other, up to 1.9 degrees apart. So the events choose the phase, symmetrically, and the length need be 0.93 of its median
    in that phase; 0.97, of the length exceeded in 30 % of all frames, is used where there are no events.

    A leg bent deeply throughout is refused altogether: in mid-stance it usually looks less than 0.78 as long as at its longest.
    A moderate crouch passes: its own bent length is all there is to compare with, and what is measured there is *apparent*
    alignment. The front view alone cannot tell.

    References
    ----------
    Cross-talk and gates are derived from the geometry. Agreement of the hip-knee-ankle angle of video keypoints in frontal
    walking: doi 10.1038/s41598-025-09627-2 (2025). Not the anatomical tibio-femoral angle, which lies some 6 degrees
    further in valgus.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> xy = np.zeros((5, 17, 2))
    >>> left, right = COCO17.index("left_hip"), COCO17.index("right_hip")
    >>> xy[:, [left, left + 2, left + 4]] = (20, 0), (10, 100), (20, 200)
    >>> xy[:, [right, right + 2, right + 4]] = (-20, 0), (-20, 100), (-20, 200)
    >>> knee_alignment_frames(PoseSequence(xy, fps=50, skeleton=COCO17), +1).valgus_deg[0].round(1) + 0.0
    array([11.4,  0. ])
    """
    return _align(pose, find_legs(pose, direction), events)


def _align(pose: PoseSequence, legs: Legs, events: GaitEvents | None) -> KneeAlignment:
    thigh, shank = legs.hip - legs.knee, legs.knee - legs.ankle
    valgus = np.degrees(np.angle(shank * thigh.conj())) * [1.0, -1.0]
    seen = np.isfinite(valgus) & in_order(legs)[:, None]
    mid_stance = np.ones(seen.shape, bool)
    phased = False
    if events is not None:
        found = np.column_stack([find_mid_stance(events, side, pose.time_s) for side in SIDES])
        phased = bool(found.any())
        mid_stance = found if phased else mid_stance
    extended = np.ones(seen.shape, bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        for segment in (thigh, shank):
            length = np.abs(segment) / legs.size[:, None]
            for i in range(2):
                extended[:, i] &= length[:, i] >= _least_length(length[:, i], mid_stance[:, i], phased)
    facing = facing_frames(pose, legs)
    return KneeAlignment(valgus, seen, mid_stance, extended, np.column_stack([facing, facing]))


def frontal_angles(
    pose: PoseSequence, direction: np.ndarray | int, events: GaitEvents | None = None, *, gate: bool = True
) -> dict[str, np.ndarray]:
    """Angles in the frontal plane, from the front or from behind.

    Parameters
    ----------
    pose : PoseSequence
        Seen from the front or from behind.
    direction : (T,) or int
        +1 where the walker comes towards the camera, -1 where away, 0 where not known (NaN there).
    events : GaitEvents, optional
        Restrict knee alignment to mid-stance.
    gate : bool
        NaN where a frame cannot support the angle; False gives every frame.

    Returns
    -------
    dict of name to (T,)
        For each side ``knee_valgus_deg`` (varus negative; gates of `knee_alignment_frames`) and ``hip_adduction_deg`` (thigh
        to the perpendicular of the hip line, knee towards the other leg +); ``pelvis_left_up_deg`` (line of the hips
        to the horizontal), ``trunk_left_lean_deg`` (mid-hip to mid-shoulder to the vertical, towards the subject's left +),
        ``step_width_ll`` (left ankle to the left of the right one, in leg lengths; negative where the feet cross).

    Raises
    ------
    MissingKeypoint
        The layout lacks a hip, knee or ankle.

    Notes
    -----
    Left and right are the subject's, in both directions. A frame in which the left hip lies on the subject's right
    has its sides exchanged or the direction wrong, and is NaN whatever ``gate`` says. All but knee alignment are NaN only there
    and where the body is turned out of the image plane.

    A camera roll in ``pose.info["roll_deg"]`` (see `skelgait.signals.roll.camera_roll`) is taken out of pelvis, trunk and width;
    one too small to be told, below 2.5 degrees, stays in the first two. Pelvis and hip refer to the line of the hip keypoints, not
    of the iliac spines.

    Against Plug-in-Gait on 23 walks seen by a camera 4-6 m in front at 1 m height, keypoints at the joint centres: hip adduction
    mean absolute error 1.2 (worst child 2.6), pelvic obliquity 1.2 (worst 3.3; a turned pelvis seen from above looks tilted).

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> xy = np.zeros((50, 17, 2))
    >>> left, right = COCO17.index("left_hip"), COCO17.index("right_hip")
    >>> xy[:, [left, left + 2, left + 4]] = (20, 0), (20, 100), (20, 200)
    >>> xy[:, [right, right + 2, right + 4]] = (-20, 0), (-20, 100), (-20, 200)
    >>> float(frontal_angles(PoseSequence(xy, fps=50, skeleton=COCO17), +1)["step_width_ll"][0])
    0.2
    """
    legs = find_legs(pose, direction)
    alignment = _align(pose, legs, events)
    hip, knee, ankle = legs.hip, legs.knee, legs.ankle
    facing = (alignment.facing[:, 0] | (not gate)) & in_order(legs)
    pelvis = pitch_deg(hip[:, 1], hip[:, 0])
    thigh = lean_deg(hip, knee) * [1.0, -1.0]
    with np.errstate(invalid="ignore", divide="ignore"):
        width = (ankle[:, 0] - ankle[:, 1]).real / legs.size
    valgus = alignment.gated_deg if gate else np.where(in_order(legs)[:, None], alignment.valgus_deg, np.nan)
    angles = {f"{side}_knee_valgus_deg": valgus[:, i] for i, side in enumerate(SIDES)}
    turned = {
        "left_hip_adduction_deg": wrap_deg(thigh[:, 0] + pelvis),
        "right_hip_adduction_deg": wrap_deg(thigh[:, 1] - pelvis),
        "pelvis_left_up_deg": pelvis,
        "trunk_left_lean_deg": lean_deg(middle_line(hip, legs.shoulder), np.zeros(1)),
        "step_width_ll": width,
    }
    return {**angles, **{name: np.where(facing, values, np.nan) for name, values in turned.items()}}


def find_mid_stance(events: GaitEvents, side: str, time_s: np.ndarray) -> np.ndarray:
    """Frames of mid-stance: the middle of the time in which one foot alone bears the body.

    Parameters
    ----------
    events : GaitEvents
    side : str
        The bearing foot.
    time_s : (T,) seconds

    Returns
    -------
    (T,) bool
        20-80 % of the time from the other foot's foot-off to its contact. Where no foot-off of the other foot is known (the
        front view often has none), 40-85 % of the time from this foot's contact to the other's, which is about the same.

    Examples
    --------
    >>> import numpy as np
    >>> events = GaitEvents(["right", "right"], ["foot_off", "initial_contact"], [0.1, 0.5], frame=[1, 5])
    >>> find_mid_stance(events, "left", np.arange(7) / 10).astype(int).tolist()
    [0, 0, 1, 1, 1, 0, 0]
    """
    other = SIDES[1 - SIDES.index(side)]
    if events.where(other, "foot_off").any():
        share, (low, high) = share_between(events, other, "foot_off", "initial_contact", time_s), MIDDLE_OF_SUPPORT
    else:
        contacts = events.select(event="initial_contact")
        if len(contacts) < 2:
            return np.zeros(len(time_s), bool)
        good = (contacts.side[:-1] == side) & (contacts.side[1:] == other) & (contacts.bout[:-1] == contacts.bout[1:])
        share, (low, high) = share_of_intervals(contacts.time_s, good, time_s), MIDDLE_OF_STEP
    with np.errstate(invalid="ignore"):
        return (share >= low) & (share < high)


def _least_length(length: np.ndarray, mid_stance: np.ndarray, phased: bool) -> float:
    """The length below which a segment counts as foreshortened; infinite when it always is."""
    if phased and np.isfinite(length[mid_stance]).any():
        usual, share = known_quantile(length[mid_stance], 0.5), LEAST_LENGTH
    else:
        usual, share = known_quantile(length, LENGTH_QUANTILE), LEAST_LENGTH_ALONE
    return share * usual if usual >= LEAST_OF_LONGEST * known_quantile(length, LONGEST_QUANTILE) else float("inf")
