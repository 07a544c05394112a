"""The four ways a skeleton network looks at a walk: where points are, which way bones point, and how either moves."""

from __future__ import annotations

import torch
from torch import Tensor

STREAMS = ("joint", "bone", "joint_motion", "bone_motion")


def to_stream(pose: Tensor, mask: Tensor, stream: str, parents: Tensor, *, missing_is_zero: bool = True) -> Tensor:
    """A batch of walks as one of the four streams.

    Parameters
    ----------
    pose : (B, T, K, 3)
        x, y, confidence; all zero where a keypoint is missing.
    mask : (B, T) bool
        True where a frame is real.
    stream : {"joint", "bone", "joint_motion", "bone_motion"}
        Points; bones (a point less the one nearer the centre); and the difference to the next frame of either.
    parents : (K, K)
        Where each bone starts, as `skelgait.encoders.graph.parents` gives it.
    missing_is_zero : bool
        A bone or a step with a missing end is missing itself. Published code (False) subtracts the zeros.

    Returns
    -------
    (B, T, K, 3)
        Confidence is the mean of the two ends. The last real frame has no motion.

    Examples
    --------
    >>> walk = torch.tensor([[[[1.0, 2.0, 1.0]], [[1.5, 2.0, 0.5]], [[0.0, 0.0, 0.0]]]])
    >>> to_stream(walk, torch.tensor([[True, True, False]]), "joint_motion", torch.ones(1, 1))[0, :, 0].abs().tolist()
    [[0.5, 0.0, 0.75], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    if stream.startswith("bone"):
        pose = _between(pose, torch.einsum("kj,btjc->btkc", parents, pose), missing_is_zero, _whole(pose, parents))
    if stream.endswith("motion"):
        after = torch.roll(pose, -1, dims=1)
        both = mask & torch.roll(mask, -1, dims=1)
        both[:, -1] = False
        seen = after[..., 2] > 0 if missing_is_zero else None
        pose = _between(after, pose, missing_is_zero, None if seen is None else seen & (pose[..., 2] > 0)) * both[..., None, None]
    return pose


def _whole(pose: Tensor, parents: Tensor) -> Tensor:
    """(B, T, K) whether a keypoint and all its bone starts from were seen."""
    missing = (pose[..., 2] <= 0).to(parents.dtype)
    return (torch.einsum("kj,btj->btk", parents, missing) + missing) == 0


def _between(end: Tensor, start: Tensor, missing_is_zero: bool, seen: Tensor | None) -> Tensor:
    out = torch.cat([end[..., :2] - start[..., :2], (end[..., 2:] + start[..., 2:]) / 2], dim=-1)
    return out * seen[..., None] if missing_is_zero and seen is not None else out
