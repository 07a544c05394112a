"""Poses and silhouettes that go along when the pictures of a clip are moved."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


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
