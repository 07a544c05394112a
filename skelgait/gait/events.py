"""When the feet land and leave: the door to all rules, and the consensus that is the default."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.detectors import Moments, Turns, find_turns, impact, oconnor, velocity, zeni
from skelgait.gait.foot_motion import FootMotion, foot_motion
from skelgait.signals.travel import Bout, find_bouts, leg_length_px

METHODS = ("consensus", "velocity", "oconnor", "zeni")
SHORTEST_STRIDE_S, SHORTEST_PHASE_S = 0.4, 0.08


def detect_events(pose: PoseSequence, method: str = "consensus", *, bouts: Sequence[Bout] | None = None) -> GaitEvents:
    """x"""
    found = find_bouts(pose) if bouts is None else bouts
    leg_px = leg_length_px(pose)
    columns = []
    for number, bout in enumerate(found):
        side, contact, frame, confidence = _sagittal(foot_motion(pose, bout, leg_px=leg_px), method)
        keep = (frame >= bout.start) & (frame <= bout.stop - 1)
        columns.append((side[keep], contact[keep], frame[keep], confidence[keep], np.full(int(keep.sum()), number)))
    if not columns:
        return GaitEvents([], [], [], [], method=method)
    side, contact, frame, confidence, bout = (np.concatenate(c) for c in zip(*columns, strict=True))
    return GaitEvents(
        np.array(SIDES)[side],
        np.where(contact, "initial_contact", "foot_off"),
        np.interp(frame, np.arange(pose.n_frames), pose.time_s),
        frame,
        confidence,
        bout,
        method=method,
    )


def _sagittal(motion: FootMotion, method: str):
    turns = find_turns(motion)
    if method == "zeni":
        votes = [zeni(motion, turns)]
    elif method == "oconnor":
        votes = [oconnor(motion, turns)]
    else:
        votes = [velocity(motion, turns)]
        if method == "consensus":
            votes += [impact(motion, turns, votes[0].column), oconnor(motion, turns, votes[0].column)]
    column, doubt_s = agree(votes, motion.fps)
    seen = _landmarks(motion, turns, column)
    with np.errstate(invalid="ignore"):
        confidence = seen * turns.prominence * np.exp(-0.5 * (doubt_s / 0.04) ** 2)
        good = np.isfinite(column) & (seen > 0)
    return turns.side[good], turns.contact[good], column[good] + motion.start, confidence[good]


def agree(votes: list[Moments], fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean of what several rules say, weighted by their certainty, and how far it may be off.

    Parameters
    ----------
    votes : list of Moments
        The first rule decides whether there is an event.
    fps : float

    Returns
    -------
    column : (N,) float
        NaN where the first rule found nothing.
    doubt_s : (N,) seconds
        Standard error of the mean, or the spread of the votes where that is larger.
    """
    column = np.stack([v.column for v in votes])
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(np.isfinite(column), 1 / np.stack([v.sd_s for v in votes]) ** 2, 0.0)
        column = np.where(weight > 0, column, 0.0)
        total = weight.sum(axis=0)
        mean = np.where(weight[0] > 0, (weight * column).sum(axis=0) / total, np.nan)
        spread = np.sqrt((weight * (column - mean) ** 2).sum(axis=0) / total) / fps
        return mean, np.maximum(1 / np.sqrt(total), spread)


def _landmarks(motion: FootMotion, turns: Turns, column: np.ndarray) -> np.ndarray:
    """Confidence of the foot at the moment of each event, (N,): mean of its points in the two frames beside it."""
    at = np.where(np.isfinite(column), column, 0)
    last = motion.n_columns - 1
    beside = [np.clip(f(at).astype(int), 0, last) for f in (np.floor, np.ceil)]
    sure = [motion.sure[turns.side, :, b] for b in beside]
    known = motion.sure.any(axis=2)[turns.side]
    return np.minimum(*(s.sum(axis=1) / np.maximum(known.sum(axis=1), 1) for s in sure))
