"""Where a walk lies among healthy people of its age: cited norms, a laboratory's own, z and percentile."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import Norm, Norms, parse_norms
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement
from skelgait.gait.reference import angle_norms, citations, read_table, reference_curves
from skelgait.gait.visit import measure_visit, visit_values

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("descriptor", "unit", "value", "mean", "sd", "low", "high", "z", "percent", "n", "source", "reason")
UNITS = {name: d.unit for d in DESCRIPTORS for name in (d.name, d.name.removeprefix("left_").removeprefix("right_"))}
# The anatomical axes of femur and tibia are this much more in valgus than the line hip-knee-ankle: general knowledge; in old
# adults the femur alone makes 5.0 (2.9 to 6.8) degrees, PMC7875943.
AXES_APART_DEG = (5.0, 7.0)
TIBIOFEMORAL_COLUMNS = (
    *("population", "sex", "age_from", "age_to", "n", "mean", "sd", "low", "high"),
    *("mechanical_mean", "mechanical_low", "mechanical_high", "source", "how"),
)
HINTS = {
    "knee_valgus_mid_stance_deg": "; tibiofemoral_norms has those of the anatomical axes, which are 5 to 7 degrees more in valgus"
}


def bare_name(descriptor: str) -> str:
    """A descriptor without its side: ``left_step_time_s`` gives ``step_time_s``."""
    return descriptor.removeprefix("left_").removeprefix("right_")


@cache
def cited_norms() -> Norms:
    """The norms that come with the package, each with its source.

    Returns
    -------
    Norms
        Numbers: printed in the papers, those that follow from them (cadence and step time from stride time), and those read off
        the reference curves. Curves: `reference_curves` at free speed.

    Examples
    --------
    >>> norm = cited_norms().number("stride_time_s", 7)
    >>> norm.mean, norm.group.n, norm.group.source[:21]
    (0.955, 20, 'Hausdorff et al. 1999')
    """
    printed = parse_norms(read_table("numbers.csv"), "numbers.csv").numbers
    derived = (d for n in printed if n.name == "stride_time_s" for d in _from_stride_time(n))
    numbers = (replace(n, group=replace(n.group, source=_cite(n.group.source))) for n in (*printed, *derived, *angle_norms()))
    return Norms(tuple(numbers), tuple(reference_curves().values()), "the cited norms")


def _cite(source: str) -> str:
    return "; ".join(citations().get(part, part) for part in source.split(" and "))


def _from_stride_time(norm: Norm) -> Iterable[Norm]:
    """Cadence (its SD to first order) and step time of people whose stride time is known."""
    t, sd = norm.mean, norm.sd
    group = replace(norm.group, who=f"{norm.group.who}; from their stride time")
    yield Norm("cadence_spm", 120 / t, 120 * sd / t**2, group, 120 / norm.high, 120 / norm.low)
    yield Norm("step_time_s", t / 2, sd / 2, group)


def compare(
    descriptors: Trial | Iterable[Trial] | Measurement | Mapping[str, float] | pd.Series | pd.DataFrame,
    age_years: float | None = None,
    sex: str | None = None,
    *,
    norms: Norms | None = None,
) -> pd.DataFrame:
    """Say where a walk lies among healthy people of its age.

    Parameters
    ----------
    descriptors : Trial, list of Trial, Measurement, mapping, Series or DataFrame
        What was measured: the trials of one visit (their strides are pooled), a measurement, or values by descriptor. A table as
        `describe` gives it is compared row by row. Names that are no descriptors (``subject``, ``n_strides``) are left out.
    age_years : float, optional
        Default: the trial's.
    sex : {"female", "male"}, optional
        Default: the trial's. Only the alignment of adults' knees depends on it.
    norms : Norms, optional
        Your laboratory's, from `read_norms`. They come before the cited ones, which fill in where yours say nothing.

    Returns
    -------
    DataFrame
        One row a descriptor, in the order given: ``descriptor``, ``unit``, ``value``; the norm's ``mean``, ``sd`` and band ``low``
        to ``high`` (mean ± 2 SD unless published otherwise); ``z``; ``percent``, the percentile among healthy people; ``n``, how
        many the norm rests on (0: not told); ``source``; ``reason``, why there is no ``z``. For a table a first column ``trial``.

    Raises
    ------
    SkelgaitError
        A negative age, an unknown sex, norms of an unknown name, or trials of different subjects.

    Notes
    -----
    Both sides share a norm. The percentile is that of Crawford and Howell (1998), which takes into account that the norm's mean and
    SD are themselves estimates from ``n`` people: Student's t with n - 1 degrees of freedom at ``z / sqrt((n + 1) / n)``; with
    ``n`` not told, the normal distribution. Ages are never interpolated or extended: an age in no group has no norm.

    A norm was measured by other people with other instruments. Times and lengths differ between laboratories by shoes and walkway;
    angles read off a video carry the error of its keypoints, 4 to 7 degrees. A ``z`` of 2 is a reason to look, not a finding.

    References
    ----------
    Crawford JR, Howell DC (1998), Clin Neuropsychol 12:482-486, doi:10.1076/clin.12.4.482.7241. Of the norms: in ``source``.

    Examples
    --------
    >>> table = compare({"stride_time_s": 1.07, "knee_flexion_range_deg": 55.0}, age_years=7).set_index("descriptor")
    >>> table.z.round(1).tolist(), round(float(table.loc["stride_time_s", "percent"]), 1)
    ([2.1, nan], 97.5)
    >>> table.loc["knee_flexion_range_deg", "reason"]
    'no norm known'
    """
    import pandas as pd

    if isinstance(descriptors, pd.DataFrame):
        values = [c for c in descriptors.columns if c in UNITS]
        parts = []
        for name, row in descriptors.iterrows():
            part = compare(row[values].astype(float), age_years, sex, norms=norms)
            part.insert(0, "trial", str(name))
            parts.append(part)
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["trial", *COLUMNS])
    known, reasons, subject = _values(descriptors)
    if subject is not None:
        age_years = subject.age_years if age_years is None else age_years
        sex = subject.sex if sex is None else sex
    _check(age_years, sex, norms)
    rows = [_row(name, float(value), reasons.get(name, ""), age_years, sex, norms) for name, value in known.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _values(given: Any) -> tuple[Mapping[str, float], Mapping[str, str], Trial | None]:
    """Values and reasons by descriptor, and the trial they come from."""
    if isinstance(given, Measurement):
        return given.values, given.reasons, given.trial
    if isinstance(given, Mapping) or hasattr(given, "items"):
        known = {str(name): value for name, value in given.items() if str(name) in UNITS}
        if not known:
            found, do = ", ".join(map(str, list(given)[:5])) or "nothing", "use the names of skelgait.DESCRIPTORS"
            raise SkelgaitError("compare: none of these is a descriptor", found=found, do=do)
        return known, {}, None
    measured = measure_visit(given)
    values, reasons = visit_values(measured)
    return values, reasons, measured[0].trial


def _check(age_years: float | None, sex: str | None, norms: Norms | None) -> None:
    if age_years is not None and not 0 <= age_years <= 120:
        raise SkelgaitError("compare: this cannot be an age", found=str(age_years), expected="0 to 120 years")
    if sex not in (None, "female", "male"):
        raise SkelgaitError("compare: unknown sex", found=repr(sex), expected="'female', 'male' or nothing")
    unknown = sorted({n.name for n in norms.numbers} - set(UNITS)) if norms is not None else []
    if unknown:
        close = get_close_matches(unknown[0], list(UNITS), 3)
        do = f"did you mean {' or '.join(close)}?" if close else "use the names of skelgait.DESCRIPTORS, without a side"
        raise SkelgaitError("the norms speak of what is not measured here", found=", ".join(unknown), do=do)


def _row(name: str, value: float, why: str, age: float | None, sex: str | None, own: Norms | None) -> tuple:  # type: ignore[type-arg]
    bare = bare_name(name)
    norm = own.number(bare, age, sex) if own is not None else None
    norm = norm or cited_norms().number(bare, age, sex)
    z, reason = math.nan, ""
    if norm is None:
        collections = [c for c in (own, cited_norms()) if c is not None]
        reason = _no_norm(bare, age, sex, [a for c in collections for a in c.ages(bare)])
        norm_cells: tuple = (math.nan,) * 4  # type: ignore[type-arg]
    else:
        norm_cells = norm.mean, norm.sd, norm.low, norm.high
        z = (value - norm.mean) / norm.sd
        if math.isnan(norm.sd):
            reason = "the source gives no SD: only the mean is known"
    if math.isnan(value):
        reason = why or "not measured"
    n, source = (norm.group.n, norm.group.cited) if norm else (0, "")
    return name, UNITS.get(name, ""), value, *norm_cells, z, percentile(z, n), n, source, reason


def _no_norm(bare: str, age: float | None, sex: str | None, ages: list[tuple[float, float]]) -> str:
    if not ages:
        return "no norm known"
    if age is None:
        return "no norm: the age is not known"
    if any(low <= age < high for low, high in ages) and sex is None:
        return "no norm: the sex is not known"
    spans = " and ".join(f"{low:g}-{high - 1:g}" if high - low > 1 else f"{low:g}" for low, high in ages)
    return f"no norm for this age ({age:g} years): there are norms for {spans} years{HINTS.get(bare, '')}"


def percentile(z: float, n: int = 0) -> float:
    """Share of healthy people who measure less, from a z that rests on ``n`` of them.

    Parameters
    ----------
    z : float
        (Value - mean of the norm) / SD of the norm.
    n : int
        How many people the norm was measured on; 0 when that is not known.

    Returns
    -------
    float, percent
        After Crawford and Howell (1998); see `compare`.

    Examples
    --------
    >>> round(percentile(1.96), 1), round(percentile(1.96, 11), 1)
    (97.5, 95.5)
    """
    from scipy.special import ndtr, stdtr

    return float(100 * (stdtr(n - 1, z / math.sqrt((n + 1) / n)) if n > 1 else ndtr(z)))


def tibiofemoral_norms(age_years: float | None = None, sex: str | None = None) -> pd.DataFrame:
    """The angle between the anatomical axes of femur and tibia in healthy children, by population.

    Parameters
    ----------
    age_years : float, optional
        Only groups of this age; default all.
    sex : {"female", "male"}, optional
        Only groups that this sex belongs to; default all.

    Returns
    -------
    DataFrame
        ``population sex age_from age_to n mean sd low high mechanical_mean mechanical_low mechanical_high source how``, degrees,
        **valgus positive**; ages half-open. Empty when no group has this age. ``sd``, ``low``, ``high`` are NaN where no SD is
        printed. The three ``mechanical_...`` columns are what the line hip-knee-ankle would read.

    Notes
    -----
    Standing, by goniometer or radiograph, and of the **anatomical** axes (the shafts of the bones). What keypoints show is the
    **mechanical** axis, from hip centre over knee to ankle, which reads 5 to 7 degrees less valgus. The mechanical columns subtract
    6 degrees from the mean, and 7 from the low and 5 from the high edge, so that the band is as wide as what is not known about the
    offset. Populations differ by up to 3 degrees at the same age; the SDs are those of one examiner and small.

    Examples
    --------
    >>> six = tibiofemoral_norms(6, "male")
    >>> six.population.tolist(), six["mean"].tolist(), six.mechanical_mean.round(1).tolist()
    (['south India', 'Malaysia', 'India'], [6.7, 6.84, 8.0], [0.7, 0.8, 2.0])
    """
    import pandas as pd

    rows = []
    for row in read_table("tibiofemoral.csv"):
        low, high = float(row["age_from"]), float(row["age_to"])
        if (age_years is not None and not low <= age_years < high) or (sex and row["sex"] not in ("", sex)):
            continue
        mean, sd = float(row["mean"]), float(row["sd"] or np.nan)
        middle, band = sum(AXES_APART_DEG) / 2, (mean - 2 * sd, mean + 2 * sd)
        mechanical = (mean - middle, band[0] - AXES_APART_DEG[1], band[1] - AXES_APART_DEG[0])
        n = int(row["n"] or 0)
        rows.append((row["population"], row["sex"], low, high, n, mean, sd, *band, *mechanical, _cite(row["source"]), row["how"]))
    return pd.DataFrame(rows, columns=list(TIBIOFEMORAL_COLUMNS))
