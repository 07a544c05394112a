"""What a child wears, where it is filmed and in which light: what differs between films and tells nothing of the walk."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

import numpy as np

from skelgait.walker.render import BODY, HAIR, SHIRT, SHOES, SHORTS, SKIN, Capsule

Colour = tuple[float, float, float]

LEGS = ("shorts", "long shorts", "leggings", "trousers", "skirt")
SLEEVES = ("none", "short", "long")
SKINS = ((244, 208, 184), (224, 180, 152), (198, 148, 112), (150, 104, 74), (104, 70, 50), (72, 48, 38))
HAIRS = ((40, 30, 26), (74, 52, 40), (120, 82, 50), (186, 148, 92), (150, 74, 40), (24, 22, 24))


@dataclass(frozen=True, kw_only=True)
class Look:
    """Clothes, room, light and camera of a film.

    Parameters
    ----------
    skin, hair, top, bottom, shoes : (red, green, blue), 0 to 255
    legs : {"shorts", "long shorts", "leggings", "trousers", "skirt"}
    sleeves : {"none", "short", "long"}
    long_hair : bool
    stripes : float, share of the body height
        Width of a stripe of the top; 0 for none.
    wall, floor : (red, green, blue), 0 to 255
    clutter : float
        How much stands about: 0 an empty room, 1 as furnished as usual.
    light : (3,)
        Where the light comes from: right of the picture, down, towards the camera.
    ambient : float, 0..1
        Share of the light that comes from everywhere.
    brightness : float
        1 is as the colours say.
    cast : (red, green, blue)
        By how much the light multiplies each.
    blur_px, noise : float
        Standard deviation of the lens's blur in pixels, and of the sensor's noise in steps of 255.
    crf : int
        Quality of the H.264 file, smaller is better.
    head : float
        How large the head is drawn, against an adult's.
    seed : int
        Of where things stand, and of the noise.
    """

    skin: Colour = SKIN
    hair: Colour = HAIR
    top: Colour = SHIRT
    bottom: Colour = SHORTS
    shoes: Colour = SHOES
    legs: str = "shorts"
    sleeves: str = "short"
    long_hair: bool = False
    stripes: float = 0.0
    wall: Colour = (206, 204, 196)
    floor: Colour = (150, 138, 124)
    clutter: float = 1.0
    light: tuple[float, float, float] = (-0.4, -0.6, 0.7)
    ambient: float = 0.55
    brightness: float = 1.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_px: float = 0.5
    noise: float = 2.0
    crf: int = 24
    head: float = 1.15
    seed: int = 0


def draw_clothes(age_years: float, random: np.random.Generator) -> Look:
    """Clothes, hair and skin of one child."""
    return Look(
        head=1 + 0.03 * float(np.clip(14 - age_years, 0, 10)),
        skin=_near(SKINS[int(random.integers(len(SKINS)))], 8, random),
        hair=_near(HAIRS[int(random.integers(len(HAIRS)))], 8, random),
        top=draw_colour(random),
        bottom=draw_colour(random),
        shoes=draw_colour(random),
        legs=LEGS[int(random.choice(len(LEGS), p=(0.3, 0.15, 0.2, 0.25, 0.1)))],
        sleeves=SLEEVES[int(random.choice(len(SLEEVES), p=(0.15, 0.55, 0.3)))],
        long_hair=bool(random.random() < 0.4),
        stripes=float(random.uniform(0.015, 0.05)) if random.random() < 0.3 else 0.0,
    )


def draw_room(look: Look, clutter: float, random: np.random.Generator) -> Look:
    """The same child in a room, a light and before a camera of one film."""
    side, above, front = random.uniform(-1, 1), random.uniform(-1.2, -0.2), random.uniform(0.3, 1.0)
    length = float(np.sqrt(side**2 + above**2 + front**2))
    return replace(
        look,
        wall=draw_colour(random, (0.0, 0.35), (0.45, 0.98)),
        floor=draw_colour(random, (0.0, 0.4), (0.25, 0.75)),
        clutter=float(clutter),
        light=(float(side) / length, float(above) / length, float(front) / length),
        ambient=float(random.uniform(0.35, 0.75)),
        brightness=float(np.exp(0.2 * random.standard_normal())),
        cast=tuple(np.exp(0.07 * random.standard_normal(3)).tolist()),
        blur_px=float(random.uniform(0.2, 0.9)),
        noise=float(random.uniform(0.5, 5.0)),
        crf=int(random.integers(20, 33)),
        seed=int(random.integers(2**31)),
    )


def draw_colour(
    random: np.random.Generator, saturation: tuple[float, float] = (0.0, 0.9), value: tuple[float, float] = (0.15, 0.95)
) -> Colour:
    """Any colour between these bounds."""
    red, green, blue = colorsys.hsv_to_rgb(random.random(), random.uniform(*saturation), random.uniform(*value))
    return 255 * red, 255 * green, 255 * blue


def _near(colour: Colour, by: float, random: np.random.Generator) -> Colour:
    red, green, blue = np.clip(np.asarray(colour) + by * random.standard_normal(3), 0, 255).tolist()
    return red, green, blue


def dress(look: Look) -> tuple[Capsule, ...]:
    """The body in these clothes."""
    worn = {SKIN: look.skin, HAIR: look.hair, SHIRT: look.top, SHORTS: look.bottom, SHOES: look.shoes}
    covered = {"shorts": (), "skirt": (), "long shorts": ("mid_thigh",), "leggings": ("mid_thigh", "knee", "calf")}
    legs = covered.get(look.legs, ("mid_thigh", "knee", "calf"))
    wide = {"trousers": 1.22, "long shorts": 1.12}.get(look.legs, 1.02)
    dressed = []
    for part in BODY:
        colour, radius, end = worn.get(part.colour, part.colour), part.radius, part.end_radius
        name = part.start.partition("_")[2]
        if name in legs and part.end.endswith(("knee", "calf", "ankle")):
            colour, radius, end = look.bottom, wide * radius, (1.35 if look.legs == "trousers" else 1.0) * wide * end
        elif name == "elbow" and look.sleeves == "long":
            colour, radius, end = look.top, 1.15 * radius, 1.15 * end
        elif name == "shoulder" and look.sleeves == "none" and part.end.endswith("elbow"):
            colour = look.skin
        dressed.append(replace(part, colour=colour, radius=radius, end_radius=end))
    if look.legs == "skirt":
        dressed.append(Capsule("mid_hip", "hem", 0.085, 0.105, look.bottom, "trunk"))
    if look.long_hair:
        dressed.append(Capsule("hair_low", "hair_end", 0.055, 0.035, look.hair))
    return tuple(dressed)
