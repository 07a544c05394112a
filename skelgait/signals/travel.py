"""Which way the person walks: straight bouts, their direction, and the person's size in the image."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skelgait.core.errors import MissingKeypoint
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES

BLOCK_S = 0.1  # medians over blocks this long: spikes go, and everything after runs at 10 Hz
HALF_WINDOW_S = 0.5  # evidence is averaged over +- this: about one stride
SEEN = 0.2  # points below this confidence say nothing about the direction
FOOT_LL, KNEE_LL, HIP_LL, SHOULDER_LL = 0.25, 0.09, 0.2, 0.35  # size of the evidence when seen square on, leg lengths
PACE_LL_S, GROWTH_S = 0.6, 0.08  # speed across the image, and growth of the image, of a slow walk
OBLIQUE_DEG = (27.0, 63.0)  # a heading between these is neither across nor along the camera's line of sight


@dataclass(frozen=True)
class Bout:
    """A straight stretch of walking.

    Parameters
    ----------
    start, stop : int, frames
        Half-open: frames ``start`` to ``stop - 1``.
    direction : int
        Sagittal and oblique: +1 to image right, -1 to image left. Frontal: +1 towards the camera, -1 away.
    plane : str
        ``"sagittal"``, ``"frontal"`` or ``"oblique"``.
    treadmill : bool
        True when the person walks but stays where they are in the image: a treadmill, or a camera that follows.
    speed_ll_s : float, leg lengths a second
        Speed of the hips across the image; NaN when frontal (depth is not seen) or ``treadmill``.

    Examples
    --------
    >>> Bout(10, 70, 1, "sagittal").n_frames
    60
    """

    start: int
    stop: int
    direction: int
    plane: str
    treadmill: bool = False
    speed_ll_s: float = float("nan")

    @property
    def n_frames(self) -> int:
        """Length in frames."""
        return self.stop - self.start


@dataclass(frozen=True)
class Headings:
    """What the body says about its heading, in blocks of about 0.1 s (the evidence behind bouts and views).

    ``across`` and ``towards`` (B,), -1..1, are the heading's components to image right and to the camera; ``active`` (B,) is
    whether the legs walk; ``block`` the block's length in frames; ``evidence`` the parts, (B,) each, in the units of their name.
    """

    across: np.ndarray
    towards: np.ndarray
    active: np.ndarray
    block: int
    evidence: dict[str, np.ndarray]


def _points(pose: PoseSequence) -> dict[str, np.ndarray]:
    """The points that carry the direction, (T, 2) each, unsure ones NaN; raises when hips or ankles are not in the layout."""
    if not all(pose.has(f"{side}_{joint}") for side in SIDES for joint in ("hip", "ankle")):
        raise MissingKeypoint(
            "the direction of walking needs both hips and both ankles",
            found=f"layout {pose.skeleton.name}: {', '.join(pose.skeleton.names[:40])}",
            do="use a whole-body layout",
        )
    named = {}
    for side in SIDES:
        for joint in ("shoulder", "hip", "knee", "ankle", "heel", "toe"):
            name = f"{side}_{joint}"
            at = pose.skeleton.sources(name)
            if at:
                xy = pose.xy[:, at[0]]
                unsure = pose.confidence[:, at[0]] < SEEN
                if unsure.any():
                    xy = xy.copy()
                    xy[unsure] = np.nan
                named[name] = xy
    return named


def block_medians(values: np.ndarray, block: int) -> np.ndarray:
    """Medians over blocks of frames, leaving NaN out: (C, T) to (C, ceil(T / block)); all-NaN blocks are NaN."""
    channels, frames = values.shape
    n = -(-frames // block)
    if n * block != frames:
        values = np.concatenate([values, np.full((channels, n * block - frames), np.nan)], axis=1)
    if block == 1:
        return np.array(values)
    ordered = np.sort(values.reshape(channels, n, block), axis=2)  # NaN goes last
    known = block - np.isnan(ordered).sum(axis=2)
    low = np.maximum((known - 1) // 2, 0)[..., None]
    high = np.minimum(known // 2, block - 1)[..., None]
    return 0.5 * (np.take_along_axis(ordered, low, 2) + np.take_along_axis(ordered, high, 2))[..., 0]


def _windows(n: int, half: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one-past-last index of the window round each of n samples, cut off at the ends."""
    at = np.arange(n)
    return np.maximum(at - half, 0), np.minimum(at + half + 1, n)


def _sums(values: np.ndarray, windows: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    total = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=total[..., 1:])
    return total[..., windows[1]] - total[..., windows[0]]


def local_lines(values: np.ndarray, half: int) -> tuple[np.ndarray, np.ndarray]:
    """Straight line through a window round each sample, leaving NaN out: its value there and its slope a sample.

    Parameters
    ----------
    values : (C, N)
        Signals in rows.
    half : int
        Samples on either side; the window is cut off at the ends, the line is not bent by it.

    Returns
    -------
    level, slope : (C, N), (C, N)
        NaN where fewer than two samples are known.

    Examples
    --------
    >>> level, slope = local_lines(np.arange(6.0)[None] * 2, 2)
    >>> level[0].round(9).tolist(), slope[0].round(9).tolist()
    ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [2.0, 2.0, 2.0, 2.0, 2.0, 2.0])
    """
    n = values.shape[1]
    windows = _windows(n, half)
    known = np.isfinite(values)
    at = np.arange(n) - (n - 1) / 2
    y = np.where(known, values, 0.0)
    offset = y.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    y = np.where(known, y - offset, 0.0)
    w = known.astype(float)
    s0, s1, s2, sy, sty = _sums(np.stack([w, w * at, w * at * at, y, y * at]), windows)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_t, mean_y = s1 / s0, sy / s0
        spread = s2 / s0 - mean_t**2
        slope = np.where((s0 >= 2) & (spread > 1e-9), (sty / s0 - mean_t * mean_y) / spread, np.nan)
    return mean_y + offset + slope * (at - mean_t), slope


def _local_spread(values: np.ndarray, half: int) -> np.ndarray:
    """Standard deviation within a window round each sample, leaving NaN out, (C, N)."""
    windows = _windows(values.shape[1], half)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    y = np.where(known, values, 0.0)
    y = np.where(known, y - y.sum(axis=1, keepdims=True) / count, 0.0)
    s0, s1, s2 = _sums(np.stack([known.astype(float), y, y * y]), windows)
    s0 = np.maximum(s0, 1)
    return np.sqrt(np.maximum(s2 / s0 - (s1 / s0) ** 2, 0))


def _fill(values: np.ndarray) -> np.ndarray:
    """Missing blocks take the neighbours' course; a signal never seen is 0."""
    known = np.isfinite(values)
    if known.all():
        return values
    if not known.any():
        return np.zeros_like(values)
    at = np.arange(len(values))
    return np.interp(at, at[known], values[known])


def _lengths(named: dict[str, np.ndarray]) -> np.ndarray:
    """Thigh + shank of each leg, (2, T) pixels; the hip-ankle distance where the layout has no knees."""
    legs = []
    for side in SIDES:
        hip, ankle = named[f"{side}_hip"], named[f"{side}_ankle"]
        knee = named.get(f"{side}_knee")
        if knee is None:
            d = hip - ankle
            legs.append(np.sqrt(d[:, 0] ** 2 + d[:, 1] ** 2))
        else:
            a, b = hip - knee, knee - ankle
            legs.append(np.sqrt(a[:, 0] ** 2 + a[:, 1] ** 2) + np.sqrt(b[:, 0] ** 2 + b[:, 1] ** 2))
    return np.stack(legs)


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def leg_length_px(pose: PoseSequence) -> float:
    """Length of the legs in the image: median thigh + median shank, mean of both sides, pixels.

    Parameters
    ----------
    pose : PoseSequence
        Any view; the length is that of the whole clip. Towards or away from the camera use `body_size`.

    Returns
    -------
    float
        Pixels; NaN when no leg was seen.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> xy = np.zeros((5, 17, 2))
    >>> xy[:, 13:15, 1], xy[:, 15:17, 1] = 40, 75
    >>> leg_length_px(PoseSequence(xy, fps=50, skeleton=COCO17))
    75.0
    """
    lengths = [_median(leg) for leg in _lengths(_points(pose))]
    known = [x for x in lengths if np.isfinite(x)]
    return float(np.mean(known)) if known else float("nan")


def body_size(pose: PoseSequence) -> np.ndarray:
    """Apparent size of the person over time: the leg length as the camera saw it in each frame.

    Parameters
    ----------
    pose : PoseSequence
        Any view.

    Returns
    -------
    (T,) pixels
        Smoothed over one second by local straight lines (so growth at the ends is kept); NaN throughout when no leg was seen.

    Notes
    -----
    Thigh + shank of whichever leg looks longer: in a frontal view the swinging shank points away from the camera and looks
    short, the standing leg does not.
    """
    legs = _lengths(_points(pose))
    block = max(1, round(BLOCK_S * pose.fps))
    size = block_medians(np.fmax(legs[0], legs[1])[None], block)
    level, _ = local_lines(size, max(1, round(HALF_WINDOW_S * pose.fps / block)))
    known = np.isfinite(level[0])
    if not known.any():
        return np.full(pose.n_frames, np.nan)
    middle = np.arange(len(known)) * block + (block - 1) / 2
    return _extended(np.arange(pose.n_frames), middle[known], level[0][known])


def _extended(at: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Linear interpolation that goes on straight for half a block beyond the first and last sample."""
    out = np.interp(at, x, y)
    if len(x) > 1:
        half = (x[1] - x[0]) / 2
        for end, edge, inner in ((at < x[0], 0, 1), (at > x[-1], -1, -2)):
            step = np.clip(at[end] - x[edge], -half, half)
            out[end] += step * (y[edge] - y[inner]) / (x[edge] - x[inner])
    return out


def headings(pose: PoseSequence) -> Headings:
    """Evidence about the heading of the body, block by block.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean, any layout with hips and ankles.

    Returns
    -------
    Headings
        See there.

    Raises
    ------
    MissingKeypoint
        The layout has no hips or no ankles.

    Notes
    -----
    Everything is a mean over both sides or a difference from it, so that exchanged legs hardly matter. Across the image: speed
    of the hips, where the toes point, and where the knees bend (forwards). Along the line of sight: growth of the body, and which
    hip and shoulder is on which side. Feet count most because they are right on a treadmill and under a camera that follows.
    """
    named = _points(pose)
    frames = pose.n_frames
    missing = np.full((frames, 2), np.nan)
    hips = np.stack([named["left_hip"], named["right_hip"]])
    legs = _lengths(named)
    scale = _median(legs)
    feet = np.stack([named.get(f"{s}_toe", missing) - named.get(f"{s}_heel", missing) for s in SIDES])
    rows = {
        "x": _either(hips[0, :, 0], hips[1, :, 0]),
        "foot": _either(feet[0, :, 0], feet[1, :, 0]),
        "knee": _either(*(_knee_offset(named, s, missing) for s in SIDES)),
        "size": np.fmax(legs[0], legs[1]),
        "hip": hips[0, :, 0] - hips[1, :, 0],
        "shoulder": (named.get("left_shoulder", missing) - named.get("right_shoulder", missing))[:, 0],
        "gap_x": np.abs(named["left_ankle"][:, 0] - named["right_ankle"][:, 0]),
        "gap_y": np.abs(named["left_ankle"][:, 1] - named["right_ankle"][:, 1]),
    }
    block = max(1, round(BLOCK_S * pose.fps))
    half = max(1, round(HALF_WINDOW_S * pose.fps / block))
    rate = pose.fps / block
    medians = block_medians(np.stack(list(rows.values())), block)
    medians[3] = np.log(np.maximum(medians[3], 1e-6))
    level, slope = local_lines(medians, half)
    spread = _local_spread(medians[6:], half)
    size = np.exp(_fill(level[3])) if np.isfinite(level[3]).any() else np.full(medians.shape[1], np.nan)
    evidence = {
        "speed_ll_s": slope[0] * rate / size,
        "foot_ll": level[1] / size,
        "knee_ll": level[2] / size,
        "growth_s": slope[3] * rate,
        "hip_width_ll": level[4] / size,
        "shoulder_width_ll": level[5] / size,
        "leg_swing_ll": np.hypot(spread[0], spread[1]) / size,
        "size_px": size,
    }
    filled = {k: _fill(v) for k, v in evidence.items()}
    knee = np.clip(filled["knee_ll"] / KNEE_LL, -1, 1)
    facing = np.clip(filled["foot_ll"] / FOOT_LL, -1, 1) * 0.8 + knee * 0.2 if np.isfinite(evidence["foot_ll"]).any() else knee
    pace = np.clip(filled["speed_ll_s"] / PACE_LL_S, -1, 1)
    widths = [np.clip(filled["hip_width_ll"] / HIP_LL, -1, 1)]
    if np.isfinite(evidence["shoulder_width_ll"]).any():
        widths.append(np.clip(filled["shoulder_width_ll"] / SHOULDER_LL, -1, 1))
    growth = np.clip(filled["growth_s"] / GROWTH_S, -1, 1)
    active = (filled["leg_swing_ll"] > 0.03) | (np.abs(filled["speed_ll_s"]) > 0.3)
    if not np.isfinite(scale):
        active[:] = False
    return Headings(
        across=np.clip(facing + 0.5 * pace, -1, 1),
        towards=np.clip(np.mean(widths, axis=0) * 0.8 + 0.4 * growth, -1, 1),
        active=active,
        block=block,
        evidence=evidence,
    )


def _either(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Mean of both sides, one side where the other is missing."""
    return np.where(np.isnan(left), right, np.where(np.isnan(right), left, 0.5 * (left + right)))


def _knee_offset(named: dict[str, np.ndarray], side: str, missing: np.ndarray) -> np.ndarray:
    """How far the knee lies to image right of the line from hip to ankle, (T,) pixels: forwards, for a bent knee."""
    hip, knee, ankle = named[f"{side}_hip"], named.get(f"{side}_knee", missing), named[f"{side}_ankle"]
    leg, thigh = ankle - hip, knee - hip
    length = np.sqrt(leg[:, 0] ** 2 + leg[:, 1] ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (thigh[:, 0] * leg[:, 1] - thigh[:, 1] * leg[:, 0]) / length


def _runs(on: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _straight(axis: np.ndarray, active: np.ndarray, least: int) -> list[tuple[int, int, int]]:
    """(start, stop, sign) of stretches of blocks where the person walks one way along ``axis``."""
    out: list[tuple[int, int, int]] = []
    for a, b in _runs(active):
        signs = np.sign(axis[a:b])
        cuts = [a, *(a + 1 + np.flatnonzero(signs[1:] != signs[:-1])).tolist(), b]
        for start, stop in pairwise(cuts):
            sure = np.flatnonzero(np.abs(axis[start:stop]) > 0.25)
            if not len(sure):
                continue
            sign = int(np.sign(axis[start + sure[0]]))
            # next to a turn the uncertain blocks go; at the ends of the walk they stay
            first = start if start == a else start + int(sure[0])
            last = stop if stop == b else start + int(sure[-1]) + 1
            if out and out[-1][2] == sign and first - out[-1][1] <= least:
                out[-1] = (out[-1][0], last, sign)
            elif last - first >= least or (first == a and last == b):
                out.append((first, last, sign))
    return out


def find_bouts(pose: PoseSequence) -> tuple[Bout, ...]:
    """Straight stretches of walking, in order of time.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean, any layout with hips and ankles, any view.

    Returns
    -------
    tuple of Bout
        Turns split them; a treadmill or a camera that follows gives one bout. Empty when nobody walks.

    Raises
    ------
    MissingKeypoint
        The layout has no hips or no ankles.

    Notes
    -----
    The heading is judged over one second (`headings`). A plain walk is covered from its first to its last frame: ends are not
    trimmed; beside a turn the frames that face neither way belong to no bout. When ``pose.view`` is given, its plane is
    believed; else the plane of each bout follows from its heading.
    """
    found = headings(pose)
    least = max(2, round(0.6 * pose.fps / found.block))
    active = found.active
    plane = pose.plane
    if not active.any():
        return ()
    strength = [float(np.abs(axis[active]).mean()) for axis in (found.across, found.towards)]
    frontal = plane == "frontal" or (plane is None and strength[1] > strength[0] * np.tan(np.radians(OBLIQUE_DEG[1])))
    axis = found.towards if frontal else found.across
    hip = pose.skeleton.index("left_hip"), pose.skeleton.index("right_hip")
    seen = np.flatnonzero(np.isfinite(pose.xy[:, hip, 0]).any(axis=1))
    bouts = []
    for first, last, sign in _straight(axis, active, least):
        start, stop = max(first * found.block, int(seen[0])), min(last * found.block, int(seen[-1]) + 1)
        if stop > start:
            bouts.append(_bout(found, slice(first, last), start, stop, sign, plane))
    return tuple(bouts)


def _bout(found: Headings, s: slice, start: int, stop: int, sign: int, plane: str | None) -> Bout:
    across, towards = float(np.mean(found.across[s])), float(np.mean(found.towards[s]))
    if plane is None:
        angle = np.degrees(np.arctan2(abs(towards), abs(across)))
        plane = "sagittal" if angle < OBLIQUE_DEG[0] else "frontal" if angle > OBLIQUE_DEG[1] else "oblique"
    pace = found.evidence["speed_ll_s"][s]
    speed = abs(float(np.nanmean(pace))) if np.isfinite(pace).any() else float("nan")
    growth = found.evidence["growth_s"][s]
    still = speed < 0.2 and (plane == "sagittal" or abs(float(np.nanmean(growth))) < 0.02)
    return Bout(start, stop, sign, plane, still, float("nan") if still or plane == "frontal" else speed)


def travel_direction(pose: PoseSequence, bouts: tuple[Bout, ...] | None = None) -> np.ndarray:
    """Direction of walking in each frame.

    Parameters
    ----------
    pose : PoseSequence
        Any view.
    bouts : tuple of Bout, optional
        From `find_bouts`, when already known.

    Returns
    -------
    (T,) int8
        ``direction`` of the bout a frame lies in, 0 outside bouts.
    """
    out = np.zeros(pose.n_frames, np.int8)
    for bout in find_bouts(pose) if bouts is None else bouts:
        out[bout.start : bout.stop] = bout.direction
    return out
