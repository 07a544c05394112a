"""What changed between two visits, and whether it is more than the error of measuring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite, isnan, nan, sqrt
from typing import TYPE_CHECKING

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement
from skelgait.gait.norms import bare_name
from skelgait.gait.reference import read_table
from skelgait.gait.uncertainty import uncertainty
from skelgait.gait.visit import measure_visit

if TYPE_CHECKING:
    import pandas as pd

WITHIN = "within measurement error"
CHANGED = "changed"
PERHAPS = "perhaps changed"  # more than the strides of both visits scatter; how much days differ, nobody has published
UNKNOWN = "cannot be told"
COLUMNS = (
    *("descriptor", "unit", "before", "after", "difference", "low", "high", "mdc95", "mdc_from"),
    *("mcid", "verdict", "important", "reason"),
)


@dataclass(frozen=True)
class ChangeLimit:
    """How much a measure must change before it means something.

    Parameters
    ----------
    measure : str
        Descriptor without its side, or the name of a score.
    mdc95, mdc_percent : float
        Smallest change that is not measurement error in 95 of 100, in the unit of the measure or in percent of it.
    mcid : float
        Smallest change that matters to patients.
    who, source : str
        Whom it was found on, and where it is published.
    """

    measure: str
    mdc95: float
    mdc_percent: float
    mcid: float
    who: str
    source: str

    def mdc(self, before: float, after: float) -> float:
        """In the unit of the measure, for these two values; NaN when not published."""
        share = self.mdc_percent / 100 * max(abs(before), abs(after))
        return self.mdc95 if isfinite(self.mdc95) else share


@cache
def change_limits() -> Mapping[str, ChangeLimit]:
    """The published limits of change, by measure.

    Returns
    -------
    mapping of str to ChangeLimit
        Where a paper gives a standard error of measurement, ``mdc95 = 1.96 sqrt(2) SEM``.

    Examples
    --------
    >>> limit = change_limits()["knee_flexion_max_swing_deg"]
    >>> round(limit.mdc95, 2), change_limits()["evgs_total"].mcid
    (8.07, 2.4)
    """
    found = {}
    for row in read_table("changes.csv"):
        sem, mdc, percent, mcid = (float(row[c] or nan) for c in ("sem", "mdc95", "mdc_percent", "mcid"))
        mdc = mdc95(sem) if isnan(mdc) and isfinite(sem) else mdc
        found[row["measure"]] = ChangeLimit(row["measure"], mdc, percent, mcid, row["who"], row["source"])
    return found


def standard_error_of_measurement(sd: float, icc: float) -> float:
    """Standard error of measurement from a reliability study: ``SD sqrt(1 - ICC)``.

    Parameters
    ----------
    sd : float
        Standard deviation between people.
    icc : float, 0..1
        Intra-class correlation between repetitions.

    Returns
    -------
    float

    Raises
    ------
    SkelgaitError
        A correlation outside 0 to 1.

    Examples
    --------
    >>> round(standard_error_of_measurement(10.0, 0.91), 2)
    3.0
    """
    if not 0 <= icc <= 1:
        raise SkelgaitError("an intra-class correlation outside its range", found=str(icc), expected="0 to 1")
    return sd * sqrt(1 - icc)


def mdc95(sem: float) -> float:
    """Minimal detectable change at 95 %: ``1.96 sqrt(2) SEM``.

    Parameters
    ----------
    sem : float
        Standard error of measurement.

    Returns
    -------
    float

    Examples
    --------
    >>> round(mdc95(3.0), 2)
    8.32
    """
    return 1.96 * sqrt(2) * sem


def compare_visits(
    before: Trial | Measurement | Iterable[Trial | Measurement],
    after: Trial | Measurement | Iterable[Trial | Measurement],
    *,
    scores: Mapping[str, tuple[float, float]] | None = None,
    resamples: int = 2000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Say what changed between two visits, and whether it is more than measurement error.

    Parameters
    ----------
    before, after : Trial or Measurement, or iterable of them
        The recordings of each visit, of one subject. Strides are pooled within a visit.
    scores : mapping of name to (before, after), optional
        Totals to compare as well: ``{"evgs_total": (31, 24)}``, ``{"gps_deg": (12.1, 10.0)}``. Names as in `change_limits` bring
        their published limits.
    resamples, random_state
        As in `uncertainty`.

    Returns
    -------
    DataFrame
        Scores first, then one row a descriptor: ``descriptor``, ``unit``, ``before``, ``after``; ``difference`` (after - before)
        with its interval ``low`` to ``high`` as far as the strides tell; ``mdc95``, the limit applied, and ``mdc_from``, where it
        is from; ``mcid``, smallest important change where published; ``verdict``: ``changed``, ``within measurement error``,
        ``perhaps changed`` (more than the strides scatter, where no limit is published) or ``cannot be told``; ``important``,
        whether the difference reaches the MCID (None where there is none); ``reason``.

    Raises
    ------
    SkelgaitError
        Visits of different subjects; and as `measure_visit`.

    Notes
    -----
    The limit is the larger of two. *Published*: the minimal detectable change between sessions, MDC95 = 1.96 sqrt(2) SEM, of the
    study nearest to ours (see the table of limits; most are not of children on video, so they are a guide). *Our own*: 1.96 times
    the standard errors of both visits, ``sqrt(se_before² + se_after²)``, from the strides, the frame rate and the keypoints. Our
    own knows nothing of the difference between days and is a lower limit; where nothing is published it is all there is,
    ``mdc_from`` and ``reason`` say so, and what lies beyond it has only perhaps changed.

    Of 250 descriptors some differ by chance. In recorded people who walked twice within minutes, 11 of 277 differences with a
    published limit were called changed, and 66 of 356 without one perhaps changed: a walk differs from the next by more than its
    few strides tell. Decide before looking which ones count.

    A total of the Edinburgh score can change by an important amount (MCID 2.4) that measuring twice can give as well (MDC95
    4.78): then ``important`` is True and ``verdict`` is ``within measurement error``. One reassessment cannot show a change of
    that size.

    References
    ----------
    Weir JP. Quantifying test-retest reliability using the intraclass correlation coefficient and the SEM. J Strength Cond Res
    2005;19:231-240. Of the limits: in ``mdc_from``.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> visits = [Trial("child07", Walker(stiff_knee=s).film(fps=60, duration_s=6).pose) for s in (0.6, 0.0)]
    >>> table = compare_visits(*visits, scores={"evgs_total": (31, 28)}, resamples=200).set_index("descriptor")
    >>> table.loc[["left_knee_flexion_max_swing_deg", "cadence_spm"], "verdict"].tolist()
    ['changed', 'within measurement error']
    >>> table.loc["evgs_total", ["verdict", "important"]].tolist()
    ['within measurement error', True]
    """
    import pandas as pd

    visits = [measure_visit(before), measure_visit(after)]
    subjects = sorted({m.trial.subject for visit in visits for m in visit})
    if len(subjects) > 1:
        do = "pass two visits of one subject; name both visits' trials by the same subject"
        raise SkelgaitError("two visits are compared of one subject", found=", ".join(subjects), do=do)
    tables = [uncertainty(v, resamples=resamples, random_state=random_state + i) for i, v in enumerate(visits)]
    rows = [_score(name, *pair) for name, pair in (scores or {}).items()]
    for first, then in zip(*(t.itertuples(index=False) for t in tables), strict=True):
        reasons = [f"{when}: {r.reason}" for when, r in (("before", first), ("after", then)) if isnan(r.value)]
        row = _verdict(str(first.descriptor), float(first.value), float(then.value), float(first.se), float(then.se), reasons)
        rows.append((first.descriptor, first.unit, first.value, then.value, *row))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"important": object})


def _score(name: str, before: float, after: float) -> tuple:  # type: ignore[type-arg]
    """A row of a total that has no strides."""
    try:
        values = float(before), float(after)
    except (TypeError, ValueError):
        raise SkelgaitError(
            f"the score {name} cannot be compared", found=f"{before!r}, {after!r}", expected="two numbers"
        ) from None
    reasons = [f"{when}: not given" for when, v in zip(("before", "after"), values, strict=True) if isnan(v)]
    return name, "deg" if name.endswith("_deg") else "points", *values, *_verdict(name, *values, nan, nan, reasons, strided=False)


def _verdict(  # type: ignore[type-arg]
    name: str, before: float, after: float, se_before: float, se_after: float, reasons: list[str], *, strided: bool = True
) -> tuple:
    """Difference, its interval, limit and its origin, MCID, verdict, important, reason."""
    limit = change_limits().get(name) or change_limits().get(bare_name(name))
    difference = after - before
    own = 1.96 * sqrt(se_before**2 + se_after**2)
    published = limit.mdc(before, after) if limit else nan
    mcid = limit.mcid if limit else nan
    low, high = difference - own, difference + own
    if reasons:
        return difference, nan, nan, nan, "", mcid, UNKNOWN, None, "; ".join(reasons)
    important = bool(abs(difference) >= mcid) if isfinite(mcid) else None
    if not isfinite(own) and not isfinite(published):
        why = "no limit is published for it" if isnan(mcid) else "no measurement error is published for it, only what matters"
        why += ", and the strides do not tell how sure it is" if strided else ""
        return difference, low, high, nan, "", mcid, UNKNOWN, important, why
    by_paper = isfinite(published) and not own > published
    mdc = published if by_paper else own
    origin = f"{limit.source}: {limit.who}" if by_paper and limit else "the spread over strides of both visits"
    reason = "" if isfinite(published) else "no limit is published for it: the difference between days is not in this one"
    verdict = WITHIN if abs(difference) <= mdc else CHANGED if isfinite(published) else PERHAPS
    return difference, low, high, mdc, origin, mcid, verdict, important, reason
