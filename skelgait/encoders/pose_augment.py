"""A drawn change of a walk, done to a whole batch of poses at once."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def augment_poses(
    pose: Tensor, mask: Tensor, unit: Tensor, draw: Any, *, mirror: Tensor, turns_over: bool
) -> tuple[Tensor, Tensor]:
    """The batch as the draw changes it.

    Parameters
    ----------
    pose : (B, T, K, 3)
        x, y (down), confidence; all zero where missing.
    mask : (B, T) bool
        True where a frame is real; real frames come first.
    unit : (B, 2)
        A leg length in x and in y.
    draw : skelgait.training.augment.Draw
    mirror : (K,) int64
        The keypoint that takes each place when left and right change.
    turns_over : bool
        Whether the mirror child's x has the other sign. Not where everybody was turned to walk one way: the mirror child walks to
        the other side, and was turned back.

    Returns
    -------
    pose : (B, T', K, 3)
    mask : (B, T') bool
        T' is the longest walk left after cropping and playing faster or slower.

    Notes
    -----
    In this order: mirror, stretch of time and speed (straight lines between frames), size, shear and roll about the origin, noise,
    hidden keypoints. What is missing stays missing; a new frame beside a missing one is missing.
    """
    pose, mask = _in_time(pose, mask, draw)
    other = pose[:, :, mirror]
    if turns_over:
        other = other * other.new_tensor([-1.0, 1.0, 1.0])
    pose = torch.where(draw.mirror.view(-1, 1, 1, 1), other, pose)
    seen = pose[..., 2:] > 0
    unit = unit.view(-1, 1, 1, 2)
    xy = torch.einsum("bij,btkj->btki", turned(draw, pose), pose[..., :2] / unit)
    device = pose.device
    if draw.jitter > 0:
        noise = torch.randn(xy.shape, generator=draw.generator)
        xy = xy + draw.jitter * noise.to(device)
    if draw.dropped > 0:
        hidden = torch.rand(len(pose), 1, pose.shape[2], 1, generator=draw.generator) < draw.dropped
        seen = seen & ~hidden.to(device)
    return torch.cat([xy * unit, pose[..., 2:]], dim=-1) * seen, mask


def turned(draw: Any, like: Tensor) -> Tensor:
    """(B, 2, 2): size and shear, then roll; anticlockwise as seen, with y down."""
    cos, sin = torch.cos(draw.roll), torch.sin(draw.roll)
    roll = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], -2)
    one = torch.ones_like(cos)
    shear = torch.stack([torch.stack([one, draw.shear[:, 0]], -1), torch.stack([draw.shear[:, 1], one], -1)], -2)
    return (draw.scale.view(-1, 1, 1) * (roll @ shear)).to(like)


def _in_time(pose: Tensor, mask: Tensor, draw: Any) -> tuple[Tensor, Tensor]:
    """A stretch of each walk, played at its own speed."""
    frames = mask.sum(1)
    start, share = draw.crop.to(pose).unbind(1)
    speed = draw.speed.to(pose)
    first = start * frames
    kept = share * frames
    count = torch.clamp(torch.floor(kept / speed + 1e-4), min=1).to(frames.dtype)
    at = torch.arange(int(count.max()), device=pose.device)
    new_mask = at < count[:, None]
    where = first[:, None] + at * speed[:, None]
    where = torch.minimum(where, torch.minimum(first + kept, frames.to(pose)).sub(1).clamp(min=0)[:, None])
    low = where.floor()
    part = (where - low)[..., None, None]
    row = torch.arange(len(pose), device=pose.device)[:, None]
    before = pose[row, low.long()]
    after = pose[row, torch.minimum(low.long() + 1, (frames - 1).clamp(min=0)[:, None])]
    between = torch.lerp(before, after, part)
    # exactly on a frame the next one does not matter
    seen = (before[..., 2:] > 0) & ((after[..., 2:] > 0) | (part < 1e-4))
    return between * seen * new_mask[..., None, None], new_mask


def taken_from(draw: Any, height: int, width: int) -> Tensor:
    """(B, 2, 3) where each place of the changed picture is taken from, in the coordinates of `affine_grid`."""
    back = torch.linalg.inv(turned(draw, draw.shear.float()))
    back = back * torch.stack([torch.where(draw.mirror, -1.0, 1.0), torch.ones_like(draw.roll)], -1)[..., None]
    pixels = back.new_tensor([width, height])
    return F.pad(back * pixels / pixels[:, None], (0, 1))
