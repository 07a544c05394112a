"""Norms that cannot be right: numbers in another unit, angles in radians or with the sign turned round."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.norms import PROFILE_VARIABLES, CurveNorm, Norm, Norms

_METRES, _SECONDS = (("centimetres", 0.01), ("millimetres", 0.001)), (("milliseconds", 0.001),)
# measure -> what means of groups of people lie between, in our unit, and other units it is written in by mistake
PLAUSIBLE = MappingProxyType(
    {
        "cadence_spm": (40.0, 260.0, (("steps a second", 60.0),)),
        "stride_time_s": (0.4, 3.0, _SECONDS),
        "step_time_s": (0.2, 1.5, _SECONDS),
        "stance_percent": (40.0, 85.0, (("a share of 1", 100.0),)),
        "stride_length_m": (0.2, 2.2, _METRES),
        "step_length_m": (0.1, 1.1, _METRES),
        "speed_m_s": (0.2, 2.6, (("cm/s", 0.01), ("m/min", 1 / 60), ("km/h", 1 / 3.6), ("mm/s", 0.001))),
    }
)
TILT, HIP, KNEE, ANKLE = (PROFILE_VARIABLES[i] for i in (0, 3, 6, 7))
_GREATEST_DEG, _RADIANS, _MOST_SD_DEG = 120.0, 2.2, 30.0


def check_norms(norms: Norms, name: str) -> None:
    """Refuse norms that are surely in another unit or have the sign turned round, all of them in one message.

    Parameters
    ----------
    norms : Norms
    name : str
        The file, for the message.

    Raises
    ------
    FileError
        It says for each which unit or sign it looks like.
    """
    wrong = [words for one in norms.numbers if (words := _wrong_number(one))]
    wrong += [words for one in norms.curves if (words := _wrong_curve(one))]
    if wrong:
        raise FileError(
            f"{name} has norms that cannot be right",
            found="; ".join(dict.fromkeys(wrong)),
            expected="metres, seconds, steps a minute, percent and degrees; flexion, dorsiflexion and forward tilt positive",
            do="convert them, and import again",
        )


def _wrong_number(norm: Norm) -> str:
    if norm.name not in PLAUSIBLE:
        return ""
    low, high, others = PLAUSIBLE[norm.name]
    if low <= norm.mean <= high:
        return ""
    units = [unit for unit, factor in others if low <= norm.mean * factor <= high]
    looks = f", which looks like {' or '.join(units)}" if units else ""
    return f"{norm.name} {norm.mean:g}{looks} (between {low:g} and {high:g} in groups of people)"


def _wrong_curve(norm: CurveNorm) -> str:
    mean, said = norm.mean, f"{norm.name} from {norm.mean.min():.3g} to {norm.mean.max():.3g}"
    if np.abs(mean).max() > _GREATEST_DEG:
        return f"{said}, more than a joint can do"
    if norm.name in (HIP, KNEE) and 0.2 < np.ptp(mean) < _RADIANS:
        return f"{said}, which looks like radians"
    if np.nanmedian(norm.sd) > _MOST_SD_DEG if np.isfinite(norm.sd).any() else False:
        return f"{norm.name} with an SD of {np.nanmedian(norm.sd):.3g}, which looks like a variance"
    turned = {  # healthy: knee 22 on average; hip at contact 40 more than at 50 %; ankle at 46 % 20 more than at 64 %; tilt 10
        KNEE: ("extension positive", mean.mean() < -5),
        HIP: ("extension positive", mean[0] - mean[25] < -15),
        ANKLE: ("plantarflexion positive", mean[23] - mean[32] < -10),
        TILT: ("backward tilt positive", mean.mean() < -5),
    }
    direction, is_turned = turned.get(norm.name, ("", False))
    return f"{said}, which looks like {direction}" if is_turned else ""
