"""A room to be filmed in: wall and floor with their patterns, and things that stand about."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from skelgait.walker.camera import Placed
from skelgait.walker.look import Look, draw_colour
from skelgait.walker.render import floor_seen

THINGS = 9.0  # of a room as furnished as usual, on average


def paint_room(placed: Placed, shape: tuple[int, int], look: Look) -> tuple[np.ndarray, np.ndarray]:
    """The room without the child, and how bright each place is.

    Parameters
    ----------
    placed : Placed
        The camera; where it turns or drives, the room is that of its first frame.
    shape : (height, width) pixels
    look : Look

    Returns
    -------
    room : (height, width, 3) float32, 0 to 255
    glow : (height, width, 1) float32
        Light of each place against the middle's.
    """
    random = np.random.default_rng([look.seed, 1])
    height, width = shape
    on_floor, floor_x, floor_y = floor_seen(placed, 0, shape)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wall = np.asarray(look.wall) * (1 + look.clutter * _wallpaper(x, y, height, random))[..., None]
    floor = np.asarray(look.floor) * (1 + look.clutter * _boards(floor_x, floor_y, random))[..., None]
    room = np.where(on_floor[..., None], floor, wall)
    rows = np.flatnonzero(on_floor.any(axis=1))
    edge = int(rows[0]) if len(rows) else height  # where the wall meets the floor
    for _ in range(random.poisson(THINGS * look.clutter)):
        _stand(room, edge, random)
    slope = random.uniform(-0.3, 0.3, 2)
    corner = random.uniform(0, 0.35) * (np.hypot(x / width - 0.5, y / height - 0.5) / 0.7) ** 2
    glow = np.exp(slope[0] * (x / width - 0.5) + slope[1] * (y / height - 0.5) - corner)[..., None].astype(np.float32)
    lit = look.brightness * np.asarray(look.cast) * (0.75 + 0.25 * random.random())
    seen = np.asarray(room * lit * glow, np.float32)
    return np.clip(gaussian_filter(seen, (look.blur_px, look.blur_px, 0)), 0, 255), glow


def _wallpaper(x: np.ndarray, y: np.ndarray, height: int, random: np.random.Generator) -> np.ndarray:
    """(height, width) by how much a wall is darker or brighter than its colour."""
    kind, strong, period = int(random.integers(5)), random.uniform(0.05, 0.3), height * random.uniform(0.03, 0.15)
    stain = gaussian_filter(random.standard_normal((x.shape[0] // 8 + 1, x.shape[1] // 8 + 1)), 2.5)
    spots = np.kron(stain / stain.std(), np.ones((8, 8)))[: x.shape[0], : x.shape[1]]
    if kind == 0:
        pattern = np.sign(np.sin(2 * np.pi * x / period))
    elif kind == 1:
        pattern = np.where((np.mod(x, period) < 1.5) | (np.mod(y, period) < 1.5), -1.0, 0.2)  # tiles
    elif kind == 2:
        pattern = np.sign(np.sin(2 * np.pi * (x + random.uniform(-2, 2) * y) / period))
    elif kind == 3:
        pattern = np.where(y > height * random.uniform(0.3, 0.6), -1.0, 0.0)  # painted up to a height
    else:
        pattern = np.zeros_like(x)
    return strong * pattern + 0.06 * gaussian_filter(spots, 3)


def _boards(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(height, width) by how much the floor is darker or brighter than its colour."""
    kind, strong, wide = int(random.integers(4)), random.uniform(0.03, 0.2), random.uniform(0.2, 0.8)
    turn = random.uniform(0, np.pi)
    along, across = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    if kind == 0:
        return strong * (np.mod(np.floor(along / wide) + np.floor(across / wide), 2) - 0.5)
    if kind == 1:
        return strong * np.sin(12.9898 * np.floor(across / wide) ** 2)  # boards, each of its own brightness
    if kind == 2:
        return np.where(np.abs(np.mod(across, 3.0) - 1.5) < 0.05, 2.5 * strong, 0.0)  # lines of a gymnasium
    return np.zeros_like(x)


def _stand(room: np.ndarray, edge: int, random: np.random.Generator) -> None:
    """One more thing: a picture, a cupboard, a ball, a chair or a pole."""
    height, width = room.shape[:2]
    kind = int(random.integers(5))
    left, foot = random.uniform(-0.05, 0.98) * width, edge + random.uniform(0.0, 0.09) * height
    wide, tall = random.uniform(0.04, 0.2) * width, random.uniform(0.1, 0.5) * height
    colour, other = np.asarray(draw_colour(random)), np.asarray(draw_colour(random))
    if kind == 0:
        foot = random.uniform(0.1, 0.7) * height
    elif kind == 2:
        wide = tall = random.uniform(0.04, 0.18) * height
    elif kind == 4:
        wide, tall = random.uniform(0.008, 0.04) * width, 2 * tall
    y0, x0 = max(round(foot - tall), 0), max(round(left), 0)
    place = room[y0 : max(round(foot), 0), x0 : max(round(left + wide), 0)]
    if not place.size:
        return
    x = (np.arange(place.shape[1])[None, :] + x0 + 0.5 - left) / wide
    y = (np.arange(place.shape[0])[:, None] + y0 + 0.5 - foot + tall) / tall
    shade = 1 + random.uniform(-0.25, 0.25) * x + 0 * y
    if kind == 0:  # picture or window
        stripes = np.mod(np.floor((x * random.uniform(-1, 1) + y) * random.uniform(2, 12)), 2) == 0
        rim = np.maximum(np.abs(x - 0.5), np.abs(y - 0.5)) > 0.46
        place[:] = np.where(rim[..., None], 0.5 * other, np.where(stripes[..., None], colour, other))
        return
    if kind == 1:  # cupboard with doors
        seen = shade > 0
        shade = np.where(np.mod(x * random.integers(1, 4), 1) < 0.04, 0.6, shade)
    elif kind == 2:  # ball
        away = np.hypot(2 * x - 1, 2 * y - 1)
        seen, shade = away < 1, 1.15 - 0.5 * away**2
    elif kind == 3:  # chair: back, seat and legs
        legs = (np.minimum(np.abs(x - 0.06), np.abs(x - 0.94)) < 0.06) & (y > 0.55)
        seen = legs | ((x < 0.12) & (y > 0)) | (np.abs(y - 0.56) < 0.05)
    else:  # pole
        seen = shade > 0
        shade = 1.1 - 0.5 * (2 * x - 1) ** 2 + 0 * y
    place[seen] = (colour * shade[..., None])[seen]
