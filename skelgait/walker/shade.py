"""The child painted into a room: rounded limbs in the room's light, the lens's blur and the sensor's noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import gaussian_filter

from skelgait.walker.camera import Placed
from skelgait.walker.look import Look
from skelgait.walker.render import Figure
from skelgait.walker.scene import paint_room

SHADOW = 0.4  # how dark the floor is under a foot
OTHERS = 0.5  # people who pass behind, in a room as furnished as usual


def paint_frames(
    body: Figure, striped: np.ndarray, feet: np.ndarray, placed: Placed, look: Look, fps: float
) -> Iterator[np.ndarray]:
    """The film, one (height, width, 3) uint8 RGB picture at a time.

    Parameters
    ----------
    body : Figure
        Of the dressed child.
    striped : (C,) bool
        Which of its parts have the top's stripes.
    feet : (T, 2, 3)
        Under the middle of each foot: x, y and the foot's length, pixels.
    placed : Placed
    look : Look
    fps : float
    """
    shape = placed.camera.size[::-1]
    room, glow = paint_room(placed, shape, look)
    random = np.random.default_rng([look.seed, 2])
    grain = (look.noise * random.standard_normal((shape[0] + 64, shape[1] + 64, 3))).astype(np.float32)
    passing = [_pass_by(len(body.ends), fps, shape, random) for _ in range(random.poisson(OTHERS * look.clutter))]
    lit = np.float32(look.brightness) * np.asarray(look.cast, np.float32)
    colours = body.colours.astype(np.float32) * lit
    tall = np.ptp(body.ends[..., 1], axis=(1, 2))
    edges = windows_of(body.ends, body.radii, shape)
    about = windows_of(body.ends.reshape(len(tall), 1, -1, 2), 1.2 * body.radii.reshape(len(tall), 1, -1) + 4, shape)[:, 0]
    for t, (top, bottom, left, right) in enumerate(about):
        image = room.copy()
        for limbs, thick, window, colour in passing:
            for limb, radius, (y0, y1, x0, x1) in zip(limbs[t], thick, window[t], strict=True):
                if y1 > y0 and x1 > x0:
                    _paint(image[y0:y1, x0:x1], limb - (x0, y0), radius, colour * lit, look, glow[y0:y1, x0:x1])
        if bottom > top and right > left:
            for x, y, long in feet[t]:
                _shadow(image, x, y, long)
            band = max(look.stripes * tall[t], 2.0)
            hips = body.ends[t, 0, 0, 1]
            for k in body.order[t]:
                y0, y1, x0, x1 = edges[t, k]
                if y1 > y0 and x1 > x0:
                    colour = colours[k]
                    if look.stripes and striped[k]:
                        dark = np.mod((np.arange(y0, y1, dtype=np.float32) - hips) / band, 2) < 1
                        colour = colour * np.where(dark, np.float32(0.55), np.float32(1))[:, None, None]
                    ends = body.ends[t, k] - (x0, y0)
                    _paint(image[y0:y1, x0:x1], ends, body.radii[t, k], colour, look, glow[y0:y1, x0:x1])
            patch = image[top:bottom, left:right]
            patch[:] = gaussian_filter(patch, (look.blur_px, look.blur_px, 0))
        down, across = random.integers(64, size=2)
        image += grain[down : down + shape[0], across : across + shape[1]]
        np.maximum(image, 0, out=image)
        np.minimum(image, 255, out=image)
        yield image.astype(np.uint8)


def windows_of(ends: np.ndarray, radii: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(..., 4) int: top, bottom, left and right of the pixels that limbs (..., 2, 2) with radii (..., 2) may cover."""
    grow = radii[..., None] + 1
    low, high = np.floor((ends - grow).min(axis=-2)), np.ceil((ends + grow).max(axis=-2)) + 1
    known = np.isfinite(low).all(axis=-1) & np.isfinite(high).all(axis=-1)
    most = np.array(shape)[::-1]
    low, high = (np.where(known[..., None], np.clip(edge, 0, most), 0).astype(int) for edge in (low, high))
    return np.stack([low[..., 1], high[..., 1], low[..., 0], high[..., 0]], axis=-1)


def _paint(picture: np.ndarray, ends: np.ndarray, radii: np.ndarray, colour: np.ndarray, look: Look, glow: np.ndarray) -> None:
    """One limb in its window, as round as the light shows it, its rim a pixel soft."""
    (ax, ay), (bx, by) = ends.astype(np.float32)
    dx, dy = bx - ax, by - ay
    y = np.arange(len(picture), dtype=np.float32)[:, None] - ay
    x = np.arange(picture.shape[1], dtype=np.float32)[None, :] - ax
    square = float(dx * dx + dy * dy)
    along = np.minimum(np.maximum((x * dx + y * dy) / np.float32(max(square, 1e-6)), 0), 1)
    radius = np.float32(radii[0]) + np.float32(radii[1] - radii[0]) * along
    beside, below = x - along * dx, y - along * dy
    cover = np.minimum(np.maximum(radius + np.float32(0.5) - np.sqrt(beside * beside + below * below), 0), 1)
    lx, ly, lz = (np.float32(c) for c in look.light)
    if square > 1:  # a limb is a pipe: its light changes across it, and goes on where the next one begins
        ux, uy = np.float32(-dy / square**0.5), np.float32(dx / square**0.5)
        out = (x * ux + y * uy) / radius
        faced, out = out * (ux * lx + uy * ly), out * out
    else:
        beside, below = beside / radius, below / radius
        faced, out = beside * lx + below * ly, beside * beside + below * below
    towards = np.sqrt(np.maximum(1 - out, 0))
    faced = np.maximum(faced + towards * lz, 0)
    ambient = np.float32(look.ambient)
    shade = (ambient * (np.float32(0.7) + np.float32(0.3) * towards) + np.float32(1.15) * (1 - ambient) * faced)[..., None] * glow
    picture += cover[..., None] * (colour * shade - picture)


def _shadow(picture: np.ndarray, x: float, y: float, long: float) -> None:
    """Under a foot."""
    if not np.isfinite([x, y, long]).all():
        return
    top, left = max(int(y - long), 0), max(int(x - 2 * long), 0)
    part = picture[top : max(int(y + long), 0), left : max(int(x + 2 * long), 0)]
    down = (np.arange(top, top + part.shape[0], dtype=np.float32)[:, None] - np.float32(y)) / np.float32(0.35 * long)
    across = (np.arange(left, left + part.shape[1], dtype=np.float32)[None, :] - np.float32(x)) / np.float32(0.7 * long)
    part *= (1 - SHADOW * np.maximum(np.exp(-(across * across + down * down) / 2) - np.float32(0.03), 0))[..., None]


def _pass_by(n: int, fps: float, shape: tuple[int, int], random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Limbs (T, 4, 2, 2), their thickness (4, 2), windows and colour of somebody who walks across far behind."""
    height, width = shape
    tall = height * random.uniform(0.25, 0.45)
    seconds = np.arange(n) / fps
    middle = width * random.uniform(-0.1, 1.1) + random.choice([-1, 1]) * tall * random.uniform(0.5, 0.9) * seconds
    foot = height * random.uniform(0.55, 0.8)
    swing = 0.13 * tall * np.sin(2 * np.pi * random.uniform(0.8, 1.1) * seconds)
    places = {"head": (0, 0.93), "neck": (0, 0.78), "hip": (0, 0.5), "one": (1, 0.03), "other": (-1, 0.03)}
    at = {name: np.stack([middle + side * swing, np.full(n, foot - up * tall)], axis=-1) for name, (side, up) in places.items()}
    limbs = [(at["head"], at["head"]), (at["neck"], at["hip"]), (at["hip"], at["one"]), (at["hip"], at["other"])]
    thick = tall * np.array([[0.07, 0.07], [0.1, 0.08], [0.06, 0.035], [0.06, 0.035]])
    colour = random.uniform(20, 190, 3).astype(np.float32)
    drawn = np.stack([np.stack(limb, axis=1) for limb in limbs], axis=1)
    return drawn, thick, windows_of(drawn, thick, shape), colour
