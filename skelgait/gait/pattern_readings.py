"""The measures of gait patterns on either side of a visit: its strides pooled, its legs compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, isfinite, nan, sqrt

import numpy as np

from skelgait.core.norms import CurveNorm
from skelgait.core.skeleton import SIDES
from skelgait.gait.evgs import FAR_LEG_ERROR, known_tilt
from skelgait.gait.evgs_items import PELVIC_TILT_DEG, TILT_SPREAD_DEG
from skelgait.gait.evgs_scores import weighted_median
from skelgait.gait.measure import Measurement
from skelgait.gait.pattern_measures import CURVES, FEET, CurveSamples, sample_curves
from skelgait.gait.visit import visit_values
from skelgait.tasks.patterns import PatternMeasure, pattern_measures

# Foot-offs seen from the front are less certain than from the side: own estimate.
FRONT_TIMES_ERROR = 2.0
# The errors of times and steps are those of a mean over this many of each leg; fewer are less sure by the square root.
STRIDES_OF_ERROR = 3


@dataclass(frozen=True)
class Reading:
    """One measure of one side of a visit.

    Parameters
    ----------
    value, error : float
        NaN where not measured.
    cycles : int
        Strides it rests on.
    views : tuple of str
    far : bool
        It rests on the far leg of side views alone.
    note : str
        Why it is not measured, or what stands in for its zero.
    borrowed : bool
        Its zero is not this foot's own.
    """

    value: float = nan
    error: float = nan
    cycles: int = 0
    views: tuple[str, ...] = ()
    far: bool = False
    note: str = ""
    borrowed: bool = False


def read_visit(measured: Sequence[Measurement], healthy: Mapping[str, CurveNorm]) -> dict[tuple[str, str], Reading]:
    """Read every measure of either side of a visit.

    Parameters
    ----------
    measured : sequence of Measurement
    healthy : mapping of angle to CurveNorm
        For the measures that are taken against the healthy band.

    Returns
    -------
    dict of (side, measure name) to Reading
    """
    samples = [sample_curves(m.planes["sagittal"], healthy) for m in measured if "sagittal" in m.planes]
    values, _ = visit_values(measured)
    tilt = known_tilt(measured)
    found: dict[tuple[str, str], Reading] = {}
    for side in SIDES:
        for column, m in enumerate(CURVES):
            reading = _pool(m, side, column, samples, tilt)
            found[side, m.name] = reading if isfinite(reading.value) else Reading(note=_why_missing(m, (side,), measured))
    for side in SIDES:
        for m in pattern_measures().values():
            if m.statistic == "descriptor":
                found[side, m.name] = _descriptor(m, side, values, measured)
            elif m.statistic == "sides":
                found[side, m.name] = _between_sides(m, side, values, found, measured)
    return found


def _pool(m: PatternMeasure, side: str, column: int, samples: Sequence[CurveSamples], tilt: float | None = None) -> Reading:
    """Weighted median over the strides of one side; those whose foot has the surest zero there is, and the pelvis the tilt that is
    known, where that matters.
    """
    own = [(s, (s.side == side) & np.isfinite(s.value[:, column])) for s in samples]
    own = [(s, k) for s, k in own if k.any()]
    foot = min((int(s.foot[k].min()) for s, k in own), default=0) if m.zero == "foot" else 0
    if m.zero == "foot":
        own = [(s, k & (s.foot == foot)) for s, k in own]
        own = [(s, k) for s, k in own if k.any()]
    if not own:
        return Reading()
    value = np.concatenate([s.value[k, column] for s, k in own])
    weight = np.concatenate([s.weight[k] for s, k in own])
    far = not any(s.near[k].any() for s, k in own)
    note, more = FEET[foot]
    one = m.error
    if m.zero == "pelvis" and tilt is not None:
        value = value + (tilt - PELVIC_TILT_DEG)
        one, note = sqrt(m.error**2 - TILT_SPREAD_DEG**2), f"with a pelvic tilt of {tilt:g} degrees, as given"
    error = hypot(one * (FAR_LEG_ERROR if far else 1.0), more)
    return Reading(
        weighted_median(value, weight), error, len(value), tuple(dict.fromkeys(s.view for s, _ in own)), far, note, foot > 0
    )


def _descriptor(m: PatternMeasure, side: str, values: dict[str, float], measured: Sequence[Measurement]) -> Reading:
    name = f"{side}_{m.descriptor}"
    if not isfinite(values[name]):
        return Reading(note=_why_missing(m, (side,), measured))
    cycles, views, note = _rests_on(m, name, measured)
    return Reading(values[name], m.error, cycles, views, note=note)


def _between_sides(
    m: PatternMeasure, side: str, values: dict[str, float], found: dict[tuple[str, str], Reading], measured: Sequence[Measurement]
) -> Reading:
    """How one leg compares with the other."""
    legs = (side, SIDES[1 - SIDES.index(side)])
    if m.name.endswith("_below_other"):
        own, other = (found[leg, m.name.removesuffix("_below_other")] for leg in legs)
        if not (isfinite(own.value) and isfinite(other.value)):
            return Reading(note=own.note or other.note)
        far = own.far or other.far
        stand_in = hypot(*(more for r in (own, other) for note, more in FEET if note == r.note))
        error = hypot(m.error * (FAR_LEG_ERROR if far else 1.0), stand_in)
        views = tuple(dict.fromkeys((*own.views, *other.views)))
        borrowed = own.borrowed or other.borrowed
        return Reading(other.value - own.value, error, min(own.cycles, other.cycles), views, far, own.note or other.note, borrowed)
    own_share, other_share = (_share(m, leg, values) for leg in legs)
    if not (own_share > 0 and other_share > 0):
        return Reading(note=_why_missing(m, SIDES, measured))
    ratio = own_share / other_share
    ratio = max(ratio, 1 / ratio) if m.name == "steps_apart" else ratio
    (cycles, views, note), (fewer, *_) = (_rests_on(m, f"{leg}_{m.descriptor}", measured) for leg in legs)
    cycles = min(cycles, fewer)
    error = m.error * max(1.0, STRIDES_OF_ERROR / max(cycles, 1)) ** 0.5
    error *= FRONT_TIMES_ERROR if all(view.startswith("frontal") for view in views) else 1.0
    return Reading(ratio, error, cycles, views, note=note)


def _share(m: PatternMeasure, side: str, values: dict[str, float]) -> float:
    """What is compared between the legs: swing over stance time, or step length."""
    value = values[f"{side}_{m.descriptor}"]
    return value / values[f"{side}_stance_time_s"] if m.name == "swing_over_stance" else value


def _rests_on(m: PatternMeasure, name: str, measured: Sequence[Measurement]) -> tuple[int, tuple[str, ...], str]:
    """How many strides a descriptor of the visit rests on, their views, and a caution about it; side views come before others."""
    plane = "sagittal" if m.plane == "either" else m.plane
    known = [x for x in measured if isfinite(x.values[name])]
    used = [x for x in known if plane in x.planes] or known
    planes = [x.planes.get(plane) or next(iter(x.planes.values())) for x in used]
    views = dict.fromkeys(p.pose.view or p.plane for p in planes)
    notes = dict.fromkeys(x.notes.get(name, "") for x in used)
    return sum(x.counts[name] for x in used), tuple(views), "; ".join(note for note in notes if note)


def _why_missing(m: PatternMeasure, sides: Sequence[str], measured: Sequence[Measurement]) -> str:
    """Why no stride has a measure: what the descriptor beside it lacks, in recordings of its plane if there are any."""
    seen = [x for x in measured if m.plane in x.planes] or list(measured)
    said = [x.reasons.get(f"{side}_{m.descriptor}", "") for x in seen for side in sides]
    found = list(dict.fromkeys(reason for reason in said if reason))
    if m.statistic.startswith("when") and not found:
        return f"the curve has no {'greatest' if 'max' in m.statistic else 'least'} value inside {m.phase} % of the cycle"
    return "; ".join(found) or f"the {' or the '.join(sides)} leg was not seen through enough of any stride"
