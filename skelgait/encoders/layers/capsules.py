"""Limbs of a pose as capsules, lines with round ends, drawn on pictures; and how tall the body is in them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skelgait.core.skeleton import SIDES, Skeleton

TILE = 16  # pixels: only the tiles of a picture that a capsule touches are looked at
TILES_AT_ONCE = 2048  # 2 MB of numbers for each step of the arithmetic
# How long parts of the body are in body heights (Drillis and Contini 1966). The first group of which something is seen tells.
SPANS: tuple[tuple[tuple[str, str, float], ...], ...] = (
    tuple(
        (f"{side}_{a}", f"{side}_{b}", share)
        for side in SIDES
        for a, b, share in (("hip", "knee", 0.245), ("knee", "ankle", 0.246))
    ),
    (("mid_shoulder", "mid_hip", 0.288),),
    tuple(
        (f"{side}_{a}", f"{side}_{b}", share)
        for side in SIDES
        for a, b, share in (("shoulder", "elbow", 0.186), ("elbow", "wrist", 0.146))
    ),
)


def seen_points(keypoints: Tensor) -> tuple[Tensor, Tensor]:
    """Places (..., K, 2), NaN where not seen, and how sure (..., K), 0 to 1 and 0 there, of keypoints (..., K, 3)."""
    xy, sure = keypoints[..., :2].float(), keypoints[..., 2].float()
    seen = xy.isfinite().all(-1) & (sure > 0)
    return torch.where(seen[..., None], xy, torch.nan), torch.where(seen, sure.clamp(max=1), 0.0)


def point_of(values: Tensor, skeleton: Skeleton, name: str) -> Tensor | None:
    """A point (..., 2), a keypoint or the mean of several, of places (..., K, 2); None where the skeleton has no such point."""
    at = skeleton.sources(name)
    return values[..., list(at), :].mean(-2) if at else None


def body_height(keypoints: Tensor, skeleton: Skeleton) -> Tensor:
    """How tall the body is in each clip.

    Parameters
    ----------
    keypoints : (n, F, K, 3)
        x, y in pixels and confidence; NaN where not seen.
    skeleton : Skeleton

    Returns
    -------
    (n,) pixels
        NaN where no point is seen.

    Notes
    -----
    In each frame the longest of thighs and shanks tells, by its share of the body height (Drillis and Contini 1966): of both legs
    one is hardly foreshortened. Where none is seen it is the trunk, else the longest of upper arms and forearms, else the diagonal
    of the box about the points. The median over the frames counts. These are shares of adults; children have somewhat shorter legs.

    References
    ----------
    Drillis R, Contini R. Body segment parameters. Technical report 1166.03, New York University 1966.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = torch.full((1, 1, 17, 3), torch.nan)
    >>> pose[0, 0, COCO17.index("left_hip")] = torch.tensor([50.0, 100.0, 1.0])
    >>> pose[0, 0, COCO17.index("left_knee")] = torch.tensor([50.0, 149.0, 1.0])
    >>> float(body_height(pose, COCO17))
    200.0
    """
    xy, _ = seen_points(keypoints)
    low, high = (torch.where(xy.isnan(), edge, xy) for edge in (torch.inf, -torch.inf))
    told = (high.amax(-2) - low.amin(-2)).norm(dim=-1)  # (n, F)
    for group in reversed(SPANS):
        lengths = _lengths(xy, skeleton, group)
        told = torch.where(lengths > 0, lengths, told)
    known = told.isfinite()
    rising = torch.where(known, told, torch.nan).sort(dim=1).values  # NaN last; a median has no reproducible form on some devices
    return rising.gather(1, (known.sum(1, keepdim=True) - 1).clamp(min=0) // 2)[:, 0]


def _lengths(xy: Tensor, skeleton: Skeleton, spans: Sequence[tuple[str, str, float]]) -> Tensor:
    """(n, F) body height by the longest of some parts; 0 where none is seen."""
    longest = xy.new_zeros(xy.shape[:2])
    for first, second, share in spans:
        ends = point_of(xy, skeleton, first), point_of(xy, skeleton, second)
        if ends[0] is not None and ends[1] is not None:
            longest = torch.maximum(longest, ((ends[1] - ends[0]).norm(dim=-1) / share).nan_to_num(0.0))
    return longest


def draw_capsules(
    ends: Tensor, radius: Tensor, strength: Tensor, plane: Tensor, planes: int, height: int, width: int, *, soft: bool = True
) -> Tensor:
    """Draw capsules on empty pictures, each into a plane of its own kind.

    Parameters
    ----------
    ends : (n, P, 2, 2) pixels
        x and y of both ends; 0 is the middle of the first pixel. What has a NaN is not drawn.
    radius : (n, P) pixels
        Half a capsule's width.
    strength : (n, P)
        What is drawn, above 0; 0 draws nothing.
    plane : (P,) int64
        Into which plane.
    planes : int
        How many there are.
    height, width : int, pixels
    soft : bool
        A pixel at the edge has as much as it is covered; or all if its middle is.

    Returns
    -------
    (n, planes, height, width)
        The highest of what was drawn; 0 elsewhere.

    Notes
    -----
    Nothing loops over pictures or limbs: all pairs of a limb and a tile of 16 x 16 pixels that it may touch are found first, and
    only their pixels are looked at. What is drawn does not depend on what else is in the batch, nor on the order of limbs.

    Examples
    --------
    >>> ends = torch.tensor([[[[4.0, 10.0], [27.0, 10.0]]]])
    >>> line = draw_capsules(ends, torch.tensor([[1.5]]), torch.tensor([[0.5]]), torch.tensor([0]), 1, 20, 32)
    >>> line[0, 0, 7:14, 15].tolist()
    [0.0, 0.0, 0.5, 0.5, 0.5, 0.0, 0.0]
    """
    start, along = ends[:, :, 0], ends[:, :, 1] - ends[:, :, 0]
    square = along.square().sum(-1).clamp(min=1e-6)
    rows, columns = -(-height // TILE), -(-width // TILE)
    middle = (TILE - 1) / 2
    from_x = torch.arange(columns, device=ends.device) * TILE + middle - start[..., :1]  # (n, P, columns)
    from_y = torch.arange(rows, device=ends.device) * TILE + middle - start[..., 1:]
    reach = radius + 0.5 + middle * 2**0.5
    apart = _apart_squared(from_x, from_y, along, square)
    touched = (apart <= reach.square()[..., None, None]) & (strength > 0)[..., None, None]
    picture, capsule, row, column = touched.nonzero(as_tuple=True)
    drawn = start.new_zeros(len(ends) * planes * rows * columns, TILE * TILE)
    place = ((picture * planes + plane[capsule]) * rows + row) * columns + column
    pixel = torch.arange(TILE, device=ends.device)
    for at in torch.arange(len(place), device=ends.device).split(TILES_AT_ONCE):
        of, which = picture[at], capsule[at]
        corner = torch.stack([column[at], row[at]], 1) * TILE
        off = corner - start[of, which]
        distance = _apart_squared(pixel + off[:, :1], pixel + off[:, 1:], along[of, which], square[of, which]).sqrt_()
        cover = distance.neg_().add_((radius[of, which] + (0.5 if soft else 0.0))[:, None, None])
        cover = cover.clamp_(0, 1) if soft else (cover >= 0).to(start.dtype)
        cover *= strength[of, which][:, None, None]
        drawn.scatter_reduce_(0, place[at][:, None].expand(-1, TILE * TILE), cover.flatten(1), "amax")
    whole = (
        drawn.view(len(ends), planes, rows, columns, TILE, TILE)
        .transpose(3, 4)
        .reshape(len(ends), planes, rows * TILE, columns * TILE)
    )
    return whole[..., :height, :width]


def _apart_squared(from_x: Tensor, from_y: Tensor, along: Tensor, square: Tensor) -> Tensor:
    """(..., rows, columns) squared distance to lines of columns and rows, which are so far from where it starts."""
    dx, dy = from_x[..., None, :], from_y[..., :, None]
    to_x, to_y = along[..., :1, None], along[..., 1:, None]
    share = (dx * (to_x / square[..., None, None]) + dy * (to_y / square[..., None, None])).clamp_(0, 1)
    apart_x = torch.addcmul(dx, share, to_x, value=-1)
    apart_y = torch.addcmul(dy, share, to_y, value=-1)
    return apart_x.square_().addcmul_(apart_y, apart_y)
