"""Whether the limits of the page are made for the age of who walks."""

from __future__ import annotations

from skelgait.gait.reference import reference_curves


def beyond_limits(age_years: float | None) -> str:
    """How somebody is beyond the ages that the limits of patterns and of the Edinburgh score are made for.

    Parameters
    ----------
    age_years : float or None

    Returns
    -------
    {"", "adult", "infant", "no_age"}
        Empty for the ages of the healthy children behind the limits of patterns.

    Notes
    -----
    Patterns: one standard deviation of healthy children of 4 to 17 years (Schwartz et al. 2008). The score: made on children and
    young people with cerebral palsy (Read et al. 2003).

    Examples
    --------
    >>> beyond_limits(7), beyond_limits(30), beyond_limits(2), beyond_limits(None)
    ('', 'adult', 'infant', 'no_age')
    """
    if age_years is None:
        return "no_age"
    group = reference_curves()["knee_flexion_deg"].group
    return "infant" if age_years < group.age_from else "adult" if age_years >= group.age_to else ""
