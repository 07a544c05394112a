"""How healthy children move their joints, as a few harmonics, and how pathology changes it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

# Our own least-squares fit (mean, then cosine and sine of each harmonic of the cycle, degrees) to the middle of the
# published bands for free speed of 83 healthy children: Schwartz, Rozumalski & Trost, J Biomech 2008;41:1639-50,
# doi:10.1016/j.jbiomech.2008.03.015. Largest misfit 0.5 degrees (ankle), 0.25 elsewhere.
HARMONICS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "knee_flexion": (22.88, -1.9, -18.75, -13.63, 7.0, -0.69, 4.31, -0.87, 0.63, -0.54, 0.73, 0.07, 0.2),
        "hip_flexion": (18.44, 20.86, -3.19, -3.15, -1.54, -0.11, 1.62, -0.11, -0.09, -0.28, 0.27, -0.02, 0.1),
        "pelvic_tilt": (11.59, 0.02, 0.09, 0.41, -0.72, 0.0, 0.02, 0.15, -0.03),
        "ankle_dorsiflexion": (0.76, -2.04, 7.09, 0.83, -7.22, -4.59, 0.86, 2.21, 0.24, -0.51, -1.38, 0.27, 0.55, 0.54, -0.49),
        "pelvis_own_side_up": (0.0, 1.85, 2.12, 0.02, 0.04, -1.19, 0.22),
        "pelvis_own_side_forward": (0.0, 3.74, 2.1, 0.01, 0.01, 0.34, -0.37, 0.0, 0.02, 0.26, -0.06),
    }
)
# Share of the cycle at which the healthy curves have contact, opposite foot-off, opposite contact, own foot-off and contact, as 21
# recorded walks have them (force plates and laboratory events). About contact the knee is straightest 3 % of the stride before,
# the ankle most plantarflexed 4.7 % and the knee most bent 10.5 % after. At foot-off the knee is bent by 43 degrees; the hip has
# been most extended 0.10 s before, the ankle is most plantarflexed 0.02 s and the knee most bent 0.12 s later.
LANDMARKS = (0.01, 0.12, 0.51, 0.62, 1.01)
LEAST_STANCE_KNEE_DEG = 4.0
PEAK_SWING_KNEE_DEG = 59.0
PEAK_DORSIFLEXION_DEG = 11.8
LOWERING = (-0.04, 0.13)  # share of the cycle in which the ankle lowers the foot over the heel and comes back
TOES_FIRST_DEG = 15.0  # with so much equinus the toes land first


def healthy(name: str, share: np.ndarray) -> np.ndarray:
    """A curve of `HARMONICS` in degrees at ``share`` (0..1) of the cycle, any shape."""
    return sum_harmonics(HARMONICS[name], share)


def sum_harmonics(terms: tuple[float, ...], share: np.ndarray) -> np.ndarray:
    """Mean, then cosine and sine of each harmonic of the cycle, summed at ``share`` (0..1), any shape."""
    mean, *rest = terms
    angle = 2 * np.pi * np.asarray(share, float)
    total = np.full(angle.shape, mean)
    for h, (cosine, sine) in enumerate(zip(rest[::2], rest[1::2], strict=True), start=1):
        total += cosine * np.cos(h * angle) + sine * np.sin(h * angle)
    return total


def smoothstep(x: np.ndarray, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, between them a quintic with no velocity or acceleration at either end."""
    s = np.clip((np.asarray(x, float) - low) / (high - low), 0.0, 1.0)
    return s**3 * (10 - 15 * s + 6 * s**2)


def hermite(x: np.ndarray, nodes: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Cubic Hermite interpolation at ``x`` of ``values`` with ``slopes`` at increasing ``nodes``."""
    i = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 2)
    h = nodes[i + 1] - nodes[i]
    s = (x - nodes[i]) / h
    r = 1 - s
    return (
        values[i] * (1 + 2 * s) * r**2
        + slopes[i] * h * s * r**2
        + values[i + 1] * (1 + 2 * r) * s**2
        - slopes[i + 1] * h * r * s**2
    )


def healthy_share(own: np.ndarray, opposite_off: float, opposite_contact: float, own_off: float) -> np.ndarray:
    """Share of the healthy cycle at share ``own`` of this walker's cycle: its events laid on those of the curves.

    A monotone piecewise cubic (harmonic-mean slopes, Fritsch & Carlson 1980), periodic.
    """
    nodes = np.array([0.0, opposite_off, opposite_contact, own_off, 1.0])
    values = np.array(LANDMARKS)
    rise = np.diff(values) / np.diff(nodes)
    before = np.r_[rise[-1], rise[:-1]]
    slopes = 2 * before * rise / (before + rise)
    return hermite(np.mod(own, 1.0), nodes, values, np.r_[slopes, slopes[0]])


def joint_targets(
    share: np.ndarray,
    *,
    crouch_deg: float = 0.0,
    equinus_deg: float = 0.0,
    stiff_knee: float = 0.0,
    knee_harmonics: tuple[float, ...] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thigh, knee and foot pitch (radians) a walker aims at, at ``share`` of the healthy cycle.

    Crouch squeezes the knee curve into the range between the crouch and the swing peak, thigh and shank leaning half
    of it each. A stiff knee loses that share of its flexion beyond 15 degrees in swing,
    the thigh half as much, so that the leg swings forward no sooner. Equinus caps dorsiflexion
    that many degrees below the healthy peak, lowers the toes as much in swing and at contact, and lands on a knee bent by
    0.4 of it: a straight leg would drive the toes into the floor. From 15 degrees on the toes land first, and after that the heel
    comes down as far as it can: there is no heel for the ankle to lower the foot over.
    """
    knee = sum_harmonics(knee_harmonics or HARMONICS["knee_flexion"], share)
    thigh = healthy("hip_flexion", share) - healthy("pelvic_tilt", share)
    dorsiflexion = healthy("ankle_dorsiflexion", share)
    dorsiflexion = dorsiflexion + smoothstep(equinus_deg, 0, TOES_FIRST_DEG) * (_without_lowering(share) - dorsiflexion)
    least = max(LEAST_STANCE_KNEE_DEG, crouch_deg)
    most = max(PEAK_SWING_KNEE_DEG, crouch_deg + 15)
    squeezed = most - (PEAK_SWING_KNEE_DEG - knee) * (most - least) / (PEAK_SWING_KNEE_DEG - LEAST_STANCE_KNEE_DEG)
    thigh = thigh + (squeezed - knee) / 2
    dorsiflexion = dorsiflexion + (squeezed - knee) / 2
    swing = smoothstep(share, 0.44, 0.66) * (1 - smoothstep(share, 0.80, 0.97))
    knee = squeezed - stiff_knee * swing * np.maximum(squeezed - max(15.0, least), 0)
    thigh = thigh - (squeezed - knee) / 2
    shank = knee - thigh
    knee = knee + 0.4 * equinus_deg * (1 - smoothstep(share, 0.0, 0.15) + smoothstep(share, 0.84, 1.0))
    airborne = 1 - smoothstep(share, 0.0, 0.12) + smoothstep(share, 0.62, 0.75)
    pitch = dorsiflexion - shank - equinus_deg * airborne
    if equinus_deg:
        cap = PEAK_DORSIFLEXION_DEG + (least - LEAST_STANCE_KNEE_DEG) / 2 - equinus_deg - shank
        pitch = -3 * np.logaddexp(-pitch / 3, -cap / 3)
    return np.radians(thigh), np.radians(knee), np.radians(pitch)


def _without_lowering(share: np.ndarray) -> np.ndarray:
    """The healthy ankle that does not lower the foot just after contact: straight on to where it has dorsiflexed again."""
    since = np.mod(share - LOWERING[0], 1.0)
    lasts = LOWERING[1] - LOWERING[0]
    before, after = healthy("ankle_dorsiflexion", np.array(LOWERING))
    return np.where(since < lasts, before + (after - before) * smoothstep(since / lasts), healthy("ankle_dorsiflexion", share))


def flatten(pitch: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Foot pitch on the ground (radians): in mid-stance a foot that is nearly flat is flat, in late stance it is as aimed."""

    def beyond(x: np.ndarray, threshold: float) -> np.ndarray:
        a = np.maximum(x - threshold, 0)
        return a**2 / (a + 0.02)

    share = np.mod(share, 1.0)
    early, late = 1 - smoothstep(share, 0.0, 0.09), smoothstep(share, 0.30, 0.46)
    flat = beyond(pitch, 0.02) - beyond(-pitch, 0.02)
    return (1 - early - late) * flat + early * pitch + late * np.minimum(pitch, 0)
