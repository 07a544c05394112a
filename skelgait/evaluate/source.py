"""Whether a model knows where a walk was recorded: a shortcut, when answers and places go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.folds import subject_folds
from skelgait.evaluate.subjects import number_subjects, subject_keys

if TYPE_CHECKING:
    import pandas as pd


def have_sources(trials: Sequence[Any]) -> bool:
    """Whether walks are of several sources, by their covariate ``source``.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> have_sources([Trial("a", covariates={"source": "clinic"}), Trial("b")])
    False
    """
    named = (trial.covariates.get("source") for trial in trials)
    return len({str(source) for source in named if source is not None and source == source}) > 1


def source_probe(
    model: Any,
    trials: Sequence[Any],
    sources: Sequence[Any] | None = None,
    *,
    n_splits: int = 5,
    n_boot: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """How well the source of a walk can be told from what a model makes of it.

    Parameters
    ----------
    model : GaitClassifier, or (n, D) array
        Fitted; or embeddings that are there already.
    trials : sequence of n
        Walks of several sources; or the subject of each, with embeddings.
    sources : sequence of n, optional
        Where each comes from; default ``trial.covariates["source"]``.
    n_splits : int
        Folds by subject.
    n_boot : int
        Draws of subjects for the intervals.
    random_state : int
        Of folds and draws.

    Returns
    -------
    DataFrame
        A row a source, the share of its walks that are recognised, and a row ``mean`` over sources; columns ``value``, ``low``,
        ``high`` (95 %), ``chance``, ``n`` (walks), ``subjects``.

    Raises
    ------
    SkelgaitError
        A walk without a source, fewer than two sources, or fewer subjects of one than folds.

    Notes
    -----
    Logistic regression on the embedding, sources weighed alike, answered out of fold. About ``chance`` is good. Far above it the
    model could answer by the camera, and does not have to: compare its scores within each source. Sources whose children differ
    in the answer itself are told apart by an honest model too; probe walks with one answer then.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> children, places = [f"child{i}" for i in range(40)], ["clinic", "public"] * 20
    >>> table = source_probe(rng.normal(size=(40, 3)), children, places)
    >>> bool(table.loc["mean", "low"] < 0.5 < table.loc["mean", "high"])
    True
    """
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    trials = list(trials)
    given = [trial.covariates.get("source") for trial in trials] if sources is None else list(sources)
    unknown = [i for i, source in enumerate(given) if source is None or source != source]
    if unknown or len(given) != len(trials):
        raise SkelgaitError(
            "every walk needs a source to be recognised",
            found=f"{len(given)} sources for {len(trials)} walks, {len(unknown)} of them unknown",
            do='give sources=, or covariates={"source": ...}',
        )
    names, code = np.unique([str(source) for source in given], return_inverse=True)
    subject, count = number_subjects(subject_keys(trials))
    each = [len(np.unique(subject[code == i])) for i in range(len(names))]
    if len(names) < 2 or min(each) < n_splits:
        raise SkelgaitError(
            "too few to recognise a source by",
            found=", ".join(f"{name}: {n} subjects" for name, n in zip(names, each, strict=True)),
            expected=f"two sources or more of {n_splits} subjects or more",
        )
    embedding = np.asarray(model.embed(trials) if hasattr(model, "embed") else model, float)
    said = np.empty(len(code), int)
    for train, test in subject_folds(trials, code, n_splits=n_splits, random_state=random_state):
        probe = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
        said[test] = probe.fit(embedding[train], code[train]).predict(embedding[test])
    of_source = code[:, None] == np.arange(len(names))
    rng = np.random.default_rng(random_state)
    draws = rng.multinomial(count, np.full(count, 1 / count), size=n_boot)[:, subject]  # how often each walk is drawn
    found = _recalls(np.ones((1, len(code))), said == code, of_source)[0]
    drawn = _recalls(draws, said == code, of_source)
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    columns = {"value": found, "low": low, "high": high, "chance": 1 / len(names)}
    counts = {"n": [*of_source.sum(0), len(code)], "subjects": [*each, count]}
    return pd.DataFrame({**columns, **counts}, index=pd.Index([*names, "mean"], name="source"))


def _recalls(weight: np.ndarray, right: np.ndarray, of_source: np.ndarray) -> np.ndarray:
    """(draws, sources + 1) share of each source's walks that are recognised, and their mean; NaN where a draw has none of one."""
    with np.errstate(invalid="ignore"):
        each = (weight * right) @ of_source / (weight @ of_source)
    return np.concatenate([each, each.mean(1, keepdims=True)], 1)
