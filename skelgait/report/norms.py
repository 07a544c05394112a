"""The cited norms in the form the page needs: low, high and source by descriptor; where none is known the page says "no norm"."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from skelgait.core.errors import SkelgaitError
from skelgait.gait.norms import cited_norms

# Low, high and where they come from.
Norm = tuple[float, float, str]


def norms_for(age_years: float | None, sex: str | None = None) -> dict[str, Norm]:
    """The cited norms for an age, by descriptor.

    Parameters
    ----------
    age_years : float or None
        Of the subject.
    sex : {"female", "male"}, optional
        Of the subject.

    Returns
    -------
    dict of descriptor to (low, high, source)
        Empty where the age is unknown or lies in no published group. Left and right share a band.

    Notes
    -----
    Bands are mean ± 2 SD; see `skelgait.gait.norms.compare` for z and percentile, and the page on norms for every group.

    Examples
    --------
    >>> low, high, source = norms_for(7)["stride_time_s"]
    >>> round(low, 3), round(high, 3), norms_for(None)
    (0.848, 1.062, {})
    """
    collection, norms = cited_norms(), {}
    for name in dict.fromkeys(n.name for n in collection.numbers):
        norm = collection.number(name, age_years, sex)
        if norm is not None and isfinite(norm.low):
            for full in (name, f"left_{name}", f"right_{name}"):
                norms[full] = (norm.low, norm.high, norm.group.cited)
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
