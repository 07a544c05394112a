"""Knock-knee and bow-leg from the front and from behind: how much, in how many steps, and how sure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import hypot, isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.alignment_steps import StepAlignment, sample_alignment, stance_flexion
from skelgait.gait.measure import Measurement
from skelgait.gait.norms import cited_norms
from skelgait.gait.visit import measure_visit
from skelgait.tasks.alignment import AXIS_WARNING, ERROR_DEG, FEWEST_STEPS, MOST_FLEXION_DEG, alignment_limits

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("side", "valgus_deg", "iqr_deg", "steps", "steps_seen", "towards_deg", "away_deg"),
    *("alignment", "margin_deg", "p_varum", "p_neutral", "p_valgum", "low", "high", "apparent"),
    *("usual_low", "usual_high", "usual_for_age"),
    *("fppa_deg", "kasr", "knee_separation_ll", "ankle_separation_ll"),
    *("knee_flexion_deg", "turn_deg", "cross_talk_deg"),
    *("frames", "mid_stance", "unseen", "turned", "foreshortened", "flexed", "passed"),
    *("views", "source", "notes", "reason"),
)
NORM = "knee_valgus_mid_stance_deg"
COUNTS = ("frames", "mid_stance", "unseen", "turned", "foreshortened", "flexed", "passed")
OF_USED, OF_SIDE = ("fppa_deg", "cross_talk_deg"), ("knee_flexion_deg", "turn_deg")
OF_BOTH = ("kasr", "knee_separation_ll", "ankle_separation_ll")
NO_FRONT = "no recording from the front or from behind: varus and valgus do not show from the side"
NO_SIDE = (
    "no side view in this visit: how far the knee is bent is not known, and a bent knee that is turned looks aligned otherwise"
)
BENT = (
    "apparent alignment: the stance knee is bent by {:.0f} degrees, so that turning of the hip or body looks like varus or valgus"
)
WHY = {
    "unseen": "hip, knee or ankle is not seen",
    "turned": "the body is turned out of the line of sight",
    "foreshortened": "thigh or shank points at the camera (a knee bent deeply)",
}


def knee_alignment(
    trials: Trial | Measurement | Iterable[Trial | Measurement],
    *,
    detail: bool = False,
    age_years: float | None = None,
    sex: str | None = None,
    error_deg: float = ERROR_DEG,
) -> pd.DataFrame:
    """Tell varus and valgus of both knees from all recordings of one visit.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
        Of one subject on one occasion: from the front, from behind; those from the side tell how far the knees are bent.
    detail : bool
        One row a step instead of one a side.
    age_years : float, optional
        Default: the trial's. Children under 7 years are not straight on average.
    sex : {"female", "male"}, optional
        Default: the trial's. Only the usual band of adults depends on it.
    error_deg : float
        Standard deviation of the error of the angle, in place of 2.9 degrees: that of your own estimator, where you know it.

    Returns
    -------
    DataFrame
        Two rows, left and right. ``valgus_deg``, the median over steps of the deviation of the knee from the hip-ankle line in
        mid-stance, **valgus +, varus -**; ``iqr_deg`` over steps; ``steps`` it rests on, of ``steps_seen``; the same from steps
        ``towards`` and ``away`` alone.
        ``alignment`` (``genu varum``, ``neutral``, ``genu valgum``): below, between or above ``low`` and ``high``; ``margin_deg``
        to the nearer of them; ``p_varum p_neutral p_valgum``, probability of each given the error of keypoints and the cross-talk;
        ``apparent``, whether the stance knee is bent by more than 20 degrees.
        ``usual_low usual_high``, mean ± 2 SD of the mechanical axis of healthy people of the age, and ``usual_for_age``: True,
        False, or None where no SD is published for it.
        ``fppa_deg`` (most valgus reading in single support, valgus +), ``kasr`` with ``knee_separation_ll`` and
        ``ankle_separation_ll`` (leg lengths, both feet standing): medians over steps.
        ``knee_flexion_deg`` in mid-stance from the side view; ``turn_deg``, heading off the line of sight, to the subject's left +;
        ``cross_talk_deg``, the false valgus the two make together.
        ``frames`` of all stances; of these ``mid_stance``; of those how many each gate refused (``unseen``, ``turned``,
        ``foreshortened``; a frame may count in several), how many are ``flexed`` by the side view, and how many ``passed``.
        ``views``, ``source`` of the limits, ``notes`` (cautions), ``reason`` (why there is no value). ``attrs["axis"]``: which axis
        this is, and which it is not.
        With ``detail``: ``trial`` and the fields of `StepAlignment`.

    Raises
    ------
    SkelgaitError
        No trial, trials of different subjects, or none that could be measured.

    Notes
    -----
    *Which angle.* 180 degrees less the angle hip-knee-ankle of the keypoints in the image: a **mechanical** axis while walking.
    It must not be compared with tibio-femoral angles of goniometers, which follow the shafts of the bones and read 5 to 7 degrees
    more valgus.

    *Which limits.* From 7 years on, neutral is within 3 degrees of straight; about 30 in 100 healthy adults lie outside. It is a
    description, not a diagnosis. Younger children: 3 degrees round the mean of the age, which is printed for the mechanical axis
    for 1 and 2 years and follows from anatomical axes for 3 to 6 (then 1 degree wider). Without an age the limits from 7 years on
    are used and a note says so. The value's own error is about as large as the limit, hence the probabilities; the error stays the
    same however many steps there are.

    *Cross-talk.* A straight leg that is bent by ``f`` and turned by ``t`` out of the line of sight shows ``2 atan(tan(f / 2)
    sin t)``. It is estimated, not subtracted: the turn is that of the body (where both feet point, on average); a hip that is
    rotated inwards does not show. It is added in squares to the error.

    *Gates* are those of `knee_alignment_frames`. A step counts when 30 % of its mid-stance pass. Frames in which the side view
    says that the knee is bent by more than 20 degrees are counted but stay: one end of mid-stance would speak for the whole. The
    FPPA passes only the first two gates; being the largest of many readings it is 1 to 3
    degrees above the median also in a straight leg. Distances are between joint centres, not between skins: clinical intermalleolar
    and intercondylar distances are smaller by the width of the joint.

    References
    ----------
    FPPA: Munro A, Herrington L, Carolan M. J Sport Rehabil 2012;21:7-11, doi:10.1123/jsr.21.1.7 (valgus +, error between days).
    KASR: Ortiz A et al. Open Access J Sports Med 2016;7:65-73, doi:10.2147/OAJSM.S100242 (of landings on both feet).
    Limits: the ``source`` column; Bellemans J et al. 2012, doi:10.1007/s11999-011-1936-5. Agreement of keypoints in frontal
    walking: doi:10.1038/s41598-025-09627-2 (adults; no validation in children is known).

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> walk = Walker(knee_valgus_deg=(10, 0)).film(Camera(view="frontal_towards"), fps=60, duration_s=4)
    >>> found = knee_alignment(Trial("child07", walk.pose, age_years=8))
    >>> (found.valgus_deg.round() + 0).tolist(), found.alignment.tolist()
    ([10.0, 0.0], ['genu valgum', 'neutral'])
    """
    measured = measure_visit(trials)
    return align_measurements(measured, detail=detail, age_years=age_years, sex=sex, error_deg=error_deg)


def align_measurements(
    measured: Sequence[Measurement],
    *,
    detail: bool = False,
    age_years: float | None = None,
    sex: str | None = None,
    error_deg: float = ERROR_DEG,
) -> pd.DataFrame:
    """`knee_alignment` of walks that are measured already.

    Parameters
    ----------
    measured : sequence of Measurement
        Of one visit.
    detail, age_years, sex, error_deg
        As there.

    Returns
    -------
    DataFrame
        As there.
    """
    import pandas as pd

    fronts = [(m.trial.name, m.planes["frontal"]) for m in measured if "frontal" in m.planes]
    flexion = stance_flexion(m.planes["sagittal"] for m in measured if "sagittal" in m.planes)
    found = [(name, step) for name, front in fronts for step in sample_alignment(front, flexion)]
    if detail:
        names = ["trial", *StepAlignment.__dataclass_fields__]
        table = pd.DataFrame([{"trial": name, **asdict(step)} for name, step in found], columns=names)
    else:
        first = measured[0].trial
        age_years = first.age_years if age_years is None else age_years
        sex = first.sex if sex is None else sex
        missing = "" if fronts else NO_FRONT
        steps = [step for _, step in found]
        rows = [_side_row(side, steps, age_years, sex, error_deg, missing) for side in SIDES]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["axis"] = AXIS_WARNING
    return table


def _side_row(
    side: str, every: list[StepAlignment], age_years: float | None, sex: str | None, error_deg: float, missing: str
) -> dict[str, object]:
    own = [step for step in every if step.side == side]
    used = [step for step in own if isfinite(step.valgus_deg)]
    counts = {name: sum(getattr(step, name) for step in own) for name in COUNTS}
    row: dict[str, object] = dict.fromkeys(COLUMNS, nan)
    row |= {"side": side, "steps": len(used), "steps_seen": len(own), **counts, "alignment": "", "apparent": False}
    row |= {"usual_for_age": None, "source": "", "notes": "", "reason": missing}
    row["views"] = ", ".join(dict.fromkeys(step.view for step in used or own))
    for names, steps in ((OF_USED, used), (OF_SIDE, own), (OF_BOTH, every)):
        row |= {name: _median(getattr(step, name) for step in steps) for name in names}
    flexion = float(row["knee_flexion_deg"])  # type: ignore[arg-type]
    row["apparent"] = flexion > MOST_FLEXION_DEG
    notes = [NO_SIDE] if own and not isfinite(flexion) else [BENT.format(flexion)] if row["apparent"] else []
    row["notes"] = "; ".join(notes)
    if not used:
        row["reason"] = missing or _why_none(own, counts)
        return row
    values = np.array([step.valgus_deg for step in used])
    value = float(np.median(values))
    low, high = np.percentile(values, (25, 75)).tolist()
    row |= {"valgus_deg": value, "iqr_deg": high - low}
    for way in ("towards", "away"):
        row[f"{way}_deg"] = _median(step.valgus_deg for step in used if step.view.endswith(way))
    classed, caution = _classed(value, float(row["cross_talk_deg"]), age_years, sex, error_deg)  # type: ignore[arg-type]
    row |= classed
    notes = [*caution, *notes]
    if len(used) < FEWEST_STEPS:
        notes.append(f"rests on {len(used)} step{'s' * (len(used) > 1)}: {FEWEST_STEPS} are advised")
    row["notes"] = "; ".join(notes)
    return row


def _classed(
    value: float, cross_talk: float, age_years: float | None, sex: str | None, error_deg: float
) -> tuple[dict[str, object], list[str]]:
    """Alignment by the limits of the age, probabilities, and the usual band of the age; and what to be careful about."""
    from scipy.special import ndtr

    out: dict[str, object] = {}
    norm = cited_norms().number(NORM, age_years, sex) if age_years is not None else None
    if norm is not None and isfinite(norm.sd):
        out |= {"usual_low": norm.low, "usual_high": norm.high, "usual_for_age": bool(norm.low <= value <= norm.high)}
    limits = alignment_limits(age_years)
    if limits is None:
        return out, [f"no limits for this age ({age_years:g} years): the youngest are for 1 year"]
    spread = hypot(error_deg, cross_talk if isfinite(cross_talk) else 0.0)
    varum, valgum = float(ndtr((limits.low - value) / spread)), float(ndtr((value - limits.high) / spread))
    out |= {"p_varum": varum, "p_neutral": 1 - varum - valgum, "p_valgum": valgum}
    out |= {"alignment": limits.name(value), "margin_deg": limits.margin(value), "low": limits.low, "high": limits.high}
    out |= {"source": f"{limits.source}: {limits.how}"}
    cautions = ["the age is not known: limits are those from 7 years on"] if age_years is None else []
    if limits.margin(value) < error_deg:
        cautions.append(f"{limits.margin(value):.1f} degrees from a limit, less than the error of {error_deg:g}")
    return out, cautions


def _why_none(own: list[StepAlignment], counts: dict[str, int]) -> str:
    if not own:
        return "no stance of this leg between contacts of both feet was found"
    worst = max(WHY, key=lambda gate: counts[gate])
    if not counts["mid_stance"] or not counts[worst]:
        return f"no mid-stance was found in {len(own)} stances"
    share = 100 * counts[worst] / counts["mid_stance"]
    return f"refused: {WHY[worst]} in {share:.0f} % of mid-stance"


def _median(values: Iterable[float]) -> float:
    known = [v for v in values if isfinite(v)]
    return float(np.median(known)) if known else nan
