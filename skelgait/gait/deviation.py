"""How far the sagittal curves of a walk lie from those of healthy children: one number an angle, a leg and a walk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CURVE_POINTS, CurveNorm, Norms
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.cycles import stack_cycles
from skelgait.gait.measure import Measurement
from skelgait.gait.reference import citations, reference_curves
from skelgait.gait.samples import PlaneCycles
from skelgait.gait.visit import measure_visit

if TYPE_CHECKING:
    import pandas as pd

HIPS = {"vertical": "thigh_flexion_deg", "trunk": "hip_flexion_deg"}
LEGS = ("hip", "knee", "ankle")
VARIABLES = (*LEGS, "trunk")
COLUMNS = (
    *("side", "variable", "angle", "deviation_deg", "bias_deg", "shape_deg", "typical_deg", "ratio"),
    *("sd_deg", "cycles", "reference", "reason"),
)


def sagittal_deviation(
    trials: Trial | Measurement | Iterable[Trial | Measurement],
    *,
    hip: str = "vertical",
    speed: str = "free",
    norms: Norms | None = None,
) -> pd.DataFrame:
    """Score how far the sagittal curves of a visit lie from those of healthy children.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
        Recordings of one subject on one occasion; those from the side count, their strides are pooled.
    hip : {"vertical", "trunk"}
        What stands for the hip: the thigh to the vertical, or to the trunk (which then counts twice).
    speed : {"very slow", "slow", "free", "fast"}
        Of the reference group.
    norms : Norms, optional
        Your laboratory's curves, from `read_norms`, in place of the reference where they have an angle.

    Returns
    -------
    DataFrame
        Rows ``left``, ``right``, ``both`` times ``hip knee ankle trunk legs all``. ``deviation_deg``: root mean square over 51
        points of the difference to the reference mean. It is made of ``bias_deg`` (the mean difference: posture, or a keypoint that
        sits wrong) and ``shape_deg`` (the rest: movement), whose squares add up. ``typical_deg``: what healthy people have;
        ``ratio``: deviation over typical. ``sd_deg``: of the deviations of single strides; ``cycles``: strides. ``angle`` and
        ``reference``: of what, compared with what; ``reason``: why NaN. These rows are the data of a movement analysis
        profile chart.

    Raises
    ------
    SkelgaitError
        An unknown ``hip`` or ``speed``; no recording could be measured.

    Notes
    -----
    This is **not** the Gait Profile Score and not the Gait Deviation Index, whose nine angles (most of them transverse or frontal)
    need three dimensions; its numbers cannot be compared with theirs. The formula of one angle is that of the Gait Variable Score
    (Baker et al. 2009), on what a side view shows. ``legs`` is the root mean square of hip, knee and ankle, ``all`` of all four;
    ``both`` of the two sides. Each is NaN when one of its parts is, so that a number never rests on fewer angles than another.

    The curve compared is the mean over strides. The reference is that of `reference_curves`: free speed of children of 4 to 17
    years. Slow walking deviates from it by itself (the mean child of that study, legs: 3.4 degrees at their slow speed, 7.6 at
    the very slow one), so name the speed when it was slow. ``typical_deg`` is the root mean square over healthy people of their
    own deviation, which is the root mean square over points of the SD between them. Nine walks of six healthy people of 8 to 25
    years recorded elsewhere score 4.4 to 6.9 (legs; 0.8 to 1.3 times typical), a walk in imitated crouch 65 (knee).

    References
    ----------
    Baker R et al. The Gait Profile Score and Movement Analysis Profile. Gait Posture 2009;30:265-269.
    doi:10.1016/j.gaitpost.2009.05.020

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker(crouch_deg=(0.0, 30.0)).film(fps=60, duration_s=6)
    >>> table = sagittal_deviation(Trial("child07", walk.pose)).set_index(["side", "variable"])
    >>> bool(table.deviation_deg["left", "knee"] < 4 < 15 < table.deviation_deg["right", "knee"])
    True
    """
    import pandas as pd

    if hip not in HIPS:
        raise SkelgaitError("sagittal_deviation: unknown hip", found=repr(hip), expected=" or ".join(map(repr, HIPS)))
    measured = measure_visit(trials)
    angles = {"hip": HIPS[hip], "knee": "knee_flexion_deg", "ankle": "ankle_dorsiflexion_deg", "trunk": "trunk_lean_deg"}
    reference = _reference(angles, speed, norms, measured[0].trial)
    curves = visit_curves(measured)
    rows: list[dict[str, object]] = []
    for side in SIDES:
        own = [_one(side, v, angles[v], curves.get(side, {}), reference[angles[v]], measured) for v in VARIABLES]
        rows += [*own, _together(side, "legs", own[:3]), _together(side, "all", own)]
    rows += [_together("both", v, [r for r in rows if r["variable"] == v]) for v in (*VARIABLES, "legs", "all")]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def visit_curves(measured: Sequence[Measurement]) -> dict[str, dict[str, np.ndarray]]:
    """The sagittal curves of every stride of a visit at 51 points.

    Parameters
    ----------
    measured : sequence of Measurement

    Returns
    -------
    dict of side to dict of angle to (N, 51) degrees
        Sides without a stride are missing; gaps are NaN.
    """
    found: dict[str, dict[str, list[np.ndarray]]] = {}
    for m in measured:
        plane = m.planes.get("sagittal")
        if plane is None:
            continue
        strides = PlaneCycles(plane).strides
        names, cycles = stack_cycles(plane.angles, plane.pose.time_s, strides, points=CURVE_POINTS)
        for side in SIDES:
            own = cycles[strides.side == side]
            for column, name in enumerate(names if len(own) else ()):
                found.setdefault(side, {}).setdefault(name, []).append(own[:, :, column])
    return {side: {name: np.concatenate(parts) for name, parts in own.items()} for side, own in found.items()}


def root_mean_square(differences: np.ndarray) -> np.ndarray:
    """Root mean square along the last axis; NaN where one is.

    Examples
    --------
    >>> root_mean_square(np.array([[3.0, -4.0, 0.0, 0.0], [1.0, 1.0, 1.0, np.nan]]))
    array([2.5, nan])
    """
    return np.sqrt((differences**2).mean(axis=-1))


def _reference(angles: Mapping[str, str], speed: str, own: Norms | None, trial: Trial) -> dict[str, CurveNorm]:
    """The reference curve of each angle: the laboratory's, else the cited one, with a word where the subject is not of its ages."""
    cited = reference_curves(speed)
    chosen: dict[str, CurveNorm] = {}
    for name in angles.values():
        curve = _own_curve(own, name, trial) if own is not None else None
        curve = curve or cited[name]
        if trial.age_years is not None and not curve.group.fits(trial.age_years, trial.sex):
            low, high = curve.group.age_from, curve.group.age_to - 1
            who = f"{curve.group.who}; this subject of {trial.age_years:g} years is not of their age ({low:g}-{high:g})"
            curve = replace(curve, group=replace(curve.group, who=who))
        source = "; ".join(citations().get(part, part) for part in curve.group.source.split(" and "))
        chosen[name] = replace(curve, group=replace(curve.group, source=source))
    return chosen


def _own_curve(own: Norms, name: str, trial: Trial) -> CurveNorm | None:
    """A laboratory's curve of an angle; the thigh to the vertical from hip and pelvis where they have those."""
    found = own.curve(name, trial.age_years, trial.sex)
    if found is not None or name != "thigh_flexion_deg":
        return found
    hip, pelvis = (own.curve(n, trial.age_years, trial.sex) for n in ("hip_flexion_to_pelvis_deg", "pelvic_tilt_deg"))
    if hip is None or pelvis is None:
        return None
    sd = np.sqrt(np.maximum(hip.sd**2 - pelvis.sd**2, 1.0))
    group = replace(hip.group, who="; ".join(filter(None, (hip.group.who, "hip flexion minus pelvic tilt"))))
    return CurveNorm(name, hip.mean - pelvis.mean, sd, group)


def _one(
    side: str, variable: str, angle: str, curves: Mapping[str, np.ndarray], norm: CurveNorm, measured: Sequence[Measurement]
) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(COLUMNS, nan)
    row |= {"side": side, "variable": variable, "angle": angle, "cycles": 0, "reference": norm.group.cited, "reason": ""}
    row["typical_deg"] = norm.typical_deg
    strides = curves.get(angle, np.empty((0, CURVE_POINTS)))
    known = np.isfinite(strides)
    whole = known.all(axis=1)
    row["cycles"] = int(known.any(axis=1).sum())
    count = known.sum(axis=0)
    if not count.all():
        row["reason"] = _why(side, angle, len(strides), int(count.max(initial=0)), measured)
        return row
    difference = np.where(known, strides, 0.0).sum(axis=0) / count - norm.mean
    deviation = float(root_mean_square(difference))
    bias = float(difference.mean())
    row |= {
        "deviation_deg": deviation,
        "bias_deg": bias,
        "shape_deg": float(difference.std()),
        "ratio": deviation / norm.typical_deg,
    }
    if whole.sum() > 1:
        row["sd_deg"] = float(root_mean_square(strides[whole] - norm.mean).std(ddof=1))
    return row


def _why(side: str, angle: str, strides: int, known: int, measured: Sequence[Measurement]) -> str:
    planes = [m.planes["sagittal"] for m in measured if "sagittal" in m.planes]
    if not planes:
        return "no sagittal recording: it is measured from the side"
    if not strides:
        return f"no complete stride of the {side} foot"
    said = [p.angle_reasons[key] for p in planes for key in (f"{side}_{angle}", angle) if key in p.angle_reasons]
    if said:
        return said[0]
    return "not seen through the whole cycle" if known else "its keypoints are not seen, or not in the layout"


def _together(side: str, variable: str, rows: Sequence[dict[str, object]]) -> dict[str, object]:
    """Root mean square of several rows: angles of a side, or both sides."""
    out: dict[str, object] = dict.fromkeys(COLUMNS, nan)
    deviations, typical = (np.array([float(r[c]) for r in rows]) for c in ("deviation_deg", "typical_deg"))  # type: ignore[arg-type]
    angles = list(dict.fromkeys(str(r["angle"]) for r in rows))
    lacking = [f"{r['side']} {r['variable']}: {r['reason']}" for r in rows if r["reason"]]
    value, usual = sqrt(float((deviations**2).mean())), sqrt(float((typical**2).mean()))
    out |= {"side": side, "variable": variable, "angle": " ".join(angles), "deviation_deg": value, "typical_deg": usual}
    out |= {"ratio": value / usual, "cycles": min(int(r["cycles"]) for r in rows), "reason": "; ".join(lacking)}  # type: ignore[call-overload]
    out["reference"] = "; ".join(dict.fromkeys(str(r["reference"]) for r in rows))
    return out
