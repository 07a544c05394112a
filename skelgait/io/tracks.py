"""Follow people from frame to frame, and tell how far each of them walked."""

from __future__ import annotations

import numpy as np

from skelgait.core.skeleton import Skeleton

# A person lost for longer starts a new track; tracks of one person are joined over the second, longer gap.
LINK_GAP_S, JOIN_GAP_S = 0.5, 2.0
# Two poses belong to one person when their keypoints lie closer than this share of the body's size.
LINK_DISTANCE = 0.5


def body_sizes(xy: np.ndarray) -> np.ndarray:
    """Diagonal of the box around the seen keypoints, (N,) pixels, at least 1."""
    seen = ~np.isnan(xy)
    reach = np.where(seen, xy, -np.inf).max(axis=1) - np.where(seen, xy, np.inf).min(axis=1)
    return np.maximum(np.hypot(*np.where(np.isfinite(reach), reach, 0.0).T), 1.0)


def walking_score(xy: np.ndarray, skeleton: Skeleton) -> float:
    """How far somebody travelled, in body sizes: over the image, along the line of sight, and by their legs' steps."""
    sizes = body_sizes(xy)
    size = float(np.median(sizes))
    hips = [i for name in ("mid_hip", "left_hip", "right_hip") for i in skeleton.sources(name)] or list(range(len(skeleton)))
    hip_seen = ~np.isnan(xy[:, hips, 0]).all(axis=1)
    if not hip_seen.any():
        hips, hip_seen = list(range(xy.shape[1])), np.ones(len(xy), bool)
    centre = np.nanmean(xy[hip_seen][:, hips], axis=1)
    # medians of ten stretches: a few wild detections move none of them
    parts = [part for part in np.array_split(np.arange(len(centre)), 10) if len(part)]
    at = np.array([np.median(centre[part], axis=0) for part in parts])
    grown = np.array([np.median(np.log(sizes[hip_seen][part])) for part in parts])
    # the distance walked along the line of sight is about (focal length / height in the image) x the change of log size
    travel = float(np.hypot(*np.ptp(at, axis=0)) / size + 3 * np.ptp(grown))
    return travel + 2 * _leg_travel(xy, skeleton, size)


def _leg_travel(xy: np.ndarray, skeleton: Skeleton, size: float) -> float:
    """Steps times step length, in body sizes: from how the ankles pass each other."""
    ankles = [skeleton.sources(f"{side}_ankle") for side in ("left", "right")]
    if not all(ankles):
        return 0.0
    apart = xy[:, ankles[0][0]] - xy[:, ankles[1][0]]
    apart = apart[~np.isnan(apart).any(axis=1)]
    if len(apart) < 10:
        return 0.0
    apart = apart - np.median(apart, axis=0)
    apart = apart[:, int(np.argmax(apart.std(axis=0)))] / size
    spread = float(np.median(np.abs(apart))) * 1.48
    if spread < 0.03:
        return 0.0
    state = np.sign(apart) * (np.abs(apart) > 0.7 * spread)
    state = state[state != 0]
    return float(np.count_nonzero(np.diff(state)) * np.sqrt(2) * spread)


def link(xy: np.ndarray, frame: np.ndarray, fps: float) -> np.ndarray:
    """Tracks of detections without identities, frame by frame.

    Parameters
    ----------
    xy : (N, K, 2) pixels
        One row a detection; NaN where missing.
    frame : (N,) int
    fps : float

    Returns
    -------
    (N,) int
        Number of the person, from 0 in the order of appearance.

    Notes
    -----
    Detections continue the tracks they fit best, best first. The fit is the number of keypoints that lie where the track expects
    them, each counted by how near: a stray arm does not outbid the whole body. A track expects every keypoint where it was last
    seen, moved on as the body moved since.
    """
    gap = max(1, round(LINK_GAP_S * fps))
    sizes, seen = body_sizes(xy), ~np.isnan(xy[..., :1])
    track = np.empty(len(xy), int)
    order = np.argsort(frame, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(frame[order])) + 1)
    # of each track: its keypoints at the frame ``at``, their movement a frame, and the size of the body
    expected = np.empty((len(xy), *xy.shape[1:]))
    step, size, at = np.zeros((len(xy), 2)), np.empty(len(xy)), np.empty(len(xy), int)
    known = 0
    alive = np.zeros(0, int)
    for rows in groups:
        now = frame[rows[0]]
        alive = alive[now - at[alive] <= gap]
        fresh = rows
        if len(alive):
            elapsed = (now - at[alive])[:, None]
            there = expected[alive] + (step[alive] * elapsed)[:, None]
            apart = there[:, None] - xy[rows]
            away = np.sqrt((apart**2).sum(axis=3)) / (LINK_DISTANCE * np.maximum(size[alive][:, None], sizes[rows])[..., None])
            fit = np.where(np.isnan(away), 0.0, 1 - away)
            i, j = _best_pairs(np.where(fit.sum(axis=2) > 0, np.maximum(fit, 0.0).sum(axis=2), 0.0))
            t, found = alive[i], rows[j]
            both = seen[found] & ~np.isnan(expected[t][..., :1])
            moved = np.where(both, xy[found] - expected[t], 0.0).sum(axis=1) / np.maximum(both.sum(axis=1), 1) / elapsed[i]
            step[t] = 0.7 * step[t] + 0.3 * moved
            expected[t] = np.where(seen[found], xy[found], there[i])
            size[t] = 0.8 * size[t] + 0.2 * sizes[found]
            at[t], track[found] = now, t
            fresh = np.delete(rows, j)
        if len(fresh):
            new = np.arange(known, known + len(fresh))
            known += len(fresh)
            expected[new], size[new], at[new], track[fresh] = xy[fresh], sizes[fresh], now, new
            alive = np.concatenate([alive, new])
    return track


def _best_pairs(fits: np.ndarray) -> tuple[list[int], list[int]]:
    """Rows and columns of the best positive fits, each row and column once, best first."""
    fits = fits.copy()
    rows: list[int] = []
    columns: list[int] = []
    for _ in range(min(fits.shape)):
        i, j = divmod(int(fits.argmax()), fits.shape[1])
        if fits[i, j] <= 0:
            break
        rows.append(i)
        columns.append(j)
        fits[i], fits[:, j] = 0.0, 0.0
    return rows, columns


def join(xy: np.ndarray, frame: np.ndarray, track: np.ndarray, fps: float) -> np.ndarray:
    """Tracks joined where one person was lost and found again: the later begins where the earlier would have been.

    Parameters
    ----------
    xy : (N, K, 2) pixels
    frame, track : (N,) int
    fps : float

    Returns
    -------
    (N,) int
    """
    numbers, track = np.unique(track, return_inverse=True)
    if len(numbers) < 2:
        return track
    gap = JOIN_GAP_S * fps
    sizes = body_sizes(xy)
    centres = np.nanmedian(xy, axis=1)
    ends = []
    for number in range(len(numbers)):
        rows = np.flatnonzero(track == number)
        rows = rows[np.argsort(frame[rows], kind="stable")]
        tail, head = rows[-15:], rows[:5]
        span = frame[tail[-1]] - frame[tail[0]]
        speed = (centres[tail[-1]] - centres[tail[0]]) / span if span > 3 else np.zeros(2)
        ends.append(
            (
                frame[rows[0]],
                frame[rows[-1]],
                centres[rows[0]],
                centres[rows[-1]],
                speed,
                np.median(sizes[head]),
                np.median(sizes[tail]),
            )
        )
    choices = []
    for a, (_, stop, _, leaves, speed, _, size_a) in enumerate(ends):
        for b, (start, _, enters, _, _, size_b, _) in enumerate(ends):
            wait = start - stop
            if a != b and 0 < wait <= gap and 1 / 1.6 < size_b / size_a < 1.6:
                away = min(np.hypot(*(leaves + speed * wait - enters)), np.hypot(*(leaves - enters))) / max(size_a, size_b)
                if away <= LINK_DISTANCE:
                    choices.append((away + wait / gap, a, b))
    follows: dict[int, int] = {}
    for _, a, b in sorted(choices):
        if a not in follows and b not in follows.values():
            follows[a] = b
    first = np.arange(len(numbers))
    for a in sorted(follows, key=lambda number: ends[number][0]):
        first[follows[a]] = first[a]
    return first[track]
