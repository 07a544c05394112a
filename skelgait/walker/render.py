"""The child drawn as a camera would see it: rounded limbs, a floor and a wall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.walker.camera import Placed

SKIN, HAIR, SHIRT, SHORTS, SHOES, DARK = (224, 180, 152), (74, 52, 40), (58, 110, 165), (52, 56, 72), (96, 62, 60), (60, 40, 36)
FACE = ("nose", "eye", "ear", "mouth", "head")
WALL, FLOOR = np.array([206, 204, 196.0]), np.array([150, 138, 124.0])


@dataclass(frozen=True)
class Capsule:
    """A limb: two named points (or the same twice: a ball), a radius at each end in body heights, a colour, a part of the body."""

    start: str
    end: str
    radius: float
    end_radius: float
    colour: tuple[float, float, float]
    part: str = "head"


def _sides(*parts: tuple[str, str, float, float, tuple[int, int, int]]) -> tuple[Capsule, ...]:
    return tuple(
        Capsule(f"{side}_{a}", f"{side}_{b}" if b else f"{side}_{a}", r, e, c, "limb") for side in SIDES for a, b, r, e, c in parts
    )


BODY = (
    *_sides(
        ("hip", "mid_thigh", 0.052, 0.046, SHORTS),
        ("mid_thigh", "knee", 0.044, 0.033, SKIN),
        ("knee", "calf", 0.033, 0.034, SKIN),
        ("calf", "ankle", 0.034, 0.022, SKIN),
        ("heel_core", "ankle", 0.024, 0.022, SHOES),
        ("heel_core", "ball", 0.024, 0.021, SHOES),
        ("ball", "tip", 0.021, 0.013, SHOES),
        ("shoulder", "elbow", 0.031, 0.024, SHIRT),
        ("elbow", "wrist", 0.023, 0.017, SKIN),
        ("wrist", "index", 0.018, 0.014, SKIN),
    ),
    Capsule("left_hip", "right_hip", 0.058, 0.058, SHORTS, "trunk"),
    Capsule("left_flank", "left_waist", 0.05, 0.05, SHIRT, "trunk"),
    Capsule("right_flank", "right_waist", 0.05, 0.05, SHIRT, "trunk"),
    Capsule("left_waist", "left_chest", 0.05, 0.056, SHIRT, "trunk"),
    Capsule("right_waist", "right_chest", 0.05, 0.056, SHIRT, "trunk"),
    Capsule("left_chest", "right_chest", 0.056, 0.056, SHIRT, "trunk"),
    Capsule("left_shoulder", "right_shoulder", 0.034, 0.034, SHIRT, "trunk"),
    Capsule("neck", "skull", 0.03, 0.03, SKIN),
    Capsule("skull", "skull", 0.066, 0.066, SKIN),
    Capsule("nose", "nose", 0.012, 0.012, SKIN),
    Capsule("left_eye", "left_eye", 0.0085, 0.0085, DARK),
    Capsule("right_eye", "right_eye", 0.0085, 0.0085, DARK),
    Capsule("left_mouth", "right_mouth", 0.006, 0.006, (176, 96, 92)),
    Capsule("left_ear", "left_ear", 0.014, 0.014, SKIN),
    Capsule("right_ear", "right_ear", 0.014, 0.014, SKIN),
    Capsule("hair_low", "hair_top", 0.06, 0.064, HAIR),
)


def flesh_points(points: dict[str, np.ndarray], head: float = 1.0) -> dict[str, np.ndarray]:
    """The joint centres and the further points the capsules hang on, (T, 3) metres each; the face ``head`` times as large."""
    p = dict(points)
    if head != 1:
        p |= {name: p["skull"] + head * (p[name] - p["skull"]) for name in p if name.endswith(FACE)}
    ahead = p["nose"] - p["skull"]
    for side in SIDES:
        hip, knee, ankle, heel, toe = (p[f"{side}_{j}"] for j in ("hip", "knee", "ankle", "heel", "big_toe"))
        shoulder, other = p[f"{side}_shoulder"], p[f"{'right' if side == 'left' else 'left'}_shoulder"]
        along = toe - heel
        centre = 0.7 * shoulder + 0.3 * other
        p |= {
            f"{side}_mid_thigh": 0.45 * hip + 0.55 * knee,
            f"{side}_calf": 0.65 * knee + 0.35 * ankle,
            f"{side}_heel_core": heel + 0.12 * along + 0.16 * (ankle - heel),
            f"{side}_ball": 0.5 * (toe + p[f"{side}_small_toe"]) - 0.08 * along + 0.05 * (ankle - heel),
            f"{side}_tip": 0.65 * toe + 0.35 * p[f"{side}_small_toe"] + 0.14 * along,
            f"{side}_flank": 0.92 * hip + 0.08 * shoulder,
            f"{side}_waist": 0.6 * (0.85 * hip + 0.15 * p["mid_hip"]) + 0.4 * centre,
            f"{side}_chest": 0.1 * hip + 0.9 * centre,
        }
    top = p["head"] - p["skull"]
    p["hair_top"] = p["skull"] + 0.28 * top - 0.10 * ahead
    p["hair_low"] = p["skull"] - 0.05 * top - 0.28 * ahead
    p["hair_end"] = p["neck"] - 0.45 * ahead
    p["hem"] = 0.1 * p["mid_hip"] + 0.45 * (p["left_mid_thigh"] + p["right_mid_thigh"])
    return p


@dataclass(frozen=True)
class Figure:
    """The capsules of T frames as the camera sees them, in pixels and in painting order."""

    ends: np.ndarray  # (T, C, 2, 2) px
    radii: np.ndarray  # (T, C, 2) px
    order: np.ndarray  # (T, C) far to near
    colours: np.ndarray  # (C, 3)


def figure(
    points: dict[str, np.ndarray],
    placed: Placed,
    height: float,
    trunk: float = 1.0,
    limb: float = 1.0,
    *,
    head: float = 1.0,
    body: tuple[Capsule, ...] = BODY,
) -> Figure:
    """Project the body; ``trunk``, ``limb`` and ``head`` times as thick as usual."""
    p = flesh_points(points, head)
    ends = np.stack([np.stack([p[c.start], p[c.end]], axis=1) for c in body], axis=1)
    xy, scale = placed.project(ends)
    girth = {"trunk": trunk, "limb": limb, "head": head}
    radii = scale * height * np.array([(girth[c.part] * c.radius, girth[c.part] * c.end_radius) for c in body])
    depth = placed.depth(ends).mean(axis=2) - height * np.array([c.radius for c in body])
    return Figure(xy, radii, np.argsort(-depth, axis=1, kind="stable"), np.array([c.colour for c in body], float))


def _window(a: np.ndarray, radii: np.ndarray, shape: tuple[int, int]) -> tuple[slice, slice] | None:
    grow = radii[:, None] + 1
    low, high = np.floor((a - grow).min(axis=0)), np.ceil((a + grow).max(axis=0)) + 1
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return None
    x0, x1 = int(max(low[0], 0)), int(min(high[0], shape[1]))
    y0, y1 = int(max(low[1], 0)), int(min(high[1], shape[0]))
    return (slice(y0, y1), slice(x0, x1)) if x1 > x0 and y1 > y0 else None


def _inside(ends: np.ndarray, radii: np.ndarray, window: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Cover (0..1, one pixel soft) and depth into the limb (0 rim, 1 axis) over a window."""
    y = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None]
    x = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None, :]
    (ax, ay), (bx, by) = ends.astype(np.float32)
    dx, dy = bx - ax, by - ay
    t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(float(dx * dx + dy * dy), 1e-6), 0, 1)
    radius = np.float32(radii[0]) + np.float32(radii[1] - radii[0]) * t
    distance = np.hypot(x - ax - t * dx, y - ay - t * dy)
    return np.clip(radius - distance + 0.5, 0, 1), np.clip(1 - distance / np.maximum(radius, 1e-3), 0, 1)


def silhouettes(body: Figure, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """(height, width) bool masks, one a frame."""
    for ends, radii in zip(body.ends, body.radii, strict=True):
        mask = np.zeros(shape, bool)
        for limb, radius in zip(ends, radii, strict=True):
            window = _window(limb, radius, shape)
            if window:
                mask[window] |= _inside(limb, radius, window)[0] > 0.5
        yield mask


def frames(body: Figure, placed: Placed, shape: tuple[int, int], belt_m: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """(height, width, 3) uint8 RGB images, one a frame."""
    still = len(placed.centre) == 1 and belt_m is None
    scene = _scene(placed, 0, shape, 0.0) if still else None
    for t, (ends, radii, order) in enumerate(zip(body.ends, body.radii, body.order, strict=True)):
        if not still:
            scene = _scene(placed, t, shape, 0.0 if belt_m is None else float(belt_m[t]))
        assert scene is not None
        image = scene.copy()
        whole = _window(ends.reshape(-1, 2), radii.reshape(-1), shape)
        if whole:
            top, left = whole[0].start, whole[1].start
            patch = scene[whole].astype(np.float32)
            for k in order:
                window = _window(ends[k] - (left, top), radii[k], patch.shape[:2])
                if window:
                    cover, inner = _inside(ends[k] - (left, top), radii[k], window)
                    light = (0.62 + 0.38 * np.sqrt(inner))[..., None]
                    patch[window] += cover[..., None] * (body.colours[k].astype(np.float32) * light - patch[window])
            image[whole] = np.clip(patch, 0, 255).astype(np.uint8)
        yield image


def _scene(placed: Placed, t: int, shape: tuple[int, int], belt: float) -> np.ndarray:
    """A chequered floor, and a wall where the floor is far, (height, width, 3) uint8."""
    on_floor, x, y = floor_seen(placed, t, shape)
    board = np.mod(np.floor((x + belt) / 0.5) + np.floor(y / 0.5), 2)
    down = np.arange(shape[0], dtype=np.float32)[:, None] - (shape[0] - 1) / 2
    shade = np.where(on_floor, 0.96 + 0.08 * board, 1 - 0.05 * np.clip(down / shape[0], -1, 1))
    return np.clip(np.where(on_floor[..., None], FLOOR, WALL) * shade[..., None], 0, 255).astype(np.uint8)


def floor_seen(placed: Placed, t: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which pixels show the floor, and where on it, metres: three times (height, width)."""
    i, j = min(t, len(placed.centre) - 1), min(t, len(placed.rotation) - 1)
    centre, rotation = placed.centre[i], placed.rotation[j].astype(np.float32)
    x = (np.arange(shape[1], dtype=np.float32) - (shape[1] - 1) / 2)[None, :]
    y = (np.arange(shape[0], dtype=np.float32) - (shape[0] - 1) / 2)[:, None]
    if placed.camera.perspective:
        ray = [x * rotation[0, a] + y * rotation[1, a] + placed.focal * rotation[2, a] for a in range(3)]
        start = [np.float32(c) for c in centre]
    else:
        ray = [rotation[2, a] + 0 * (x + y) for a in range(3)]
        start = [np.float32(centre[a]) + (x * rotation[0, a] + y * rotation[1, a]) / placed.focal for a in range(3)]
    down = ray[2] < -1e-6
    reach = np.where(down, -start[2] / np.where(down, ray[2], -1), 0)
    floor_x, floor_y = start[0] + reach * ray[0], start[1] + reach * ray[1]
    far = np.hypot(floor_x - centre[0], floor_y - centre[1])
    return down & (far < placed.wall_m), floor_x, floor_y
