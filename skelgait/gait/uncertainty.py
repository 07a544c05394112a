"""How sure each descriptor is: spread over strides, an interval by resampling them, and the floors of camera and keypoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS, Descriptor
from skelgait.gait.keypoint_noise import keypoint_noise
from skelgait.gait.measure import Measurement
from skelgait.gait.samples import Samples
from skelgait.gait.spatiotemporal import interval_floor_s
from skelgait.gait.spread import SPREAD_OF
from skelgait.gait.summary import COMPARISONS, IN_METRES
from skelgait.gait.visit import Estimates, Pool, estimate, measure_visit, metres_per_leg, pool_visit, visit_values

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("descriptor", "unit", "value", "n", "sd", "se", "low", "high", "frame_floor", "keypoint_floor", "limited_by", "reason")
LEAST = 3  # strides; of a number of both sides at least two each
FEW = 8
CONFIDENCE = 0.95
# Spreads: name of the descriptor, and of the quantity it is of.
SDS = {f"{name}_sd_{unit}": full for full, (name, unit, _) in SPREAD_OF.items()}
CVS = {f"{name}_cv_percent": full for full, (name, _, _) in SPREAD_OF.items()}


def uncertainty(
    trials: Trial | Measurement | Iterable[Trial | Measurement], *, resamples: int = 2000, random_state: int = 0
) -> pd.DataFrame:
    """Say how sure every descriptor of a visit is.

    Parameters
    ----------
    trials : Trial or Measurement, or iterable of them
        Recordings of one subject on one occasion. Their strides are pooled.
    resamples : int
        How often the strides are drawn anew.
    random_state : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row a descriptor: ``descriptor``, ``unit``, ``value``; ``n``, strides, steps or stances it rests on; ``sd`` over them,
        about the mean of each side; ``se``, standard error; ``low`` to ``high``, 95 % interval; ``frame_floor`` and
        ``keypoint_floor``, the standard errors that the frame rate and the trembling of the keypoints would give by themselves;
        ``limited_by``, the largest of the three (``strides``, ``frame rate``, ``keypoints``); ``reason``, why there is no interval.

    Raises
    ------
    SkelgaitError
        Fewer than 100 resamples; and as `measure_visit`.

    Notes
    -----
    *Strides.* Strides are drawn with replacement within each side, steps and stances likewise, and every descriptor is computed
    anew from each draw, so that means, medians, cadence, speed and symmetry are treated alike. The interval is the percentile
    interval, expanded for small numbers after Hesterberg (2015): with n strides the quantiles are taken not at 2.5 and 97.5 % but
    at ``Phi(-+ sqrt(n / (n - 1)) t)`` with Student's t for n - 1 degrees of freedom. Percentiles cannot reach beyond the values
    seen, so with fewer than eight strides it is also never narrower than ``t se`` to either side. Of normal values it covers the
    true mean in 94 to 95 of 100 cases for 3 to 15 of them (the plain percentile interval: 74 of three, 83 of five), the
    median in 97. Standard deviations and coefficients of variation have the chi-square interval of normal values.

    *Frame rate.* A time known to the frame has the standard error ``1 / (fps sqrt(6 n))``; events finer than a frame do better.
    *Keypoints.* See `keypoint_noise`. *Together*: ``se`` is the largest of the three, and the interval is never narrower than 1.96
    times the larger floor to either side: recordings in which all strides fall alike on the frames look surer than they are.

    It is the uncertainty of *this visit*: how well the strides filmed tell how the child walked that day. It holds neither the
    difference between days nor errors that all strides share (camera askew, a hip point that sits too high, the scale of metres).

    References
    ----------
    Efron B, Tibshirani RJ. An introduction to the bootstrap. 1993. Hesterberg TC. What teachers should know about the bootstrap.
    Am Stat 2015;69:371-386. doi:10.1080/00031305.2015.1089789

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker(stride_time_cv_percent=3).film(fps=60, duration_s=8, noise_px=1)
    >>> row = uncertainty(Trial("child07", walk.pose), resamples=500).set_index("descriptor").loc["cadence_spm"]
    >>> bool(row.low < walk.truth.cadence_spm < row.high), bool(row.se < 2)
    (True, True)
    """
    import pandas as pd

    if resamples < 100:
        raise SkelgaitError("uncertainty: too few resamples for an interval", found=str(resamples), expected="100 or more")
    measured = measure_visit(trials)
    values, reasons = visit_values(measured)
    pooled, leg_m = pool_visit(measured), metres_per_leg(measured)
    drawn = _draw(pooled, leg_m, resamples, np.random.default_rng(random_state))
    spread = _spreads(pooled, leg_m)
    floors = _floors(measured, pooled, values, drawn, leg_m)
    rows = []
    for d in DESCRIPTORS:
        row = _spread_row(d.name, values[d.name], spread) if d.group == "variability" else _row(d, values, drawn, spread, floors)
        n, reason = row[0] or sum(m.counts[d.name] for m in measured), reasons.get(d.name, row[-1])
        rows.append((d.name, d.unit, values[d.name], n, *row[1:-1], reason))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(d: Descriptor, values: dict[str, float], drawn: Estimates, spread: dict, floors: tuple[dict, dict]) -> tuple:  # type: ignore[type-arg]
    """n, sd, se, low, high, both floors, the largest, and a reason."""
    value, parts = values[d.name], drawn.parts.get(d.name, (0, 0))
    n, sd = sum(parts), spread.get(d.name, (nan, 0.0))[0]
    frames, keypoints = (f.get(d.name, nan) for f in floors)
    nothing = (nan, nan, nan, frames, keypoints, "")
    if not isfinite(value):
        return (n, sd, *nothing, "not measured")
    if d.name not in drawn.values:
        return (n, sd, *nothing, "no interval is computed for it")
    fewest = min(parts) if all(parts) else n
    if n < LEAST or fewest < 2:
        return (n, sd, *nothing, f"{n} stride{'s' * (n != 1)}: an interval needs {LEAST}, of both sides two each")
    draws = drawn.values[d.name][1:]
    draws = draws[np.isfinite(draws)]
    if len(draws) < 100:
        return (n, sd, *nothing, "the draws have no such value")
    freedom = n - (2 if all(parts) else 1)
    se = float(draws.std(ddof=1)) * sqrt((freedom + 1) / freedom)
    low, high = interval(draws, value, freedom + 1)
    floor = max(0.0, *(f for f in (frames, keypoints) if f == f), 0.0)
    sources = {"strides": se, "frame rate": frames, "keypoints": keypoints}
    largest = max((k for k in sources if sources[k] == sources[k]), key=lambda k: sources[k])
    low, high = min(low, value - 1.96 * floor), max(high, value + 1.96 * floor)
    return n, sd, max(se, floor), low, high, frames, keypoints, largest, ""


def interval(draws: np.ndarray, value: float, n: int) -> tuple[float, float]:
    """95 % interval from values of a statistic in draws of n.

    Parameters
    ----------
    draws : (B,)
    value : float
        The statistic of all n.
    n : int
        2 or more.

    Returns
    -------
    low, high : float
        The expanded percentile interval; with fewer than eight also at least ``t se`` to either side.

    Examples
    --------
    >>> low, high = interval(np.linspace(-1, 1, 10001), 0.0, 1000)
    >>> round(low, 2), round(high, 2)
    (-0.95, 0.95)
    """
    from scipy.special import ndtr, stdtrit

    t = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2))
    beyond = float(ndtr(-sqrt(n / (n - 1)) * t))
    low, high = np.quantile(draws, (beyond, 1 - beyond)).tolist()
    if n < FEW:
        reach = t * float(draws.std(ddof=1)) * sqrt(n / (n - 1))
        low, high = min(low, value - reach), max(high, value + reach)
    return low, high


def _draw(pooled: Pool, leg_m: float, resamples: int, random: np.random.Generator) -> Estimates:
    """Descriptors of the visit (first) and of each draw of its strides."""
    kinds = zip(pooled.samples, pooled.plane, strict=True)
    return estimate(pooled, tuple(_draw_weights(s, plane, resamples, random) for s, plane in kinds), leg_m)


def _draw_weights(samples: Samples, plane: np.ndarray, resamples: int, random: np.random.Generator) -> np.ndarray:
    """How often each sample counts in the visit (once) and in each draw: as many as there are, within each side and plane."""
    weights = np.ones((resamples + 1, len(samples.side)))
    for side in SIDES:
        for view in np.unique(plane):
            own = np.flatnonzero((samples.side == side) & (plane == view))
            if len(own):
                weights[1:, own] = random.multinomial(len(own), np.full(len(own), 1 / len(own)), size=resamples)
    return weights


def _spreads(pooled: Pool, leg_m: float) -> dict[str, tuple[float, int]]:
    """SD over strides about the mean of each side, and how many there are; by ``sd of`` name, degrees of freedom about bouts."""
    out: dict[str, tuple[float, int]] = {}
    for samples, recording in zip(pooled.samples, pooled.recording, strict=True):
        for column, name in enumerate(samples.names):
            values = samples.values[:, column]
            known = np.isfinite(values)
            sides = [values[known & (samples.side == side)] for side in SIDES]
            squares = [float(((own - own.mean()) ** 2).sum()) if len(own) else 0.0 for own in sides]
            for side, own, square in zip(SIDES, sides, squares, strict=True):
                if len(own) > 1:
                    out[f"{side}_{name}"] = sqrt(square / (len(own) - 1)), len(own)
            freedom = sum(max(len(own) - 1, 0) for own in sides)
            if freedom:
                out[name] = sqrt(sum(squares) / freedom), int(known.sum())
            if name in SPREAD_OF:
                groups = {*zip(recording[known].tolist(), samples.bout[known].tolist(), samples.side[known].tolist(), strict=True)}
                out[f"sd of {name}"] = float(known.sum()), int(known.sum()) - len(groups)
    for name, metres in IN_METRES.items():
        for lead in ("", *(f"{side}_" for side in SIDES)):
            if f"{lead}{name}" in out:
                out[f"{lead}{metres}"] = out[f"{lead}{name}"][0] * leg_m, out[f"{lead}{name}"][1]
    return out


def _spread_row(name: str, value: float, spread: dict[str, tuple[float, int]]) -> tuple:  # type: ignore[type-arg]
    """Of a standard deviation or coefficient of variation: n and the chi-square interval."""
    n, freedom = spread.get(f"sd of {SDS.get(name) or CVS.get(name, '')}", (0.0, 0))
    nothing = (int(n), nan, nan, nan, nan, nan, nan, "")
    if name not in SDS and name not in CVS:
        return (*nothing, "no interval is computed for it")
    if freedom < LEAST - 1 or not isfinite(value):
        return (*nothing, f"{int(n)} strides: an interval needs {LEAST}")
    from scipy.special import chdtri

    low, high = (value * sqrt(freedom / chdtri(freedom, p)) for p in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return int(n), nan, value / sqrt(2 * freedom), low, high, nan, nan, "strides", ""


def _floors(
    measured: Sequence[Measurement], pooled: Pool, values: dict[str, float], drawn: Estimates, leg_m: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Standard errors by the frame rate alone, and by the trembling of the keypoints alone."""
    planes = [p for m in measured for p in m.planes.values() if p.plane != "oblique"]
    timed = [p.pose.fps for p in planes if p.plane == "sagittal"] or [p.pose.fps for p in planes]
    counts = {name: sum(parts) for name, parts in drawn.parts.items()}
    frames = frame_floors(min(timed), values, counts, leg_m) if timed else {}
    noises = [keypoint_noise(p) for p in planes]
    keypoints: dict[str, float] = {}
    for name in dict.fromkeys(n for noise in noises for n in noise):
        if sum(drawn.parts.get(name, ())):
            known = [noise[name] for noise in noises if name in noise]
            keypoints[name] = float(np.sqrt(np.mean(np.square(known)))) / sqrt(sum(drawn.parts[name]))
    return frames, carry_errors(keypoints, values, leg_m)


def frame_floors(fps: float, values: Mapping[str, float], counts: Mapping[str, int], leg_m: float = nan) -> dict[str, float]:
    """Standard errors that events known only to the frame would give by themselves.

    Parameters
    ----------
    fps : float, frames/second
    values : mapping of descriptor to float
        Of a walk; `stride_time_s` at least.
    counts : mapping of descriptor to int
        Strides or steps behind what each side measures.
    leg_m : float, metres
        For what is in metres.

    Returns
    -------
    dict of descriptor to float
        In its unit: times, phases, cadence, speed and the comparisons of both sides; the error of one stride over the square root
        of their number.

    Notes
    -----
    An interval between two such events has the standard deviation ``1 / (fps sqrt 6)``, double support (two intervals) ``sqrt 2``
    times that; what follows from intervals has their error to first order.

    Examples
    --------
    >>> floors = frame_floors(30, {"stride_time_s": 1.0}, {"left_stride_time_s": 1, "left_stance_percent": 4})
    >>> {name: round(floor, 4) for name, floor in floors.items()}
    {'left_stride_time_s': 0.0136, 'left_stance_percent': 0.6804}
    """
    one, stride_s = interval_floor_s(fps), values.get("stride_time_s", nan)
    frames: dict[str, float] = {}
    for d in DESCRIPTORS:
        if d.group == "time" and d.side and counts.get(d.name):
            events = sqrt(2) if "double_support" in d.name and "initial" not in d.name and "terminal" not in d.name else 1.0
            scale = 1.0 if d.unit == "s" else 100 / stride_s
            frames[d.name] = one * events * scale / sqrt(counts[d.name])
    return carry_errors(frames, values, leg_m)


def carry_errors(errors: Mapping[str, float], values: Mapping[str, float], leg_m: float = nan) -> dict[str, float]:
    """Errors of what each side measures, carried to first order into what follows from it.

    Parameters
    ----------
    errors : mapping of descriptor to float
        Those with a side.
    values : mapping of descriptor to float
    leg_m : float, metres

    Returns
    -------
    dict of descriptor to float
        These, and those of means of both sides, cadence, speed, walk ratio, comparisons, and of what is in metres.
    """
    out = dict(errors)
    for name in [n.removeprefix("left_") for n in errors if n.startswith("left_")]:
        if f"right_{name}" in errors and name in values:
            out[name] = 0.5 * sqrt(errors[f"left_{name}"] ** 2 + errors[f"right_{name}"] ** 2)
    relative = {
        n: out[n] / abs(values[n]) for n in ("step_time_s", "stride_time_s", "step_length_ll", "stride_length_ll") if n in out
    }
    for name, *sources in (
        ("cadence_spm", "step_time_s"),
        ("cadence_dimensionless", "step_time_s"),
        ("speed_ll_s", "stride_length_ll", "stride_time_s"),
        ("speed_dimensionless", "stride_length_ll", "stride_time_s"),
        ("walk_ratio_ll_per_spm", "step_length_ll", "step_time_s"),
    ):
        known = [relative[s] for s in sources if s in relative]
        if known and isfinite(values.get(name, nan)):
            out[name] = abs(values[name]) * sqrt(sum(r * r for r in known))
    for name, metres in IN_METRES.items():
        if name in out and isfinite(leg_m):
            out[metres] = out[name] * leg_m
    for left, right, indices in COMPARISONS:
        if left in errors and right in errors:
            for name, rule in indices:
                out[name] = _to_first_order(rule, values[left], values[right], errors[left], errors[right])
    return out


def _to_first_order(rule, left: float, right: float, left_error: float, right_error: float) -> float:  # type: ignore[no-untyped-def]
    """Error of an index of both sides; the steeper slope where it has a kink (an absolute value of two equal sides)."""
    here = rule(left, right)
    by_left = max(abs(rule(left + way * left_error, right) - here) for way in (-1, 1))
    by_right = max(abs(rule(left, right + way * right_error) - here) for way in (-1, 1))
    return sqrt(by_left**2 + by_right**2)
