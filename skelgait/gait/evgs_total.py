"""Totals of the Edinburgh Visual Gait Score, and the score merged to normal or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.tasks.evgs import evgs_items

if TYPE_CHECKING:
    import pandas as pd

MOST = 2
GROUPS = ("total", "left", "right", "foot", "knee", "hip", "pelvis", "trunk", "sagittal", "coronal", "transverse")
NEEDED = ("side", "item", "score", "p0", "p1", "p2", "tier")


def evgs_total(scores: pd.DataFrame, *, proxies: bool = False) -> pd.DataFrame:
    """Add up the score, with the range in which it lies for the items that are not known.

    Parameters
    ----------
    scores : DataFrame
        From `score_evgs`.
    proxies : bool
        Whether proxies count as known. By default they are as unknown as an item without a score.

    Returns
    -------
    DataFrame
        Index ``group``: ``total``, ``left``, ``right``; the regions ``foot knee hip pelvis trunk``; the planes ``sagittal coronal
        transverse``. Columns: ``items`` and how many are ``scored``; ``score``, the sum of those (NaN of none); ``low`` and
        ``high``, the whole sum if every unknown item were 0, or 2; ``expected`` and ``expected_sd``, mean and standard
        deviation of the sum of the scored items under their probabilities; the same merged to 0 and 1: ``abnormal``, how
        many items score 1 or 2, with ``abnormal_low`` and ``abnormal_high``.

    Raises
    ------
    SkelgaitError
        The table is not one of `score_evgs`.

    Notes
    -----
    ``expected`` lies above ``score`` for a walk in the middle of the normal bands: there an error can only add points. It is no
    better guess of the child's score; it tells what keypoint error alone could add. ``expected_sd`` takes the errors of the items
    as independent; one video bends them together (a camera not square to the walk), so the true spread is wider.

    Of observers' scores, a change of 4.78 points in the total is more than error between observers (95 %, Uysal 2023), one of 2.4
    matters (Robinson 2017).
    Neither number was found with this measurement.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.gait.evgs import score_evgs
    >>> from skelgait.walker import Walker
    >>> total = evgs_total(score_evgs(Trial("child07", Walker().film(fps=60, duration_s=4).pose)))
    >>> total.loc["total", ["items", "scored"]].tolist(), float(total.loc["coronal", "high"])
    ([34, 22], 20.0)
    """
    import pandas as pd

    _check(scores)
    item = {i.item: i for i in evgs_items()}
    score = scores["score"].to_numpy(float)
    known = np.isfinite(score) & (proxies | (scores["tier"] != "proxy").to_numpy())
    p = scores[["p0", "p1", "p2"]].to_numpy(float)
    mean = p @ np.arange(3.0)
    variance = p @ np.arange(3.0) ** 2 - mean**2
    labels = [
        np.full(len(scores), "total", object),
        scores["side"].to_numpy(object),
        np.array([item[i].region for i in scores["item"]], object),
        np.array([item[i].plane for i in scores["item"]], object),
    ]
    rows = {}
    for group in GROUPS:
        own = np.any([label == group for label in labels], axis=0)
        tells, silent = own & known, int((own & ~known).sum())
        total, abnormal = score[tells].sum(), int((score[tells] > 0).sum())
        some = bool(tells.any())
        rows[group] = {
            "items": int(own.sum()),
            "scored": int(tells.sum()),
            "score": total if some else np.nan,
            "low": total,
            "high": total + MOST * silent,
            "expected": mean[tells].sum() if some else np.nan,
            "expected_sd": np.sqrt(variance[tells].sum()) if some else np.nan,
            "abnormal": abnormal if some else np.nan,
            "abnormal_low": abnormal,
            "abnormal_high": abnormal + silent,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "group"
    return table


def predicted_evgs_total(
    probabilities: np.ndarray,
    *,
    codes: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Total of a model's answers to the 34 items, with the interval those answers give it.

    Parameters
    ----------
    probabilities : (n, 34, L)
        ``model.predict_proba(trials)`` of ``sg.tasks.EVGS`` (0, 1, 2) or ``EVGS_BINARY`` (typical, atypical): the total is then the
        number of atypical items, as the labels of the CGV data set add up. A row of NaN is an item without an answer.
    codes : (n, 34) int, optional
        ``model.decide(probabilities)``, the scores that a model with thresholds answers. Default: each item's likeliest.
    names : sequence of n, optional
        Of the walks; default their numbers.
    confidence : float
        Of the interval.

    Returns
    -------
    DataFrame
        Index ``walk`` and ``group``, the groups of `evgs_total`. Columns: ``items`` and how many are ``answered``; ``expected``,
        the sum of the answered items' expected scores (NaN of none); ``expected_sd``, its standard deviation; ``low`` and
        ``high``, between which the sum lies with that probability; ``likeliest``, the sum of each item's likeliest score, or of
        ``codes`` (an item of which it answers nothing, -1, adds nothing).

    Raises
    ------
    SkelgaitError
        These are no probabilities of 34 items, or ``codes`` no scores of them.

    Notes
    -----
    The sum of independent answers has the Poisson-binomial distribution (for two levels; for three its like), which is computed
    exactly; ``low`` and ``high`` are its equal-tailed quantiles, whole points. Items of one child are *not* independent: who
    crouches scores at knee, hip and ankle. The model's uncertainty about one goes with that about the others, so the true
    interval is wider. Items without an answer are left out, as if nobody had asked. ``expected`` differs from ``likeliest`` where
    the model is not sure: rare scores that are never the likeliest still add up.

    Examples
    --------
    >>> sure = np.zeros((1, 34, 2))
    >>> sure[:, :30, 0] = 1
    >>> sure[:, 30:] = 0.5
    >>> predicted_evgs_total(sure).loc[(0, "total"), ["expected", "low", "high"]].tolist()
    [2.0, 0.0, 4.0]
    """
    import pandas as pd

    p = np.asarray(probabilities, float)
    items = evgs_items()
    if p.ndim != 3 or p.shape[1] != 2 * len(items) or p.shape[2] not in (2, 3):
        raise SkelgaitError(
            "these are no answers to the Edinburgh score", found=f"shape {p.shape}", expected="(walks, 34, 3), or (walks, 34, 2)"
        )
    answered = np.isfinite(p).all(axis=2)
    if (np.abs(p.sum(axis=2)[answered] - 1) > 1e-3).any() or (p[answered] < -1e-6).any():
        raise SkelgaitError("these are no probabilities", expected="0..1, adding up to 1 over the levels", do="give predict_proba")
    if not 0 < confidence < 1:
        raise SkelgaitError("confidence is a share", found=str(confidence), expected="between 0 and 1")
    chosen = np.where(answered[..., None], p, 0.0).argmax(axis=2) if codes is None else np.asarray(codes)
    if chosen.shape != answered.shape or not np.isin(chosen, (-1, *range(p.shape[2]))).all():
        raise SkelgaitError(
            "codes are no scores of these walks",
            found=f"shape {chosen.shape}",
            expected=f"{answered.shape} of -1 to {p.shape[2] - 1}",
            do="give model.decide(probabilities)",
        )
    points = np.where(answered, chosen.clip(0), 0)
    walks = list(range(len(p))) if names is None else list(names)
    if len(walks) != len(p):
        raise SkelgaitError("there is not one name a walk", found=f"{len(walks)} names", expected=f"{len(p)}")
    levels = np.arange(p.shape[2])
    known = np.where(answered[..., None], p, 0.0)
    mean = known @ levels
    variance = known @ levels**2 - mean**2
    labels = [
        np.full(p.shape[1], "total", object),
        np.repeat(np.array(["left", "right"], object), len(items)),
        np.array([item.region for item in items] * 2, object),
        np.array([item.plane for item in items] * 2, object),
    ]
    tail = (1 - confidence) / 2
    parts = []
    for group in GROUPS:
        own = np.any([label == group for label in labels], axis=0)
        reached = _sum_distribution(p[:, own]).cumsum(axis=1)
        count = answered[:, own].sum(axis=1)
        some = count > 0
        rows = {
            "items": int(own.sum()),
            "answered": count,
            "expected": mean[:, own].sum(axis=1),
            "expected_sd": np.sqrt(variance[:, own].sum(axis=1).clip(min=0)),
            "low": (reached < tail).sum(axis=1).astype(float),
            "high": (reached < 1 - tail - 1e-12).sum(axis=1).astype(float),
            "likeliest": points[:, own].sum(axis=1).astype(float),
        }
        table = pd.DataFrame({name: np.broadcast_to(values, len(p)) for name, values in rows.items()})
        summed = ["expected", "expected_sd", "low", "high", "likeliest"]
        table.loc[~some, summed] = np.nan
        parts.append(table.assign(walk=walks, group=group))
    both = pd.concat(parts, ignore_index=True)
    order = pd.MultiIndex.from_product([walks, GROUPS], names=["walk", "group"])
    return both.set_index(["walk", "group"]).reindex(order) if len(set(walks)) == len(walks) else both.set_index(["walk", "group"])


def _sum_distribution(p: np.ndarray) -> np.ndarray:
    """(n, sums) probability of each sum of independent items (n, I, L); an item without an answer adds nothing."""
    most = p.shape[2] - 1
    out = np.zeros((len(p), 1 + most * p.shape[1]))
    out[:, 0] = 1.0
    for item in range(p.shape[1]):
        given = np.isfinite(p[:, item]).all(axis=1)[:, None]
        added = np.zeros_like(out)
        for level in range(most + 1):
            added[:, level:] += out[:, : out.shape[1] - level] * p[:, item, level, None]
        out = np.where(given, added, out)
    return out


def merge_evgs(scores: pd.DataFrame) -> pd.DataFrame:
    """Merge the scores 1 and 2: whether an item is abnormal, as the CGV data set labels children.

    Parameters
    ----------
    scores : DataFrame
        From `score_evgs`.

    Returns
    -------
    DataFrame
        One row an item and side: ``side item name``, ``abnormal`` (0, 1; NaN where there is no score), ``p_abnormal``.

    Raises
    ------
    SkelgaitError
        The table is not one of `score_evgs`.

    Examples
    --------
    >>> import pandas as pd
    >>> one = {"side": "left", "item": 9, "name": "knee", "score": 2.0, "p0": 0.1, "p1": 0.2, "p2": 0.7, "tier": "computed"}
    >>> merge_evgs(pd.DataFrame([one]))[["abnormal", "p_abnormal"]].round(2).to_numpy().tolist()
    [[1.0, 0.9]]
    """
    _check(scores)
    merged = scores[["side", "item", "name"]].copy()
    merged["abnormal"] = scores["score"].clip(upper=1)
    merged["p_abnormal"] = scores["p1"] + scores["p2"]
    return merged


def _check(scores: pd.DataFrame) -> None:
    lacking = [c for c in NEEDED if c not in getattr(scores, "columns", ())]
    if lacking:
        raise SkelgaitError(
            "this is not a table of scores", found=f"no {', '.join(lacking)}", do="pass what sg.score_evgs returned"
        )
