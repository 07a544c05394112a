"""The Gait Variable Scores and the Gait Profile Score of three-dimensional angles that a user brings."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CURVE_POINTS, PROFILE_VARIABLES, Norms
from skelgait.core.skeleton import SIDES
from skelgait.gait.cycles import Strides, resample_cycles
from skelgait.gait.deviation import root_mean_square

if TYPE_CHECKING:
    import pandas as pd

CONVENTIONS = {"9+6": PROFILE_VARIABLES[3:], "9+9": PROFILE_VARIABLES}
# Output of Plug-in-Gait and its axis that is each variable.
PLUG_IN_GAIT = {
    **{v: ("PelvisAngles", axis) for axis, v in enumerate(PROFILE_VARIABLES[:3])},
    **{v: ("HipAngles", axis) for axis, v in enumerate(PROFILE_VARIABLES[3:6])},
    "knee_flexion_deg": ("KneeAngles", 0),
    "ankle_dorsiflexion_deg": ("AnkleAngles", 0),
    "foot_progression_deg": ("FootProgressAngles", 2),
}
Curves = Mapping[str, Mapping[str, np.ndarray]]


def gait_profile(angles: Curves, norms: Norms, *, convention: str = "9+6") -> pd.DataFrame:
    """Compute the Gait Variable Scores and the Gait Profile Score of three-dimensional angles.

    Parameters
    ----------
    angles : mapping of side to mapping of variable to (P,) or (N, P) degrees
        ``left`` and ``right``; of each the nine variables of `PROFILE_VARIABLES` over the gait cycle of that side, one curve or N
        strides, at any number of points from contact to contact, with the signs of Plug-in-Gait. `cut_plug_in_gait` makes it
        from model outputs.
    norms : Norms
        The laboratory's own healthy people, from `read_norms`: the score means something only against people measured alike.
    convention : {"9+6", "9+9"}
        What the overall score is made of: nine variables of the left and the six below the pelvis of the right (15; Baker 2009),
        or nine of each side (18).

    Returns
    -------
    DataFrame
        Rows ``left`` and ``right`` times nine variables and ``GPS`` (root mean square of that side's nine), then ``both`` ``GPS``.
        Columns: ``side variable score_deg typical_deg cycles reference reason``. ``typical_deg`` is what healthy people have.

    Raises
    ------
    SkelgaitError
        An unknown convention, a side that is neither, norms that lack a variable, or curves of fewer than 11 points.

    Notes
    -----
    A variable's score is ``sqrt(mean over 51 points of (x - mean of the norm)²)``, of the mean curve over strides. A variable
    that is missing makes the scores it belongs to NaN: a Gait Profile Score of fewer variables is not one.

    References
    ----------
    Baker R et al. The Gait Profile Score and Movement Analysis Profile. Gait Posture 2009;30:265-269. Baker R et al. The minimal
    clinically important difference for the Gait Profile Score (1.6 degrees). Gait Posture 2012;35:612-615.

    Examples
    --------
    >>> from skelgait.core.norms import CurveNorm, Group
    >>> group, flat = Group(source="an example"), np.zeros(51)
    >>> norms = Norms((), tuple(CurveNorm(v, flat, flat + 5, group) for v in PROFILE_VARIABLES))
    >>> three = {v: flat + 3 for v in PROFILE_VARIABLES}
    >>> table = gait_profile({"left": three, "right": {**three, "pelvic_tilt_deg": flat + 9}}, norms)
    >>> table[table.variable == "GPS"].score_deg.round(2).tolist()
    [3.0, 4.12, 3.0]
    """
    import pandas as pd

    if convention not in CONVENTIONS:
        raise SkelgaitError("gait_profile: unknown convention", found=repr(convention), expected=" or ".join(CONVENTIONS))
    unknown = sorted(set(angles) - set(SIDES))
    if unknown:
        raise SkelgaitError("gait_profile: angles of an unknown side", found=", ".join(map(str, unknown)), expected="left, right")
    lacking = [v for v in PROFILE_VARIABLES if norms.curve(v) is None]
    if lacking:
        do = "read a file that has them, such as the norms of your gait software; for a side view use sagittal_deviation"
        raise SkelgaitError("the norms lack curves of the gait profile", found="no " + ", ".join(lacking), do=do)
    rows = []
    scores: dict[tuple[str, str], float] = {}
    for side in SIDES:
        for variable in PROFILE_VARIABLES:
            norm = norms.curve(variable)
            assert norm is not None
            curves = _at_51(angles.get(side, {}).get(variable), f"{side} {variable}")
            known = np.isfinite(curves)
            reason = "" if len(curves) and known.any(axis=0).all() else "not given" if not known.any() else "gaps in every stride"
            mean = np.where(known, curves, 0.0).sum(axis=0) / known.sum(axis=0) if not reason else np.full(CURVE_POINTS, nan)
            scores[side, variable] = float(root_mean_square(mean - norm.mean))
            count = int(known.any(axis=1).sum())
            rows.append((side, variable, scores[side, variable], norm.typical_deg, count, norm.group.cited, reason))
        rows.append(_profile(side, [(side, v) for v in PROFILE_VARIABLES], scores, norms, "nine variables"))
    both = [*(("left", v) for v in PROFILE_VARIABLES), *(("right", v) for v in CONVENTIONS[convention])]
    rows.append(_profile("both", both, scores, norms, f"convention {convention}"))
    return pd.DataFrame(rows, columns=["side", "variable", "score_deg", "typical_deg", "cycles", "reference", "reason"])


def _profile(side: str, parts: list[tuple[str, str]], scores: Mapping[tuple[str, str], float], norms: Norms, what: str) -> tuple:  # type: ignore[type-arg]
    values = np.array([scores[part] for part in parts])
    typical = np.array([c.typical_deg for _, v in parts if (c := norms.curve(v)) is not None])
    lacking = [" ".join(part) for part, value in zip(parts, values, strict=True) if np.isnan(value)]
    reason = f"lacks {', '.join(lacking)}" if lacking else ""
    score, usual = root_mean_square(values), root_mean_square(typical)
    return side, "GPS", float(score), float(usual), 0, f"{what}; {norms.name}", reason


def _at_51(curves: np.ndarray | None, what: str) -> np.ndarray:
    """Curves of any number of points at 51, (N, 51)."""
    if curves is None:
        return np.empty((0, CURVE_POINTS))
    given = np.atleast_2d(np.asarray(curves, float))
    if given.ndim != 2 or given.shape[1] < 11:
        found = f"{what} of shape {np.shape(curves)}"
        raise SkelgaitError(
            "gait_profile: curves cannot be read", found=found, expected="(P,) or (N, P), P points of the cycle, 11 or more"
        )
    points = given.shape[1]
    first = np.arange(len(given)) * points
    flat, time = given.reshape(-1, 1), np.arange(given.size, dtype=float)
    return resample_cycles(flat, time, first, first + points - 1, CURVE_POINTS)[:, :, 0]


def cut_plug_in_gait(outputs: Mapping[str, np.ndarray], time_s: np.ndarray, strides: Strides) -> dict[str, dict[str, np.ndarray]]:
    """Cut model outputs of Plug-in-Gait into the cycles that `gait_profile` takes.

    Parameters
    ----------
    outputs : mapping of name to (T, 3) degrees
        ``LPelvisAngles``, ``LHipAngles``, ``LKneeAngles``, ``LAnkleAngles``, ``LFootProgressAngles`` and those of ``R``; what is
        missing is left out.
    time_s : (T,) seconds
    strides : Strides
        On the same clock.

    Returns
    -------
    dict of side to dict of variable to (N, 51) degrees

    Examples
    --------
    >>> stride = Strides(["left"], [0], [0.0], [1.0], [0.6], [0.1], [0.5])
    >>> knee = {"LKneeAngles": np.column_stack([np.arange(101.0), np.zeros((101, 2))])}
    >>> cut_plug_in_gait(knee, np.linspace(0, 1, 101), stride)["left"]["knee_flexion_deg"][0, :3]
    array([0., 2., 4.])
    """
    out: dict[str, dict[str, np.ndarray]] = {side: {} for side in SIDES}
    for side in SIDES:
        own = strides.side == side
        for variable, (name, axis) in PLUG_IN_GAIT.items():
            values = outputs.get(f"{side[0].upper()}{name}")
            if values is not None and own.any():
                curve = np.asarray(values, float)[:, axis : axis + 1]
                start, stop = strides.start_s[own], strides.stop_s[own]
                out[side][variable] = resample_cycles(curve, time_s, start, stop, CURVE_POINTS)[:, :, 0]
    return out
