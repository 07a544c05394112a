"""Convolution over time, or over nothing but a keypoint's own numbers, on activations that lie as (B, T, K, width)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def convolve(values: Tensor, weight: Tensor, bias: Tensor | None = None, *, stride: int = 1, dilation: int = 1) -> Tensor:
    """Convolve each keypoint over time, with as many zeros before and after as keep the middle of the kernel on a frame.

    Parameters
    ----------
    values : (B, T, K, C_in)
    weight : (C, C_in, S, 1)
        S frames, odd. With one frame it is a matrix product for each keypoint; convolutions are the faster ones where the two
        differ.
    bias : (C,) or (K, C), optional
        Of all keypoints, or of each.
    stride, dilation : int
        Every how many frames it gives one, and how many frames apart those it sees are.

    Returns
    -------
    (B, ceil(T / stride), K, C)

    Examples
    --------
    >>> x = torch.arange(5.0).view(1, 5, 1, 1)
    >>> convolve(x, torch.ones(1, 1, 3, 1), torch.ones(1), stride=2).flatten().tolist()
    [2.0, 7.0, 8.0]
    """
    size = weight.shape[2]
    shape = (*values.shape[:3], len(weight))
    point = size == 1 and stride == 1
    if point and torch.get_num_threads() == 1 and values.is_contiguous():
        values = values.view(_images(shape[0] * shape[1]), -1, *values.shape[2:])
    inside = bias if bias is not None and bias.ndim == 1 else None
    padding = (dilation * (size // 2), 0)
    out = F.conv2d(values.permute(0, 3, 1, 2), weight, inside, (stride, 1), padding, (dilation, 1)).permute(0, 2, 3, 1)
    out = out.reshape(shape) if point else out
    return out if bias is None or inside is not None else out.add_(bias.to(out.dtype))


def _images(frames: int) -> int:
    """The least number of equal parts, of 16 or more: with fewer, one thread alone is given a slow convolution."""
    return next((n for n in range(16, frames + 1) if frames % n == 0), frames)
