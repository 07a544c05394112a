"""Which patches of a clip show the person: the share of foreground in each, and which are worth keeping."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES, Skeleton
from skelgait.encoders.layers.capsules import body_height, draw_capsules, point_of, seen_points

# A tenth of a patch: of rendered children about 1 % is lost, with 0.2 it is up to 4 %, first of all toes and heels.
THRESHOLD = 0.1
KEEP_AT_LEAST = 64  # of a clip: eight for each of eight tubelets, as a body has that is 64 pixels high
PICTURES_AT_ONCE = 32
FRAMES_AT_ONCE = 16
# From where to where a part of the body goes, and its radius in body heights: girths of adults over 2 pi (thigh 0.30, calf 0.21,
# upper arm 0.16, forearm 0.15 of the height) and 0.01 for clothes and for where a joint is put wrongly. Discs stand for what no
# keypoint ends: a head is 0.13 to 0.18 high, a hand 0.11 long, a foot 0.15. The trunk is filled by three capsules side by side;
# from the side they are one, as thick as a chest is deep.
_HALF: tuple[tuple[str, str, float], ...] = (
    ("shoulder", "hip", 0.06),
    ("hip", "knee", 0.058),
    ("knee", "ankle", 0.043),
    ("ankle", "ankle", 0.04),
    ("ankle", "heel", 0.03),
    ("ankle", "toe", 0.035),
    ("heel", "toe", 0.03),
    ("shoulder", "elbow", 0.036),
    ("elbow", "wrist", 0.034),
    ("wrist", "wrist", 0.055),
)
FOOT = 0.09  # radius about an ankle whose foot nobody pointed out: it lies somewhere within
HEAD = "between the ears"  # of those that are seen, else the nose
LIMBS: tuple[tuple[str, str, float], ...] = (
    ("mid_shoulder", "mid_hip", 0.08),
    ("left_shoulder", "right_shoulder", 0.05),
    ("left_hip", "right_hip", 0.065),
    ("mid_shoulder", HEAD, 0.05),
    (HEAD, HEAD, 0.085),
    ("nose", "nose", 0.03),
    ("head", "head", 0.05),
    *((f"{side}_{a}", f"{side}_{b}", radius) for side in SIDES for a, b, radius in _HALF),
)


def figure_share(figure: Tensor, box: Tensor, side: int | tuple[int, int], patch: int, tubelet: int) -> Tensor:
    """How much of each patch is the person, by silhouettes.

    Parameters
    ----------
    figure : (n, F, h, w)
        Silhouettes, 0 to 255, or bool.
    box : (n, F, 4)
        Where each lies in the clip's pictures: left, top, width, height, from edge to edge. NaN where there is none.
    side : int or (rows, columns)
        Of the pictures, pixels.
    patch, tubelet : int
        Side of a patch in pixels, and how many pictures it goes through.

    Returns
    -------
    (n, F / tubelet, rows, columns) of 0 to 1
        1 in all patches of a tubelet of which no picture has a silhouette.

    Notes
    -----
    A silhouette is brought to its box with straight lines between its pixels, and what is at least half white is the person. See
    `mask_share`.

    Examples
    --------
    >>> figure = torch.full((1, 2, 64, 44), 255, dtype=torch.uint8)
    >>> box = torch.tensor([[[16.0, 0, 16, 32], [16.0, 0, 20, 32]]])
    >>> figure_share(figure, box, 48, 16, 2)[0, 0].tolist()
    [[0.0, 1.0, 0.25], [0.0, 1.0, 0.25], [0.0, 0.0, 0.0]]
    """
    step = max(1, PICTURES_AT_ONCE // figure.shape[1])
    parts = zip(figure.split(step), box.split(step), strict=True)
    return torch.cat([mask_share(place_figures(some, at, side), at.isfinite().all(-1), patch, tubelet) for some, at in parts])


def place_figures(figure: Tensor, box: Tensor, side: int | tuple[int, int]) -> Tensor:
    """Silhouettes (n, F, h, w) as masks of whole pictures, (n, F, rows, columns) bool; nothing where a box (n, F, 4) has a NaN."""
    height, width = side if isinstance(side, tuple) else (side, side)
    x, y = torch.arange(width, device=box.device) + 0.5, torch.arange(height, device=box.device) + 0.5
    masks = []
    for some, where in zip(
        figure.flatten(0, 1).split(PICTURES_AT_ONCE), box.flatten(0, 1).float().split(PICTURES_AT_ONCE), strict=True
    ):
        left, top, wide, tall = where.nan_to_num(-1e6).unbind(1)
        across = (2 * (x - left[:, None]) / wide[:, None] - 1)[:, None].expand(-1, height, -1)
        down = (2 * (y - top[:, None]) / tall[:, None] - 1)[:, :, None].expand(-1, -1, width)
        white = some[:, None].float() if some.dtype != torch.bool else 255 * some[:, None].float()
        # beyond its box a silhouette is as at its edge for half of one of its pixels; further out there is nobody
        at = torch.stack([across, down], -1)
        mask = F.grid_sample(white, at, padding_mode="border", align_corners=False)[:, 0] >= 127.5
        masks.append(mask & (at.abs() <= 1).all(-1))
    return torch.cat(masks).unflatten(0, figure.shape[:2])


def pose_share(keypoints: Tensor, skeleton: Skeleton, side: int | tuple[int, int], patch: int, tubelet: int) -> Tensor:
    """How much of each patch is the person, by a pose whose limbs are as thick as a child's.

    Parameters
    ----------
    keypoints : (n, F, K, 3)
        x, y in pixels of the clip's pictures, and confidence; NaN where not seen.
    skeleton : Skeleton
    side : int or (rows, columns)
        Of the pictures, pixels.
    patch, tubelet : int
        Side of a patch in pixels, and how many pictures it goes through.

    Returns
    -------
    (n, F / tubelet, rows, columns) of 0 to 1
        1 in all patches of a tubelet in none of whose pictures a limb is seen.

    Raises
    ------
    SkelgaitError
        The skeleton has none of the body's parts.

    Notes
    -----
    See `limb_mask` and `mask_share`.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = torch.full((1, 2, 17, 3), torch.nan)
    >>> pose[0, 0, COCO17.index("left_hip")] = torch.tensor([24.0, 0.0, 1.0])
    >>> pose[0, 0, COCO17.index("left_knee")] = torch.tensor([24.0, 49.0, 1.0])
    >>> pose_share(pose, COCO17, 48, 16, 2)[0, 0, 1].mul(256).tolist()
    [48.0, 256.0, 64.0]
    """
    parts = keypoints.split(max(1, PICTURES_AT_ONCE // keypoints.shape[1]))
    return torch.cat([mask_share(*limb_mask(some, skeleton, side), patch, tubelet) for some in parts])


def limb_mask(keypoints: Tensor, skeleton: Skeleton, side: int | tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Where the limbs of a pose are, as thick as a child's.

    Parameters
    ----------
    keypoints : (n, F, K, 3)
        As `pose_share` takes them. A joint counts however unsure it is: a patch too many costs time, one too few hides a limb.
    skeleton : Skeleton
    side : int or (rows, columns)

    Returns
    -------
    mask : (n, F, rows, columns) bool
    known : (n, F) bool
        Where at least one limb is seen.

    Notes
    -----
    Each limb is a capsule whose radius is in body heights, as `LIMBS` has them, with reasons; the trunk is filled. A foot without
    keypoints is a disc about its ankle. How tall the body is tells `skelgait.encoders.layers.capsules.body_height`.
    """
    height, width = side if isinstance(side, tuple) else (side, side)
    xy, _ = seen_points(keypoints)
    ends, radii = [], []
    for first, second, radius in LIMBS:
        start, end = _place(xy, skeleton, first), _place(xy, skeleton, second)
        if start is None or end is None:
            continue
        ends.append(torch.stack([start, end], -2))
        wide = start.new_tensor(radius).expand(start.shape[:2])
        if first == second and first.endswith("ankle"):
            toe = point_of(xy, skeleton, first.replace("ankle", "toe"))
            wide = start.new_full(start.shape[:2], FOOT) if toe is None else torch.where(toe.isnan().any(-1), FOOT, wide)
        radii.append(wide)
    if not ends:
        raise SkelgaitError(f"skeleton {skeleton.name!r} has no limb to make thick", found=", ".join(skeleton.names))
    capsules = torch.stack(ends, 2)  # (n, F, P, 2, 2)
    radius = torch.stack(radii, 2) * body_height(keypoints, skeleton)[:, None, None]
    known = (capsules.isfinite().all(-1).all(-1) & radius.isfinite()).any(2)
    plane = torch.zeros(capsules.shape[2], dtype=torch.int64, device=xy.device)
    masks = [
        draw_capsules(some, wide, torch.ones_like(wide), plane, 1, height, width, soft=False)[:, 0] > 0
        for some, wide in zip(capsules.flatten(0, 1).split(FRAMES_AT_ONCE), radius.flatten(0, 1).split(FRAMES_AT_ONCE), strict=True)
    ]
    return torch.cat(masks).unflatten(0, keypoints.shape[:2]), known


def _place(xy: Tensor, skeleton: Skeleton, name: str) -> Tensor | None:
    if name != HEAD:
        return point_of(xy, skeleton, name)
    ears, nose = [skeleton.index(ear) for ear in ("left_ear", "right_ear") if skeleton.has(ear)], point_of(xy, skeleton, "nose")
    middle = xy[..., ears, :].nanmean(-2) if ears else None
    return middle if nose is None else nose if middle is None else torch.where(middle.isnan(), nose, middle)


def mask_share(mask: Tensor, known: Tensor, patch: int, tubelet: int) -> Tensor:
    """How much of each patch is foreground.

    Parameters
    ----------
    mask : (n, F, H, W) bool
    known : (n, F) bool
        Whether a picture's mask says anything.
    patch, tubelet : int

    Returns
    -------
    (n, F / tubelet, H / patch, W / patch) of 0 to 1

    Raises
    ------
    SkelgaitError
        The pictures do not come out even in patches.

    Notes
    -----
    A patch sees all pictures of its tubelet, so a pixel is foreground if it is in any of them (the highest over the tubelet); the
    mean over the patch's pixels follows. A picture about which nothing is known leaves it to the others of its tubelet; where
    nothing is known of any, everything is foreground: a network had better look at a wall than lose the child.

    Examples
    --------
    >>> mask = torch.zeros(1, 2, 32, 32, dtype=torch.bool)
    >>> mask[0, 0, :8, :8] = mask[0, 1, :4, :16] = True
    >>> mask_share(mask, torch.tensor([[True, True]]), 16, 2)[0, 0].tolist()
    [[0.375, 0.0], [0.0, 0.0]]
    """
    frames, height, width = mask.shape[1:]
    if frames % tubelet or height % patch or width % patch:
        raise SkelgaitError(
            "the pictures do not come out even in patches",
            found=f"{frames} pictures of {height} x {width}",
            expected=f"multiples of {tubelet}, {patch} and {patch}",
        )
    tubelets = (frames // tubelet, tubelet)
    shown = (mask & known[..., None, None]).unflatten(1, tubelets).any(2)
    share = F.avg_pool2d(shown.float(), patch)
    nobody_knows = ~known.unflatten(1, tubelets).any(2)
    return share.masked_fill(nobody_knows[..., None, None], 1.0)


def keep_patches(share: Tensor, threshold: float = THRESHOLD, keep_at_least: int = KEEP_AT_LEAST) -> Tensor:
    """Which patches are kept.

    Parameters
    ----------
    share : (n, T', rows, columns)
        Of foreground, 0 to 1.
    threshold : float
        A patch is kept from this share on; 0 keeps all.
    keep_at_least : int
        Where fewer would be kept of a clip, so many: those with the highest shares, of equal ones the first.

    Returns
    -------
    (n, tokens) bool
        In the order of the patches: time, rows, columns.

    Raises
    ------
    SkelgaitError
        No share, or fewer than one patch.

    References
    ----------
    Decoding Children's Gait Behavior (CGV, ChildGait-Video): mask-guided patch pruning, a patch is kept if enough of it is
    foreground. How much is enough was not found.

    Examples
    --------
    >>> share = torch.tensor([[[[0.0, 0.05], [0.2, 0.9]]]])
    >>> keep_patches(share, 0.1, 1).tolist(), keep_patches(share, 0.5, 3).tolist()
    ([[False, False, True, True]], [[False, True, True, True]])
    """
    if not 0 <= threshold <= 1 or keep_at_least < 1:
        raise SkelgaitError(
            "these are no settings of pruning",
            found=f"threshold={threshold}, keep_at_least={keep_at_least}",
            expected="a share from 0 to 1, and one patch or more",
        )
    flat = share.flatten(1)
    rank = flat.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (flat >= threshold) | (rank < keep_at_least)


def kept_shares(share: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    """What pruning does: the share of patches kept (n,), and the share of the foreground that lies in them (n,), NaN without any.

    Examples
    --------
    >>> share = torch.tensor([[[[0.0, 0.1], [0.5, 1.0]]]])
    >>> [float(one) for one in kept_shares(share, keep_patches(share, 0.4, 1))]
    [0.5, 0.9375]
    """
    flat = share.flatten(1)
    return keep.float().mean(1), (flat * keep).sum(1) / flat.sum(1)
