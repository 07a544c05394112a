"""When the feet land and leave: the door to all rules, and the consensus that is the default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import EVENTS, GaitEvents
from skelgait.core.pose import PoseSequence, check_pose
from skelgait.core.skeleton import SIDES
from skelgait.gait.detectors import AFTER_TURN_S, Moments, flat_landing, impact, oconnor, velocity, zeni
from skelgait.gait.foot_motion import FootMotion, foot_motion, seen_range
from skelgait.gait.frontal_events import frontal
from skelgait.gait.frontal_motion import find_changes, image_motion
from skelgait.gait.standing import steadiness, toes_drop
from skelgait.gait.turns import Turns, find_turns
from skelgait.signals.clean import clean, resample
from skelgait.signals.travel import Bout, body_size, find_bouts, leg_length_px
from skelgait.signals.view import recognise_view, require_plane

PLANES = {
    "consensus": ("sagittal", "frontal"),
    "velocity": ("sagittal",),
    "oconnor": ("sagittal",),
    "zeni": ("sagittal",),
    "frontal": ("frontal",),
}
METHODS = tuple(PLANES)
SHORTEST_BOUT_S = 0.3  # nothing is told from less
LEAST_CONFIDENCE = 0.1  # what is less sure is no event
DOUBT_S = 0.04  # rules that differ by this leave 0.6 of the confidence
TURN_DOUBT_S = 0.06  # what the turning of the foot alone tells of the moment
FLAT_S = 0.03  # a flat landing shows so badly when it happens: neither the heel nor the toe is stopped at once
PLAIN_SWING = 0.7  # share of the foot's usual swing that a turn alone must have to count
SHORTEST_STRIDE_S, SHORTEST_PHASE_S = 0.4, 0.08
COMPANY = 4  # while one foot has this many events the other has more than one
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
    """Find when the feet land and leave.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean; seen from the side, better, or from the front or behind. Any layout with hips and ankles; heels and toes
        make it surer.
    method : {"consensus", "velocity", "oconnor", "zeni", "frontal"}
        The default lets the rules agree; the others are single rules, `velocity`, `oconnor` and `zeni` seen from the side.
    bouts : sequence of Bout, optional
        From `find_bouts`, when already known.

    Returns
    -------
    GaitEvents
        Sub-frame times, the number of the bout each event lies in, and how sure it is, 0..1: confidence of the foot's keypoints x
        how far the foot swung, as a share of its usual swing x how still it stands beside the event x how well the rules agree;
        halved within 0.1 s of an end of a bout. What comes below 0.1 is left out. Empty when nobody walks.

    Raises
    ------
    WrongView
        No bout is seen from a side this method can use; oblique views are refused.
    MissingKeypoint
        The layout has no hips or no ankles.
    SkelgaitError
        An unknown method.

    Notes
    -----
    *Seen from the side.* Strides are counted where each foot turns round relative to the hips (the coordinate rule of Zeni, which
    misses and invents few). Each event is then timed by the foot's forward speed over the ground (`velocity`), and this moment
    is averaged with those of the heel's impact (`impact`) and of the fastest sinking or rising of the foot (`oconnor`) within 50
    ms of it. Weights are inverse variances: each rule's own, measured once, and that from the noise of its signal, measured in
    every recording while the foot stands. The heel-maximum itself takes no part: it is 40 ms early against force plates.

    *From the front or behind.* See `frontal`: contacts are nearly as good, foot-offs experimental and marked by a low confidence.

    *Missing data.* A pose that was not cleaned is cleaned first, so that a raw pose, a clean one and the whole measurement give the
    same events. Longer gaps are crossed, and an event is dropped when the foot was not seen at its moment. A leg that is not seen
    has no events. Of events of one bout that cannot both be true (two contacts of a foot within 0.4 s, both feet off the ground for
    most of a swing) the surer one stays.

    *Deviations from the cited rules* are listed with each rule. Speeds and accelerations are low-passed at 8 Hz and differentiated
    in the frequency domain, so that 25 and 150 fps give the same curve.

    *How good it is*, median absolute error against force plates and laboratory events of 23 walks (children, adults, stiff ankle,
    crouch, treadmill) from 8 laboratories: contact 13 ms, foot-off 8 ms; much of it is between laboratories. At 30 fps 13 and 8;
    with 2 px noise 14 and 8; from the front 14 and 9. On synthetic children of 60 to 200 steps/min at most 17 and 9 ms, with an
    equinus 36 and 30 ms.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker(cadence_spm=120).film(fps=60, duration_s=5)
    >>> events = detect_events(walk.pose)
    >>> late_s = events.times("left", "initial_contact") - walk.truth.events.times("left", "initial_contact")
    >>> len(late_s), bool((abs(late_s) < 0.02).all())
    (5, True)
    """
    check_pose(pose)
    if method not in METHODS:
        raise SkelgaitError("detect_events: unknown method", found=repr(method), expected=", ".join(METHODS))
    even, uneven = _prepared(pose), not pose.is_uniform
    if bouts is None:
        found = find_bouts(even, plane=recognise_view(even).plane)
    else:
        found = tuple(_on_clock_of(even, pose, bout) for bout in bouts) if uneven else tuple(bouts)
    planes = PLANES[method]
    if found and not any(bout.plane in planes for bout in found):
        require_plane(even, planes[0], "the moment a foot lands")
    leg_px = leg_length_px(even) if any(bout.plane == "sagittal" for bout in found) else np.nan
    size_px = body_size(even) if "frontal" in planes and any(bout.plane == "frontal" for bout in found) else np.empty(0)
    parts = [(np.zeros(0, int), np.zeros(0, bool), np.zeros(0), np.zeros(0), np.zeros(0, int))]
    for number, bout in enumerate(found):
        if bout.plane not in planes:
            continue
        first, last = seen_range(even, bout)
        size = leg_px if bout.plane == "sagittal" else size_px[first:last]
        if last - first < SHORTEST_BOUT_S * even.fps or not np.isfinite(size).any():
            continue
        if bout.plane == "sagittal":
            kept = plausible(sagittal_candidates(even, bout, method, leg_px), bout, even.fps)
        else:
            kept = plausible(frontal_candidates(even, bout, size_px), bout, even.fps)
        parts.append((kept.side, kept.contact, kept.frame, kept.confidence, np.full(len(kept.frame), number)))
    side, contact, frame, confidence, bout_number = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    time_s = np.interp(frame, np.arange(even.n_frames), even.time_s)
    if uneven:
        frame = np.interp(time_s, pose.time_s, np.arange(pose.n_frames))
    kind = np.where(contact, *EVENTS)
    return GaitEvents(np.array(SIDES)[side], kind, time_s, frame, confidence, bout_number, method=method)


def _prepared(pose: PoseSequence) -> PoseSequence:
    """Clean and evenly timed."""
    if any(step.startswith("clean(") for step in pose.steps):
        return pose if pose.is_uniform else resample(pose)
    return clean(pose)


def _on_clock_of(even: PoseSequence, pose: PoseSequence, bout: Bout) -> Bout:
    """A bout of an unevenly timed pose in the frames of the even one."""
    ends = np.searchsorted(even.time_s, pose.time_s[[bout.start, bout.stop - 1]])
    return replace(bout, start=int(ends[0]), stop=int(ends[1]) + 1)


def sagittal_candidates(pose: PoseSequence, bout: Bout, method: str, leg_px: float) -> Candidates:
    """Events of a bout seen from the side by a rule or by all."""
    motion = foot_motion(pose, bout, leg_px=leg_px)
    turns = find_turns(motion)
    if method in ("zeni", "oconnor"):
        votes = [zeni(motion, turns) if method == "zeni" else oconnor(motion, turns)]
    else:
        votes = [velocity(motion, turns)]
        if method == "consensus":
            around = votes[0].column
            drop = toes_drop(motion, turns, around)
            flat_s = FLAT_S * np.where(turns.contact, flat_landing(drop), 0.0)
            votes += [impact(motion, turns, around, drop=drop), oconnor(motion, turns, around, drop=drop)]
    column, doubt_s = agree(votes, motion.fps)
    if method == "consensus":
        column, doubt_s = fall_back(column, np.hypot(doubt_s, flat_s), motion, turns)
    worth = turns.prominence * steadiness(motion, turns, column)
    return _candidates(motion.sure, motion.start, turns.side, turns.contact, column, doubt_s, worth)


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
    sure: np.ndarray,
    start: int,
    side: np.ndarray,
    contact: np.ndarray,
    column: np.ndarray,
    doubt_s: np.ndarray,
    worth: np.ndarray,
) -> Candidates:
    """Candidates with their confidence: how sure the foot's points are in the frames beside it x worth x agreement."""
    known = np.isfinite(column)
    side, contact, column = side[known], contact[known], column[known]
    low = np.minimum(np.maximum(np.floor(column).astype(int), 0), sure.shape[2] - 1)
    high = np.minimum(low + 1, sure.shape[2] - 1)
    points = np.maximum(sure.any(axis=2).sum(axis=1), 1)[side]
    seen = np.minimum(sure[side, :, low].sum(axis=1), sure[side, :, high].sum(axis=1)) / points
    agreement = np.exp(-0.5 * (doubt_s[known] / DOUBT_S) ** 2)
    confidence = seen * worth[known] * agreement
    return Candidates(side, contact, column + start, confidence).select(confidence > LEAST_CONFIDENCE)


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
    column = np.array([vote.column for vote in votes])
    known = np.isfinite(column)
    column = np.where(known, column, 0.0)
    weight = np.where(known, 1 / np.where(known, np.array([vote.sd_s for vote in votes]), 1.0) ** 2, 0.0)
    total = np.where(known[0], weight.sum(axis=0), np.nan)
    mean = (weight * column).sum(axis=0) / total
    spread = np.sqrt((weight * (column - mean) ** 2).sum(axis=0) / total) / fps
    return mean, np.maximum(1 / np.sqrt(total), spread)


def fall_back(column: np.ndarray, doubt_s: np.ndarray, motion: FootMotion, turns: Turns) -> tuple[np.ndarray, np.ndarray]:
    """Where no speed shows the moment: just after the foot turned round relative to the hips, with the doubt that rule has.

    Not beside an end of the bout, where a foot that is seen no further looks as if it turned.
    """
    plain = np.isnan(column) & (turns.prominence > PLAIN_SWING)
    if not plain.any():
        return column, doubt_s
    turned = zeni(motion, turns).column + AFTER_TURN_S * motion.fps
    edge = END_S * motion.fps
    use = plain & (turned > edge) & (turned < motion.n_columns - 1 - edge)
    return np.where(use, turned, column), np.where(use, TURN_DOUBT_S, doubt_s)


def plausible(found: Candidates, bout: Bout, fps: float) -> Candidates:
    """Candidates that can all be true together, by time; of two that cannot, the less sure one goes.

    Notes
    -----
    Inside the bout; contacts of a foot at least 0.4 s apart, and a contact and a foot-off of it 0.08 s; the two feet are not off
    the ground together for most of a swing; a single event of a foot is none where the other foot has four. Within 0.1 s of an
    end of the bout the confidence is halved.
    """
    found = found.select((found.frame >= bout.start) & (found.frame <= bout.stop - 1))
    order = found.frame.argsort(kind="stable")
    found = Candidates(found.side[order], found.contact[order], found.frame[order], found.confidence[order])
    for same_kind, apart_s in ((True, SHORTEST_STRIDE_S), (False, SHORTEST_PHASE_S)):
        found = found.select(_far_apart(found, same_kind, apart_s * fps))
    found = found.select(_one_foot_down(found))
    count = np.bincount(found.side, minlength=2)
    found = found.select((count[found.side] > 1) | (count[1 - found.side] < COMPANY))
    end = np.minimum(found.frame - bout.start, bout.stop - 1 - found.frame) < END_S * fps
    return Candidates(found.side, found.contact, found.frame, found.confidence * np.where(end, AT_THE_END, 1.0))


def _far_apart(found: Candidates, same_kind: bool, apart: float) -> np.ndarray:
    """(N,) bool: False for the less sure one of two events of a foot closer than ``apart`` frames."""
    keep = np.ones(len(found.frame), bool)
    group = 2 * found.side + found.contact if same_kind else found.side
    order = group.argsort(kind="stable")  # by time within a group
    before, after = order[:-1], order[1:]
    close = (group[before] == group[after]) & (found.frame[after] - found.frame[before] < apart)
    if close.any():
        before, after = before[close], after[close]
        keep[np.where(found.confidence[before] < found.confidence[after], before, after)] = False
    return keep


def _one_foot_down(found: Candidates) -> np.ndarray:
    """(N,) bool: False for both ends of swings that lie for their greater part within swings of the other, surer foot."""
    keep = np.ones(len(found.frame), bool)
    starts, stops = [], []
    for side in range(2):
        own = np.flatnonzero(found.side == side)
        off = np.flatnonzero(~found.contact[own[:-1]] & found.contact[own[1:]])
        starts.append(own[off])
        stops.append(own[off + 1])
    (a0, b0), (a1, b1) = starts, stops
    t = found.frame
    both = np.minimum(t[a1][:, None], t[b1]) - np.maximum(t[a0][:, None], t[b0])
    a, b = np.nonzero(both > 0.5 * np.minimum((t[a1] - t[a0])[:, None], t[b1] - t[b0]))
    if not len(a):
        return keep
    left, right = np.stack([a0[a], a1[a]]), np.stack([b0[b], b1[b]])
    sure = found.confidence[left].sum(axis=0), found.confidence[right].sum(axis=0)
    copied = len(a) > 0.5 * min(len(a0), len(b0))  # one leg copies the other: the same foot goes each time
    worse = np.full(len(a), bool(sure[0].sum() < sure[1].sum())) if copied else sure[0] < sure[1]
    keep[left[:, worse]] = False
    keep[right[:, ~worse]] = False
    return keep
