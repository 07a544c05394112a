"""Which way the body heads, from what the hips, legs and feet do: the evidence behind bouts and views."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from skelgait.core.errors import MissingKeypoint
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES, Skeleton
from skelgait.signals.gaps import find_runs
from skelgait.signals.windows import block_medians, local_lines, local_spread

BLOCK_S = 0.1  # medians over blocks this long: spikes go, and everything after runs at 10 Hz
HALF_WINDOW_S = 0.5  # evidence is averaged over +- this: about one stride
SEEN = 0.2  # points below this confidence say nothing about the heading
FOOT_LL, KNEE_LL, HIP_LL, SHOULDER_LL = 0.25, 0.09, 0.2, 0.35  # size of the evidence when seen square on, leg lengths
SWING_LL, STRIDE_LL_S = 0.025, 0.3  # the ankles' play against each other, or a speed, that means walking
NOISE = 1.6  # and that play must stand out of the noise
PACE_LL_S, GROWTH_S = 0.6, 0.08  # speed across the image, and growth of the image, of a slow walk
WALK_LL_S = 1.0  # speed of an easy walk square on
STILL_LL_S = 0.2  # slower than this on average: on the spot, so that speed says nothing about the view
SPEED_SHARE = {True: 0.25, False: 0.7}  # what speed counts beside the direction of feet, and of knees alone
PAUSE_S = 1.0  # a pause shorter than this is none


@dataclass(frozen=True)
class Headings:
    """What the body says about its heading, in blocks of about 0.1 s (the evidence behind bouts and views).

    ``across`` and ``towards`` (B,), -1..1, are the heading's components to image right and to the camera; ``strength_across`` and
    ``strength_towards`` the same without a ceiling; ``side_on`` and ``front_on`` how much the body shows of its side and front,
    which decides the view (speed and growth count less: they depend on pace and distance); ``active`` (B,) is whether the legs
    walk; ``block`` the block's length in frames; ``evidence`` the parts, (B,) each, in the units of their name;
    ``sides_exchanged`` whether left and right look exchanged throughout (the body shows its back while it comes nearer).
    """

    across: np.ndarray
    towards: np.ndarray
    strength_across: np.ndarray
    strength_towards: np.ndarray
    side_on: np.ndarray
    front_on: np.ndarray
    active: np.ndarray
    block: int
    evidence: dict[str, np.ndarray]
    sides_exchanged: bool = False


JOINTS = ("shoulder", "hip", "knee", "ankle", "heel", "toe")


def leg_points(pose: PoseSequence) -> np.ndarray:
    """The points that carry the direction, (2, 6, 2, T): left and right, `JOINTS`, x and y, over time.

    NaN where a point is unsure or the layout lacks it; raises when hips or ankles are not in the layout.
    """
    at = _places(pose.skeleton)
    if (at[:, [1, 3]] < 0).any():
        raise MissingKeypoint(
            "the direction of walking needs both hips and both ankles",
            found=f"layout {pose.skeleton.name}: {', '.join(pose.skeleton.names[:40])}",
            do="use a whole-body layout",
        )
    points = pose.xy.transpose(1, 2, 0)[at]
    unsure = pose.confidence.T[at] < SEEN
    unsure[at < 0] = True
    np.copyto(points, np.nan, where=unsure[:, :, None])
    return points


@lru_cache(maxsize=64)
def _places(skeleton: Skeleton) -> np.ndarray:
    """Index of each of `JOINTS` of either side, (2, 6); -1 where the layout lacks it."""
    return np.array([[(skeleton.sources(f"{side}_{joint}") or (-1,))[0] for joint in JOINTS] for side in SIDES])


def leg_lengths(pose: PoseSequence, points: np.ndarray | None = None) -> np.ndarray:
    """Thigh + shank of each leg, (2, T) pixels; the hip-ankle distance where the layout has no knees.

    ``points`` are its `leg_points`, where known. One look is enough: a pose never changes.
    """
    lengths = pose.memory.get("leg_lengths")
    if lengths is None:
        legs = (leg_points(pose) if points is None else points)[:, 1:4]
        bones = legs[:, 1:] - legs[:, :-1]
        bones = np.sqrt(bones[:, :, 0] ** 2 + bones[:, :, 1] ** 2)
        lengths = bones[:, 0] + bones[:, 1]
        for leg, side in enumerate(SIDES):
            if not pose.has(f"{side}_knee"):
                whole = legs[leg, 2] - legs[leg, 0]
                lengths[leg] = np.sqrt(whole[0] ** 2 + whole[1] ** 2)
        pose.memory["leg_lengths"] = lengths
    return lengths


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
    hip and shoulder is on which side, as far as that is so all the time: a width that comes and goes within a stride is no front.
    Feet count most because they are right on a treadmill and under a camera that follows.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> found = headings(Walker().film(fps=30, duration_s=3).pose)
    >>> bool(found.active.all()), float(found.across.min()) > 0.8, float(abs(found.towards).max()) < 0.3
    (True, True, True)
    """
    seen_before: Headings | None = pose.memory.get("headings")
    if seen_before is not None:
        return seen_before
    block = max(1, round(BLOCK_S * pose.fps))
    evidence, noise = _evidence(pose, block)
    known = _fill(evidence)
    have_feet = bool(np.isfinite(evidence["foot_ll"]).any())
    pace, growth = known["speed_ll_s"] / PACE_LL_S, _within_1(known["growth_s"] / GROWTH_S)
    foot, knee = known["foot_ll"] / FOOT_LL, known["knee_ll"] / KNEE_LL
    if have_feet:
        facing, facing_clipped = 0.8 * foot + 0.2 * knee, 0.8 * _within_1(foot) + 0.2 * _within_1(knee)
    else:  # bent knees that sway sideways look like knees that point sideways: the wider the hips, the less they count
        from_side = np.sqrt(np.maximum(1 - (known["hip_width_ll"] / HIP_LL) ** 2, 0.04))
        facing, facing_clipped = knee * from_side, _within_1(knee) * from_side
    widths = [known["hip_width_steady"] * known["hip_width_ll"] / HIP_LL]
    if np.isfinite(evidence["shoulder_width_ll"]).any():
        widths.append(known["shoulder_width_steady"] * known["shoulder_width_ll"] / SHOULDER_LL)
    width = sum(widths) / len(widths)
    width_clipped = sum(_within_1(one) for one in widths) / len(widths)
    # a body that grows while it shows its back, or shrinks while it shows its face, has left and right exchanged
    exchanged = bool((width_clipped * growth)[np.abs(growth) == 1].sum() < -0.3 * len(growth))
    if exchanged:
        width, width_clipped = -width, -width_clipped
    share = SPEED_SHARE[have_feet] * (np.abs(known["speed_ll_s"]).mean() > STILL_LL_S)
    found = Headings(
        across=_within_1(facing_clipped + 0.5 * _within_1(pace)),
        towards=_within_1(0.8 * width_clipped + 0.4 * growth),
        strength_across=facing + 0.5 * pace,
        strength_towards=0.8 * width + 0.4 * growth,
        side_on=(1 - share) * facing_clipped + share * _within_1(known["speed_ll_s"] / WALK_LL_S),
        front_on=0.9 * width_clipped + 0.1 * growth,
        active=_active(known, noise) & np.isfinite(evidence["speed_ll_s"]),
        block=block,
        evidence=evidence,
        sides_exchanged=exchanged,
    )
    pose.memory["headings"] = found
    return found


def _evidence(pose: PoseSequence, block: int) -> tuple[dict[str, np.ndarray], float]:
    """The parts of the evidence in blocks, and the noise of the ankles' distance in pixels."""
    points = leg_points(pose)
    shoulder, hip, knee, ankle, heel, toe = points.swapaxes(0, 1)
    each = np.empty((2, 3, pose.n_frames))
    each[:, 0], each[:, 1], each[:, 2] = hip[:, 0], toe[:, 0] - heel[:, 0], _knee_offsets(hip, knee, ankle)
    rows = np.empty((8, pose.n_frames))
    rows[:3] = _either(each[0], each[1])
    rows[3] = np.fmax.reduce(leg_lengths(pose, points))
    np.subtract(hip[0, 0], hip[1, 0], out=rows[4])
    np.subtract(shoulder[0, 0], shoulder[1, 0], out=rows[5])
    np.subtract(ankle[0], ankle[1], out=rows[6:])
    medians = block_medians(rows, block)
    medians[3] = np.log(np.maximum(medians[3], 1e-6))
    rate = pose.fps / block
    half = max(1, round(HALF_WINDOW_S * rate))
    level, slope = local_lines(medians, half)
    spread = local_spread(medians[4:], half)
    size = np.exp(_bridge(level[3])) if np.isfinite(level[3]).any() else np.full(medians.shape[1], np.nan)
    evidence = {
        "speed_ll_s": slope[0] * rate / size,
        "foot_ll": level[1] / size,
        "knee_ll": level[2] / size,
        "growth_s": slope[3] * rate,
        "hip_width_ll": level[4] / size,
        "shoulder_width_ll": level[5] / size,
        "hip_width_steady": _steadiness(level[4], spread[0]),
        "shoulder_width_steady": _steadiness(level[5], spread[1]),
        "leg_swing_ll": np.hypot(spread[2], spread[3]) / size,
        "size_px": size,
    }
    return evidence, _noise(medians[6:])


def _steadiness(level: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Share of a width that is there all the time, 0..1: the front of a body does not come and go within a stride."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return level**2 / (level**2 + spread**2)


def _active(known: dict[str, np.ndarray], noise: float) -> np.ndarray:
    """Blocks in which the person walks; pauses too short to be one are walking too, also at the ends."""
    active = known["leg_swing_ll"] * known["size_px"] > np.maximum(SWING_LL * known["size_px"], NOISE * noise)
    active |= np.abs(known["speed_ll_s"]) > STRIDE_LL_S
    active |= np.abs(known["growth_s"]) > GROWTH_S
    if active.any():
        _, start, stop = find_runs(~active[None])
        for a, b in zip(start, stop, strict=True):
            if b - a <= PAUSE_S / BLOCK_S:
                active[a:b] = True
    return active


def _within_1(values: np.ndarray) -> np.ndarray:
    return np.minimum(np.maximum(values, -1.0), 1.0)


def _either(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Mean of both sides, one side where the other is missing."""
    return np.where(np.isnan(left), right, np.where(np.isnan(right), left, 0.5 * (left + right)))


def _knee_offsets(hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray) -> np.ndarray:
    """How far each knee lies to image right of the line from hip to ankle, (2, T) pixels: forwards, for a bent knee."""
    leg, thigh = ankle - hip, knee - hip
    length = np.sqrt(leg[:, 0] ** 2 + leg[:, 1] ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (thigh[:, 0] * leg[:, 1] - thigh[:, 1] * leg[:, 0]) / length


def _noise(values: np.ndarray) -> float:
    """Size of the block-to-block noise of some signals (C, B) taken together, from their second differences."""
    bend = values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2]
    bend = bend[:, ~np.isnan(bend).any(axis=0)]
    if not bend.size:
        return 0.0
    ordered = np.sort(np.abs(bend), axis=1)
    middle = 0.5 * (ordered[:, (bend.shape[1] - 1) // 2] + ordered[:, bend.shape[1] // 2])
    return 0.6 * float(np.sqrt((middle**2).sum()))


def _fill(evidence: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Signals in which missing blocks take the neighbours' course; one never seen is 0."""
    if np.isfinite(list(evidence.values())).all():
        return evidence
    return {name: _bridge(values) for name, values in evidence.items()}


def _bridge(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    if known.all():
        return values
    if not known.any():
        return np.zeros_like(values)
    at = np.arange(len(values))
    return np.interp(at, at[known], values[known])
