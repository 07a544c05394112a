"""How good a recording is: what was seen, what was filled, how much it jitters, and what that allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence, check_pose
from skelgait.core.skeleton import SIDES
from skelgait.signals.travel import leg_length_px

if TYPE_CHECKING:
    import pandas as pd

SMALL_PX = 60.0  # with a leg shorter than this in the image one pixel turns the shank by two degrees
SLOW_FPS = 50.0
CROPPED = 0.05
EDGE_PX = 2.0
_FEET = ("ankle", "heel", "toe")


def jitter_px(xy: np.ndarray) -> np.ndarray:
    """Size of the frame-to-frame noise of each keypoint.

    Parameters
    ----------
    xy : (T, K, 2) pixels
        Missing points NaN.

    Returns
    -------
    (K,) pixels
        Standard deviation of one coordinate, robust; NaN for keypoints never seen five frames on end.

    Notes
    -----
    From fourth differences, which take out the movement, by their median, which forgets jumps. At 25 frames a second some of the
    movement of a fast foot remains.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> float(jitter_px(rng.normal(0, 2, (4000, 1, 2)))[0].round(1))
    2.0
    """
    rows = np.ascontiguousarray(xy.transpose(1, 2, 0))
    bend = np.abs(np.diff(rows, 4, axis=2)) if rows.shape[2] > 4 else np.full((*rows.shape[:2], 1), np.nan)
    ordered = np.sort(bend, axis=2)
    count = (~np.isnan(bend)).sum(axis=2)
    middle = np.take_along_axis(ordered, np.maximum(count - 1, 0)[..., None] // 2, 2)[..., 0]
    sigma = middle * 1.4826 / math.sqrt(70)  # 70: sum of squares of 1 4 6 4 1
    return np.sqrt((sigma**2).mean(axis=1))


def quality(pose: PoseSequence) -> pd.DataFrame:
    """How well each keypoint was seen.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean.

    Returns
    -------
    DataFrame
        One row a keypoint (index ``keypoint``): ``seen_share`` (known and not interpolated), ``filled_share``, ``mean_confidence``
        (over the frames seen; NaN where never), ``jitter_px``.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> quality(PoseSequence(np.zeros((9, 17, 2)), fps=30, skeleton=COCO17)).loc["nose", "seen_share"].item()
    1.0
    """
    check_pose(pose)
    import pandas as pd

    seen = ~np.isnan(pose.xy[..., 0]) & ~pose.filled
    count = seen.sum(axis=0)
    total = np.where(seen, pose.confidence, 0.0).sum(axis=0)
    return pd.DataFrame(
        {
            "seen_share": seen.mean(axis=0),
            "filled_share": pose.filled.mean(axis=0),
            "mean_confidence": np.where(count > 0, total / np.maximum(count, 1), np.nan),
            "jitter_px": jitter_px(pose.xy),
        },
        index=pd.Index(pose.skeleton.names, name="keypoint"),
    )


def quality_summary(pose: PoseSequence) -> dict[str, object]:
    """How good the recording is as a whole.

    Parameters
    ----------
    pose : PoseSequence
        Raw or clean.

    Returns
    -------
    dict
        ``frames fps duration_s``; ``event_floor_ms`` and ``interval_floor_ms`` (what one frame costs: standard deviation of an
        event or an interval known to the frame only); ``stride_cv_floor_percent`` (the variability of stride time that alone would
        show, for the cadence of this walk or else strides of one second); ``missing_share filled_share swapped_frames`` (of the
        legs: the least well seen leg keypoint for the shares); ``leg_px`` and ``person_px`` (leg length and height of everything
        seen, median, in the image); ``has_feet`` (layout with heels and toes); ``feet_cropped_share`` (frames in which a foot is
        out of the image or at its edge); ``notes``: what all this costs, in sentences.

    Notes
    -----
    The floors are those of a time rounded to whole frames, 1 / (fps sqrt(12)) for an event and 1 / (fps sqrt(6)) for the interval
    between two; sub-frame events do better. Without the image size, a foot counts as out of the image while its knee is seen and it
    is not.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> summary = quality_summary(Walker().film(fps=100, duration_s=2).pose)
    >>> summary["frames"], round(summary["event_floor_ms"], 1), summary["notes"]
    (200, 2.9, ())
    """
    fps = pose.fps
    known = ~np.isnan(pose.xy[..., 0])
    legs = [pose.skeleton.sources(f"{side}_{joint}") for side in SIDES for joint in ("hip", "knee", "ankle")]
    at = [where[0] for where in legs if where]
    cadence = float(pose.info.get("cadence_guess_spm", math.nan))
    stride = 120 / cadence if cadence > 0 else 1.0
    cropped = _feet_cropped(pose)
    summary: dict[str, object] = {
        "frames": pose.n_frames,
        "fps": fps,
        "duration_s": pose.duration_s,
        "event_floor_ms": 1000 / (fps * math.sqrt(12)),
        "interval_floor_ms": 1000 / (fps * math.sqrt(6)),
        "stride_cv_floor_percent": 100 / (fps * math.sqrt(6)) / stride,
        "missing_share": float((~known[:, at]).mean(axis=0).max()) if at else math.nan,
        "filled_share": float(pose.filled[:, at].mean(axis=0).max()) if at else math.nan,
        "swapped_frames": int(pose.swapped.sum()),
        "leg_px": leg_length_px(pose) if all(legs) else math.nan,
        "person_px": _height_px(pose),
        "has_feet": pose.has(*(f"{side}_{point}" for side in SIDES for point in ("heel", "toe"))),
        "feet_cropped_share": cropped,
    }
    summary["notes"] = _notes(summary)
    return summary


def _height_px(pose: PoseSequence) -> float:
    y = pose.xy[..., 1]
    y = y[(~np.isnan(y)).sum(axis=1) > 1]
    return float(np.median(np.nanmax(y, axis=1) - np.nanmin(y, axis=1))) if len(y) else math.nan


def _feet_cropped(pose: PoseSequence) -> float:
    """Share of frames in which a foot is out of the image; NaN when the layout has no ankles."""
    gone = np.zeros(pose.n_frames, bool)
    if not pose.has("left_ankle", "right_ankle"):
        return math.nan
    for side in SIDES:
        points = [pose.point(f"{side}_{name}") for name in _FEET if pose.has(f"{side}_{name}")]
        if pose.size is not None:
            width, height = pose.size
            for p in points:
                with np.errstate(invalid="ignore"):
                    gone |= (p[:, 0] < EDGE_PX) | (p[:, 0] > width - 1 - EDGE_PX) | (p[:, 1] > height - 1 - EDGE_PX)
        elif pose.has(f"{side}_knee"):
            above = ~np.isnan(pose.point(f"{side}_knee")[:, 0])
            gone |= above & np.all([np.isnan(p[:, 0]) for p in points], axis=0)
    return float(gone.mean())


def _notes(summary: dict[str, object]) -> tuple[str, ...]:
    value = {name: float(x) for name, x in summary.items() if isinstance(x, int | float)}
    notes = []
    if value["fps"] < SLOW_FPS:
        notes.append(
            f"{value['fps']:.3g} frames a second: to the frame, a contact is uncertain by {value['event_floor_ms']:.0f} ms, "
            f"which adds {value['stride_cv_floor_percent']:.1f} % to the variability of stride time"
        )
    if value["leg_px"] < SMALL_PX:
        notes.append(f"the legs are only {value['leg_px']:.0f} px long: film nearer or with more pixels")
    if value["missing_share"] > 0.1:
        notes.append(f"a leg keypoint is missing in {100 * value['missing_share']:.0f} % of the frames")
    if value["feet_cropped_share"] > CROPPED:
        notes.append(f"a foot is out of the image in {100 * value['feet_cropped_share']:.0f} % of the frames")
    if not summary["has_feet"]:
        notes.append("the layout has no heels and toes: foot angles cannot be measured and contacts rest on the ankles")
    if value["swapped_frames"] > 0.2 * value["frames"]:
        notes.append(f"left and right leg had to be exchanged back in {value['swapped_frames']:.0f} frames: check them by eye")
    return tuple(notes)
