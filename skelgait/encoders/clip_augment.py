"""Light, noise and hidden places of pictures; poses and silhouettes that go along when the pictures of a clip are moved."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def relight(clips: Tensor, draw: Any) -> Tensor:
    """Pictures in other light, with noise, and with a rectangle hidden; each as drawn, alike over all pictures of a walk.

    Parameters
    ----------
    clips : (B, N, F, H, W, C) uint8
    draw : Draw
        Of it `light`, `hidden` and `noise`.

    Returns
    -------
    (B, N, F, H, W, C) uint8
        What is hidden has the mean of the walk's pictures.

    Examples
    --------
    >>> from skelgait.training.augment import Augmentation
    >>> draw = Augmentation(hidden=1.0).draw(1, torch.Generator().manual_seed(0))
    >>> draw.hidden = torch.tensor([[0.0, 0.0, 0.5, 1.0]])
    >>> relight(torch.tensor([10, 20, 40, 50], dtype=torch.uint8).view(1, 1, 1, 1, 4, 1), draw).flatten().tolist()
    [30, 30, 40, 50]
    """
    height, width = clips.shape[3:5]
    brightness, contrast = draw.light.to(clips.device).view(-1, 2, 1, 1, 1, 1, 1).unbind(1)
    values = clips.float()
    mean = values.mean((1, 2, 3, 4, 5), keepdim=True)
    values = ((values - mean) * contrast + mean) * brightness
    if draw.noise:
        values = values + 255 * draw.noise * torch.randn(values.shape, generator=draw.generator).to(values.device)
    left, top, right, bottom = draw.hidden.to(clips.device).view(-1, 4, 1, 1).unbind(1)
    across = (torch.arange(width, device=clips.device) + 0.5) / width
    down = ((torch.arange(height, device=clips.device) + 0.5) / height)[:, None]
    covered = (across >= left) & (across < right) & (down >= top) & (down < bottom)  # (B, H, W)
    values = torch.where(covered[:, None, None, :, :, None], mean * brightness, values)
    return values.round().clamp(0, 255).to(torch.uint8)


def move_points(keypoints: Tensor, where: Tensor, height: int, width: int) -> Tensor:
    """Keypoints in pictures that were moved.

    Parameters
    ----------
    keypoints : (B, ..., 3)
        x, y in pixels, 0 being the middle of the first; confidence.
    where : (B, 2, 3)
        Where each place of the new pictures is taken from, in the coordinates of `affine_grid`.
    height, width : int
        Of the pictures.

    Returns
    -------
    (B, ..., 3)

    Examples
    --------
    >>> mirror = torch.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> move_points(torch.tensor([[[0.0, 3.0, 1.0]]]), mirror, 8, 10).tolist()
    [[[9.0, 3.0, 1.0]]]
    """
    half = keypoints.new_tensor([width, height]) / 2
    back = torch.linalg.inv(where[:, :, :2])
    place = (keypoints[..., :2] + 0.5) / half - 1
    moved = torch.einsum("bij,b...j->b...i", back, place - _beside(where[:, :, 2], place))
    return torch.cat([(moved + 1) * half - 0.5, keypoints[..., 2:]], -1)


def move_figures(figure: Tensor, box: Tensor, where: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Silhouettes in pictures that were moved.

    Parameters
    ----------
    figure : (B, N, F, h, w) uint8
    box : (B, N, F, 4)
        Left, top, width, height in pixels, from edge to edge; NaN where there is none.
    where : (B, 2, 3)
        Where each place of the new pictures is taken from, in the coordinates of `affine_grid`.
    height, width : int
        Of the pictures.

    Returns
    -------
    figure : (B, N, F, height, width) uint8
        Over the whole picture: what is turned fits no box.
    box : (B, N, F, 4)
        The whole picture; NaN where there was none.

    Examples
    --------
    >>> same = torch.eye(2, 3)[None]
    >>> figure, box = torch.full((1, 1, 1, 2, 2), 255, dtype=torch.uint8), torch.tensor([[[[1.0, 0.0, 2.0, 2.0]]]])
    >>> move_figures(figure, box, same, 3, 4)[0][0, 0, 0].tolist()
    [[0, 255, 255, 0], [0, 255, 255, 0], [0, 0, 0, 0]]
    """
    known = box.isfinite().all(-1, keepdim=True)
    left, top, wide, tall = torch.where(known, box, 1.0).unbind(-1)
    # from the coordinates of the picture to those of the figure, along each axis: times `size`, plus `shift`
    size = torch.stack([width / wide, height / tall], -1)
    shift = torch.stack([(width - 2 * left) / wide, (height - 2 * top) / tall], -1) - 1
    into = size[..., None] * where[:, None, None]
    into[..., 2] += shift
    grid = F.affine_grid(into.flatten(0, 2), [into[..., 0, 0].numel(), 1, height, width], align_corners=False)
    # straight lines between its pixels, and nobody beyond its box: not half of somebody just outside
    seen = F.grid_sample(figure.flatten(0, 2)[:, None].float(), grid, padding_mode="border", align_corners=False)[:, 0]
    seen = torch.where((grid.abs() <= 1).all(-1), seen, 0.0).round().to(torch.uint8).unflatten(0, figure.shape[:3])
    whole = box.new_tensor([0, 0, width, height])
    return seen * known[..., None].to(torch.uint8), torch.where(known, whole, torch.nan)


def _beside(of_walk: Tensor, like: Tensor) -> Tensor:
    """Numbers of each walk (B, 2), to be added to (B, ..., 2)."""
    return of_walk.view(len(of_walk), *[1] * (like.ndim - 2), 2)
