"""The same movement at evenly spaced frames."""

from __future__ import annotations

import numpy as np

from skelgait.core.pose import PoseSequence


def resample(pose: PoseSequence, *, fps: float | None = None, max_gap_ms: float = 120.0) -> PoseSequence:
    """The same movement at evenly spaced frames.

    Parameters
    ----------
    pose : PoseSequence
        Frames at any increasing times.
    fps : float, frames per second, optional
        New rate. Default: that of the pose.
    max_gap_ms : float, milliseconds
        New frames inside a longer break between frames are missing, not interpolated.

    Returns
    -------
    PoseSequence
        Frames ``1 / fps`` apart from the first to the last time; shape-preserving cubic (PCHIP) between the frames either side. A
        point missing in either of them is missing, unless a new frame falls on an old one. Points in a break of more than one and
        a half frames count as filled.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> times = np.array([0.0, 0.04, 0.07, 0.12])
    >>> pose = PoseSequence(np.ones((4, 17, 2)) * times[:, None, None], fps=25, skeleton=COCO17, time_s=times)
    >>> resample(pose).point("nose")[:, 0].round(2).tolist()
    [0.0, 0.04, 0.08, 0.12]
    """
    from scipy.interpolate import PchipInterpolator

    fps = pose.fps if fps is None else float(fps)
    old = pose.time_s
    if len(old) < 2:
        return pose.with_(fps=fps)
    new = old[0] + np.arange(int((old[-1] - old[0]) * fps + 1e-6) + 1) / fps
    i = np.clip(np.searchsorted(old, new, side="right") - 1, 0, len(old) - 2)
    width = old[i + 1] - old[i]
    share = (new - old[i]) / width
    on_left, on_right = share < 1e-3, share > 1 - 1e-3
    nearest = np.where(share < 0.5, i, i + 1)
    missing = np.isnan(pose.xy[..., 0])
    flat = pose.xy.reshape(len(old), -1).copy()
    for pattern, members in _patterns(np.isnan(flat)):
        known = ~pattern
        if known.any():
            flat[np.ix_(pattern, members)] = np.stack(
                [np.interp(old[pattern], old[known], flat[known, m]) for m in members], axis=1
            )
        else:
            flat[:, members] = 0.0
    xy = PchipInterpolator(old, flat, axis=0)(np.clip(new, old[0], old[-1])).reshape(len(new), *pose.xy.shape[1:])
    gone = np.where(on_left[:, None], missing[i], np.where(on_right[:, None], missing[i + 1], missing[i] | missing[i + 1]))
    between = ~on_left & ~on_right
    gone |= (between & (width > max_gap_ms / 1000))[:, None]
    xy[gone] = np.nan
    confidence = np.where(between[:, None], np.minimum(pose.confidence[i], pose.confidence[i + 1]), pose.confidence[nearest])
    filled = np.where(between[:, None], pose.filled[i] | pose.filled[i + 1], pose.filled[nearest])
    filled |= (between & (width * fps > 1.5))[:, None]
    return pose.with_(
        xy=xy,
        confidence=np.where(gone, 0.0, confidence),
        filled=filled & ~gone,
        swapped=pose.swapped[nearest],
        time_s=new,
        fps=fps,
        steps=(*pose.steps, f"resample(fps={fps:g})"),
    )


def _patterns(missing: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Distinct patterns of missing samples (T, C) and the columns that share each; complete columns are left out."""
    columns = np.flatnonzero(missing.any(axis=0))
    if not len(columns):
        return []
    kinds, which = np.unique(missing[:, columns].T, axis=0, return_inverse=True)
    return [(kind, columns[which.ravel() == k]) for k, kind in enumerate(kinds)]
