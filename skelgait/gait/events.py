"""When the feet land and leave: the door to all rules, and the consensus that is the default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.gait.detectors import Moments, find_turns, impact, oconnor, velocity, zeni
from skelgait.gait.foot_motion import foot_motion
from skelgait.gait.frontal_events import find_changes, frontal, image_motion
from skelgait.signals.travel import Bout, body_size, find_bouts, leg_length_px

METHODS = ("consensus", "velocity", "oconnor", "zeni", "frontal")
DOUBT_S = 0.04  # rules that differ by this leave 0.6 of the confidence
SHORTEST_STRIDE_S, SHORTEST_PHASE_S = 0.4, 0.08
END_S, AT_THE_END = 0.1, 0.5  # nearer than this to an end of a bout an event is worth half
FRONTAL_CONTACT, FRONTAL_OFF = 0.8, 0.4  # what the frontal rule is worth: a foot-off seen from the front is experimental


@dataclass(frozen=True, eq=False)
class Candidates:
    """Events of one bout before they are checked against each other: (N,) each, ``frame`` of the recording, NaN = none."""

    side: np.ndarray
    contact: np.ndarray
    frame: np.ndarray
    confidence: np.ndarray

    def select(self, keep: np.ndarray) -> Candidates:
        """Those where ``keep`` is True."""
        return Candidates(self.side[keep], self.contact[keep], self.frame[keep], self.confidence[keep])


def detect_events(pose: PoseSequence, method: str = "consensus", *, bouts: Sequence[Bout] | None = None) -> GaitEvents:
    """x"""
    if method not in METHODS:
        raise SkelgaitError("detect_events: unknown method", found=repr(method), expected=", ".join(METHODS))
    found = find_bouts(pose) if bouts is None else tuple(bouts)
    plane = {"frontal": ("frontal",), "consensus": ("sagittal", "frontal")}.get(method, ("sagittal",))
    parts = []
    size_px: np.ndarray | None = None
    leg_px: float | None = None
    for number, bout in enumerate(found):
        if bout.plane not in plane:
            continue
        if bout.plane == "sagittal":
            leg_px = leg_length_px(pose) if leg_px is None else leg_px
            candidates = sagittal_candidates(pose, bout, method, leg_px)
        else:
            size_px = body_size(pose) if size_px is None else size_px
            candidates = frontal_candidates(pose, bout, size_px)
        kept = plausible(candidates, bout, pose.fps)
        parts.append((kept, np.full(len(kept.frame), number)))
    if not parts:
        return GaitEvents([], [], [], [], method=method)
    side, contact, frame, confidence = (
        np.concatenate([getattr(c, name) for c, _ in parts]) for name in ("side", "contact", "frame", "confidence")
    )
    return GaitEvents(
        np.array(SIDES)[side],
        np.where(contact, "initial_contact", "foot_off"),
        np.interp(frame, np.arange(pose.n_frames), pose.time_s),
        frame,
        confidence,
        np.concatenate([number for _, number in parts]),
        method=method,
    )


def sagittal_candidates(pose: PoseSequence, bout: Bout, method: str, leg_px: float) -> Candidates:
    """Events of a bout seen from the side by a rule or by all."""
    motion = foot_motion(pose, bout, leg_px=leg_px)
    turns = find_turns(motion)
    if method in ("zeni", "oconnor"):
        votes = [zeni(motion, turns) if method == "zeni" else oconnor(motion, turns)]
    else:
        votes = [velocity(motion, turns)]
        if method == "consensus":
            votes += [impact(motion, turns, votes[0].column), oconnor(motion, turns, votes[0].column)]
    column, doubt_s = agree(votes, motion.fps)
    return _candidates(motion.sure, motion.start, turns.side, turns.contact, column, doubt_s, turns.prominence)


def frontal_candidates(pose: PoseSequence, bout: Bout, size_px: np.ndarray) -> Candidates:
    """Events of a bout seen from the front or from behind."""
    motion = image_motion(pose, bout, size_px=size_px)
    changes = find_changes(motion)
    moments = frontal(motion, changes)
    contact = np.repeat([True, False], len(changes.lands))
    return _candidates(
        motion.sure,
        motion.start,
        np.concatenate([changes.lands, 1 - changes.lands]),
        contact,
        np.concatenate([m.column for m in moments]),
        np.concatenate([m.sd_s for m in moments]),
        np.tile(changes.prominence, 2) * np.where(contact, FRONTAL_CONTACT, FRONTAL_OFF),
    )


def _candidates(
    sure: np.ndarray, start: int, side: np.ndarray, contact: np.ndarray, column: np.ndarray, doubt_s: np.ndarray, prominence: np.ndarray
) -> Candidates:
    """Candidates with their confidence: how sure the foot's points are in the two frames beside the event x prominence x agreement."""
    known = np.isfinite(column)
    side, contact, column = side[known], contact[known], column[known]
    low = np.clip(np.floor(column).astype(int), 0, sure.shape[2] - 1)
    high = np.minimum(low + 1, sure.shape[2] - 1)
    points = np.maximum(sure.any(axis=2).sum(axis=1), 1)[side]
    seen = np.minimum(sure[side, :, low].sum(axis=1), sure[side, :, high].sum(axis=1)) / points
    agreement = np.exp(-0.5 * (doubt_s[known] / DOUBT_S) ** 2)
    return Candidates(side, contact, column + start, seen * prominence[known] * agreement).select(seen > 0)


def agree(votes: Sequence[Moments], fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean of what several rules say, weighted by how sure each is.

    Parameters
    ----------
    votes : sequence of Moments
        The first rule decides whether there is an event at all.
    fps : float

    Returns
    -------
    column : (N,) float
        NaN where the first rule found nothing.
    doubt_s : (N,) seconds
        Standard error of the mean, or the spread of the votes where that is larger.
    """
    column = np.stack([vote.column for vote in votes])
    known = np.isfinite(column)
    column = np.where(known, column, 0.0)
    weight = np.where(known, 1 / np.where(known, np.stack([vote.sd_s for vote in votes]), 1.0) ** 2, 0.0)
    total = np.where(known[0], weight.sum(axis=0), np.nan)
    mean = (weight * column).sum(axis=0) / total
    spread = np.sqrt((weight * (column - mean) ** 2).sum(axis=0) / total) / fps
    return mean, np.maximum(1 / np.sqrt(total), spread)


def plausible(found: Candidates, bout: Bout, fps: float) -> Candidates:
    """Candidates that can all be true together, by time; of two that cannot, the less sure one goes.

    Notes
    -----
    Inside the bout; contacts of a foot at least 0.4 s apart, and a contact and a foot-off of it 0.08 s; the two feet are not
    off the ground together for most of a swing. Within 0.1 s of an end of the bout the confidence is halved.
    """
    found = found.select((found.frame >= bout.start) & (found.frame <= bout.stop - 1))
    order = np.argsort(found.frame, kind="stable")
    found = Candidates(found.side[order], found.contact[order], found.frame[order], found.confidence[order])
    for same_kind, apart_s in ((True, SHORTEST_STRIDE_S), (False, SHORTEST_PHASE_S)):
        found = found.select(_far_apart(found, same_kind, apart_s * fps))
    found = found.select(_one_foot_down(found))
    end = np.minimum(found.frame - bout.start, bout.stop - 1 - found.frame) < END_S * fps
    return Candidates(found.side, found.contact, found.frame, found.confidence * np.where(end, AT_THE_END, 1.0))


def _far_apart(found: Candidates, same_kind: bool, apart: float) -> np.ndarray:
    """(N,) bool: False for the less sure one of two events of a foot closer than ``apart`` frames."""
    keep = np.ones(len(found.frame), bool)
    groups = 2 * found.side + found.contact if same_kind else found.side
    for group in np.unique(groups):
        own = np.flatnonzero(groups == group)
        close = np.flatnonzero(np.diff(found.frame[own]) < apart)
        keep[np.where(found.confidence[own[close]] < found.confidence[own[close + 1]], own[close], own[close + 1])] = False
    return keep


def _one_foot_down(found: Candidates) -> np.ndarray:
    """(N,) bool: False for both ends of a swing that lies for its greater part within a surer swing of the other foot."""
    keep = np.ones(len(found.frame), bool)
    swings = []
    for side in range(2):
        own = np.flatnonzero(found.side == side)
        off = np.flatnonzero(~found.contact[own[:-1]] & found.contact[own[1:]]) if len(own) > 1 else np.zeros(0, int)
        swings.append((own[off], own[off + 1]))
    (a0, a1), (b0, b1) = swings
    if not len(a0) or not len(b0):
        return keep
    t, sure = found.frame, found.confidence
    both = np.minimum(t[a1][:, None], t[b1]) - np.maximum(t[a0][:, None], t[b0])
    a, b = np.nonzero(both > 0.5 * np.minimum((t[a1] - t[a0])[:, None], t[b1] - t[b0]))
    worse = sure[a0[a]] + sure[a1[a]] < sure[b0[b]] + sure[b1[b]]
    for ends, which in (((a0, a1), a[worse]), ((b0, b1), b[~worse])):
        for end in ends:
            keep[end[which]] = False
    return keep
