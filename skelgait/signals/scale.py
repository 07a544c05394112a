"""How many metres a pixel is, where that can be known, and how well."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.signals.travel import leg_length_px

# Thigh and shank (hip to knee to ankle centre) over standing height. Measured with Plug-in-Gait joint centres in ten people, 8
# years to adult, 1.20 to 1.86 m: mean 0.469, SD 0.014. Drillis & Contini's 0.491 starts at the trochanter's surface.
LEG_OF_HEIGHT = 0.47
SURE_HEIGHT, SURE_LEG, SURE_KNOWN = 0.05, 0.03, 0.01  # shares of one standard deviation

Place = str | tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """Metres a pixel, where they come from and how sure they are.

    Parameters
    ----------
    metres_per_px : float
        NaN when not known.
    source : str
        ``"known length"``, ``"leg length"``, ``"height"`` or ``""``.
    uncertainty : float, share
        About one standard deviation of the scale, as a share of it; NaN when not known.
    reason : str
        How it was found, or why not.
    """

    metres_per_px: float
    source: str
    uncertainty: float
    reason: str


def metres_per_px(
    pose: PoseSequence,
    *,
    height_m: float | None = None,
    leg_length_m: float | None = None,
    known: float | tuple[Place, Place, float] | None = None,
) -> Scale:
    """Size of a pixel in the plane of the walk.

    Parameters
    ----------
    pose : PoseSequence
        A walk across the image; its ``info["metres_per_px"]`` is used when nothing else is given.
    height_m : float, metres, optional
        Standing height.
    leg_length_m : float, metres, optional
        Hip (trochanter) to knee to ankle (outer malleolus). Measured from the front of the pelvis to the inner malleolus it is
        about 8 % too long.
    known : float, or (point_a, point_b, metres), optional
        Metres a pixel, or two points a known distance apart: keypoint names, or (x, y) pixels on the line of the walk.

    Returns
    -------
    Scale
        The best of what was given: a known length before the leg length before the height.

    Raises
    ------
    SkelgaitError
        A length that is not positive.

    Notes
    -----
    One scale holds for one distance from the camera: for a walk towards or away from it the scale is NaN. Height gives the leg
    length as 0.47 of it (hip to knee to ankle centres; measured 0.469 +- 0.014 in ten people, 8 years to adult), not the head's
    place in the image, because no keypoint marks the crown. Drillis and Contini's 0.491 is longer because it starts at the
    trochanter. Toddlers' legs are shorter for their height: give the leg length.

    References
    ----------
    Drillis R, Contini R. Body segment parameters. New York University, 1966; in Winter DA. Biomechanics and Motor Control of Human
    Movement, 4th ed., 2009, figure 4.1. doi:10.1002/9780470549148

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> xy = np.zeros((5, 17, 2))
    >>> xy[:, 13:15, 1], xy[:, 15:17, 1] = 100, 200
    >>> pose = PoseSequence(xy, fps=50, skeleton=COCO17)
    >>> metres_per_px(pose, leg_length_m=0.6).metres_per_px
    0.003
    """
    _check(height_m, leg_length_m, known)
    if pose.plane == "frontal":
        return Scale(math.nan, "", math.nan, "one scale does not hold for a walk towards or away from the camera")
    if known is not None:
        return _from_known(pose, known)
    if leg_length_m is None and height_m is None:
        told = pose.info.get("metres_per_px")
        if told is not None:
            return Scale(float(told), "known length", SURE_KNOWN, "the scale came with the recording")
        return Scale(math.nan, "", math.nan, "neither height, leg length nor a known distance is given")
    leg_px = leg_length_px(pose)
    if not leg_px > 0:
        return Scale(math.nan, "", math.nan, "no leg was seen")
    if leg_length_m is not None:
        return Scale(leg_length_m / leg_px, "leg length", SURE_LEG, f"a leg of {leg_length_m:.2f} m is {leg_px:.0f} px")
    leg = LEG_OF_HEIGHT * float(height_m)  # type: ignore[arg-type]
    reason = f"legs of {leg:.2f} m ({LEG_OF_HEIGHT} of the height) are {leg_px:.0f} px"
    return Scale(leg / leg_px, "height", SURE_HEIGHT, reason)


def _check(height_m: float | None, leg_length_m: float | None, known: float | tuple[Place, Place, float] | None) -> None:
    length = known[2] if isinstance(known, tuple) else known
    for name, value in (("height_m", height_m), ("leg_length_m", leg_length_m), ("known", length)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise SkelgaitError(f"metres_per_px: {name} is not a length", found=str(value), expected="metres, more than 0")


def _from_known(pose: PoseSequence, known: float | tuple[Place, Place, float]) -> Scale:
    if not isinstance(known, tuple):
        return Scale(float(known), "known length", SURE_KNOWN, "the scale was given")
    a, b = (pose.point(place) if isinstance(place, str) else np.array([place], float) for place in known[:2])
    apart = np.hypot(*(a - b).T)
    apart = apart[np.isfinite(apart)]
    if not apart.size or not np.median(apart) > 0:
        return Scale(math.nan, "", math.nan, f"{known[0]} and {known[1]} were not seen apart")
    pixels = float(np.median(apart))
    reason = f"{known[0]} to {known[1]}: {known[2]:g} m are {pixels:.0f} px"
    return Scale(known[2] / pixels, "known length", SURE_KNOWN, reason)
