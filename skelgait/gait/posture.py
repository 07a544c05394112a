"""How much left and right of a body differ as it walks towards the camera or away: the numbers a back shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial
from skelgait.gait.angles import find_direction
from skelgait.gait.facing import exchanged_sides, facing_frames, find_legs, in_order
from skelgait.gait.geometry import body_points
from skelgait.signals.clean import clean
from skelgait.signals.view import recognise_view

if TYPE_CHECKING:
    import pandas as pd

PAIRS = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
MEASURES = ("left_higher_percent", "to_left_percent", "left_up_deg")
POSTURE = tuple(f"{pair}_{measure}" for measure in MEASURES for pair in PAIRS)
LEG_OF_HEIGHT = 0.491  # hip to ankle (Drillis and Contini, 1966)
LEAST_S = 1.0  # about a stride: less of one is one leg's swing


def postural_asymmetry(trials: Sequence[Trial]) -> pd.DataFrame:
    """Asymmetry of eight pairs of keypoints in three measures, one row a walk.

    Parameters
    ----------
    trials : sequence of Trial
        With a frontal pose. One that is not clean yet is cleaned first.

    Returns
    -------
    DataFrame
        Index: the trials' names. For each of eyes, ears, shoulders, elbows, wrists, hips, knees and ankles:
        ``<pair>_left_higher_percent`` (percent of body height the left one is higher), ``<pair>_to_left_percent`` (percent of body
        height the middle of the pair is to the subject's left of the middle of the hips) and ``<pair>_left_up_deg`` (line through
        the pair to the horizontal, left end up). NaN where a walk cannot support a number; ``attrs["reasons"]`` maps (name, column)
        to why.

    Raises
    ------
    SkelgaitError
        Something that is not a trial.

    Notes
    -----
    Means over the frames in which the body faces along the line of sight and its left hip is on its left, at least a second of
    them. Body height is the leg as the camera saw it, smoothed over a second, divided by 0.491: the distance to the camera does not
    matter, and neither does a bent trunk. A camera that is known to be rolled is levelled first; one that is not makes every pair
    look tilted alike. The hips are where the middle is, so theirs is 0 by definition. In a walk of few strides one step more of one
    foot moves the means of knees and ankles.

    That there are 8 pairs and 3 measures of each is the paper's; which formulas is not published, and ours. Left and right are the
    subject's, whichever way it walks.

    References
    ----------
    Zhou Z et al. Pose as clinical prior: learning dual representations for scoliosis screening. MICCAI 2025, arXiv 2509.00872: the
    postural asymmetry vector.

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> pose = Walker().film(Camera(view="frontal_towards"), fps=30, duration_s=4).pose
    >>> table = postural_asymmetry([Trial("child07", {"frontal": pose})])
    >>> table.shape, bool(table.shoulder_left_higher_percent.abs().max() < 0.5)
    ((1, 24), True)
    """
    import pandas as pd

    rows: list[np.ndarray] = []
    reasons: dict[tuple[str, str], str] = {}
    for trial in trials:
        if not isinstance(trial, Trial):
            raise SkelgaitError("posture is measured of trials", found=type(trial).__name__, expected="sg.Trial, in a list")
        values, why = _of_trial(trial)
        rows.append(values)
        reasons |= {(trial.name, column): text for column, text in why.items()}
    table = pd.DataFrame(
        np.array(rows).reshape(len(rows), len(POSTURE)),
        index=pd.Index([t.name for t in trials], name="trial"),
        columns=list(POSTURE),
    )
    table.attrs["reasons"] = reasons
    return table


def _of_trial(trial: Trial) -> tuple[np.ndarray, dict[str, str]]:
    nothing = np.full(len(POSTURE), np.nan)
    if "frontal" not in trial.pose:
        return nothing, dict.fromkeys(POSTURE, "no frontal pose")
    pose = trial.pose["frontal"]
    try:
        if not any(step.startswith("clean(") for step in pose.steps):
            pose = clean(pose)
        if pose.view is None:
            plane = recognise_view(pose).plane
            pose = pose.with_(view="frontal" if plane == "frontal" else None)
        if pose.plane != "frontal":
            return nothing, dict.fromkeys(POSTURE, "not seen from the front or from behind")
        direction = find_direction(pose)
        if why := exchanged_sides(pose, direction):
            return nothing, dict.fromkeys(POSTURE, why)
        frames = _frames(pose, direction)
    except SkelgaitError as error:
        return nothing, dict.fromkeys(POSTURE, error.problem)
    known = np.isfinite(frames).sum(axis=1)
    enough = known >= LEAST_S * pose.fps
    values = np.where(enough, np.where(np.isfinite(frames), frames, 0.0).sum(axis=1) / np.maximum(known, 1), np.nan)
    return values, {
        column: "the layout lacks it, or it is never seen with the body facing along the line of sight"
        if n == 0
        else f"seen for {n / pose.fps:.1f} s with the body facing along the line of sight: a second is needed"
        for column, n, ok in zip(POSTURE, known, enough, strict=True)
        if not ok
    }


def _frames(pose: PoseSequence, direction: np.ndarray) -> np.ndarray:
    """(24, T) every measure in every frame; NaN where the frame cannot support it."""
    legs = find_legs(pose, direction)
    good = facing_frames(pose, legs) & in_order(legs)
    height = legs.size / LEG_OF_HEIGHT
    pairs = np.stack(body_points(pose, direction, *PAIRS))  # (8, T, 2), real to the subject's left, imaginary up
    across = pairs[..., 0] - pairs[..., 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        higher = 100 * across.imag / height
        to_left = 100 * (pairs.mean(axis=2) - legs.hip.mean(axis=1)).real / height
        # crossed arms or feet are no turned body: the line has no direction of its own
        tilt = np.degrees(np.arctan2(np.where(across == 0, np.nan, across.imag), np.abs(across.real)))
    return np.where(good, np.concatenate([higher, to_left, tilt]), np.nan)
