"""The Edinburgh Visual Gait Score of a visit: every item of both limbs, from all recordings of one occasion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import hypot, isfinite, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.evgs_foot import HEEL_OFF_DEG
from skelgait.gait.evgs_items import (
    HIP_ITEMS,
    ITEM_POINTS,
    PELVIC_TILT_DEG,
    TILT_SPREAD_DEG,
    USUAL_FOOT_LL,
    ItemSamples,
    foot_length_ll,
    sample_items,
)
from skelgait.gait.evgs_scores import band_scores, margin_to, score_probabilities, weighted_median
from skelgait.gait.measure import Measurement
from skelgait.gait.visit import measure_each
from skelgait.tasks.evgs import EvgsItem, evgs_items

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("side", "item", "name", "score", "value", "unit", "margin", "p0", "p1", "p2", "tier", "view", "cycles", "reason")
INITIAL_CONTACT, HEEL_LIFT, FOOT_ROTATION, FOOT_CLEARANCE = 1, 2, 5, 6
# A foot's zero that is not its own: the two feet of 22 walks differ by 2 degrees, flat feet of different estimators by some 5.
BORROWED_ERROR_DEG = 5.0
# Published errors are mostly of the leg nearer to the camera. In one video with motion capture beside it the near knee's peak in
# swing was a few degrees off, the far one's 27.
FAR_LEG_ERROR = 1.5
MOST_TILT_DEG = 60.0
BORROWED = "this foot was never seen flat: its zero is the other foot's, or the usual one"
NEVER_DOWN = "the heel never comes down to the ground"
NOT_SEEN = {
    FOOT_CLEARANCE: "the toe was not seen through enough of any swing, or reads below the floor it stood on",
    HEEL_LIFT: "in no stance were the heel lift and the other foot's passing seen (the other foot may never pass)",
    FOOT_ROTATION: "heel and toe were not seen through enough of any mid-stance",
}


def score_evgs(
    trials: Trial | Iterable[Trial], *, item_error: Mapping[int, float] | None = None, pelvic_tilt_deg: float | None = None
) -> pd.DataFrame:
    """Score the Edinburgh Visual Gait Score from all recordings of one visit.

    Parameters
    ----------
    trials : Trial or iterable of Trial
        Recordings of one subject on one occasion: from the left, the right, the front, the back, as many as there are.
    item_error : mapping of int to float, optional
        Standard deviation of the error of an item's value, in its unit, in place of the table's: that of your own estimator,
        where you know it.
    pelvic_tilt_deg : float, optional
        Mean forward tilt of this child's pelvis while walking, where somebody measured it (markers on the iliac spines, a sensor, a
        gait laboratory). Default: the covariate ``pelvic_tilt_deg`` of the trials; else that of healthy children, 11.6 degrees.

    Returns
    -------
    DataFrame
        34 rows, left then right, items 1 to 17. Columns: ``side item name``; ``score`` (0, 1, 2), the band the value lies in;
        ``value`` and its ``unit`` (``deg``, ``percent``, ``percent_ll``); ``margin``, how far it is from the nearest limit; ``p0
        p1 p2``, probability of each score; ``tier`` (``computed``, ``proxy``, ``not assessable``); ``view`` and ``cycles``,
        recordings and strides used; ``reason``, why the score or the value is NaN, or what stands in; else empty.

    Raises
    ------
    SkelgaitError
        No trial, trials of different subjects, or none of them could be measured; a pelvic tilt that is none.

    Notes
    -----
    Every item is read on each stride with the events of both limbs, then brought to the weighted median over all
    strides of all recordings; a stride weighs as much as its leg's keypoints are sure, the far leg of a side view half.

    The score is the band of the value. It is hard only where the margin is large against the error of keypoints: the
    probabilities are those of a true value spread normally about the measured one, with the item's error from the table, summed
    over the bands. That error stays the same however many strides there are: most of it is one video's own. It is 1.5 times as
    large for a leg seen only as the far one. Where a limit is near, the band of the value need not be the most probable score.

    Items 4, 8 and 15 are not assessable and stay NaN. Item 5 is a proxy, as are items 1, 2, 3 and 7 of a foot never seen flat.
    Items 12 and 13 are thigh to vertical plus the mean forward tilt of the pelvis, which a side view does not show: against
    three-dimensional angles 78 and 89 % of them agree with the usual tilt, 91 and 100 % with the child's own.

    References
    ----------
    Read HS, Hazlewood ME, Hillman SJ, Prescott RJ, Robb JE. Edinburgh visual gait score for use in cerebral palsy. J Pediatr
    Orthop 2003;23:296-301. Limits: EVGS Reference Guide v1.0, Kearns and Jang for the AAOP Outcomes Research Committee, 2019.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> scores = score_evgs(Trial("child07", Walker(crouch_deg=(0, 40)).film(fps=60, duration_s=4).pose))
    >>> knee = scores[scores.name == "peak_knee_extension_stance"]
    >>> knee.score.tolist(), len(scores)
    ([0.0, 2.0], 34)
    """
    measurements, failures = measure_each(trials)
    return score_measurements(measurements, item_error=item_error, pelvic_tilt_deg=pelvic_tilt_deg, failures=failures)


def score_measurements(
    measurements: Sequence[Measurement],
    *,
    item_error: Mapping[int, float] | None = None,
    pelvic_tilt_deg: float | None = None,
    failures: Sequence[str] = (),
) -> pd.DataFrame:
    """`score_evgs` of walks that are measured already.

    Parameters
    ----------
    measurements : sequence of Measurement
        Of one visit.
    item_error : mapping of int to float, optional
    pelvic_tilt_deg : float, optional
        As `score_evgs`.
    failures : sequence of str
        Why further recordings of the visit could not be measured.

    Returns
    -------
    DataFrame
        As `score_evgs`.
    """
    import pandas as pd

    planes = [plane for m in measurements for plane in m.planes.values()]
    lengths = [foot_length_ll(plane) for plane in planes if plane.plane == "sagittal"]
    known = [length for length in lengths if isfinite(length)]
    foot_ll = float(np.mean(known)) if known else USUAL_FOOT_LL
    own_tilt = known_tilt(measurements) if pelvic_tilt_deg is None else _checked_tilt(pelvic_tilt_deg)
    tilt = PELVIC_TILT_DEG if own_tilt is None else own_tilt
    samples = [sample_items(p, foot_ll=foot_ll, pelvic_tilt_deg=tilt) for p in planes if p.plane != "oblique"]
    errors = {i.item: i.error for i in evgs_items()}
    why = {i.item: i.why for i in evgs_items()}
    if own_tilt is not None:
        errors |= {item: sqrt(errors[item] ** 2 - TILT_SPREAD_DEG**2) for item in HIP_ITEMS}
        why |= dict.fromkeys(HIP_ITEMS, f"with a pelvic tilt of {own_tilt:g} degrees, as given")
    errors |= dict(item_error or {})
    rows = []
    for side in SIDES:
        for item in evgs_items():
            row = _score(item, _pool(item, side, samples), errors, why[item.item])
            if not row["reason"] and row["score"] != row["score"]:
                row["reason"] = _why_missing(item, side, measurements, failures)
            rows.append({"side": side, "item": item.item, "name": item.name, "unit": item.unit, **row})
    return pd.DataFrame(rows)[list(COLUMNS)]


class _Pool:
    """What all strides of one side say to one item: known values, and how they were come by."""

    def __init__(self, parts: list[tuple[ItemSamples, np.ndarray]], column: int) -> None:
        def join(values: list[np.ndarray], kind: type) -> np.ndarray:
            return np.concatenate([np.asarray(v, kind) for v in values]) if values else np.empty(0, kind)

        self.value = join([s.value[k, column] for s, k in parts], float)
        self.weight = join([s.weight[k] for s, k in parts], float)
        self.heel_down = join([s.heel_down_deg[k] for s, k in parts], float)
        self.view = join([np.full(int(k.sum()), s.view, object) for s, k in parts], object)
        self.far = bool(parts) and not any(s.near[k].any() for s, k in parts)
        self.borrowed = bool(parts) and bool(parts[0][0].stands_in[parts[0][1], column].all())

    def median(self, values: np.ndarray) -> float:
        """Weighted median of what is known."""
        known = np.isfinite(values)
        return weighted_median(values[known], self.weight[known])


def _pool(item: EvgsItem, side: str, samples: Sequence[ItemSamples]) -> _Pool:
    """The strides of a side that say something to an item; those whose zero is borrowed only where there are no others."""
    column = item.item - 1
    parts: dict[bool, list[tuple[ItemSamples, np.ndarray]]] = {False: [], True: []}
    for s in samples:
        tells = np.isfinite(s.heel_down_deg) if item.item == HEEL_LIFT else np.isfinite(s.value[:, column])
        tells &= s.side == side
        for borrowed in (False, True):
            keep = tells & (s.stands_in[:, column] == borrowed)
            if keep.any():
                parts[borrowed].append((s, keep))
    return _Pool(parts[False] or parts[True], column)


def known_tilt(measurements: Sequence[Measurement]) -> float | None:
    """Mean forward tilt of the pelvis that the trials bring along as covariate ``pelvic_tilt_deg``.

    Parameters
    ----------
    measurements : sequence of Measurement

    Returns
    -------
    float or None, degrees
        None where no trial has one.

    Raises
    ------
    SkelgaitError
        One that is no tilt of a pelvis.
    """
    given = [m.trial.covariates.get("pelvic_tilt_deg") for m in measurements]
    known = [_checked_tilt(tilt) for tilt in given if tilt is not None and tilt == tilt and tilt != ""]
    return sum(known) / len(known) if known else None


def _checked_tilt(tilt: object) -> float:
    try:
        value = float(tilt)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = nan
    if not -MOST_TILT_DEG <= value <= MOST_TILT_DEG:
        expected = f"degrees, forward +, -{MOST_TILT_DEG:g} to {MOST_TILT_DEG:g}"
        raise SkelgaitError("pelvic_tilt_deg cannot be the tilt of a pelvis", found=repr(tilt), expected=expected)
    return value


def _score(item: EvgsItem, pool: _Pool, errors: Mapping[int, float], why: str) -> dict[str, object]:
    """Score, value, margin, probabilities, tier, view, cycles and reason of one item of one side."""
    tier = "proxy" if pool.borrowed else item.tier
    row: dict[str, object] = {
        "score": nan, "value": nan, "margin": nan, "p0": nan, "p1": nan, "p2": nan,
        "tier": tier, "view": "", "cycles": 0, "reason": "",
    }  # fmt: skip
    if item.tier == "not assessable":
        return row | {"reason": item.why}
    harder = FAR_LEG_ERROR if pool.far and item.region != "trunk" else 1.0
    error = hypot(harder * errors[item.item], BORROWED_ERROR_DEG * (pool.borrowed and item.unit == "deg"))
    value = pool.median(pool.value)
    p = score_probabilities(value, item.edges, error)
    score = float(band_scores(value, item.edges))
    reasons = [why, BORROWED * pool.borrowed]
    if item.item == HEEL_LIFT and len(pool.heel_down):
        highest = pool.median(pool.heel_down)
        spread = hypot(harder * errors[INITIAL_CONTACT], BORROWED_ERROR_DEG * pool.borrowed)
        never = float(score_probabilities(highest, (-HEEL_OFF_DEG, -np.inf, np.inf, np.inf), spread)[2])
        if highest < -HEEL_OFF_DEG:
            # A heel that does touch after all would lift early.
            value, score, p = nan, 2.0, np.array([0.0, 1 - never, never])
            reasons.append(NEVER_DOWN)
        else:
            p = p * (1 - never) + np.array([0, 0, never])
    if score != score:
        return row
    used = len(pool.heel_down) if item.item == HEEL_LIFT and value != value else int(np.isfinite(pool.value).sum())
    return row | {
        "score": score,
        "value": value,
        "margin": float(margin_to(value, item.edges)) if value == value else nan,
        **dict(zip(("p0", "p1", "p2"), p.tolist(), strict=True)),
        "view": ", ".join(dict.fromkeys(pool.view.tolist())),
        "cycles": used,
        "reason": "; ".join(r for r in reasons if r),
    }


def _why_missing(item: EvgsItem, side: str, measurements: Sequence[Measurement], failures: Sequence[str]) -> str:
    """Why no stride says anything to an item: what the descriptor beside it lacks, in recordings of its plane if there are any."""
    plane = "sagittal" if item.plane == "sagittal" else "frontal"
    seen = [m for m in measurements if plane in m.planes]
    said = [m.reasons.get(f"{side}_{item.descriptor}", "") for m in seen or measurements]
    if item.item == FOOT_ROTATION:
        points = [p.replace("left", side) for p in ITEM_POINTS[item.item]]
        lacking = [m.planes[plane].pose for m in seen if not m.planes[plane].pose.has(*points)]
        said = [f"the layout {pose.skeleton.name} has no heel or toe" for pose in lacking] or said
    found = list(dict.fromkeys(reason for reason in said if reason))
    found = found or [NOT_SEEN.get(item.item, f"the {side} leg was not seen through enough of any stride")]
    if not seen:
        found += [f"a recording could not be measured: {failure}" for failure in failures]
    return "; ".join(found)
