"""Gait patterns of a visit: rules over measured values, each with its evidence and how far it is from its limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.norms import CurveNorm, Norms
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement
from skelgait.gait.pattern_measures import CURVES, healthy_value
from skelgait.gait.pattern_readings import Reading, read_visit
from skelgait.gait.reference import reference_curves
from skelgait.gait.visit import measure_visit
from skelgait.tasks.patterns import Criterion, Pattern, PatternMeasure, pattern_measures, pattern_rules

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("side", "pattern", "kind", "present", "within_error", "margin", "unit", "margin_errors", "evidence"),
    *("view", "cycles", "source", "reason"),
)
EVIDENCE_COLUMNS = (
    *("side", "pattern", "role", "measure", "label", "value", "unit", "relation", "limit", "margin", "error"),
    *("healthy_mean", "healthy_sd", "view", "cycles", "source", "reason"),
)
FORMATS = {"deg": "{:.1f} deg", "percent": "{:.0f} %", "ratio": "{:.2f}"}


@dataclass(frozen=True)
class Weighed:
    """One criterion beside its reading.

    Parameters
    ----------
    criterion : Criterion
    measure : PatternMeasure
    reading : Reading
    edge : float
        Its limit, in the unit of the measure.
    healthy : (mean, sd)
    of_others : str
        Of what age the healthy people behind the limit are, where the subject is not of it or of no known age.
    """

    criterion: Criterion
    measure: PatternMeasure
    reading: Reading
    edge: float
    healthy: tuple[float, float]
    of_others: str = ""

    @property
    def margin(self) -> float:
        """How far the value lies beyond the limit, on the side of the pattern; negative on the other; NaN when not known."""
        return self.criterion.sign * (self.reading.value - self.edge)

    @property
    def in_errors(self) -> float:
        """The margin in standard deviations of the error of keypoints."""
        return self.margin / self.reading.error

    @property
    def told(self) -> bool:
        """Whether the value may decide: it is known and, where its zero is borrowed, further from the limit than its error."""
        return isfinite(self.margin) and not (self.reading.borrowed and abs(self.in_errors) < 1)

    @property
    def why_not(self) -> str:
        """Why the value decides nothing."""
        if not isfinite(self.margin):
            return self.reading.note
        return f"{self.reading.note} (not sure enough for a value so near to its limit)"

    @property
    def words(self) -> str:
        """Value, limit and what healthy people have, in a phrase."""
        show, value = FORMATS[self.measure.unit], self.reading.value
        known = show.format(value) if isfinite(value) else "not known"
        mean, sd = self.healthy
        usual = f"; healthy {mean:.0f} ± {sd:.0f}" if isfinite(sd) else ""
        return f"{self.measure.label} {known} (limit {self.criterion.relation} {show.format(self.edge)}{usual})"


def find_patterns(trials: Trial | Measurement | Iterable[Trial | Measurement], *, norms: Norms | None = None) -> pd.DataFrame:
    """Say which gait patterns a visit shows, by published rules, with the evidence for each.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
        Recordings of one subject on one occasion; their strides are pooled.
    norms : Norms, optional
        Your laboratory's curves, from `read_norms`, in place of the reference where they have an angle.

    Returns
    -------
    DataFrame
        Every pattern of the table for ``left``, then for ``right``. ``kind``: a ``gait pattern`` of the leg or a ``joint pattern``.
        ``present``: True, False, or NaN when it cannot be told (``reason`` says why). ``within_error``: the value that decides
        lies nearer to its limit than the error of keypoints: True and False are then no more than a hint. ``margin`` and ``unit``:
        how far that value is beyond its limit, negative where the pattern is absent; ``margin_errors``: the same in standard
        deviations of its error. ``evidence``: every value looked at with its limit. ``view`` and ``cycles``: recordings and
        strides; ``source``: of the pattern; ``reason``: why NaN, or a caution for one that is present (a limit of healthy people
        of another age, say).

    Raises
    ------
    SkelgaitError
        No trial, trials of different subjects, or none of them could be measured.

    Notes
    -----
    A value is the weighted median over strides, as in the Edinburgh score: a stride weighs as much as its keypoints are sure,
    the far leg of a side view half. All criteria of a pattern must hold, or as many of some as the table asks. The one that
    decides is the one with the smallest margin in its errors: of those that must all hold the worst, of "two of four" the second
    best. What is not known counts against both answers: a pattern is present only if it is so whatever the missing values were,
    and absent likewise. Criteria that are only shown decide nothing. An ankle whose zero is borrowed (a foot never seen flat, or
    no heel) counts as known only where it lies further from its limit than its error, which is greater: there are no hints from it.

    True equinus, jump, apparent equinus and crouch exclude each other: ankle and knee in mid-stance, below, within or above one
    standard deviation of healthy children (free speed, 4 to 17 years). That is how the sources sort children *with* cerebral
    palsy; it does not screen: every sixth healthy child is above one standard deviation. The error of the ankle read from
    video is itself two of these standard deviations and that of the knee more than one, so the four are rarely told apart with
    certainty; ``equinus`` is what true equinus and jump share, ``flexed_knee`` what jump, apparent equinus and crouch share. The
    legs in a recording from one side are not equally sure: the error of the far one is 1.5 times that of the near one.

    Deviations from the sources: the mean of the curve is compared with the mean of the limits over 20-45 % of the cycle, where
    Sangeux et al. average the score; within a few percent. Joint patterns that need forces, the pelvis in side view or the
    transverse plane are not in the table; those with one feature that needs forces ask for all others.

    References
    ----------
    Rodda JM et al. (2004), doi:10.1302/0301-620X.86B2.13878. Sangeux M et al. (2015), doi:10.1016/j.gaitpost.2014.12.019.
    Nieuwenhuys A et al. (2017), doi:10.1371/journal.pone.0169834. Of every limit: in the table of the page on patterns.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker(crouch_deg=(0.0, 40.0)).film(fps=60, duration_s=6)
    >>> table = find_patterns(Trial("child07", walk.pose)).set_index(["side", "pattern"])
    >>> table.present["left", "crouch"], table.present["right", "crouch"]
    (False, True)
    >>> print(table.evidence["right", "flexed_knee"])
    knee flexion in mid-stance 41.5 deg (limit > 15.5 deg; healthy 10 ± 6)
    """
    import pandas as pd

    weighed = weigh_visit(trials, norms)
    rows = [{"side": side, "pattern": rule.name, **_judge(rule, own)} for side, rule, own in weighed]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"present": object})


def pattern_evidence(trials: Trial | Measurement | Iterable[Trial | Measurement], *, norms: Norms | None = None) -> pd.DataFrame:
    """Every value that `find_patterns` looks at, one row a criterion.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
    norms : Norms, optional
        As for `find_patterns`.

    Returns
    -------
    DataFrame
        ``side pattern``; ``role``: the criterion must hold (``all``), is one of which a number must (``some``), or is only
        ``shown``; ``measure label value unit relation limit``; ``margin`` beyond the limit and ``error``, the standard deviation it
        is to be seen against; ``healthy_mean healthy_sd`` where they follow from the reference; ``view cycles``; ``source`` of
        the limit; ``reason``: why the value is NaN, or what stands in for its zero.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> rows = pattern_evidence(Trial("child07", Walker(stiff_knee=0.8).film(fps=60, duration_s=6).pose))
    >>> rows[(rows.pattern == "stiff_knee") & (rows.role == "all")][["side", "relation", "limit"]].values.tolist()
    [['left', '<', 45.0], ['right', '<', 45.0]]
    """
    import pandas as pd

    rows = []
    for side, rule, own in weigh_visit(trials, norms):
        for w in own:
            c, m, r = w.criterion, w.measure, w.reading
            row = (side, rule.name, c.role, m.name, m.label, r.value, m.unit, c.relation, w.edge, w.margin, r.error)
            rows.append((*row, *w.healthy, ", ".join(r.views), r.cycles, c.source, r.note))
    return pd.DataFrame(rows, columns=list(EVIDENCE_COLUMNS))


def weigh_visit(
    trials: Trial | Measurement | Iterable[Trial | Measurement], norms: Norms | None = None
) -> list[tuple[str, Pattern, tuple[Weighed, ...]]]:
    """Hold every criterion of every pattern against the values of a visit.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
    norms : Norms, optional

    Returns
    -------
    list of (side, pattern, criteria with their readings)
    """
    measured = measure_visit(trials)
    healthy = _healthy_curves(measured[0].trial, norms)
    usual = {m.name: healthy_value(m, healthy[m.angle]) for m in CURVES}
    others = {name: _of_others(curve, measured[0].trial) for name, curve in healthy.items()}
    readings = read_visit(measured, healthy)
    measures = pattern_measures()
    found = []
    for side in SIDES:
        for rule in pattern_rules().values():
            own = []
            for c in rule.criteria:
                mean_sd, m = usual.get(c.measure, (nan, nan)), measures[c.measure]
                of_others = others.get(m.angle, "") if m.beyond or c.limit.startswith("mean") else ""
                own.append(Weighed(c, m, readings[side, c.measure], c.edge(*mean_sd), mean_sd, of_others))
            found.append((side, rule, tuple(own)))
    return found


def _healthy_curves(trial: Trial, norms: Norms | None) -> dict[str, CurveNorm]:
    curves = reference_curves()
    if norms is not None:
        own = {name: norms.curve(name, trial.age_years, trial.sex) for name in curves}
        curves |= {name: curve for name, curve in own.items() if curve is not None and np.isfinite(curve.sd).all()}
    return curves


def _of_others(curve: CurveNorm, trial: Trial) -> str:
    """What to say where a curve is of people of another age than the subject, or the subject's is not known."""
    group, age = curve.group, trial.age_years
    if group.fits(age, trial.sex) or not (isfinite(group.age_from) and isfinite(group.age_to)):
        return ""
    said = f"the limit is of healthy people of {group.age_from:g} to {group.age_to - 1:g} years"
    return f"{said}, and this one is {age:g}" if age is not None else f"{said}, and the age is not given"


def _judge(rule: Pattern, own: Sequence[Weighed]) -> dict[str, object]:
    """Whether a pattern is present, and by how much."""
    decisive = [w for w in own if w.criterion.role != "shown"]
    surely, possibly = _decides(rule, decisive, -inf), _decides(rule, decisive, inf)
    present: object = True if surely[0] > 0 else False if possibly[0] <= 0 else nan
    by = (surely if present is True else possibly)[1]
    known = present == present
    missing = [w.why_not for w in decisive if not w.told]
    stand_in = [w.reading.note for w in decisive if w.told]
    others = [w.of_others for w in decisive]
    reasons = missing if not known else [*stand_in, *others, rule.caution] if present is True else []
    read = [w.reading for w in decisive if isfinite(w.reading.value)]
    return {
        "kind": rule.kind,
        "present": present,
        "within_error": bool(known and abs(by.in_errors) < 1),
        "margin": by.margin if known else nan,
        "unit": by.measure.unit if known else "",
        "margin_errors": by.in_errors if known else nan,
        "evidence": "; ".join(w.words for w in own),
        "view": ", ".join(dict.fromkeys(view for r in read for view in r.views)),
        "cycles": min((r.cycles for r in read), default=0),
        "source": rule.source,
        "reason": "; ".join(dict.fromkeys(r for r in reasons if r)),
    }


def _decides(rule: Pattern, decisive: Sequence[Weighed], unknown: float) -> tuple[float, Weighed]:
    """Margin of a pattern in errors, and the criterion it is the margin of, if what is not known lay so far beyond its limit."""

    def far(w: Weighed) -> float:
        return w.in_errors if w.told else unknown

    musts = [w for w in decisive if w.criterion.role == "all"]
    some = sorted((w for w in decisive if w.criterion.role == "some"), key=far, reverse=True)
    weakest = min([*musts, *some[rule.at_least - 1 : rule.at_least]], key=far)
    return far(weakest), weakest
