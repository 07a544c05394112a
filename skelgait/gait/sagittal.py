"""Joint and segment angles from the side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import share_between
from skelgait.gait.geometry import body_points, lean_deg, middle_line, pitch_deg, require_legs, wrap_deg

# Pitch of the heel-toe line that a foot flat on the ground can have: keypoints are not on the sole, heels lie higher than toes.
FLAT_LOWEST_DEG, FLAT_HIGHEST_DEG = -16.0, 10.0
# A foot held this much further tip-down than the other one is not flat while the other is.
FLAT_DIFFERENCE_DEG = 10.0
# A foot that lands heel first rises this much above its flat pitch; one that does not may be on its toes, and is then
# believed to be flat only when it looks flat.
HEEL_FIRST_DEG, TOE_FIRST_LOWEST_DEG = 4.0, -3.0
# Slower than this the foot is not rolling; the foot rolls off at 200-600 deg/s.
STILL_DEG_S = 60.0
FEWEST_STILL_S = 0.08
# A pitch is held where so many degrees hold at least half as many frames as any other so many degrees do.
HELD_DEG, HALF_AS_LONG = 3.0, 0.5


class FootFlat(NamedTuple):
    """Pitch of the heel-toe line when the foot is flat on the ground, and why it is not known where it is NaN."""

    left_deg: np.ndarray
    right_deg: np.ndarray
    reasons: dict[str, str]


def sagittal_angles(
    pose: PoseSequence,
    direction: np.ndarray | int,
    *,
    events: GaitEvents | None = None,
    foot_flat_deg: float | Mapping[str, float | np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Angles of hip, knee, ankle and trunk in the plane of walking, from a side view.

    Parameters
    ----------
    pose : PoseSequence
        Seen from the side.
    direction : (T,) or int
        +1 where the walker goes to image right, -1 to image left, 0 where not known (NaN there).
    events : GaitEvents, optional
        Makes the search for foot-flat surer.
    foot_flat_deg : float or mapping of side to float or (T,), degrees, optional
        Pitch of the heel-toe line of the flat foot; found by `find_foot_flat` when not given.

    Returns
    -------
    dict of name to (T,) degrees
        For each side ``hip_flexion_deg`` (thigh to trunk), ``thigh_flexion_deg`` (thigh to vertical, knee in front +),
        ``knee_flexion_deg`` (hyperextension negative), ``shank_lean_deg`` (knee in front of ankle +),
        ``ankle_dorsiflexion_deg``, ``foot_pitch_deg`` (toes up +); and ``trunk_lean_deg`` (forward +).

    Raises
    ------
    MissingKeypoint
        The layout lacks a hip, knee or ankle.

    Notes
    -----
    With f forwards and up: thigh = atan2((knee - hip).f, (hip - knee).up), shank = atan2((knee - ankle).f, (knee - ankle).up),
    knee flexion = thigh + shank, foot pitch = atan2((toe - heel).up, (toe - heel).f), dorsiflexion = shank + pitch - pitch of
    the flat foot, hip flexion = thigh + trunk lean. Angles lie in -180..180, without jumps inside what a joint can do. Those that
    refer to the vertical take a known camera roll (``pose.info["roll_deg"]``) out; knee and ankle need no vertical.

    An angle is NaN where one of its points is missing or the direction is unknown; without heel and toe the ankle and foot are
    NaN throughout. Where one side of the trunk is hardly ever seen, the other side stands for it.

    Deviations from Plug-in-Gait, which measures in three dimensions between anatomical axes:

    * The pelvis cannot be seen from the side (one pair of hips, one behind the other), so the hip is read from the thigh to the
      trunk, or to the vertical, not to the pelvis. Both read lower by the forward tilt of the pelvis.
    * The ankle's zero is this foot flat on the ground, not the angle of a static trial.
    * Nothing corrects the obliqueness of a person near the edge of the image: it needs the focal length and the distance,
      which a video of unknown make does not give. It costs about 0.4 degrees (below).

    Against Plug-in-Gait, 23 walks, keypoints at its joint centres: mean absolute error of knee flexion 0.5 degrees (worst walk
    1.3) without perspective, 0.9 (2.3) seen by a camera 4.5 m away. Ankle dorsiflexion: offset 0.1 +- 1.0 between legs, standard
    deviation within a leg 1.1 (2.4 in perspective). Hip: thigh to vertical reads 12.3 degrees lower, thigh to trunk 12.5, with
    standard deviations of 1.5 and 1.9 within a leg. What a pose estimator adds comes on top: 4.0, 5.6 and 7.4 degrees for hip,
    knee and ankle in Stenum et al.

    References
    ----------
    Stenum J, Rossi C, Roemmich RT. Two-dimensional video-based analysis of human gait using pose estimation. PLoS Comput Biol
    2021;17:e1008935. doi:10.1371/journal.pcbi.1008935

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker(crouch_deg=30).film(fps=60, duration_s=3)
    >>> knee = sagittal_angles(walk.pose, +1)["left_knee_flexion_deg"]
    >>> bool(abs(knee - walk.truth.angles["left_knee_flexion_deg"]).max() < 1)
    True
    """
    require_legs(pose)
    hip, knee, ankle, heel, toe, shoulder = body_points(pose, direction, "hip", "knee", "ankle", "heel", "toe", "shoulder")
    thigh, shank, foot = -lean_deg(hip, knee), lean_deg(knee, ankle), pitch_deg(heel, toe)
    trunk = lean_deg(middle_line(hip, shoulder), np.zeros(1))
    if foot_flat_deg is None:
        flat = _foot_flat(pose, direction, events, hip, heel, toe, foot)
        foot_flat_deg = {"left": flat.left_deg, "right": flat.right_deg}
    elif not isinstance(foot_flat_deg, Mapping):
        foot_flat_deg = {side: float(foot_flat_deg) for side in SIDES}
    neutral = np.empty((2, len(pose))).T
    for i, side in enumerate(SIDES):
        neutral[:, i] = foot_flat_deg.get(side, np.nan)
    quantities = {
        "hip_flexion_deg": wrap_deg(thigh + trunk[:, None]),
        "thigh_flexion_deg": thigh,
        "knee_flexion_deg": wrap_deg(thigh + shank),
        "shank_lean_deg": shank,
        "ankle_dorsiflexion_deg": wrap_deg(shank + foot - neutral),
        "foot_pitch_deg": foot,
    }
    angles = {f"{side}_{name}": values[:, i] for i, side in enumerate(SIDES) for name, values in quantities.items()}
    return {**angles, "trunk_lean_deg": trunk}


def find_foot_flat(pose: PoseSequence, direction: np.ndarray | int, *, events: GaitEvents | None = None) -> FootFlat:
    """Find the pitch the heel-toe line has while the foot is flat on the ground, per side and direction of travel.

    Parameters
    ----------
    pose : PoseSequence
        Seen from the side.
    direction : (T,) or int
        As for `sagittal_angles`.
    events : GaitEvents, optional
        Stance is taken from them for a side that has a contact followed by a foot-off, else from the foot's movement.

    Returns
    -------
    FootFlat
        Degrees a frame (constant within a direction), NaN with a reason where the foot was never seen flat.

    Notes
    -----
    In stance the foot moves backwards under the pelvis, whether the camera pans or the ground is a treadmill. Of the
    stance frames in which the foot does not roll (below 60 deg/s) the highest pitch that is held is taken: 3 degrees that hold at
    least half as many frames as any other 3 degrees, less what lies 3 degrees below; there the mean of the shortest interval that
    holds a third of them. The highest, because a heel that comes down only briefly, and then rises slowly, holds lower ones longer.

    A foot that is never flat (equinus) also holds a pitch. It is refused when that pitch is one no flat foot has (below -16 or
    above 10 degrees), is 10 degrees further tip-down than the other foot's, or is below -3 degrees in a foot that never rises
    4 degrees above it, that is, never lands heel first. What remains is an equinus so mild that the heel nearly rests: dorsiflexion
    then reads up to 3 degrees too high (synthetic children with 0 to 35 degrees on one side or both; 5 with a pixel of noise). All
    limits are our own; the definition followed asks for the foot-flat pitch and does not say how to find it.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> find_foot_flat(Walker(equinus_deg=(35.0, 0.0)).film(fps=60, duration_s=4).pose, +1).reasons.keys()
    dict_keys(['left'])
    """
    hip, heel, toe = body_points(pose, direction, "hip", "heel", "toe")
    return _foot_flat(pose, direction, events, hip, heel, toe, pitch_deg(heel, toe))


def _foot_flat(
    pose: PoseSequence,
    direction: np.ndarray | int,
    events: GaitEvents | None,
    hip: np.ndarray,
    heel: np.ndarray,
    toe: np.ndarray,
    pitch: np.ndarray,
) -> FootFlat:
    d = np.broadcast_to(np.asarray(direction), len(pose))
    # Differences over 50 ms either way: short against foot-flat (some 200 ms), long against keypoint noise.
    half = max(1, round(0.05 * pose.fps))
    with np.errstate(invalid="ignore"):
        backwards = _rate((heel + toe).real / 2 - 0.5 * hip.real.sum(axis=1, keepdims=True), half, pose.fps) < 0
        rolling = np.abs(_rate(pitch, half, pose.fps))
    neutral = np.full((2, len(pose)), np.nan)
    reasons: dict[str, str] = {}
    for way in (-1, 1):
        here = d == way
        if not here.any():
            continue
        found = np.full(2, np.nan)
        for i, side in enumerate(SIDES):
            stance = backwards[:, i]
            if events is not None:
                known = np.isfinite(share_between(events, side, "initial_contact", "foot_off", pose.time_s))
                stance = known if known.any() else stance
            with np.errstate(invalid="ignore"):
                held = here & stance & (rolling[:, i] < STILL_DEG_S) & np.isfinite(pitch[:, i])
            if held.sum() < max(3, FEWEST_STILL_S * pose.fps):
                reasons[side] = _why_not_held(pose, side, pitch[:, i])
                continue
            found[i] = _held_highest(pitch[held, i])
            known = np.sort(pitch[here & np.isfinite(pitch[:, i]), i])
            rises = known[int(0.95 * (len(known) - 1))] - found[i]
            lowest = FLAT_LOWEST_DEG if rises >= HEEL_FIRST_DEG else TOE_FIRST_LOWEST_DEG
            if not lowest <= found[i] <= FLAT_HIGHEST_DEG:
                reasons[side] = f"foot never flat on the ground: the heel-toe line rests at {found[i]:.0f} degrees"
                found[i] = np.nan
        apart = float(abs(found[0] - found[1]))
        if apart > FLAT_DIFFERENCE_DEG:
            low = int(np.argmin(found))
            reasons[SIDES[low]] = f"foot never flat on the ground: it rests {apart:.0f} degrees more tip-down than the other"
            found[low] = np.nan
        neutral[:, here] = found[:, None]
    return FootFlat(neutral[0], neutral[1], reasons)


def _why_not_held(pose: PoseSequence, side: str, pitch: np.ndarray) -> str:
    lacking = [part for part in ("heel", "toe") if not pose.has(f"{side}_{part}")]
    if lacking:
        return f"the layout {pose.skeleton.name} has no {' or '.join(lacking)}"
    return "foot not seen resting on the ground" if np.isfinite(pitch).any() else "heel and toe never seen together"


def _rate(values: np.ndarray, half: int, fps: float) -> np.ndarray:
    """Change per second over ``half`` frames either way, (T, n); NaN at the ends and beside gaps."""
    rate = np.full(values.shape, np.nan)
    if len(values) > 2 * half:
        rate[half:-half] = (values[2 * half :] - values[: -2 * half]) * (fps / (2 * half))
    return rate


def _held_highest(values: np.ndarray) -> float:
    """The highest of the values that are held, as `find_foot_flat` says."""
    values = np.sort(values)
    count = np.arange(1, len(values) + 1) - values.searchsorted(values - HELD_DEG)
    top = values[np.flatnonzero(count >= HALF_AS_LONG * count.max())[-1]]
    return _held_longest(values[values >= top - 2 * HELD_DEG])


def _held_longest(values: np.ndarray, share: float = 1 / 3) -> float:
    """Mean of the shortest interval that holds a share of the values."""
    values = np.sort(values)
    n = min(max(2, int(np.ceil(share * len(values)))), len(values))
    first = int(np.argmin(values[n - 1 :] - values[: len(values) - n + 1]))
    return float(values[first : first + n].mean())
