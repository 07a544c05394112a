"""Published values a report may put beside a number. Each names its source; where none is known the page says "no norm"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skelgait.core.errors import SkelgaitError

# Low, high and where they come from.
Norm = tuple[float, float, str]


@dataclass(frozen=True)
class AgeBand:
    """Published means of one age group.

    Parameters
    ----------
    ages : (low, high) years
        Half-open: 6-7 years olds are ``(6, 8)``.
    children : int
        How many were measured.
    mean, standard_error : mapping of descriptor to float
        As published.
    """

    ages: tuple[float, float]
    children: int
    mean: Mapping[str, float]
    standard_error: Mapping[str, float]


# Stride time and speed are printed in the paper with their standard errors; the number of children is that of its groups.
# Speed of the oldest group is printed without an error that we could read, so it is left out. Nobody of 5 or 8-10 years
# belongs to a group, so these ages have no norm here.
HAUSDORFF_1999 = (
    AgeBand((3, 5), 11, {"stride_time_s": 0.900, "speed_m_s": 1.00}, {"stride_time_s": 0.014, "speed_m_s": 0.03}),
    AgeBand((6, 8), 20, {"stride_time_s": 0.955, "speed_m_s": 1.20}, {"stride_time_s": 0.012, "speed_m_s": 0.03}),
    AgeBand((11, 15), 12, {"stride_time_s": 1.072}, {"stride_time_s": 0.018}),
)
HAUSDORFF_SOURCE = (
    "Hausdorff et al. 1999, J Appl Physiol 86:1040-1047 (PhysioNet Gait Maturation Database): {n} healthy children of {low}-{high} "
    "years walking 8 minutes in shoes; mean ± 2 SD, the SD computed from the published standard error"
)


def norms_for(age_years: float | None) -> dict[str, Norm]:
    """The cited norms for an age, by descriptor.

    Parameters
    ----------
    age_years : float or None
        Of the subject.

    Returns
    -------
    dict of descriptor to (low, high, source)
        Empty where the age is unknown or lies in no published group.

    Notes
    -----
    Bands are mean ± 2 SD with ``SD = standard error * sqrt(n)``. Cadence is 120 / stride time of the same band. Left and
    right share a band.

    References
    ----------
    Hausdorff, Zemany, Peng & Goldberger (1999), J Appl Physiol 86:1040-1047, doi:10.1152/jappl.1999.86.3.1040.

    Examples
    --------
    >>> low, high, source = norms_for(7)["stride_time_s"]
    >>> round(low, 3), round(high, 3), norms_for(9)
    (0.848, 1.062, {})
    """
    norms: dict[str, Norm] = {}
    for band in HAUSDORFF_1999:
        if age_years is None or not band.ages[0] <= age_years < band.ages[1]:
            continue
        source = HAUSDORFF_SOURCE.format(n=band.children, low=band.ages[0], high=band.ages[1] - 1)
        for name, mean in band.mean.items():
            spread = 2 * band.standard_error[name] * float(np.sqrt(band.children))
            for full in (name, f"left_{name}", f"right_{name}"):
                norms[full] = (mean - spread, mean + spread, source)
        low, high, _ = norms["stride_time_s"]
        norms["cadence_spm"] = (120 / high, 120 / low, source)
    return norms


def check_norms(norms: Mapping[str, Norm]) -> dict[str, Norm]:
    """A table of norms given by the user, checked: two increasing numbers and a source each.

    Parameters
    ----------
    norms : mapping of descriptor to (low, high, source)

    Returns
    -------
    dict of descriptor to (low, high, source)

    Raises
    ------
    SkelgaitError
        A norm that is not (low, high, source) with low <= high, or one without a source.

    Examples
    --------
    >>> check_norms({"cadence_spm": (100, 130, "our laboratory, 2024")})
    {'cadence_spm': (100.0, 130.0, 'our laboratory, 2024')}
    """
    checked: dict[str, Norm] = {}
    for name, norm in norms.items():
        try:
            low, high, source = norm
            low, high = float(low), float(high)
        except (TypeError, ValueError):
            raise SkelgaitError(f"the norm of {name} cannot be read", found=repr(norm), expected="(low, high, source)") from None
        if not low <= high:
            raise SkelgaitError(f"the norm of {name} ends before it begins", found=f"{low} to {high}", expected="low <= high")
        if not str(source).strip():
            raise SkelgaitError(f"the norm of {name} has no source", do="say where it comes from, so that a reader can check it")
        checked[name] = (low, high, str(source))
    return checked
