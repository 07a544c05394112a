"""What a pose estimator makes of the child: keypoints with noise, dropouts and swapped legs."""

from __future__ import annotations

import numpy as np

from skelgait.core.skeleton import Skeleton
from skelgait.walker.body import Motion
from skelgait.walker.camera import Placed

LEG_POINTS = ("hip", "knee", "ankle", "heel", "big_toe", "small_toe", "foot_index")
RUN = 3
FACE = ("nose", "eye", "ear", "mouth")


def observe(
    motion: Motion,
    placed: Placed,
    skeleton: Skeleton,
    height: float,
    *,
    noise_px: float,
    dropout: float,
    swaps: int,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keypoints (T, K, 2) px, confidence (T, K) and swapped frames (T,)."""
    points = motion.points
    frames = len(motion.heading)
    missing = np.full((frames, 3), np.nan)
    world = np.stack([points.get(name.replace("foot_index", "big_toe"), missing) for name in skeleton.names], axis=1)
    xy, _ = placed.project(world)
    depth = placed.depth(world)
    middle = placed.depth(points["mid_hip"])[:, None]
    behind = np.clip((depth - middle) / (0.1 * height), 0, 1)
    confidence = 0.92 - 0.12 * behind
    for k, name in enumerate(skeleton.names):
        if any(part in name for part in FACE) and not name.startswith("face"):
            hidden = placed.depth(points["skull"]) - depth[:, k] < -0.02 * height
            confidence[:, k] = np.where(hidden, 0.2, confidence[:, k])
    if noise_px:
        xy = xy + noise_px * random.standard_normal(xy.shape)
        confidence = confidence - 0.05 * random.random(confidence.shape)
    swapped = np.zeros(frames, bool)
    if swaps:
        order = np.arange(len(skeleton))
        for part in LEG_POINTS:
            left, right = f"left_{part}", f"right_{part}"
            if left in skeleton.names and right in skeleton.names:
                i, j = skeleton.index(left), skeleton.index(right)
                order[[i, j]] = j, i
        for slot in np.array_split(np.arange(frames), swaps):
            length = min(int(random.integers(3, 13)), max(len(slot) - 2, 1))
            start = int(random.integers(slot[0], max(slot[-1] - length, slot[0] + 1)))
            swapped[start : start + length] = True
        xy[swapped] = xy[swapped][:, order]
        confidence[swapped] = confidence[swapped][:, order] * 0.9
    if dropout:
        # Each point goes missing for runs of RUN frames, as often as makes the asked share of all.
        starts = random.random((frames + RUN - 1, len(skeleton))) < 1 - (1 - dropout) ** (1 / RUN)
        xy[np.lib.stride_tricks.sliding_window_view(starts, RUN, axis=0).any(axis=2)] = np.nan
    outside = ((xy < 0) | (xy > np.array(placed.camera.size) - 1)).any(axis=2)
    xy[outside] = np.nan
    confidence[np.isnan(xy).any(axis=2)] = 0
    return xy, np.clip(confidence, 0, 1), swapped
