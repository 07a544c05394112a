"""What an observer who sees everything would score a synthetic child: the Edinburgh score by construction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.tasks.evgs import SCORES_OF_BANDS, evgs_items
from skelgait.walker.anatomy import axes
from skelgait.walker.curves import HARMONICS
from skelgait.walker.truth import measure_angles

if TYPE_CHECKING:
    from skelgait.walker.child import Walker

# What a walker has no setting for, so that nobody could be told apart by it: the axis of the heel bone, which way the kneecap faces
# (it turns, but shows in no score: the item has no limits in degrees) and how far the pelvis turns.
NOT_PLANTED = (4, 8, 15)
MOMENTS = 400  # of a stride
HEEL_OFF_DEG = 6.0  # as the rules measure it
TERMINAL = 0.985  # share of the stride just before contact
MID_STANCE = (0.4, 0.85)  # of the way from contact to that of the other foot


def score_truth(walker: Walker) -> list[int | None]:
    """The 34 scores of a child, in the order of ``sg.tasks.EVGS``.

    Parameters
    ----------
    walker : Walker

    Returns
    -------
    list of 34
        0, 1 or 2; None for items 4, 8 and 15, in which no two walkers differ.

    Notes
    -----
    The limits of the score (``tasks/evgs.csv``) on `true_values`: no camera, keypoint or detected event comes in.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> scores = score_truth(Walker(crouch_deg=(40, 0)))
    >>> scores[8], scores[17 + 8], scores[3]
    (2, 0, None)
    """
    values = true_values(walker)
    edges = np.array([item.edges for item in evgs_items()])
    scores: list[int | None] = []
    for row in values:
        bands = [SCORES_OF_BANDS[int(np.searchsorted(e, v))] if np.isfinite(v) else None for v, e in zip(row, edges, strict=True)]
        bands[1] = 2 if not np.isfinite(row[1]) else bands[1]  # a heel that never comes down
        scores += [None if item.item in NOT_PLANTED else band for item, band in zip(evgs_items(), bands, strict=True)]
    return scores


def true_values(walker: Walker) -> np.ndarray:
    """What the score looks at, from the joint centres in space over one stride.

    Parameters
    ----------
    walker : Walker

    Returns
    -------
    (2, 17)
        Left and right, in the units of ``tasks/evgs.csv``. NaN for items that are not planted, and for the heel lift (item 2) of a
        heel that never comes down. The foot's direction (item 5) is against the direction of the knee, as the guide asks; hip
        angles (12, 13) are against the mean tilt of the pelvis, which all walkers share.
    """
    even = replace(walker, stride_time_cv_percent=0.0, there_and_back=False, treadmill=False)
    time = np.arange(3 * MOMENTS) * even.stride_time_s / MOMENTS
    motion = even.move(time)
    angles = {name: column.to_numpy() for name, column in measure_angles(motion, time, even.leg_m).items()}
    share = motion.progress[:, None] - even.contact_shares  # (T, 2) of each foot's own cycle, counting up
    _, left = axes(motion.heading)
    aside = {name: (motion.points[name] * left).sum(-1) for name in motion.points}
    trunk, hips = ((aside[f"left_{part}"] + aside[f"right_{part}"]) / 2 for part in ("shoulder", "hip"))
    values = np.full((2, 17), np.nan)
    for i, side in enumerate(SIDES):
        count = np.floor(share[:, i])
        inside = count == np.ceil(share[0, i] - 1e-9)  # the first whole stride
        own = share[inside, i] - count[inside]
        stance = own < even.stance_shares[i]
        other = float(np.mod(even.contact_shares[1 - i] - even.contact_shares[i], 1.0))  # when the other foot lands
        middle = (own >= MID_STANCE[0] * other) & (own <= MID_STANCE[1] * other)

        def of(name: str, side: str = side, inside: np.ndarray = inside) -> np.ndarray:
            return angles[name if name in angles else f"{side}_{name}"][inside]

        sign = 1.0 if i == 0 else -1.0
        pitch, knee, ankle = of("foot_pitch_deg"), of("knee_flexion_deg"), of("ankle_dorsiflexion_deg")
        hip, lean = of("thigh_flexion_deg") + HARMONICS["pelvic_tilt"][0], of("trunk_lean_deg")
        swing = ~stance
        toe = motion.points[f"{side}_big_toe"][inside, 2]
        half = (own >= even.stance_shares[i] + 0.25 * (1 - even.stance_shares[i])) & (
            own <= even.stance_shares[i] + 0.85 * (1 - even.stance_shares[i])
        )
        shift = sign * (trunk[inside] - hips[inside].mean())  # from the line the hips follow
        values[i] = [
            pitch[0],
            _heel_lift(own, pitch, motion.points, inside, i, other, even.stance_shares[i]),
            ankle[stance].max(),
            np.nan,
            even.both("foot_progression_deg")[i] + even.both("hip_rotation_deg")[i],
            100 * toe[half].min() / even.leg_m,
            ankle[swing].max(),
            np.nan,
            knee[stance].min(),
            np.interp(TERMINAL, own, knee),
            knee[swing].max(),
            hip[stance].min(),
            hip[swing].max(),
            sign * of("pelvis_left_up_deg")[middle].mean(),
            np.nan,
            lean[stance].min() if -lean[stance].min() > lean[stance].max() else lean[stance].max(),
            100 * shift[middle].max() / even.leg_m,
        ]
    return values


def _heel_lift(
    own: np.ndarray, pitch: np.ndarray, points: dict[str, np.ndarray], inside: np.ndarray, i: int, other: float, stance: float
) -> float:
    """When the heel lifts: 0 as the other ankle passes, 100 as the other foot lands; NaN where it never came down."""
    standing = own < stance
    if pitch[standing].max() < -HEEL_OFF_DEG:
        return float("nan")
    ahead = points[f"{SIDES[1 - i]}_ankle"][inside, 0] - points[f"{SIDES[i]}_ankle"][inside, 0]
    before = own < other
    level = own[before][np.flatnonzero(ahead[before] < 0)[-1]]
    down = standing & (pitch >= -HEEL_OFF_DEG)
    return float(100 * (own[down][-1] - level) / (other - level))
