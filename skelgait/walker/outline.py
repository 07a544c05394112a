"""The child's outline as a segmenter would give it: small masks of all frames at once, with cloth, holes and frames without it."""

from __future__ import annotations

import numpy as np

from skelgait.walker.render import Figure

SIDE, TALL = 176, 160  # pixels of a mask, and of the body in it
REACH = 8.0  # pixels beyond a limb up to which its distance is known: cloth cannot stand off further
FOLD_PX, FOLD_S = 11, 0.1  # how far apart, and how long, cloth stands off in its own way
HOLE = (0.015, 0.05)  # radius in body heights
HOLE_S, GONE_FRAMES = 0.4, 3  # the longest hole, and how many frames go at a time


def outline_masks(
    body: Figure, *, fps: float, cloth: float, holes: float, lost: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks of a figure, each with the body as tall as the others.

    Parameters
    ----------
    body : Figure
    fps : float
    cloth, holes, lost : float
        See `Walk.silhouette_sequence`.
    random : Generator

    Returns
    -------
    masks : (T, 176, 176) bool
    scale : (T,)
        Pixels of the source for one of the mask.
    corner : (T, 2)
        Where the mask's upper left corner lies in the source.
    """
    n = len(body.ends)
    low = (body.ends - body.radii[..., None]).min(axis=(1, 2))
    high = (body.ends + body.radii[..., None]).max(axis=(1, 2))
    scale = (high[:, 1] - low[:, 1]) / TALL
    middle = (low + high) / 2
    corner = middle - scale[:, None] * (SIDE / 2)
    ends = ((body.ends - corner[:, None, None]) / scale[:, None, None, None]).astype(np.float32)
    beyond = _distance(ends, (body.radii / scale[:, None, None]).astype(np.float32))
    for _ in range(random.poisson(holes * n / fps)):
        _lose(beyond, ends, fps, random)
    stands_off = cloth / 100 * TALL * _folds(n, fps, random) if cloth else 0.0
    masks = beyond < np.clip(stands_off, 1 - REACH, REACH - 1)
    if lost:
        begins = random.random(n + GONE_FRAMES - 1) < lost / GONE_FRAMES
        masks[np.convolve(begins, np.ones(GONE_FRAMES), "valid") > 0] = False
    return masks, scale, corner


def _distance(ends: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """(T, side, side) pixels outside the body (inside it, minus the depth into the nearest limb), `REACH` at most."""
    n = len(ends)
    field = np.full((n, SIDE, SIDE), REACH, np.float32)
    each = np.arange(n)[:, None, None]
    known = np.isfinite(ends).all(axis=(1, 2, 3))
    ends, radii = (np.where(known.reshape(-1, *[1] * (a.ndim - 1)), a, 0) for a in (ends, radii))
    for a, b, start, end in zip(*ends.transpose(2, 1, 0, 3), *radii.transpose(2, 1, 0), strict=True):
        grow = np.maximum(start, end)[:, None] + REACH
        first = np.floor(np.minimum(a, b) - grow)
        across, down = np.minimum(np.ceil(np.maximum(a, b) + grow - first).max(axis=0).astype(int) + 1, SIDE)
        left, top = np.clip(first, 0, (SIDE - across, SIDE - down)).astype(int).T
        x = left[:, None, None] + np.arange(across)[None, None, :]
        y = top[:, None, None] + np.arange(down)[None, :, None]
        ax, ay, dx, dy = (v.reshape(n, 1, 1) for v in (*a.T, *(b - a).T))
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / np.maximum(dx * dx + dy * dy, 1e-6), 0, 1)
        thick = start.reshape(n, 1, 1) + (end - start).reshape(n, 1, 1) * along
        outside = np.hypot(x - ax - along * dx, y - ay - along * dy) - thick
        field[each, y, x] = np.minimum(field[each, y, x], outside)
    field[~known] = REACH
    return field


def _lose(beyond: np.ndarray, ends: np.ndarray, fps: float, random: np.random.Generator) -> None:
    """A round hole that goes with a place of the body for a while."""
    start, limb = int(random.integers(len(ends))), int(random.integers(ends.shape[1]))
    radius = TALL * random.uniform(*HOLE)
    while_ = slice(start, start + 1 + int(random.uniform(0, HOLE_S) * fps))
    x, y = ends[while_, limb].mean(axis=1).T[..., None, None]
    away = np.hypot(np.arange(SIDE) - x, np.arange(SIDE)[:, None] - y)
    beyond[while_] = np.maximum(beyond[while_], radius - away)


def _folds(n: int, fps: float, random: np.random.Generator) -> np.ndarray:
    """(T, side, side) smooth noise of unit spread: a third the whole walk's, a third of each place, a third that flutters."""
    places = 1 + SIDE // FOLD_PX
    moments = max(2, 1 + round(n / fps / FOLD_S))
    flutter, fold, whole = (random.standard_normal((t, p, p)) for t, p in ((moments, places), (1, places), (1, 1)))
    at, when = _between(SIDE, places), _between(n, moments)
    fluttering = np.einsum("ta,apq,yp,xq->tyx", when, flutter, at, at, optimize=True)
    lying = at @ fold[0] @ at.T
    parts = (fluttering / fluttering.std(), lying / lying.std(), whole)
    return np.asarray(sum(parts) / np.sqrt(3), np.float32)


def _between(places: int, nodes: int) -> np.ndarray:
    """(places, nodes) weights of linear interpolation."""
    at = np.linspace(0, nodes - 1, places)[:, None]
    return np.clip(1 - np.abs(at - np.arange(nodes)), 0, 1)
